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
use crate::esim::buy::BuyArgs;
use crate::esim::delivery_key::DeliveryKeyCommand;
use crate::esim::dispute::DisputeArgs;
use crate::esim::market::MarketCommand;
use crate::esim::orders::OrdersArgs;
use crate::esim::plans::PlansArgs;
use crate::esim::refund::RefundArgs;
use crate::esim::seller::SellerCommand;
use crate::esim::serve::ServeArgs;
use crate::esim::show::OrderShowArgs;
use crate::esim::sweep::SweepArgs;
use crate::esim::top_up::TopUpArgs;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum EsimCommand {
    /// See what is on offer, as in a shop
    Plans(PlansArgs),
    /// Buy a plan. The money waits until the eSIM is delivered
    Buy(BuyArgs),
    /// Buy more for the eSIM of a delivered order
    TopUp(TopUpArgs),
    /// List your orders, and what can be done with each until when
    Orders(OrdersArgs),
    /// Show an order, and decrypt its delivery with the wallet or key file that can
    Show(OrderShowArgs),
    /// Accept a delivery: the seller is paid at once
    Confirm(OrderArgs),
    /// Complain about a delivery, before its time to complain is over
    Dispute(DisputeArgs),
    /// Bring a refund that is due to who paid: nobody can be refused it
    Refund(RefundArgs),
    /// Close an ended order of yours, or one that is kept no longer. The rent goes back to who paid it; the delivery is gone
    Close(OrderArgs),
    /// Make and look at keys that deliveries are encrypted to
    #[command(subcommand)]
    DeliveryKey(DeliveryKeyCommand),
    /// Sell: offer plans, deliver orders, answer complaints
    #[command(subcommand)]
    Seller(SellerCommand),
    /// Open a shop on the web: people buy with their wallets, and read their eSIMs in the browser
    Serve(ServeArgs),
    /// Do all that is due in a market and that anyone may do: refunds, releases, splits, payments, closing
    Sweep(SweepArgs),
    /// Create, configure and judge over markets
    #[command(subcommand)]
    Market(MarketCommand),
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
        EsimCommand::DeliveryKey(DeliveryKeyCommand::New(args)) => {
            print.result(delivery_key::new(args))
        }
        EsimCommand::DeliveryKey(DeliveryKeyCommand::Show(args)) => {
            print.result(delivery_key::show(args))
        }
        EsimCommand::Seller(command) => seller::run(command, ctx, print),
        EsimCommand::Serve(args) => args.run(ctx, print.0),
        EsimCommand::Sweep(args) => print.result(args.run(ctx)),
        EsimCommand::Market(command) => market::run(command, ctx, print),
    }
}
