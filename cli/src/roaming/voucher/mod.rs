mod redeem;
mod sign;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;

#[derive(Subcommand)]
pub enum VoucherCommand {
    /// Sign a voucher: the visited network can redeem it before the period is stated. Nothing is sent
    Sign(sign::VoucherSignArgs),
    /// Redeem a voucher: what it adds to the ones before it moves at once. Anyone can
    Redeem(redeem::VoucherRedeemArgs),
}

pub fn run(command: &VoucherCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        VoucherCommand::Sign(args) => print.result(args.run(ctx)),
        VoucherCommand::Redeem(args) => print.result(args.run(ctx)),
    }
}
