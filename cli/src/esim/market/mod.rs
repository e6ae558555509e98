mod accept_mint;
mod args;
mod books;
mod create;
mod disputes;
mod drop_mint;
mod list;
mod readmit_mint;
mod resolve;
mod seller_status;
mod sellers;
mod show;
mod update;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::esim::market::args::{MarketMintArgs, MarketNameArgs};
use crate::governance::GovernanceCommand;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum MarketCommand {
    /// Create a market
    Create(create::MarketCreateArgs),
    /// Show a market's roles, terms and mints
    Show(MarketNameArgs),
    /// List all markets of the cluster
    List,
    /// Check that what the vaults hold and what the orders are owed adds up
    Books(MarketNameArgs),
    /// Change terms, for orders to come; those not named stay
    Update(update::MarketUpdateArgs),
    /// Accept a mint for the first time, and make its vault
    AcceptMint(accept_mint::AcceptMintArgs),
    /// Stop accepting a mint. Open orders continue
    DropMint(MarketMintArgs),
    /// Accept a dropped mint again
    ReadmitMint(MarketMintArgs),
    /// List the sellers and their records
    Sellers(MarketNameArgs),
    /// Approve or suspend a seller. Open orders continue
    SellerStatus(seller_status::SellerStatusArgs),
    #[command(flatten)]
    Governance(GovernanceCommand<MarketNameArgs>),
    /// List what the arbiter has to decide about, the most urgent first
    Disputes(MarketNameArgs),
    /// Divide a contested order's money, as its arbiter
    Resolve(resolve::ResolveArgs),
}

pub fn run(command: &MarketCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use MarketCommand as Market;
    match command {
        Market::Create(args) => print.result(args.run(ctx)),
        Market::Show(args) => print.result(show::run(args, ctx)),
        Market::List => print.result(list::run(ctx)),
        Market::Books(args) => print.result(books::run(args, ctx)),
        Market::Update(args) => print.result(args.run(ctx)),
        Market::AcceptMint(args) => print.result(args.run(ctx)),
        Market::DropMint(args) => print.result(drop_mint::run(args, ctx)),
        Market::ReadmitMint(args) => print.result(readmit_mint::run(args, ctx)),
        Market::Sellers(args) => print.result(sellers::run(args, ctx)),
        Market::SellerStatus(args) => print.result(args.run(ctx)),
        Market::Governance(command) => print.result(command.run(ctx)),
        Market::Disputes(args) => print.result(disputes::run(args, ctx)),
        Market::Resolve(args) => print.result(args.run(ctx)),
    }
}
