use anyhow::{Result, bail};
use clap::Args;
use esim_market::state::{Market, Seller};
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;

use crate::context::Context;
use crate::esim::args::MarketArg;
use crate::esim::find::find_market;
use crate::esim::seller::find::find_seller;
use crate::signers::SignerSource;

/// Which seller acts.
#[derive(Args)]
pub struct SellerArg {
    #[command(flatten)]
    pub market: MarketArg,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,
}

#[derive(Args)]
pub struct SellerShowArgs {
    #[command(flatten)]
    pub market: MarketArg,

    /// The seller's authority, or the seller's address [default: the public key of --keypair]
    #[arg(value_name = "PUBKEY")]
    pub seller: Option<Pubkey>,
}

impl SellerShowArgs {
    /// The market and the seller: by address, by authority, or `--keypair`.
    pub fn find(&self, ctx: &Context) -> Result<(Pubkey, Market, Pubkey, Seller)> {
        let (market_at, market) = find_market(ctx, &self.market.market)?;
        let given = match self.seller {
            Some(given) => given,
            None => ctx.party(None, "the seller")?.pubkey(),
        };
        // An address that is not a seller's may be an authority's.
        let (at, seller) = match ctx.cluster()?.state::<Seller>(&given) {
            Ok(seller) if seller.market != market_at => {
                bail!("{given} sells in another market, {}", seller.market)
            }
            Ok(seller) => (given, seller),
            Err(ClientError::Account(
                AccountError::Missing(_) | AccountError::ForeignOwner { .. },
            )) => find_seller(ctx, &market_at, &given)?,
            Err(error) => return Err(error.into()),
        };
        Ok((market_at, market, at, seller))
    }
}
