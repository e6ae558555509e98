//! The project's own commands: `cargo xtask build`, `localnet` and the like. Free of Solana
//! dependencies, so that it builds in seconds and can say what a bare machine lacks.

mod bench;
mod cli;
mod command;
mod coverage;
mod demo;
mod docs;
mod idl;
mod imports;
mod localnet;
mod planted;
mod programs;
mod system;
mod test;
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
    /// Write the reference pages of docs from the IDLs, and that of the planted bugs
    Docs {
        /// Change nothing, and fail if the committed pages are out of date
        #[arg(long)]
        check: bool,
    },
    /// Build the programs' IDLs to idls
    Idl {
        /// Change nothing, and fail if the committed IDLs are out of date
        #[arg(long)]
        check: bool,
    },
    /// Fail where source files import each other in a circle
    Imports,
    /// Run a local network with the programs, two mints and a funded wallet, until Ctrl-C
    Localnet {
        /// For the network: --rpc-port, --ws-port, --slot-ms, --dir, --json; --help shows all
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measure what the programs cost and how fast rewards are computed, into docs/costs.md
    Bench {
        /// Measure the costs alone, change nothing, and fail if one grew by more than 3 %
        #[arg(long)]
        check: bool,
        /// Buy, fulfil and release a thousand orders on the local network instead, check each, load the shop on the web, and print the times
        #[arg(long, conflicts_with = "check")]
        load: bool,
        /// What to print
        #[arg(long, value_enum, default_value_t = bench::Format::Table)]
        output: bench::Format,
    },
    /// Measure which lines of crates/core its own unit tests run, and fail below 95 %
    Coverage {
        /// The client and the programs too; these have no limit
        #[arg(long)]
        all: bool,
    },
    /// Run the story: New York's hotspots earn, their owners get paid, and travellers buy eSIMs, on a local network
    Demo {
        /// Keep the local network afterwards, until Ctrl-C
        #[arg(long)]
        keep: bool,
        /// Keep the local network, and a shop on the web at 127.0.0.1:8787 with a seller behind it, until Ctrl-C
        #[arg(long, conflicts_with = "keep")]
        serve: bool,
    },
    /// Break each invariant of the programs on purpose, and fail if a test that should notice does not
    Planted {
        /// For each bug, run all tests of its program with this in their path, and print those that fail
        #[arg(long, value_name = "FILTER", num_args = 0..=1, default_missing_value = "")]
        find: Option<String>,
        /// A bug's name, an invariant's id, or what ids begin with, up to the hyphen
        #[arg(long, value_name = "ID")]
        only: Vec<String>,
    },
    /// Build what the tests run and run them, with cargo-nextest where it is installed
    Test {
        /// For the test runner: a test's name, for instance
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    let task = Cli::parse().task;
    match workspace::find_root().and_then(|_| run(task)) {
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
        Task::Docs { check } => docs::docs(check),
        Task::Idl { check } => idl::idl(check),
        Task::Imports => imports::imports(),
        Task::Localnet { args } => localnet::localnet(&args),
        Task::Bench { load: true, .. } => bench::load(),
        Task::Bench { check, output, .. } => bench::bench(check, output),
        Task::Coverage { all } => coverage::coverage(all),
        Task::Demo { serve: true, .. } => demo::demo(demo::Stays::Shop),
        Task::Demo { keep: true, .. } => demo::demo(demo::Stays::Network),
        Task::Demo { .. } => demo::demo(demo::Stays::Nothing),
        Task::Planted {
            find: Some(filter),
            only,
        } => planted::find(&only, &filter),
        Task::Planted { find: None, only } => planted::planted(&only),
        Task::Test { args } => test::test(&args),
    }
}
