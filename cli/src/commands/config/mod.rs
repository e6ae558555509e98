mod get;
mod set;

use anyhow::Result;

use crate::cli::{ConfigCommand, GlobalArgs};
use crate::output::Output;

/// Needs no network and no key.
pub fn run(command: &ConfigCommand, global: &GlobalArgs) -> Result<impl Output + use<>> {
    match command {
        ConfigCommand::Get => get::run(global),
        ConfigCommand::Set => set::run(global),
    }
}
