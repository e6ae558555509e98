mod accept;
mod create;
mod list;
mod nominate;
mod operators;
mod pause;
mod show;
mod status;
mod unpause;
mod update;

use anyhow::Result;
use roaming_escrow::state::OperatorStatus;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::roaming::address;

use crate::cli::roaming::{HubArg, HubAuthorityArgs, HubAuthorityCommand, HubCommand, HubNameArgs};
use crate::commands::Printer;
use crate::context::Context;
use crate::draft::Draft;
use crate::error::Exit;

pub fn run(command: &HubCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use HubAuthorityCommand::{Accept, Nominate};
    use HubCommand as Hub;
    match command {
        Hub::Create(args) => print.result(args.run(ctx)),
        Hub::Show(args) => print.result(show::run(args, ctx)),
        Hub::List => print.result(list::run(ctx)),
        Hub::Update(args) => print.result(args.run(ctx)),
        Hub::Operators(args) => print.result(operators::run(args, ctx)),
        Hub::Suspend(args) => print.result(args.run(ctx, OperatorStatus::Suspended)),
        Hub::Readmit(args) => print.result(args.run(ctx, OperatorStatus::Active)),
        Hub::Authority(Nominate(args)) => print.result(args.run(ctx)),
        Hub::Authority(Accept(args)) => print.result(args.run(ctx)),
        Hub::Pause(args) => print.result(args.run(ctx)),
        Hub::Unpause(args) => print.result(args.run(ctx)),
    }
}

fn address_of(name: &str) -> Result<Pubkey> {
    Ok(address::hub(name).ok_or_else(|| InputError::name("hub", name))?)
}

impl HubNameArgs {
    /// The address that the name leads to.
    pub fn address(&self) -> Result<Pubkey> {
        address_of(&self.name)
    }
}

impl HubArg {
    /// The address that the name leads to.
    pub fn address(&self) -> Result<Pubkey> {
        address_of(&self.hub)
    }
}

impl HubAuthorityArgs {
    /// Begins a transaction of the hub's authority.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<Draft<'a>> {
        Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the hub's authority",
        )
    }
}
