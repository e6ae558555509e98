mod accept;
mod nominate;
mod place;
mod register;
mod show;
mod update;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;
use crate::roaming::args::OperatorArg;

#[derive(Subcommand)]
pub enum OperatorCommand {
    /// Admit an operator to a hub. The hub's authority and the operator's both sign
    Register(register::OperatorRegisterArgs),
    /// Show an operator's keys and status
    Show(OperatorArg),
    /// Change voucher signer, payout wallet or name; what is not named stays. The old signer's vouchers
    /// are no longer valid
    Update(update::OperatorUpdateArgs),
    /// Nominate the operator's next authority, or withdraw the nomination
    Nominate(nominate::OperatorNominateArgs),
    /// Take an operator over, as the nominee
    Accept(accept::OperatorAcceptArgs),
}

pub fn run(command: &OperatorCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use OperatorCommand as Operator;
    match command {
        Operator::Register(args) => print.result(args.run(ctx)),
        Operator::Show(args) => print.result(show::run(args, ctx)),
        Operator::Update(args) => print.result(args.run(ctx)),
        Operator::Nominate(args) => print.result(args.run(ctx)),
        Operator::Accept(args) => print.result(args.run(ctx)),
    }
}
