pub mod accounts;
mod args;
pub mod audit;
mod buy;
mod close;
mod confirm;
mod delivery;
mod delivery_key;
mod dispute;
mod find;
mod market;
mod orders;
mod plans;
mod purchase;
mod refund;
mod seller;
mod serve;
mod settled;
mod show;
mod sweep;
mod top_up;
pub mod views;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::esim::args::OrderArgs;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum EsimCommand {
    /// List the plans on offer, as in a shop
    Plans(plans::PlansArgs),
    /// Buy a plan. The money waits until the eSIM is delivered
    Buy(buy::BuyArgs),
    /// Buy more for the eSIM of a delivered order
    TopUp(top_up::TopUpArgs),
    /// List your orders, and what can be done with each until when
    Orders(orders::OrdersArgs),
    /// Show an order, and decrypt its delivery with your wallet or key file
    Show(show::OrderShowArgs),
    /// Accept a delivery: the seller is paid at once
    Confirm(OrderArgs),
    /// Complain about a delivery, before its time to complain is over
    Dispute(dispute::DisputeArgs),
    /// Pay out a refund that is due to the payer. Anyone can, and nobody can be refused it
    Refund(refund::RefundArgs),
    /// Close an ended order of yours, or one that is no longer kept. The rent goes back to its payer; the delivery is gone
    Close(OrderArgs),
    /// Make and show the keys that deliveries are encrypted to
    #[command(subcommand)]
    DeliveryKey(delivery_key::DeliveryKeyCommand),
    /// Sell: offer plans, deliver orders, answer complaints
    #[command(subcommand)]
    Seller(seller::SellerCommand),
    /// Open a shop on the web: people buy with their wallets, and read their eSIMs in the browser
    Serve(serve::ServeArgs),
    /// Do everything due in a market that anyone may do: refunds, releases, splits, payments, closing
    Sweep(sweep::SweepArgs),
    /// Create, configure and arbitrate markets
    #[command(subcommand)]
    Market(market::MarketCommand),
}

pub fn run(command: &EsimCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        EsimCommand::Plans(args) => print.result(args.run(ctx)),
        EsimCommand::Buy(args) => print.result(args.run(ctx)),
        EsimCommand::TopUp(args) => print.result(args.run(ctx)),
        EsimCommand::Orders(args) => print.result(args.run(ctx)),
        EsimCommand::Show(args) => print.result(args.run(ctx)),
        EsimCommand::Confirm(args) => print.result(confirm::run(args, ctx)),
        EsimCommand::Dispute(args) => print.result(args.run(ctx)),
        EsimCommand::Refund(args) => print.result(args.run(ctx)),
        EsimCommand::Close(args) => print.result(close::run(args, ctx)),
        EsimCommand::DeliveryKey(delivery_key::DeliveryKeyCommand::New(args)) => {
            print.result(delivery_key::new(args))
        }
        EsimCommand::DeliveryKey(delivery_key::DeliveryKeyCommand::Show(args)) => {
            print.result(delivery_key::show(args))
        }
        EsimCommand::Seller(command) => seller::run(command, ctx, print),
        EsimCommand::Serve(args) => args.run(ctx, print.0),
        EsimCommand::Sweep(args) => print.result(args.run(ctx)),
        EsimCommand::Market(command) => market::run(command, ctx, print),
    }
}
