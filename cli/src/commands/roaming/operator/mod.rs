mod accept;
mod nominate;
mod register;
mod show;
mod update;

use anyhow::Result;
use solana_pubkey::Pubkey;
use wayfare_client::roaming::address;
use wayfare_core::roaming::tadig::Tadig;

use crate::cli::roaming::{OperatorArg, OperatorAuthorityArgs, OperatorCommand};
use crate::commands::Printer;
use crate::commands::roaming::tadig;
use crate::context::Context;
use crate::draft::Draft;
use crate::error::Exit;

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

/// Where an operator is, by the names that lead there.
struct Place {
    hub: Pubkey,
    tadig: Tadig,
    operator: Pubkey,
}

impl OperatorArg {
    fn place(&self, ctx: &Context) -> Result<Place> {
        let hub = self.hub.address()?;
        let tadig = tadig(ctx, &self.operator);
        Ok(Place {
            hub,
            tadig,
            operator: address::operator(&hub, tadig),
        })
    }
}

impl OperatorAuthorityArgs {
    /// Begins a transaction of an operator's authority.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<Draft<'a>> {
        Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the operator's authority",
        )
    }
}
