mod get;
mod set;

use anyhow::Result;
use clap::Subcommand;

use crate::args::GlobalArgs;
use crate::output::Output;

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Show the settings in force and where each comes from
    Get,
    /// Write the settings given by --url, --ws, --keypair and --commitment to the file
    Set,
}

/// Needs no network and no key.
pub fn run(command: &ConfigCommand, global: &GlobalArgs) -> Result<impl Output + use<>> {
    match command {
        ConfigCommand::Get => get::run(global),
        ConfigCommand::Set => set::run(global),
    }
}
