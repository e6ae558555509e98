//! The tests that run on the programs in LiteSVM, as executables: which there are, and how one ends on other programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::command::{cargo, command, output};
use crate::workspace;

/// The test binaries of the package `wayfare-tests` that need nothing but the programs.
const BINARIES: [&str; 3] = ["programs", "hostile", "model"];

/// How long a test may take.
const TEST_LIMIT: Duration = Duration::from_secs(120);

/// How long all tests of a program in one binary may take.
const BINARY_LIMIT: Duration = Duration::from_secs(1_800);

/// What a test binary ends with when a test failed (`ERROR_EXIT_CODE` in `library/test` of Rust).
const TEST_FAILED: i32 = 101;

/// A test: its binary and its path in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    binary: String,
    path: String,
}

impl Test {
    /// Reads `BINARY PATH`.
    pub fn parse(text: &str) -> Result<Self> {
        let (binary, path) = text
            .split_once(' ')
            .with_context(|| format!("{text:?} is not a test binary and a test's path"))?;
        Ok(Self {
            binary: binary.to_owned(),
            path: path.to_owned(),
        })
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", self.binary, self.path)
    }
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed,
    /// It did not end by itself.
    Hung,
    /// It ended in another way than a test does.
    Died(ExitStatus),
}

/// A test binary.
struct Binary {
    executable: PathBuf,
    tests: BTreeSet<String>,
}

/// The test binaries, by name.
pub struct Suites {
    binaries: BTreeMap<String, Binary>,
}

impl Suites {
    /// Builds the test binaries, of the same packages and to the same folder as `cargo xtask test`, which so builds nothing
    /// twice.
    pub fn build() -> Result<Self> {
        let mut build = cargo();
        build
            .args(["test", "--locked", "--workspace"])
            .args(["--exclude", "wayfare-localnet", "--no-run"])
            .args(["--message-format", "json-render-diagnostics"])
            .args(BINARIES.iter().flat_map(|name| ["--test", name]))
            .arg("--target-dir")
            .arg(workspace::root().join("target"));
        let built = build
            .stderr(std::process::Stdio::inherit())
            .output()
            .context("cannot run cargo test")?;
        ensure!(
            built.status.success(),
            "the tests do not build: the reason is above"
        );
        let mut binaries = BTreeMap::new();
        for line in String::from_utf8_lossy(&built.stdout).lines() {
            let message: Value = serde_json::from_str(line)
                .with_context(|| format!("cargo test printed {line:?}"))?;
            let Some(executable) = message["executable"].as_str() else {
                continue;
            };
            let name = message["target"]["name"].as_str().unwrap_or_default();
            let is_test = message["target"]["kind"] == serde_json::json!(["test"]);
            if is_test && BINARIES.contains(&name) {
                binaries.insert(name.to_owned(), Binary::read(executable.into())?);
            }
        }
        for name in BINARIES {
            ensure!(
                binaries.contains_key(name),
                "cargo test built no test binary {name}"
            );
        }
        Ok(Self { binaries })
    }

    /// Fails if there is no such test: asked to run it, its binary would run nothing, and succeed.
    pub fn require(&self, test: &Test) -> Result<()> {
        let known = self
            .binaries
            .get(&test.binary)
            .is_some_and(|binary| binary.tests.contains(&test.path));
        ensure!(known, "there is no test `{test}`");
        Ok(())
    }

    /// Runs a test on the programs in this folder. What it prints goes to `log`.
    pub fn run(&self, test: &Test, programs: &Path, log: &Path) -> Result<Outcome> {
        let mut run = self.command(&test.binary, programs)?;
        run.args(["--exact", &test.path]);
        outcome(&mut run, log)
    }

    /// Runs a test, also one that is ignored otherwise, on the programs in one folder and their next releases in another.
    pub fn rehearse(&self, test: &Test, this: &Path, next: &Path, log: &Path) -> Result<Outcome> {
        let mut run = self.command(&test.binary, this)?;
        run.args(["--include-ignored", "--exact", &test.path])
            .env("WAYFARE_NEXT_RELEASE", next);
        outcome(&mut run, log)
    }

    /// Runs all tests of a program of which the path has `filter` in it, on the programs in this folder, and returns those
    /// that fail. The random lives of the model are few, and not made shorter when they fail.
    pub fn failing(
        &self,
        program: &str,
        filter: &str,
        programs: &Path,
        log: &Path,
    ) -> Result<Vec<Test>> {
        let mut failing = Vec::new();
        for (name, binary) in &self.binaries {
            let chosen: Vec<_> = binary
                .tests
                .iter()
                .filter(|path| is_of(program, path) && path.contains(filter))
                .collect();
            if chosen.is_empty() {
                continue;
            }
            let mut run = self.command(name, programs)?;
            run.args(["--test-threads", "2", "--exact"])
                .args(chosen)
                .env("WAYFARE_MODEL_CASES", "8")
                .env("PROPTEST_MAX_SHRINK_ITERS", "0");
            let status = ended(&mut run, log, BINARY_LIMIT)?;
            let printed = fs::read(log).context("cannot read what the tests printed")?;
            failing.extend(failed(&String::from_utf8_lossy(&printed)).map(|path| Test {
                binary: name.clone(),
                path: path.to_owned(),
            }));
            let ordinary = status.is_some_and(|s| s.success() || s.code() == Some(TEST_FAILED));
            if !ordinary {
                bail!("{name} did not end as tests do: see {}", log.display());
            }
        }
        Ok(failing)
    }

