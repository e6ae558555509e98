//! The test suites, with everything they run built first.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};

use crate::command::{become_program, cargo, command, output, run};
use crate::{cli, localnet, programs, system, workspace};

/// Builds the programs, the local network and the command line, and runs all tests but the local
/// network's own package, which nothing else may link. `args` go to the test runner.
pub fn test(args: &[String]) -> Result<()> {
    system::ensure()?;
    system::ensure_for_tests()?;
    let axe = axe()?;
    let programs = programs::build()?;
    let localnet = localnet::ensure()?;
    let wayfare = cli::build()?;

    let nextest = output(cargo().args(["nextest", "--version"])).is_some();
    let mut tests = cargo();
    if nextest {
        tests.args(["nextest", "run"]);
        // Half of the tests wait most of their time: for a local network's blocks, for a page.
        if std::env::var_os(THREADS).is_none() {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            tests.env(THREADS, (2 * cores).to_string());
        }
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
        .env("WAYFARE_BIN", wayfare)
        .env("WAYFARE_AXE", axe);
    become_program(&mut tests)
}

/// How many tests cargo-nextest runs at a time.
const THREADS: &str = "NEXTEST_TEST_THREADS";

/// What carries axe-core, which the pages' accessibility is checked with: this wheel needs nothing else, and nothing of
/// it runs but the script.
const AXE_PACKAGE: &str = "axe-playwright-python==0.1.8";

/// Where it is in there.
const AXE_FILE: &str = "axe_playwright_python/axe.min.js";

/// Of axe-core 4.12.1's `axe.min.js`.
const AXE_SHA256: &str = "84494fec757e4710dc751c8d7a636e457f4532f08f85c86dc9070133fbff53bc";

/// The path of axe-core in the cache, fetched first if it is not there.
fn axe() -> Result<PathBuf> {
    let dir = workspace::cache()?.join("axe-core").join(&AXE_SHA256[..16]);
    let file = dir.join("axe.min.js");
    if is_axe(&file) {
        return Ok(file);
    }
    eprintln!("Fetching axe-core");
    let part = dir.join(format!("part.{}", std::process::id()));
    fs::create_dir_all(&part).with_context(|| format!("cannot create {}", part.display()))?;
    let fetched = fetch_axe(&part).and_then(|found| {
        fs::rename(&found, &file).with_context(|| format!("cannot write {}", file.display()))
    });
    // Only what was unpacked beside it.
    let _ = fs::remove_dir_all(&part);
    fetched.map(|()| file)
}

fn fetch_axe(dir: &Path) -> Result<PathBuf> {
    let pip = ["-m", "pip", "--disable-pip-version-check", "-q", "download"];
    run(command("python3")
        .args(pip)
        .args(["--no-deps", "--only-binary", ":all:", AXE_PACKAGE, "-d"])
        .arg(dir))?;
    let wheel = fs::read_dir(dir)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension() == Some(OsStr::new("whl")))
        .with_context(|| format!("pip left no {AXE_PACKAGE} in {}", dir.display()))?;
    run(command("python3")
        .args(["-m", "zipfile", "-e"])
        .arg(wheel)
        .arg(dir))?;
    let file = dir.join(AXE_FILE);
    ensure!(
        is_axe(&file),
        "{AXE_PACKAGE} brought another axe-core than the one of SHA-256 {AXE_SHA256}"
    );
    Ok(file)
}

fn is_axe(file: &Path) -> bool {
    let hash = |bytes| -> String {
        let bytes = Sha256::digest(bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    fs::read(file).is_ok_and(|bytes| hash(bytes) == AXE_SHA256)
}
