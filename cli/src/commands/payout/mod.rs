mod clear;
mod set;
mod show;

use anyhow::Result;

use crate::cli::PayoutCommand;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;

pub fn run(command: &PayoutCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        PayoutCommand::Set(args) => print.result(args.run(ctx)),
        PayoutCommand::Clear(args) => print.result(args.run(ctx)),
        PayoutCommand::Show(args) => print.result(args.run(ctx)),
    }
}
