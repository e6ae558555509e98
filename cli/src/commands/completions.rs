use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::output::write_out;

impl CompletionsArgs {
    /// Prints a script; where to put it depends on the shell.
    pub fn run(&self) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "wayfare", &mut script);
        write_out(&String::from_utf8(script).context("the script is not text")?)
    }
}
