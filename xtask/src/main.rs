//! The project's own commands: `cargo xtask build`, `localnet` and the like. Free of Solana
//! dependencies, so that it builds in seconds and can say what a bare machine lacks.

mod command;
mod idl;
mod programs;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about, version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

/// Wayfare's development commands
#[derive(Subcommand)]
enum Task {
    /// Build the programs to target/deploy and their IDLs to idls
    Build,
    /// Build the programs' IDLs to idls
    Idl {
        /// Change nothing, and fail if the committed IDLs are out of date
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Build => {
            programs::build()?;
            idl::idl(false)
        }
        Task::Idl { check } => idl::idl(check),
    }
}
