use anyhow::{Context as _, Result, bail};
use clap::Args;
use node_rewards::instructions::CreateNetworkArgs;
use node_rewards::state::{Network, NetworkTerms, PublisherSet};
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::rewards::instruction;
use wayfare_program::stored::Stored;

use crate::args::{ConfirmArgs, OFFLINE, Seconds, TokenProgram, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::mint;
use crate::output::Shown;
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::network::publishers::PublisherArgs;
use crate::rewards::views::{PublishersView, TermsView};
use crate::signers::SignerSource;

/// Amounts are tokens of the mint, as decimals.
#[derive(Args)]
pub struct NetworkCreateArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Mint that rewards are paid in
    #[arg(long, value_name = "ADDRESS")]
    pub mint: Pubkey,

    /// Program that owns the mint, where the network cannot be asked
    #[arg(long, value_name = "PROGRAM", requires = "blockhash", help_heading = OFFLINE)]
    pub token_program: Option<TokenProgram>,

    /// Who may veto epochs and pause
    #[arg(long, value_name = "PUBKEY")]
    pub guardian: Pubkey,

    #[command(flatten)]
    pub publishers: PublisherArgs,

    /// How long an epoch lasts
    #[arg(long, value_name = "SPAN")]
    pub epoch_length: Seconds,

    /// How long an approved epoch can be vetoed before it can be activated
    #[arg(long, value_name = "SPAN")]
    pub challenge_period: Seconds,

    /// Most that may be granted in one epoch
    #[arg(long, value_name = "AMOUNT")]
    pub emission_cap: String,

    /// Most that can leave the vault at once
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_capacity: String,

    /// What the limiter gets back each second; over an epoch at least the emission cap
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_refill: String,

    /// Finest H3 resolution at which nodes publish their location, 0 to 15
    #[arg(long, value_name = "N")]
    pub location_resolution: u8,

    /// The network's authority, who configures it and signs [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl NetworkCreateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        let name = &self.network.name;
        let (decimals, token_program) = if draft.is_offline() {
            let missing = "--sign-only asks the network for nothing: give --mint-decimals and --token-program too";
            let decimals = self.transaction.offline.mint_decimals;
            decimals
                .zip(self.token_program.map(TokenProgram::id))
                .ok_or_else(|| crate::error::Usage(missing.into()))?
        } else {
            if ctx
                .cluster()?
                .find_state::<Network>(&self.network.address()?)?
                .is_some()
            {
                bail!(
                    "there is a network {name} already: change it with `wayfare network update`, or choose another name"
                );
            }
            let mint = mint::read(ctx.cluster()?, &self.mint)?;
            if mint.freeze_authority {
                ctx.note("note: the mint has a freeze authority, who could freeze the vault");
            }
            (mint.decimals, mint.token_program)
        };
        let terms = NetworkTerms {
            epoch_length: self.epoch_length.0,
            challenge_period: self.challenge_period.0,
            emission_cap: Draft::units(&self.emission_cap, "--emission-cap", decimals)?,
            limiter_capacity: Draft::units(&self.limiter_capacity, "--limiter-capacity", decimals)?,
            limiter_refill: Draft::units(&self.limiter_refill, "--limiter-refill", decimals)?,
            location_resolution: self.location_resolution,
        };
        let publisher_set = PublisherSet::from(&self.publishers);
        let args = CreateNetworkArgs {
            name: name.clone(),
            terms,
            guardian: self.guardian,
            publisher_set,
        };

        let mut details = vec![
            ("address", self.network.address()?.into()),
            ("authority", draft.signer.into()),
            ("guardian", self.guardian.into()),
            (
                "publishers",
                Shown::of(PublishersView::from(&args.publisher_set)),
            ),
            ("mint", self.mint.into()),
            ("token program", token_program.into()),
        ];
        details.extend(TermsView::new(&terms.to_stored(), decimals, &self.mint).fields());
        draft.describe(format!("create the network {name}"), details);
        let create =
            instruction::create_network(draft.payer, draft.signer, self.mint, token_program, args)
                .ok_or_else(|| InputError::name("network", name))
                .context("cannot create the network")?;
        draft.add(create);
        draft.finish(Some(&self.confirm))
    }
}
