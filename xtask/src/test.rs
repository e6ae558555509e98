//! The test suites, with everything they run built first.

use anyhow::{Result, ensure};

use crate::command::{become_program, cargo, command, output};
use crate::{cli, localnet, programs, system, workspace};

/// The validator that the stories run on.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Validator {
    /// The embedded local network
    Localnet,
    /// `solana-test-validator`, which must be on the PATH
    Agave,
}

/// Builds the programs, the local network and the command line, and runs all tests but the local
/// network's own package, which nothing else may link. `args` go to the test runner.
pub fn test(validator: Validator, args: &[String]) -> Result<()> {
    if let Validator::Agave = validator {
        ensure!(
            output(command("solana-test-validator").arg("--version")).is_some(),
            "solana-test-validator is not on the PATH: install the Solana tools (https://solana.com/docs/intro/installation)"
        );
    }
    system::ensure()?;
    let programs = programs::build()?;
    let localnet = localnet::ensure()?;
    let wayfare = cli::build()?;

    let nextest = output(cargo().args(["nextest", "--version"])).is_some();
    let mut tests = cargo();
    if nextest {
        tests.args(["nextest", "run"]);
    } else {
        tests.arg("test");
    }
    tests
        .args([
            "--locked",
            "--workspace",
            "--exclude",
            "wayfare-localnet",
            "--target-dir",
        ])
        .arg(workspace::root().join("target"))
        .args(args)
        .env("WAYFARE_PROGRAMS", programs)
        .env("WAYFARE_LOCALNET", localnet)
        .env("WAYFARE_BIN", wayfare);
    match validator {
        Validator::Localnet => tests.env_remove("WAYFARE_VALIDATOR"),
        Validator::Agave => tests.env("WAYFARE_VALIDATOR", "agave"),
    };
    become_program(&mut tests)
}
