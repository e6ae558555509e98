use anyhow::{Context as _, Result};
use clap::{Args, Command};

use crate::output::write_out;

#[derive(Args)]
pub struct CompletionsArgs {
    /// For which shell
    pub shell: clap_complete::Shell,
}

impl CompletionsArgs {
    /// Prints a script; where to put it depends on the shell.
    pub fn run(&self, mut command: Command) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "wayfare", &mut script);
        write_out(&String::from_utf8(script).context("the script is not text")?)
    }
}
