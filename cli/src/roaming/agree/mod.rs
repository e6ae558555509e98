mod accept;
mod close;
mod list;
mod offer;
mod propose;
mod show;
mod terms;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;
use crate::roaming::args::AgreementArg;

#[derive(Subcommand)]
pub enum AgreeCommand {
    /// Propose an agreement to another operator, and make its vault. Nothing is in force before the other accepts
    Propose(Box<propose::ProposeArgs>),
    /// Offer other terms, or withdraw the offer; what is not named stays as it is
    Offer(Box<offer::OfferArgs>),
    /// Accept the terms that the other operator offers
    Accept(accept::AcceptTermsArgs),
    /// Show an agreement: balances, what comes next, terms, what is on offer
    Show(AgreementArg),
    /// List agreements
    List(list::AgreementListArgs),
    /// Start to end an agreement: it takes statements for one more withdrawal notice
    Close(close::CloseAgreementArgs),
}

pub fn run(command: &AgreeCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use AgreeCommand as Agree;
    match command {
        Agree::Propose(args) => print.result(args.run(ctx)),
        Agree::Offer(args) => print.result(args.run(ctx)),
        Agree::Accept(args) => print.result(args.run(ctx)),
        Agree::Show(args) => print.result(show::run(args, ctx)),
        Agree::List(args) => print.result(args.run(ctx)),
        Agree::Close(args) => print.result(args.run(ctx)),
    }
}
