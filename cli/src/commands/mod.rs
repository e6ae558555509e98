//! What the commands do: one file for each.

mod address;
mod audit;
mod completions;
mod config;
mod esim;
mod events;
mod keygen;
mod man;
mod migrate;
mod network;
mod node;
mod payout;
mod reference;
mod rewards;
mod roaming;
mod show;

use anyhow::Result;

use crate::cli::{Cli, Command, OutputFormat};
use crate::context::Context;
use crate::error::Exit;
use crate::output::{self, Output};

/// Prints results in the format that the user wants.
pub struct Printer(pub OutputFormat);

impl Printer {
    /// Prints a command's result, and says how the command ends.
    pub fn result(&self, result: Result<impl Output>) -> Result<Exit> {
        let result = result?;
        output::print(&result, self.0)?;
        Ok(result.exit())
    }
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
        Command::Completions(args) => done(args.run()),
        Command::Man(args) => done(args.run()),
        Command::Reference => done(reference::run()),
        Command::Network(command) => network::run(command, &Context::new(global)?, &print),
        Command::Node(command) => node::run(command, &Context::new(global)?, &print),
        Command::Payout(command) => payout::run(command, &Context::new(global)?, &print),
        Command::Rewards(command) => rewards::run(command, &Context::new(global)?, &print),
        Command::Esim(command) => esim::run(command, &Context::new(global)?, &print),
        Command::Roaming(command) => roaming::run(command, &Context::new(global)?, &print),
        Command::Audit(args) => print.result(args.run(&Context::new(global)?)),
        Command::Events(args) => print.result(args.run(&Context::new(global)?)),
        Command::Show(args) => show::run(args, &Context::new(global)?, &print),
        Command::Migrate(args) => print.result(args.run(&Context::new(global)?)),
    }
}
