//! Planted bugs: for each invariant that a program enforces, a change that breaks it, and the tests that must notice.

mod entries;
mod sources;
mod suites;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};

pub use self::entries::page;
use self::entries::{Bug, Entries, Release};
use self::suites::{Outcome, Suites, Test};
use crate::programs::{self, Compiler};
use crate::{system, workspace};

/// Tests that run at a time.
const WORKERS: usize = 2;

/// Plants all bugs that `only` names, or all there are, and runs the tests that are said to catch them: each must fail
/// with its bug, and pass without one.
pub fn planted(only: &[String]) -> Result<()> {
    let entries = Entries::read()?;
    let faults = entries.faults()?;
    let bugs = entries.chosen(only)?;
    let site = Site::build(&entries, &bugs)?;
    let jobs = bugs
        .iter()
        .map(|bug| Ok((*bug, site.tests(bug)?)))
        .collect::<Result<Vec<_>>>()?;

    let controls = site.controls(&jobs)?;
    let results = at_once(&jobs, |(bug, tests)| site.try_bug(bug, tests))?;
    let libraries = site.planted.keys().map(String::as_str).collect();
    let mut unrehearsed = Vec::new();
    println!();
    for release in entries.releases(&libraries) {
        for (test, outcome) in site.rehearse(release)? {
            println!("{:<24} {outcome:?}: {test}", "the next release");
            if outcome != Outcome::Passed {
                unrehearsed.push(test.to_string());
            }
        }
    }
    let mut survived = Vec::new();
    for ((bug, tests), outcomes) in jobs.iter().zip(&results) {
        let caught = is_caught(outcomes);
        let verdict = if caught { "caught" } else { "SURVIVED" };
        println!("{:<24} {verdict:<8} {}", bug.invariant, bug.what);
        if !caught {
            survived.push(bug.invariant.as_str());
            for (test, outcome) in tests.iter().zip(outcomes) {
                println!("{:24} {outcome:?}: {test}", "");
            }
        }
    }
    for control in &controls {
        println!("without a bug: {control}");
    }
    // Those of the entries that were not chosen are somebody else's.
    let faults = if only.is_empty() { faults } else { vec![] };
    for fault in &faults {
        println!("{fault}");
    }
    println!(
        "planted bugs: {} caught, {} survived",
        jobs.len() - survived.len(),
        survived.len()
    );
    ensure!(survived.is_empty(), "not caught: {}", survived.join(", "));
    ensure!(controls.is_empty(), "tests fail without a bug");
    ensure!(
        unrehearsed.is_empty(),
        "the next release fails: {}",
        unrehearsed.join(", ")
    );
    ensure!(faults.is_empty(), "the entries are not complete");
    Ok(())
}

/// Runs, for each bug that `only` names, all tests of its program with `filter` in their path, and prints those that fail.
pub fn find(only: &[String], filter: &str) -> Result<()> {
    let entries = Entries::read()?;
    let bugs = entries.chosen(only)?;
    let site = Site::build(&entries, &bugs)?;
    for bug in bugs {
        let folder = site.folder(bug)?;
        println!("{} ({})", bug.invariant, bug.what);
        let failing =
            site.suites
                .failing(&bug.program, filter, &folder, &folder.join("all.log"))?;
        for test in &failing {
            println!("    {test}");
        }
        println!("    {} tests fail", failing.len());
    }
    Ok(())
}

/// Everything built: the honest programs, those with the bugs in them, and the tests.
struct Site {
    /// Where folders for each bug are made.
    dir: PathBuf,
    /// The honest programs.
    deploy: PathBuf,
    /// Programs with bugs of which none is selected, by library.
    planted: BTreeMap<String, Vec<u8>>,
    suites: Suites,
}

impl Site {
    /// Builds what these bugs need. Every bug of their programs is built in, so that choosing others builds nothing anew.
    fn build(entries: &Entries, bugs: &[&Bug]) -> Result<Self> {
        system::ensure()?;
        let dir = workspace::root().join("target/planted");
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let deploy = programs::build()?;
        let libraries = bugs.iter().map(|bug| bug.program.as_str()).collect();
        // At once: the programs' last step is one long thread each.
        let (planted, suites) = thread::scope(|scope| {
            let suites = scope.spawn(Suites::build);
            (build_planted(&dir, entries, &libraries), suites.join())
        });
        Ok(Self {
            planted: planted?,
            suites: suites.map_err(|_| anyhow!("building the tests panicked"))??,
            dir,
            deploy,
        })
    }

    /// The tests that are said to catch a bug.
    fn tests(&self, bug: &Bug) -> Result<Vec<Test>> {
        let tests = bug.caught_by.iter().map(|text| {
            let test = Test::parse(text)?;
            self.suites.require(&test)?;
            Ok(test)
        });
        tests
            .collect::<Result<_>>()
            .with_context(|| bug.invariant.clone())
    }

