mod award;
mod concede;
mod default;
mod difference;
mod list;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum DisputeCommand {
    /// List what is disputed, the most urgent first
    List(list::DisputeListArgs),
    /// Concede: the home network pays all of the difference, or the visited network forgoes it
    Concede(concede::ConcedeArgs),
    /// Give the visited network a part of the difference, as the hub's arbiter
    Award(award::AwardArgs),
    /// Award the agreed default, once the arbiter's time is over. Anyone can
    Default(default::DefaultAwardArgs),
}

pub fn run(command: &DisputeCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use DisputeCommand as Dispute;
    match command {
        Dispute::List(args) => print.result(args.run(ctx)),
        Dispute::Concede(args) => print.result(args.run(ctx)),
        Dispute::Award(args) => print.result(args.run(ctx)),
        Dispute::Default(args) => print.result(args.run(ctx)),
    }
}
