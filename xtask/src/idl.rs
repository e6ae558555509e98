//! The programs' IDLs: built from their sources and committed to `idls/`.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anchor_lang_idl::build::IdlBuilder;
use anyhow::{Context, Result, anyhow, bail};

use crate::command::{command, run};
use crate::workspace::{self, Program};

/// Writes `idls/<library>.json` for every program or, with `check`, fails where what is committed is
/// not what the sources build to.
pub fn idl(check: bool) -> Result<()> {
    if env::var_os("RUSTUP_TOOLCHAIN").is_some() {
        return again_without_rustup(check);
    }
    let dir = workspace::root().join("idls");
    let programs = workspace::programs()?;
    let mut drifted = Vec::new();
    for program in &programs {
        let name = format!("idls/{}.json", program.listed.library);
        let path = workspace::root().join(&name);
        let built = build(program)?;
        if !check {
            workspace::replace(&path, built.as_bytes())?;
            eprintln!("{name}");
        } else if fs::read_to_string(&path).ok().as_deref() != Some(built.as_str()) {
            drifted.push(name);
        }
    }
    for entry in fs::read_dir(&dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("json"))
            && !programs
                .iter()
                .any(|program| path.file_stem() == Some(OsStr::new(&program.listed.library)))
        {
            bail!("{} belongs to no program: remove it", path.display());
        }
    }
    if !drifted.is_empty() {
        bail!(
            "{} differs from what the programs build to: run `cargo xtask idl` and commit the result",
            drifted.join(", ")
        );
    }
    Ok(())
}

/// anchor-lang-idl 0.1.4 hands Cargo a malformed argument when rustup names the toolchain. So this
/// program runs once more without that name, with the same toolchain first on the path instead.
fn again_without_rustup(check: bool) -> Result<()> {
    let cargo = env::var_os("CARGO").map(PathBuf::from);
    let toolchain = cargo.as_deref().and_then(Path::parent).map(Path::to_owned);
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(toolchain.into_iter().chain(env::split_paths(&path)))?;
    run(command(env::current_exe()?)
        .arg("idl")
        .args(check.then_some("--check"))
        .env("PATH", path)
        .env_remove("RUSTUP_TOOLCHAIN"))
}

fn build(program: &Program) -> Result<String> {
    let target = workspace::root().join("target/idl");
    let args = ["--locked", "--lib", "--target-dir"].map(String::from);
    let idl = IdlBuilder::new()
        .program_path(workspace::root().join(&program.dir))
        .cargo_args(
            args.into_iter()
                .chain([target.display().to_string()])
                .collect(),
        )
        .build()
        .map_err(|error| anyhow!("cannot build the IDL of {}: {error}", program.listed.name))?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&idl)?))
}
