use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::esim::address;

use crate::args::{ConfirmArgs, TransactionArgs, name};
use crate::context::Context;
use crate::draft::Draft;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct MarketNameArgs {
    /// Name of the market
    #[arg(value_parser = name)]
    pub name: String,
}

impl MarketNameArgs {
    /// The address that the name leads to.
    pub fn address(&self) -> Result<Pubkey> {
        Ok(address::market(&self.name).ok_or_else(|| InputError::MarketName(self.name.clone()))?)
    }
}

/// What every change by the authority has.
#[derive(Args)]
pub struct MarketAuthorityArgs {
    /// The market's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl MarketAuthorityArgs {
    /// Begins a transaction of the authority.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<Draft<'a>> {
        Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )
    }
}

#[derive(Args)]
pub struct MarketMintArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// The mint
    #[arg(value_name = "MINT")]
    pub mint: Pubkey,

    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}