    fn command(&self, binary: &str, programs: &Path) -> Result<Command> {
        let binary = self
            .binaries
            .get(binary)
            .with_context(|| format!("there is no test binary {binary}"))?;
        let mut run = command(&binary.executable);
        run.env("WAYFARE_PROGRAMS", programs)
            .current_dir(workspace::root().join("tests"));
        Ok(run)
    }
}

impl Binary {
    fn read(executable: PathBuf) -> Result<Self> {
        let list = output(command(&executable).args(["--list", "--format", "terse"]))
            .with_context(|| format!("{} lists no tests", executable.display()))?;
        let tests = list
            .lines()
            .filter_map(|line| line.strip_suffix(": test"))
            .map(str::to_owned)
            .collect();
        Ok(Self { executable, tests })
    }
}

/// Whether a test is about this program, by the first part of its path.
fn is_of(program: &str, path: &str) -> bool {
    let path = ["generated::", "release::"]
        .iter()
        .find_map(|module| path.strip_prefix(module))
        .unwrap_or(path);
    let of = match path.split("::").next().unwrap_or_default() {
        "esim_market" | "esim" | "markets" => "esim_market",
        "roaming_escrow" | "roaming" | "hubs" => "roaming_escrow",
        _ => "node_rewards",
    };
    of == program
}

/// The tests that failed, from what a test binary prints.
fn failed(printed: &str) -> impl Iterator<Item = &str> {
    printed.lines().filter_map(|line| {
        let (path, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
        outcome.ends_with("FAILED").then_some(path)
    })
}

/// How a test ends that this command runs.
fn outcome(run: &mut Command, log: &Path) -> Result<Outcome> {
    Ok(match ended(run, log, TEST_LIMIT)? {
        None => Outcome::Hung,
        Some(status) if status.success() => Outcome::Passed,
        Some(status) if status.code() == Some(TEST_FAILED) => Outcome::Failed,
        Some(status) => Outcome::Died(status),
    })
}

/// Runs a program with what it prints in `log`, and kills it when it takes too long: then there is no status.
fn ended(run: &mut Command, log: &Path, limit: Duration) -> Result<Option<ExitStatus>> {
    let file = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
    let mut child = run
        .stdout(file.try_clone()?)
        .stderr(file)
        .spawn()
        .context("cannot run a test binary")?;
    let started = Instant::now();
    while started.elapsed() < limit {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        sleep(Duration::from_millis(20));
    }
    stop(&mut child)?;
    Ok(None)
}

fn stop(child: &mut Child) -> Result<()> {
    child.kill().context("cannot stop a test")?;
    child.wait().context("cannot wait for a test")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_a_binary_and_a_path() {
        let test = Test::parse("hostile claims::c1_twice").unwrap();
        assert_eq!(test.to_string(), "hostile claims::c1_twice");
        assert!(Test::parse("hostile").is_err());
    }

    #[test]
    fn a_test_is_about_the_program_of_its_module() {
        for (path, program) in [
            ("node_rewards::claim::pays", "node_rewards"),
            ("rewards::claims::c1", "node_rewards"),
            ("rewards::random_lives", "node_rewards"),
            ("release::networks::back", "node_rewards"),
            ("esim::orders::o1", "esim_market"),
            ("esim_market::apply::a", "esim_market"),
            ("roaming::time::t1", "roaming_escrow"),
            ("generated::markets::a1", "esim_market"),
            ("generated::networks::a1", "node_rewards"),
        ] {
            for other in ["node_rewards", "esim_market", "roaming_escrow"] {
                assert_eq!(is_of(other, path), other == program, "{path} {other}");
            }
        }
    }

    #[test]
    fn failures_are_the_lines_that_say_so() {
        let printed = "running 2 tests\ntest a::b ... ok\ntest a::c ... FAILED\ntest a::d - should panic ... ok\n\
            failures:\n    a::c\n";
        assert_eq!(failed(printed).collect::<Vec<_>>(), ["a::c"]);
    }

    #[test]
    fn what_takes_too_long_is_stopped() {
        let log = std::env::temp_dir().join(format!("planted-{}", std::process::id()));
        let limit = Duration::from_millis(50);
        assert_eq!(
            ended(command("sleep").arg("60"), &log, limit).unwrap(),
            None
        );
        let limit = Duration::from_secs(60);
        assert!(
            ended(&mut command("true"), &log, limit)
                .unwrap()
                .unwrap()
                .success()
        );
        fs::remove_file(&log).unwrap();
    }
}
