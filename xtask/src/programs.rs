//! Building the programs, with Anza's platform-tools where they are installed and with the
//! project's own toolchain (see toolchain/README.md) where they are not.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::command::{command, output, run};
use crate::workspace::{self, Program};

/// What the bytes of the programs are made of, besides the toolchain.
const SOURCES: [&str; 5] = [
    "programs",
    "crates/core",
    "crates/program",
    "Cargo.toml",
    "Cargo.lock",
];

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
        let built = compiler.build(program, workspace::root(), revision.as_deref())?;
        let bytes = fs::read(&built).with_context(|| format!("cannot read {}", built.display()))?;
        let target = deploy.join(format!("{}.so", program.listed.library));
        workspace::replace(&target, &bytes)?;
        eprintln!(
            "{:<16} {:>8} bytes  {}  target/deploy/{}.so",
            program.listed.library,
            bytes.len(),
            program.id,
            program.listed.library
        );
    }
    let ids: serde_json::Map<_, _> = programs
        .iter()
        .map(|program| (program.listed.library.to_owned(), json!(program.id)))
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

pub enum Compiler {
    /// Anza's `cargo build-sbf`, with its compiler installed.
    PlatformTools,
    /// The project's own toolchain, at this folder.
    Own(PathBuf),
}

impl Compiler {
    pub fn find() -> Result<Self> {
        if platform_tools_serve()? {
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

    /// Builds one program of the workspace at `root`, this checkout or a copy of it, and returns
    /// where its `.so` is. One at a time: programs that call each other need each other's library
    /// without its entry point, and one build for all would join the two.
    pub fn build(&self, program: &Program, root: &Path, revision: Option<&str>) -> Result<PathBuf> {
        let target = root.join("target/sbf");
        let mut build;
        let built;
        match self {
            Self::PlatformTools => {
                let deploy = target.join("deploy");
                build = command("cargo-build-sbf");
                build
                    .args(["--skip-tools-install", "--arch", "v3", "--manifest-path"])
                    .arg(root.join(&program.dir).join("Cargo.toml"))
                    .arg("--sbf-out-dir")
                    .arg(&deploy)
                    .args(["--", "--locked"])
                    .env("CARGO_TARGET_DIR", &target)
                    .env_remove("RUSTUP_TOOLCHAIN");
                built = deploy.join(format!("{}.so", program.listed.library));
            }
            Self::Own(dir) => {
                build = command(dir.join("sysroot/bin/cargo-sbf"));
                build
                    .args(["build", "--release", "--locked", "--lib", "--package"])
                    .arg(program.listed.name)
                    .arg("--target-dir")
                    .arg(&target);
                built = target.join(format!(
                    "sbpf-solana/release/lib{}.so",
                    program.listed.library
                ));
            }
        }
        match revision {
            Some(revision) => build.env("GIT_REVISION", revision),
            None => build.env_remove("GIT_REVISION"),
        };
        run(build.current_dir(root))?;
        Ok(built)
    }
}

/// Whether `cargo build-sbf` is there with a compiler that is installed, since it would download
/// one otherwise, and recent enough for this workspace.
fn platform_tools_serve() -> Result<bool> {
    let Some(shown) = output(command("cargo-build-sbf").arg("--version")) else {
        return Ok(false);
    };
    // "platform-tools v1.52" before version 4.5 and "Default platform-tools: v1.57" since.
    let version = shown
        .lines()
        .find_map(|line| line.split_once("platform-tools"))
        .map(|(_, version)| version.trim_start_matches(':').trim());
    let cache = match env::var_os("SOLANA_PLATFORM_TOOLS_DIR") {
        Some(dir) => Some(PathBuf::from(dir)),
        None => env::var_os("HOME").map(|home| Path::new(&home).join(".cache/solana")),
    };
    let (Some(version), Some(cache)) = (version, cache) else {
        return Ok(false);
    };
    let rustc = cache.join(version).join("platform-tools/rust/bin/rustc");
    let Some(shown) = output(command(&rustc).arg("--version")) else {
        return Ok(false);
    };
    let needed = workspace::rust_version()?;
    let serves = shown
        .split_whitespace()
        .nth(1)
        .is_some_and(|found| release(found) >= release(&needed));
    if !serves {
        eprintln!(
            "platform-tools {version} has {shown}, and this project needs Rust {needed}: using the project's own toolchain"
        );
    }
    Ok(serves)
}

/// The major and minor number of a version like `1.95.0-dev`.
fn release(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.split_once('.')?;
    let minor = rest.split(['.', '-']).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn releases_compare_by_number() {
        assert_eq!(release("1.95"), Some((1, 95)));
        assert_eq!(release("1.96.0-dev"), Some((1, 96)));
        assert!(release("1.100.0") > release("1.95"));
        assert!(release("nightly") < release("1.95"));
    }
}
