use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::esim::address;
use wayfare_client::governance::Governed;

use crate::args::name;
use crate::context::Context;
use crate::esim::find::find_market;
use crate::governance::AuthorityArgs;
use crate::governance::{Noun, Roles};

#[derive(Args)]
pub struct MarketNameArgs {
    /// Name of the market
    #[arg(value_parser = name)]
    pub name: String,
}

impl MarketNameArgs {
    /// The address that the name leads to.
    pub fn address(&self) -> Result<Pubkey> {
        Ok(address::market(&self.name).ok_or_else(|| InputError::name("market", &self.name))?)
    }
}

impl Noun for MarketNameArgs {
    const NOUN: &'static str = "market";
    const PAUSE: &'static str = "Refuse entries (applications, plans, purchases) for at most 7 days. Existing orders continue";

    fn name(&self) -> &str {
        &self.name
    }

    fn governed(&self) -> Result<Governed> {
        Ok(Governed {
            program: address::PROGRAM,
            address: self.address()?,
        })
    }

    fn roles(&self, ctx: &Context) -> Result<Roles> {
        let (_, market) = find_market(ctx, &self.name)?;
        Ok(Roles {
            pending_authority: market.scope.pending_authority,
            guardian: market.scope.guardian,
        })
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
    pub by: AuthorityArgs,
}
