//! How much of the code its own unit tests run, by line. Only what is shipped counts: the tests themselves, which stand in
//! the same files, are left out. LLVM counts them, and they would make every figure better than it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::command::{cargo, command, output, run};
use crate::{system, workspace};

/// The cargo subcommand that is installed where there is none.
const VERSION: &str = "0.9.1";

/// What is measured besides the programs: a package, its folder, and how much of it must be covered, in per cent.
const PACKAGES: [(&str, &str, Option<f64>); 3] = [
    ("wayfare-core", "crates/core", Some(95.0)),
    ("wayfare-client", "crates/client", None),
    ("wayfare-program", "crates/program", None),
];

/// Measures `crates/core` or, with `all`, the client and the programs as well, prints what is not covered, and fails
/// where it is too much.
pub fn coverage(all: bool) -> Result<()> {
    let tools = Tools::ensure()?;
    let mut low = Vec::new();
    let packages = PACKAGES.map(|(package, dir, least)| (package, PathBuf::from(dir), least));
    let programs = workspace::programs()?;
    let programs = programs
        .into_iter()
        .map(|program| (program.listed.name, program.dir, None));
    for (package, dir, least) in packages.into_iter().chain(programs) {
        if least.is_none() && !all {
            continue;
        }
        let files = tools.measure(package, &dir)?;
        let total = Lines::sum(files.values());
        let dir = dir.display();
        println!("\n{}", table(&dir.to_string(), &files, &total));
        if let Some(least) = least
            && total.percent() < least
        {
            low.push(format!(
                "{dir}: {:.2} %, and not {least} %",
                total.percent()
            ));
        }
    }
    ensure!(
        low.is_empty(),
        "too few lines are covered: {}",
        low.join("; ")
    );
    Ok(())
}

/// What measuring takes.
struct Tools {
    /// The cargo subcommand, where it is not one that cargo finds by itself.
    llvm_cov: Option<PathBuf>,
    /// LLVM's programs, where the subcommand does not find them by itself.
    variables: Vec<(&'static str, String)>,
}

impl Tools {
    /// Installs what is missing.
    fn ensure() -> Result<Self> {
        system::ensure()?;
        Ok(Self {
            variables: llvm()?,
            llvm_cov: llvm_cov()?,
        })
    }

