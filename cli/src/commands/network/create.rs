use anyhow::{Context as _, Result, bail};
use node_rewards::instructions::CreateNetworkArgs;
use node_rewards::state::{Network, NetworkTerms, PublisherSet};
use wayfare_client::error::InputError;
use wayfare_client::rewards::instruction;

use crate::cli::{NetworkCreateArgs, TokenProgram};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::mint;
use crate::output::Shown;
use crate::views::rewards::{PublishersView, TermsView};

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
        details.extend(TermsView::new(&terms, decimals, &self.mint).fields());
        draft.describe(format!("create the network {name}"), details);
        let create =
            instruction::create_network(draft.payer, draft.signer, self.mint, token_program, args)
                .ok_or_else(|| InputError::name("network", name))
                .context("cannot create the network")?;
        draft.add(create);
        draft.finish(Some(&self.confirm))
    }
}
