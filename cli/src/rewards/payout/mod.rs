mod clear;
mod set;
mod show;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum PayoutCommand {
    /// Name the wallet that the owner's claims pay
    Set(set::PayoutSetArgs),
    /// Let the owner's claims pay the owner again. The rent goes back to its payer
    Clear(clear::PayoutClearArgs),
    /// Show where an owner's claims are paid
    Show(show::PayoutShowArgs),
}

pub fn run(command: &PayoutCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        PayoutCommand::Set(args) => print.result(args.run(ctx)),
        PayoutCommand::Clear(args) => print.result(args.run(ctx)),
        PayoutCommand::Show(args) => print.result(args.run(ctx)),
    }
}
