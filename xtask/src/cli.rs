//! The `wayfare` binary, for what drives it: the tests and the demo.

use std::path::PathBuf;

use anyhow::Result;

use crate::command::{cargo, run};
use crate::workspace;

/// Builds the command line and returns its path.
pub fn build() -> Result<PathBuf> {
    let target = workspace::root().join("target");
    run(cargo()
        .args([
            "build",
            "--locked",
            "--package",
            "wayfare-cli",
            "--target-dir",
        ])
        .arg(&target))?;
    Ok(target.join("debug/wayfare"))
}
