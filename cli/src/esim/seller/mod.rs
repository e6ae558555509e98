mod answer;
mod apply;
mod args;
mod deliver;
mod deliveries;
mod find;
mod fulfil;
mod import;
mod orders;
mod plan;
mod plans;
mod refund;
mod report;
mod show;
mod update;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::esim::seller::args::SellerShowArgs;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum SellerCommand {
    /// Apply to sell in a market. Its authority decides
    Apply(apply::SellerApplyArgs),
    /// Change payout wallet, attester or contact, for orders to come; what is not named stays
    Update(update::SellerUpdateArgs),
    /// Show a seller's status, wallets and record
    Show(SellerShowArgs),
    /// List a seller's plans, those off sale too
    Plans(SellerShowArgs),
    /// Offer plans, change them, and take them off the market
    #[command(subcommand)]
    Plan(Box<plan::PlanCommand>),
    /// Offer the packages of a list in the shape of Airalo's partner API as plans
    Import(import::ImportArgs),
    /// List a seller's orders, and what can be done with each until when
    Orders(orders::SellerOrdersArgs),
    /// Deliver an order: encrypts a profile to its buyer
    Deliver(deliver::DeliverArgs),
    /// Deliver all waiting orders, each with its own profile from a pool
    Fulfil(fulfil::FulfilArgs),
    /// Give the money of an order back: all of it, or a part that its buyer agrees to
    Refund(refund::SellerRefundArgs),
    /// Contest a dispute: the arbiter will decide. To accept it, refund
    Answer(answer::AnswerArgs),
    /// Report that a profile was installed or first used, as the order's attester
    Report(report::ReportArgs),
}

pub fn run(command: &SellerCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use SellerCommand as Seller;
    match command {
        Seller::Apply(args) => print.result(args.run(ctx)),
        Seller::Update(args) => print.result(args.run(ctx)),
        Seller::Show(args) => print.result(show::run(args, ctx)),
        Seller::Plans(args) => print.result(plans::run(args, ctx)),
        Seller::Plan(command) => match &**command {
            plan::PlanCommand::Create(args) => print.result(args.run(ctx)),
            plan::PlanCommand::Update(args) => print.result(args.run(ctx)),
            plan::PlanCommand::Retire(args) => print.result(args.run(ctx)),
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
