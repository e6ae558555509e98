use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Command};

#[derive(Args)]
pub struct ManArgs {
    /// Write a page for every command to this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

impl ManArgs {
    /// Prints the page of the program, or writes one for every command.
    pub fn run(&self, command: Command) -> Result<()> {
        match &self.dir {
            Some(dir) => fs::create_dir_all(dir)
                .and_then(|()| clap_mangen::generate_to(command, dir))
                .with_context(|| format!("cannot write man pages to {}", dir.display())),
            None => {
                let mut page = Vec::new();
                clap_mangen::Man::new(command).render(&mut page)?;
                io::stdout()
                    .write_all(&page)
                    .context("cannot write to standard output")
            }
        }
    }
}
