mod answer;
mod apply;
mod deliver;
mod deliveries;
mod fulfil;
mod import;
mod orders;
mod plan;
mod plans;
mod refund;
mod report;
mod show;
mod update;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use esim_market::state::{Market, Seller};
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;
use wayfare_client::esim::address;

use super::find_market;
use crate::cli::esim::seller::{PlanCommand, SellerCommand, SellerShowArgs};
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;

pub fn run(command: &SellerCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use SellerCommand as Seller;
    match command {
        Seller::Apply(args) => print.result(args.run(ctx)),
        Seller::Update(args) => print.result(args.run(ctx)),
        Seller::Show(args) => print.result(show::run(args, ctx)),
        Seller::Plans(args) => print.result(plans::run(args, ctx)),
        Seller::Plan(command) => match &**command {
            PlanCommand::Create(args) => print.result(args.run(ctx)),
            PlanCommand::Update(args) => print.result(args.run(ctx)),
            PlanCommand::Retire(args) => print.result(args.run(ctx)),
        },
        Seller::Import(args) => print.result(args.run(ctx)),
        Seller::Orders(args) => print.result(args.run(ctx)),
        Seller::Deliver(args) => print.result(args.run(ctx)),
        Seller::Fulfil(args) => print.result(args.run(ctx)),
        Seller::Refund(args) => print.result(args.run(ctx)),
        Seller::Answer(args) => print.result(args.run(ctx)),
        Seller::Report(args) => print.result(args.run(ctx)),
    }
}

/// A seller of a market, by the key that acts for it.
fn find_seller(ctx: &Context, market: &Pubkey, authority: &Pubkey) -> Result<(Pubkey, Seller)> {
    let at = address::seller(market, authority);
    match ctx.cluster()?.find_state(&at)? {
        Some(seller) => Ok((at, seller)),
        None => bail!(
            "{authority} is no seller of this market: apply with `wayfare esim seller apply`, or name the seller's key"
        ),
    }
}

impl SellerShowArgs {
    /// The market and the seller: by address, by authority, or `--keypair`.
    fn find(&self, ctx: &Context) -> Result<(Pubkey, Market, Pubkey, Seller)> {
        let (market_at, market) = find_market(ctx, &self.market.market)?;
        let given = match self.seller {
            Some(given) => given,
            None => ctx.party(None, "the seller")?.pubkey(),
        };
        // An address that is no seller's may be an authority's.
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

/// SHA-256 of a file.
fn hash_of(path: &Path) -> Result<[u8; 32]> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(solana_sha256_hasher::hash(&bytes).to_bytes())
}
