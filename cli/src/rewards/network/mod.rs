mod books;
mod create;
mod fund;
mod list;
mod publishers;
mod show;
mod update;
mod veto;

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::error::Exit;
use crate::governance::GovernanceCommand;
use crate::output::Printer;
use crate::rewards::args::NetworkNameArgs;

#[derive(Subcommand)]
pub enum NetworkCommand {
    /// Create a network and its vault
    Create(create::NetworkCreateArgs),
    /// Show a network's roles, terms and totals
    Show(NetworkNameArgs),
    /// List all networks of the cluster
    List,
    /// Check that what was funded, granted, claimed and held adds up
    Books(NetworkNameArgs),
    /// Change terms; those not named stay
    Update(update::NetworkUpdateArgs),
    /// Replace the publishers and their threshold
    Publishers(publishers::NetworkPublishersArgs),
    #[command(flatten)]
    Governance(GovernanceCommand<NetworkNameArgs>),
    /// Move tokens into the vault
    Fund(fund::NetworkFundArgs),
    /// Refuse the proposed epoch
    Veto(veto::NetworkVetoArgs),
}

pub fn run(command: &NetworkCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use NetworkCommand as Network;
    match command {
        Network::Create(args) => print.result(args.run(ctx)),
        Network::Show(args) => print.result(show::run(args, ctx)),
        Network::List => print.result(list::run(ctx)),
        Network::Books(args) => print.result(books::run(args, ctx)),
        Network::Update(args) => print.result(args.run(ctx)),
        Network::Publishers(args) => print.result(args.run(ctx)),
        Network::Governance(command) => print.result(command.run(ctx)),
        Network::Fund(args) => print.result(args.run(ctx)),
        Network::Veto(args) => print.result(args.run(ctx)),
    }
}
