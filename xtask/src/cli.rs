//! The `wayfare` binary, for what drives it: the tests, the demo and the benchmark.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{cargo, run};
use crate::workspace;

/// Builds the command line for development and returns its path.
pub fn build() -> Result<PathBuf> {
    build_into("debug", &[])
}

/// Builds the command line as `cargo install` does and returns its path.
pub fn build_release() -> Result<PathBuf> {
    build_into("release", &["--release"])
}

fn build_into(folder: &str, profile: &[&str]) -> Result<PathBuf> {
    let target = workspace::root().join("target");
    run(cargo()
        .args([
            "build",
            "--locked",
            "--package",
            "wayfare-cli",
            "--target-dir",
        ])
        .arg(&target)
        .args(profile))?;
    Ok(target.join(folder).join("wayfare"))
}
