use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::address;
use wayfare_client::rewards::instruction::{self, NetworkAccounts};

use crate::args::{ConfirmArgs, OFFLINE, TokenProgram, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::{Amount, Shown};
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::find::find_network;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NetworkFundArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Tokens to move into the vault
    pub amount: String,

    /// Owner of the tokens [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub funder: Option<SignerSource>,

    /// Token account to take them from [default: the funder's associated token account]
    #[arg(long, value_name = "ADDRESS")]
    pub source: Option<Pubkey>,

    /// Mint of the network, where the network cannot be asked
    #[arg(long, value_name = "ADDRESS", requires_all = ["mint_decimals", "token_program"], help_heading = OFFLINE)]
    pub mint: Option<Pubkey>,

    /// Program that owns the mint, where the network cannot be asked
    #[arg(long, value_name = "PROGRAM", requires = "mint", help_heading = OFFLINE)]
    pub token_program: Option<TokenProgram>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl NetworkFundArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.funder.as_ref(), "the funder")?;
        let name = &self.network.name;
        let (accounts, decimals) = if draft.is_offline() {
            let missing = "--sign-only asks the network for nothing: give --mint, --token-program and --mint-decimals too";
            let (Some(mint), Some(token_program), Some(decimals)) = (
                self.mint,
                self.token_program,
                self.transaction.offline.mint_decimals,
            ) else {
                return Err(Usage(missing.into()).into());
            };
            let network = self.network.address()?;
            let accounts = NetworkAccounts {
                network,
                vault: address::vault(&network),
                mint,
                token_program: token_program.id(),
            };
            (accounts, decimals)
        } else {
            let (address, network) = find_network(ctx, name)?;
            (NetworkAccounts::of(address, &network), network.decimals)
        };
        let units = Draft::units(&self.amount, "amount", decimals)?;
        let source = self.source.unwrap_or_else(|| {
            wayfare_client::token::token_account(
                &draft.signer,
                &accounts.mint,
                &accounts.token_program,
            )
        });
        draft.describe(
            format!("fund the network {name}"),
            vec![
                (
                    "amount",
                    Shown::of(Amount::new(units, decimals, &accounts.mint)),
                ),
                ("mint", accounts.mint.into()),
                ("funder", draft.signer.into()),
                ("source", source.into()),
                ("vault", accounts.vault.into()),
            ],
        );
        draft.add(instruction::fund(&accounts, draft.signer, source, units));
        draft.finish(Some(&self.confirm))
    }
}
