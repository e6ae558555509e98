//! The command line: its top level. A command's arguments stand beside what it does, in the file that is named after it.

#[cfg(test)]
mod tests;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::args::GlobalArgs;
use crate::commands::audit::AuditArgs;
use crate::commands::completions::CompletionsArgs;
use crate::commands::config::{self, ConfigCommand};
use crate::commands::events::EventsArgs;
use crate::commands::keygen::KeygenArgs;
use crate::commands::man::ManArgs;
use crate::commands::migrate::MigrateArgs;
use crate::commands::show::ShowArgs;
use crate::commands::{address, reference};
use crate::context::Context;
use crate::error::Exit;
use crate::esim::{self, EsimCommand};
use crate::output::Printer;
use crate::rewards::network::{self, NetworkCommand};
use crate::rewards::node::{self, NodeCommand};
use crate::rewards::payout::{self, PayoutCommand};
use crate::rewards::{self, RewardsCommand};
use crate::roaming::{self, RoamingCommand};

/// Wayfare: rewards for the owners of network nodes, a market for eSIM plans, and settlement of roaming, on Solana
///
/// Every setting comes from its flag, else from the Solana CLI's configuration file, else from that file's
/// default. Exit codes: 0 done, 1 refused, 2 wrong usage, 3 the books do not balance, 100 worth retrying.
#[derive(Parser)]
#[command(
    name = "wayfare",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Create, configure, fund and guard networks
    #[command(subcommand)]
    Network(NetworkCommand),
    /// Register nodes and hand them over
    #[command(subcommand)]
    Node(NodeCommand),
    /// Choose the wallet that an owner's claims pay
    #[command(subcommand)]
    Payout(PayoutCommand),
    /// Compute, publish and claim rewards
    #[command(subcommand)]
    Rewards(RewardsCommand),
    /// Buy and sell eSIM plans: the money waits until the eSIM is delivered
    #[command(subcommand)]
    Esim(EsimCommand),
    /// Settle roaming between two networks: statements, disputes, netting, vouchers
    #[command(subcommand)]
    Roaming(RoamingCommand),
    /// Prove from the accounts alone that the books of the programs balance
    ///
    /// Every account of a program is read at one slot, decoded, and checked against every rule of docs/invariants.md that
    /// accounts can show. Ends with 3 when one does not hold; a vault's surplus over what it owes is not a finding.
    Audit(AuditArgs),
    /// Decode the programs' events, and point out missing ones
    Events(EventsArgs),
    /// Decode any account of the programs
    Show(ShowArgs),
    /// Bring a cluster to what the migrations declare
    Migrate(MigrateArgs),
    /// Read and change the Solana CLI's configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make a key file, without `solana-keygen`
    Keygen(KeygenArgs),
    /// Print the public key of --keypair
    Address,
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the man page, or write one for every command
    Man(ManArgs),
    /// Print this reference of all commands in Markdown
    #[command(hide = true)]
    Reference,
}
/// Runs the command of a command line.
pub fn run(cli: Cli) -> Result<Exit> {
    let print = Printer(cli.global.output);
    let global = &cli.global;
    let done = |result: Result<()>| result.map(|()| Exit::Done);
    match &cli.command {
        // These need neither settings nor a network.
        Command::Config(command) => print.result(config::run(command, global)),
        Command::Keygen(args) => print.result(args.run()),
        Command::Address => print.result(address::run(&Context::new(global)?)),
        Command::Completions(args) => done(args.run(Cli::command())),
        Command::Man(args) => done(args.run(Cli::command())),
        Command::Reference => done(reference::run(Cli::command())),
        Command::Network(command) => network::run(command, &Context::new(global)?, &print),
        Command::Node(command) => node::run(command, &Context::new(global)?, &print),
        Command::Payout(command) => payout::run(command, &Context::new(global)?, &print),
        Command::Rewards(command) => rewards::run(command, &Context::new(global)?, &print),
        Command::Esim(command) => esim::run(command, &Context::new(global)?, &print),
        Command::Roaming(command) => roaming::run(command, &Context::new(global)?, &print),
        Command::Audit(args) => print.result(args.run(&Context::new(global)?)),
        Command::Events(args) => print.result(args.run(&Context::new(global)?)),
        Command::Show(args) => args.run(&Context::new(global)?, &print),
        Command::Migrate(args) => print.result(args.run(&Context::new(global)?)),
    }
}