    /// The files of a package, with the lines of each that its unit tests run.
    fn measure(&self, package: &str, dir: &Path) -> Result<BTreeMap<String, Lines>> {
        let target = workspace::root().join("target");
        let report = target.join(format!("coverage-{package}.lcov"));
        let mut measurement = match &self.llvm_cov {
            Some(program) => command(program),
            None => cargo(),
        };
        run(measurement
            .args(["llvm-cov", "--locked", "--lib", "--no-cfg-coverage"])
            .args(["--package", package, "--lcov", "--output-path"])
            .arg(&report)
            .env("CARGO_TARGET_DIR", &target)
            .envs(self.variables.iter().map(|(name, value)| (name, value))))?;
        let text = fs::read_to_string(&report)
            .with_context(|| format!("cannot read {}", report.display()))?;
        let dir = workspace::root().join(dir);
        let mut files = BTreeMap::new();
        let mut of_tests = BTreeSet::new();
        for (path, lines) in counts(&text)? {
            let Ok(name) = path.strip_prefix(&dir) else {
                continue;
            };
            let source = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let tests = tests(&source);
            of_tests.extend(tests.modules.iter().map(|module| module_of(name, module)));
            files.insert(
                name.display().to_string(),
                Lines::of(&lines, |line| !tests.lines.contains(&line)),
            );
        }
        // A module of tests alone is declared by a file that itself may hold no code that runs.
        for source in sources(&dir.join("src"))? {
            let text = fs::read_to_string(&source)
                .with_context(|| format!("cannot read {}", source.display()))?;
            if let Ok(name) = source.strip_prefix(&dir) {
                of_tests.extend(
                    tests(&text)
                        .modules
                        .iter()
                        .map(|module| module_of(name, module)),
                );
            }
        }
        files.retain(|name, lines| !of_tests.contains(name) && lines.all > 0);
        ensure!(!files.is_empty(), "nothing of {package} was measured");
        Ok(files)
    }
}

/// The variables that name LLVM's programs. They read what rustc writes only if they are as new as rustc's own LLVM.
fn llvm() -> Result<Vec<(&'static str, String)>> {
    const NAMES: [(&str, &str); 2] = [("LLVM_COV", "llvm-cov"), ("LLVM_PROFDATA", "llvm-profdata")];
    if NAMES
        .iter()
        .all(|(name, _)| std::env::var_os(name).is_some())
    {
        return Ok(Vec::new());
    }
    let libraries = output(command("rustc").args(["--print", "target-libdir"]))
        .context("rustc does not run")?;
    // rustup's component `llvm-tools`.
    if Path::new(&libraries)
        .with_file_name("bin/llvm-cov")
        .is_file()
    {
        return Ok(Vec::new());
    }
    let version = output(command("rustc").arg("-vV")).context("rustc does not run")?;
    let major = version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: ")?.split('.').next())
        .context("rustc does not say which LLVM it has")?;
    let named = NAMES.map(|(name, program)| (name, format!("{program}-{major}")));
    let there = |named: &[(&str, String)]| {
        named
            .iter()
            .all(|(_, program)| output(command(program).arg("--version")).is_some())
    };
    if !there(&named) {
        system::install(&[&format!("llvm-{major}")])?;
    }
    if !there(&named) {
        bail!("LLVM {major} has no llvm-cov here: rustup component add llvm-tools");
    }
    Ok(named.to_vec())
}

fn llvm_cov() -> Result<Option<PathBuf>> {
    if output(cargo().args(["llvm-cov", "--version"])).is_some() {
        return Ok(None);
    }
    let root = workspace::cache()?.join("tools");
    let program = root.join("bin/cargo-llvm-cov");
    if !program.is_file() {
        let name = format!("cargo-llvm-cov@{VERSION}");
        eprintln!("Installing {name} (builds in about a minute)");
        run(cargo()
            .args(["install", "--locked", &name, "--root"])
            .arg(&root))?;
    }
    Ok(Some(program))
}

/// Lines of a file that hold code that runs, and those of them that ran.
struct Lines {
    all: usize,
    missing: Vec<usize>,
}

impl Lines {
    fn of(counts: &BTreeMap<usize, u64>, counted: impl Fn(usize) -> bool) -> Self {
        let counted = counts.iter().filter(|(line, _)| counted(**line));
        Self {
            all: counted.clone().count(),
            missing: counted
                .filter(|(_, runs)| **runs == 0)
                .map(|(line, _)| *line)
                .collect(),
        }
    }

    /// Their numbers; which lines are missing is lost.
    fn sum<'a>(files: impl Iterator<Item = &'a Self>) -> Self {
        files.fold(
            Self {
                all: 0,
                missing: Vec::new(),
            },
            |mut sum, lines| {
                sum.all += lines.all;
                sum.missing.extend(&lines.missing);
                sum
            },
        )
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a file has fewer than 2^52 lines"
    )]
    fn percent(&self) -> f64 {
        100.0 * (self.all - self.missing.len()) as f64 / self.all as f64
    }

    /// The lines that did not run, as `12, 20-24`.
    fn shown(&self) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for line in &self.missing {
            match ranges.last_mut() {
                Some((_, end)) if *end + 1 == *line => *end = *line,
                _ => ranges.push((*line, *line)),
            }
        }
        ranges
            .iter()
            .map(|(from, to)| {
                if from == to {
                    from.to_string()
                } else {
                    format!("{from}-{to}")
                }
            })
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// How often each line of each file ran, as an lcov report has it.
fn counts(report: &str) -> Result<BTreeMap<PathBuf, BTreeMap<usize, u64>>> {
    let mut files: BTreeMap<PathBuf, BTreeMap<usize, u64>> = BTreeMap::new();
    let mut file = None;
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            file = Some(files.entry(path.into()).or_default());
        } else if let Some(count) = line.strip_prefix("DA:") {
            let (line, runs) = count
                .split_once(',')
                .and_then(|(line, runs)| Some((line.parse().ok()?, runs.parse::<u64>().ok()?)))
                .with_context(|| format!("{line} is no line's count"))?;
            let counts = file.as_mut().context("a count comes before its file")?;
            *counts.entry(line).or_default() += runs;
        }
    }
    Ok(files)
}

