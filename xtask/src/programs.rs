//! Building the programs, with Anza's platform-tools where they are installed and with the
//! project's own toolchain (see toolchain/README.md) where they are not.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::command::{command, output, run};
use crate::workspace::{self, Program};

/// What the bytes of the programs are made of, besides the toolchain.
const SOURCES: [&str; 4] = ["programs", "crates/core", "Cargo.toml", "Cargo.lock"];

/// Builds every program to `target/deploy/<library>.so` and writes their addresses beside them, to
/// `programs.json`. Returns that folder.
pub fn build() -> Result<PathBuf> {
    let programs = workspace::programs()?;
    workspace::check_anchor_toml(&programs)?;
    let deploy = workspace::root().join("target/deploy");
    fs::create_dir_all(&deploy).with_context(|| format!("cannot create {}", deploy.display()))?;
    let compiler = Compiler::find()?;
    let revision = revision();
    for program in &programs {
        let built = compiler.build(program, revision.as_deref())?;
        let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
        let target = deploy.join(format!("{}.so", program.library));
        workspace::replace(&target, &bytes)?;
        eprintln!(
            "{:<16} {:>8} bytes  {}  target/deploy/{}.so",
            program.library,
            bytes.len(),
            program.id,
            program.library
        );
    }
    let ids: serde_json::Map<_, _> = programs
        .iter()
        .map(|program| (program.library.clone(), json!(program.id)))
        .collect();
    let ids = format!("{:#}\n", serde_json::Value::from(ids));
    workspace::replace(&deploy.join("programs.json"), ids.as_bytes())?;
    Ok(deploy)
}

/// The commit that the programs are built from, for their security.txt. None when their sources
/// differ from it, or outside a git checkout.
fn revision() -> Option<String> {
    let changed = output(
        command("git")
            .args(["status", "--porcelain", "--"])
            .args(SOURCES),
    )?;
    if !changed.is_empty() {
        return None;
    }
    output(command("git").args(["rev-parse", "HEAD"]))
}

enum Compiler {
    /// Anza's `cargo build-sbf`, with its compiler installed.
    PlatformTools,
    /// The project's own toolchain, at this folder.
    Own(PathBuf),
}

impl Compiler {
    fn find() -> Result<Self> {
        if platform_tools_installed() {
            return Ok(Self::PlatformTools);
        }
        let key = workspace::content_key(&["toolchain"])?;
        let dir = workspace::cache()?.join("sbf-toolchain").join(key);
        let script = workspace::root().join("toolchain/install.sh");
        let status = command(&script)
            .arg(&dir)
            .status()
            .with_context(|| format!("cannot run {}", script.display()))?;
        ensure!(
            status.success(),
            "the SBF toolchain is not installed: the reason is above"
        );
        Ok(Self::Own(dir))
    }

    /// Builds one program and returns where its `.so` is.
    fn build(&self, program: &Program, revision: Option<&str>) -> Result<PathBuf> {
        let target = workspace::root().join("target/sbf");
        let mut build;
        let built;
        match self {
            Self::PlatformTools => {
                build = command("cargo-build-sbf");
                build
                    .arg("--manifest-path")
                    .arg(program.dir.join("Cargo.toml"))
                    .arg("--sbf-out-dir")
                    .arg(target.join("deploy"))
                    .args(["--", "--locked", "--target-dir"])
                    .arg(&target);
                built = target.join(format!("deploy/{}.so", program.library));
            }
            Self::Own(dir) => {
                build = command(dir.join("sysroot/bin/cargo-sbf"));
                // One at a time: programs that call each other need each other's library without
                // its entry point, and one build for all would join the two.
                build
                    .args(["build", "--release", "--locked", "--lib", "--package"])
                    .arg(&program.package)
                    .arg("--target-dir")
                    .arg(&target);
                built = target.join(format!("sbpf-solana/release/lib{}.so", program.library));
            }
        }
        match revision {
            Some(revision) => build.env("GIT_REVISION", revision),
            None => build.env_remove("GIT_REVISION"),
        };
        run(&mut build)?;
        Ok(built)
    }
}

/// Whether `cargo build-sbf` is there and has its compiler: without it, it would download one.
fn platform_tools_installed() -> bool {
    let Some(version) = output(command("cargo-build-sbf").arg("--version")) else {
        return false;
    };
    let Some(home) = std::env::var_os("HOME") else {
        return false;
    };
    version
        .lines()
        .find_map(|line| line.strip_prefix("platform-tools "))
        .is_some_and(|version| {
            Path::new(&home)
                .join(".cache/solana")
                .join(version.trim())
                .join("platform-tools/rust/bin/rustc")
                .is_file()
        })
}