    /// Runs all these tests on the same builds with no bug selected, and says which do not pass.
    fn controls(&self, jobs: &[(&Bug, Vec<Test>)]) -> Result<Vec<String>> {
        let mut tests: BTreeSet<(&str, &Test)> = BTreeSet::new();
        for (bug, of_bug) in jobs {
            tests.extend(of_bug.iter().map(|test| (bug.program.as_str(), test)));
        }
        let tests: Vec<_> = tests.into_iter().collect();
        let folders = self
            .planted
            .keys()
            .map(|library| {
                let folder = self.programs(library, 0, &format!("no-bug-{library}"))?;
                Ok((library.as_str(), folder))
            })
            .collect::<Result<BTreeMap<_, _>>>()?;
        eprintln!("{} tests without a bug", tests.len());
        let outcomes = at_once(&tests, |(library, test)| {
            let folder = &folders[library];
            let log = folder.join(log_name(test));
            self.suites.run(test, folder, &log)
        })?;
        Ok(tests
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| *outcome != Outcome::Passed)
            .map(|((library, test), outcome)| format!("{outcome:?}: {test} ({library})"))
            .collect())
    }

    /// Runs the tests on the program with this bug.
    fn try_bug(&self, bug: &Bug, tests: &[Test]) -> Result<Vec<Outcome>> {
        let folder = self.folder(bug)?;
        let outcomes = tests
            .iter()
            .map(|test| self.suites.run(test, &folder, &folder.join(log_name(test))))
            .collect::<Result<Vec<_>>>()?;
        if is_caught(&outcomes) {
            eprintln!("{}: caught", bug.invariant);
        } else {
            eprintln!("{}: SURVIVED, see {}", bug.invariant, folder.display());
        }
        Ok(outcomes)
    }

    /// Rehearses the upgrade of a program to its next release.
    fn rehearse(&self, release: &Release) -> Result<Vec<(Test, Outcome)>> {
        let name = format!("next-{}", release.program);
        let next = self.programs(&release.program, release.number, &name)?;
        let tests = release.passes.iter().map(|text| {
            let test = Test::parse(text)?;
            self.suites.require(&test)?;
            let log = next.join(log_name(&test));
            let outcome = self.suites.rehearse(&test, &self.deploy, &next, &log)?;
            Ok((test, outcome))
        });
        tests.collect()
    }

    /// A folder with the program that has this bug, and the honest others.
    fn folder(&self, bug: &Bug) -> Result<PathBuf> {
        self.programs(&bug.program, bug.number, &bug.invariant.replace('/', "."))
            .with_context(|| bug.invariant.clone())
    }

    fn programs(&self, library: &str, number: u16, name: &str) -> Result<PathBuf> {
        let folder = self.dir.join("bugs").join(name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        for program in workspace::programs()? {
            let name = format!("{}.so", program.listed.library);
            let bytes = if program.listed.library == library {
                sources::select(&self.planted[library], number)
                    .with_context(|| library.to_owned())?
            } else {
                let honest = self.deploy.join(&name);
                fs::read(&honest).with_context(|| format!("cannot read {}", honest.display()))?
            };
            workspace::replace(&folder.join(name), &bytes)?;
        }
        Ok(folder)
    }
}

/// Builds these programs with all their bugs in them.
fn build_planted(
    dir: &Path,
    entries: &Entries,
    libraries: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let lock = fs::File::create(dir.join("lock")).context("cannot create target/planted/lock")?;
    lock.lock().context("cannot lock target/planted/lock")?;
    let all = workspace::programs()?;
    let chosen: Vec<_> = all
        .iter()
        .filter(|program| libraries.contains(program.listed.library))
        .collect();
    let root = dir.join("src");
    sources::write(&root, &entries.of_programs(libraries), &chosen)?;
    let compiler = Compiler::find()?;
    let mut built = BTreeMap::new();
    for program in chosen {
        eprintln!("{} with its planted bugs", program.listed.library);
        let path = compiler.build(program, &root, None)?;
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        built.insert(program.listed.library.to_owned(), bytes);
    }
    Ok(built)
}

/// Whether every test failed, as a test does.
fn is_caught(outcomes: &[Outcome]) -> bool {
    !outcomes.is_empty() && outcomes.iter().all(|outcome| *outcome == Outcome::Failed)
}

fn log_name(test: &Test) -> String {
    let name = test.to_string().replace("::", ".").replace(' ', ".");
    format!("{name}.log")
}

/// Does a job for each of these, a few at a time, and returns the results in their order.
fn at_once<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> Result<R> + Sync) -> Result<Vec<R>> {
    let next = Mutex::new(jobs.iter().enumerate());
    let done = Mutex::new(BTreeMap::new());
    let taken = || next.lock().ok()?.next();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some((i, job)) = taken() {
                    let result = work(job);
                    if let Ok(mut done) = done.lock() {
                        done.insert(i, result);
                    }
                }
            });
        }
    });
    let done = done
        .into_inner()
        .map_err(|_| anyhow!("a worker panicked"))?;
    if done.len() != jobs.len() {
        bail!("a worker panicked");
    }
    done.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let jobs: Vec<_> = (0..20).collect();
        let doubled = at_once(&jobs, |job| Ok(job * 2)).unwrap();
        assert_eq!(doubled, (0..20).map(|job| job * 2).collect::<Vec<_>>());
        let failed = at_once(&jobs, |job| {
            ensure!(*job != 7, "seven");
            Ok(())
        });
        assert_eq!(failed.unwrap_err().to_string(), "seven");
    }

    #[test]
    fn a_bug_is_caught_when_every_test_fails() {
        use Outcome::{Failed, Hung, Passed};
        assert!(is_caught(&[Failed, Failed]));
        for outcomes in [vec![], vec![Failed, Passed], vec![Hung]] {
            assert!(!is_caught(&outcomes));
        }
    }

    /// The committed entries fit the sources and name every invariant.
    #[test]
    fn the_entries_can_be_planted() {
        let entries = Entries::read().unwrap();
        let programs = ["node_rewards", "esim_market", "roaming_escrow"].into();
        sources::check(&entries.of_programs(&programs)).unwrap();
    }
}