/// What of a source file is there for tests alone.
#[derive(Default)]
struct Tests {
    /// The numbers of its lines.
    lines: BTreeSet<usize>,
    /// Modules in files of their own.
    modules: Vec<String>,
}

/// Finds the items of a formatted file that only a test's build has.
fn tests(source: &str) -> Tests {
    let mut tests = Tests::default();
    let mut lines = (1..).zip(source.lines());
    while let Some((number, line)) = lines.next() {
        if !line.starts_with("#[cfg(test)]") && !line.starts_with("#[cfg(all(test") {
            continue;
        }
        tests.lines.insert(number);
        for (number, line) in lines.by_ref() {
            tests.lines.insert(number);
            if let Some(module) = line
                .strip_suffix(';')
                .and_then(|line| line.rsplit_once("mod "))
            {
                tests.modules.push(module.1.to_owned());
            }
            // rustfmt closes an item of the file where it begins.
            if line == "}" || (line.ends_with(';') && !line.starts_with(' ')) {
                break;
            }
        }
    }
    tests
}

/// The file of a module that this file declares.
fn module_of(file: &Path, module: &str) -> String {
    let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib") | None => file.with_file_name(""),
        Some(_) => file.with_extension(""),
    };
    folder.join(format!("{module}.rs")).display().to_string()
}

fn sources(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

fn table(dir: &str, files: &BTreeMap<String, Lines>, total: &Lines) -> String {
    let mut table = format!("{dir}\n  lines  covered     not covered\n");
    let rows = files
        .iter()
        .map(|(name, lines)| (name.as_str(), lines, lines.shown()));
    for (name, lines, missing) in rows.chain([("all", total, String::new())]) {
        table.push_str(&format!(
            "{:>7} {:>6.2} %  {name}{}{missing}\n",
            lines.all,
            lines.percent(),
            if missing.is_empty() { "" } else { ": " },
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_without_the_tests() {
        let source = "fn a() {\n}\n\n#[cfg(test)]\nmod fixture;\n\nfn b() {\n}\n\n#[cfg(all(test, feature = \"host\"))]\n\
            mod tests {\n    use x;\n}\n\nfn c() {\n}\n";
        let tests = tests(source);
        assert_eq!(tests.modules, ["fixture"]);
        assert_eq!(Vec::from_iter(tests.lines.clone()), [4, 5, 10, 11, 12, 13]);

        let report = "SF:/x/a.rs\nDA:1,2\nDA:7,0\nDA:8,0\nDA:11,1\nDA:15,0\nend_of_record\n";
        let counts = counts(report).unwrap();
        let lines = Lines::of(&counts[Path::new("/x/a.rs")], |line| {
            !tests.lines.contains(&line)
        });
        assert_eq!(lines.all, 4);
        assert_eq!(lines.shown(), "7-8, 15");
        assert!((lines.percent() - 25.0).abs() < 1e-9);
    }

    #[test]
    fn a_module_has_its_file_where_rust_looks_for_it() {
        for (file, expected) in [
            ("src/lib.rs", "src/fixture.rs"),
            ("src/audit/mod.rs", "src/audit/fixture.rs"),
            ("src/audit.rs", "src/audit/fixture.rs"),
        ] {
            assert_eq!(module_of(Path::new(file), "fixture"), expected);
        }
    }
}
