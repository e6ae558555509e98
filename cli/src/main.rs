//! The command line of Wayfare.

mod args;
mod cli;
mod commands;
mod config;
mod context;
mod draft;
mod error;
mod esim;
mod governance;
mod job;
mod keys;
mod mint;
mod output;
mod rewards;
mod roaming;
mod signers;
mod views;

use std::process::ExitCode;

use clap::Parser;
use cli::Cli;
use error::{OneLine, exit_of};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let verbose = cli.global.verbose;
    let exit = cli::run(cli).unwrap_or_else(|error| {
        eprintln!("error: {}", OneLine(&error));
        error::explain(&error, verbose);
        exit_of(&error)
    });
    ExitCode::from(exit)
}
