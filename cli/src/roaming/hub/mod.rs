mod create;
mod list;
mod operators;
mod show;
mod status;
mod update;

use anyhow::Result;
use clap::Subcommand;
use roaming_escrow::state::OperatorStatus;

use crate::context::Context;
use crate::error::Exit;
use crate::governance::GovernanceCommand;
use crate::output::Printer;
use crate::roaming::args::HubNameArgs;

#[derive(Subcommand)]
pub enum HubCommand {
    /// Create a hub
    Create(create::HubCreateArgs),
    /// Show a hub's roles and terms
    Show(HubNameArgs),
    /// List all hubs of the cluster
    List,
    /// Change roles or the fee; what is not named stays. Agreements keep the fee under which they were accepted
    Update(update::HubUpdateArgs),
    /// List the operators
    Operators(HubNameArgs),
    /// Suspend an operator: it makes no new agreements. Existing ones continue
    Suspend(status::OperatorStatusArgs),
    /// End an operator's suspension
    Readmit(status::OperatorStatusArgs),
    #[command(flatten)]
    Governance(GovernanceCommand<HubNameArgs>),
}

pub fn run(command: &HubCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use HubCommand as Hub;
    match command {
        Hub::Create(args) => print.result(args.run(ctx)),
        Hub::Show(args) => print.result(show::run(args, ctx)),
        Hub::List => print.result(list::run(ctx)),
        Hub::Update(args) => print.result(args.run(ctx)),
        Hub::Operators(args) => print.result(operators::run(args, ctx)),
        Hub::Suspend(args) => print.result(args.run(ctx, OperatorStatus::Suspended)),
        Hub::Readmit(args) => print.result(args.run(ctx, OperatorStatus::Active)),
        Hub::Governance(command) => print.result(command.run(ctx)),
    }
}
