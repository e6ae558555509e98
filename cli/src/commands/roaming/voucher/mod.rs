mod redeem;
mod sign;

use anyhow::Result;

use crate::cli::roaming::VoucherCommand;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;

pub fn run(command: &VoucherCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        VoucherCommand::Sign(args) => print.result(args.run(ctx)),
        VoucherCommand::Redeem(args) => print.result(args.run(ctx)),
    }
}
