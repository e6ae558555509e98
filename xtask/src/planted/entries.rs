//! What is planted: the files of `tests/planted/`, held against `docs/invariants.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use wayfare_programs::PROGRAMS;

use crate::workspace;

/// Where the files are.
const DIR: &str = "tests/planted";

/// The list of what must hold.
const INVARIANTS: &str = "docs/invariants.md";

/// What stands in an entry's `new` for "this bug is selected".
pub const TOKEN: &str = "PLANTED";

/// Numbers that a file may take, the last for the next release: those of all files must fit the marker's three digits.
const NUMBERS_PER_FILE: usize = 500;

/// A table of [`INVARIANTS`]: how its ids begin, the file of its bugs, and its heading.
#[derive(Debug)]
struct Table {
    prefix: String,
    file: &'static str,
    heading: &'static str,
}

/// One for what all programs have in common, then one for each program.
fn tables() -> Vec<Table> {
    let common = Table {
        prefix: "AC-".to_owned(),
        file: "all_programs",
        heading: "All programs",
    };
    let own = PROGRAMS.iter().map(|program| Table {
        prefix: prefix(program.name),
        file: program.library,
        heading: program.name,
    });
    std::iter::once(common).chain(own).collect()
}

/// How a program's invariants begin: with its initials, `NR-` for node-rewards, or with the first two letters of a name
/// that is one word.
fn prefix(name: &str) -> String {
    let letters: String = match name.split_once('-') {
        Some((first, second)) => first
            .chars()
            .take(1)
            .chain(second.chars().take(1))
            .collect(),
        None => name.chars().take(2).collect(),
    };
    format!("{}-", letters.to_ascii_uppercase())
}

/// A change of a program that breaks an invariant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bug {
    /// The invariant's id or, where it has more than one bug, `ID/name`.
    pub invariant: String,
    /// One sentence: which guard is gone.
    pub what: String,
    file: String,
    old: String,
    new: String,
    /// Where one guard backs another: what has to go with it.
    #[serde(default)]
    more: Vec<Edit>,
    /// Tests that fail, each time they run, as `BINARY PATH`.
    #[serde(default)]
    pub caught_by: Vec<String>,
    /// What else was seen to catch it, though not each time.
    also: Option<String>,
    /// Its number in the marker.
    #[serde(skip)]
    pub number: u16,
    /// The library of the program that it is planted in.
    #[serde(skip)]
    pub program: String,
}

/// A piece of a source file, which occurs in it once, and what takes its place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    pub file: String,
    pub old: String,
    pub new: String,
}

/// The next release of a program, as far as its accounts differ: what the rehearsal of an upgrade runs on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// One sentence: what it adds.
    what: String,
    /// Every piece of source that it changes.
    edit: Vec<Edit>,
    /// The rehearsals, as `BINARY PATH`.
    pub passes: Vec<String>,
    /// Its number in the marker.
    #[serde(skip)]
    pub number: u16,
    /// The program's library.
    #[serde(skip)]
    pub program: String,
}

/// What is planted under one number.
pub struct Change<'a> {
    /// What messages call it.
    pub name: &'a str,
    pub number: u16,
    /// File, what is there, and what takes its place.
    pub edits: Vec<(&'a str, &'a str, &'a str)>,
}

/// An invariant that no program's code can break.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NotPlanted {
    invariant: String,
    reason: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    bug: Vec<Bug>,
    #[serde(default)]
    not_planted: Vec<NotPlanted>,
    next_release: Option<Release>,
}

/// The files, each with its table.
pub struct Entries {
    files: Vec<(Table, File)>,
}

impl Bug {
    /// The id in [`INVARIANTS`].
    fn id(&self) -> &str {
        self.invariant
            .split_once('/')
            .map_or(self.invariant.as_str(), |(id, _)| id)
    }

    /// Whether `--only` names it: by its name, its invariant's id, or how the id begins up to the hyphen.
    fn is_named(&self, only: &str) -> bool {
        only == self.invariant
            || only == self.id()
            || only.ends_with('-') && self.invariant.starts_with(only)
    }

    /// Every piece of source that it changes: file, what is there, and what takes its place.
    fn edits(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let first = (self.file.as_str(), self.old.as_str(), self.new.as_str());
        std::iter::once(first).chain(self.more.iter().map(Edit::parts))
    }

    /// What it changes.
    pub fn change(&self) -> Change<'_> {
        Change {
            name: &self.invariant,
            number: self.number,
            edits: self.edits().collect(),
        }
    }

    /// What cannot be told from one field alone.
    fn complete(&mut self, table: &Table, number: usize) -> Result<()> {
        ensure!(
            number < NUMBERS_PER_FILE,
            "there are {NUMBERS_PER_FILE} bugs or more in one file"
        );
        self.number = u16::try_from(number)?;
        self.program = table.file.to_owned();
        let mut inside = BTreeSet::new();
        for (file, old, new) in self.edits() {
            ensure!(
                new.contains(TOKEN),
                "`new` does not say {TOKEN}: it would be broken always"
            );
            ensure!(!old.is_empty(), "`old` is empty");
            match file.strip_prefix("programs/") {
                Some(rest) => {
                    let package = rest.split('/').next().unwrap_or_default();
                    inside.insert(package.replace('-', "_"));
                }
                None => ensure!(
                    file.starts_with("crates/core/src/") || file.starts_with("crates/program/src/"),
                    "{file} is in none of programs, crates/core and crates/program"
                ),
            }
        }
        ensure!(inside.len() <= 1, "it is in more than one program");
        if let Some(program) = inside.pop_first() {
            self.program = program;
        }
        Ok(())
    }
}

impl Edit {
    fn parts(&self) -> (&str, &str, &str) {
        (&self.file, &self.old, &self.new)
    }
}

impl Release {
    /// What it changes.
    pub fn change(&self) -> Change<'_> {
        Change {
            name: "the next release",
            number: self.number,
            edits: self.edit.iter().map(Edit::parts).collect(),
        }
    }
}

impl Entries {
    /// Reads the files that there are.
    pub fn read() -> Result<Self> {
        let mut files = Vec::new();
        for (place, table) in tables().into_iter().enumerate() {
            let name = format!("{DIR}/{}.toml", table.file);
            let path = workspace::root().join(&name);
            if !path.exists() {
                files.push((table, File::default()));
                continue;
            }
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
            let mut file: File =
                toml::from_str(&text).with_context(|| format!("{name} cannot be understood"))?;
            for (i, bug) in file.bug.iter_mut().enumerate() {
                bug.complete(&table, i + 1)
                    .with_context(|| format!("{name}: {}", bug.invariant))?;
                bug.number += u16::try_from(place * NUMBERS_PER_FILE)?;
            }
            if let Some(release) = &mut file.next_release {
                release.number = u16::try_from((place + 1) * NUMBERS_PER_FILE)?;
                release.program = table.file.to_owned();
            }
            files.push((table, file));
        }
        Ok(Self { files })
    }

    /// The bugs that `only` names; all when it names none.
    pub fn chosen(&self, only: &[String]) -> Result<Vec<&Bug>> {
        for name in only {
            ensure!(
                self.bugs().any(|bug| bug.is_named(name)),
                "no bug of {DIR} is called {name}"
            );
        }
        Ok(self
            .bugs()
            .filter(|bug| only.is_empty() || only.iter().any(|name| bug.is_named(name)))
            .collect())
    }

    /// Everything that is planted in these programs.
    pub fn of_programs(&self, programs: &BTreeSet<&str>) -> Vec<Change<'_>> {
        let bugs = self.bugs();
        bugs.filter(|bug| programs.contains(bug.program.as_str()))
            .map(Bug::change)
            .chain(self.releases(programs).map(Release::change))
            .collect()
    }

    /// The next releases of these programs.
    pub fn releases(&self, programs: &BTreeSet<&str>) -> impl Iterator<Item = &Release> {
        let releases = self
            .files
            .iter()
            .filter_map(|(_, file)| file.next_release.as_ref());
        releases.filter(|release| programs.contains(release.program.as_str()))
    }

    fn bugs(&self) -> impl Iterator<Item = &Bug> {
        self.files.iter().flat_map(|(_, file)| &file.bug)
    }

    /// What is wrong with the entries: invariants that have none, or both a bug and a reason why not; names that are used
    /// twice or are no invariant's; bugs that no test is said to catch.
    pub fn faults(&self) -> Result<Vec<String>> {
        let path = workspace::root().join(INVARIANTS);
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {INVARIANTS}"))?;
        let ids: Vec<_> = text.lines().filter_map(invariant_id).collect();
        let mut faults = Vec::new();
        for (table, file) in &self.files {
            let due = ids.iter().filter(|id| id.starts_with(&table.prefix));
            faults.extend(file.faults(&due.copied().collect::<Vec<_>>()));
        }
        Ok(faults)
    }
}

impl File {
    /// The same for one file, of the invariants `due`.
    fn faults(&self, due: &[&str]) -> Vec<String> {
        let mut faults = Vec::new();
        let mut names = BTreeMap::new();
        for bug in &self.bug {
            *names.entry(bug.invariant.as_str()).or_insert(0) += 1;
            if bug.caught_by.is_empty() {
                faults.push(format!("{}: no test is said to catch it", bug.invariant));
            }
        }
        for not in &self.not_planted {
            *names.entry(not.invariant.as_str()).or_insert(0) += 1;
        }
        for (name, times) in names {
            if times > 1 {
                faults.push(format!("{name}: {times} entries have this name"));
            }
        }
        let planted: BTreeSet<_> = self.bug.iter().map(Bug::id).collect();
        let not: BTreeSet<_> = self
            .not_planted
            .iter()
            .map(|not| not.invariant.as_str())
            .collect();
        for id in planted.intersection(&not) {
            faults.push(format!("{id}: both planted and not planted"));
        }
        let known: BTreeSet<_> = planted.union(&not).copied().collect();
        for id in due.iter().filter(|id| !known.contains(*id)) {
            faults.push(format!("{id}: neither planted, nor a reason why not"));
        }
        for id in known.iter().filter(|id| !due.contains(id)) {
            faults.push(format!("{id}: not in this part of {INVARIANTS}"));
        }
        faults
    }
}

/// The id in a table row like `| NR-1 † | … |`.
fn invariant_id(line: &str) -> Option<&str> {
    let id = line.strip_prefix("| ")?.split([' ', '|']).next()?;
    let (letters, number) = id.split_once('-')?;
    (letters.len() == 2
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && number.parse::<u16>().is_ok())
    .then_some(id)
}

/// The page of `docs/` that shows all entries.
pub fn page() -> Result<String> {
    let entries = Entries::read()?;
    let mut out = String::from(
        "# Planted bugs

For each invariant of [invariants.md](invariants.md) that a program enforces, a change that breaks it, and the tests that
fail then. `cargo xtask planted` builds the programs with all of these changes, of which each takes effect only when it is
selected; runs the tests named here with each selected; and fails if one of them passes, or if one fails with none
selected. The programs that are deployed are built from the sources without them.

Generated from `tests/planted/` by `cargo xtask docs`. Change the entries there, not this page.
",
    );
    for (table, file) in &entries.files {
        if file.bug.is_empty() && file.not_planted.is_empty() {
            continue;
        }
        write!(out, "\n## {}\n", table.heading)?;
        file.describe(&mut out)?;
    }
    Ok(out)
}

impl File {
    fn describe(&self, out: &mut String) -> Result<()> {
        if !self.bug.is_empty() {
            out.push_str(
                "\n| invariant | what is broken | where | caught by |\n|---|---|---|---|\n",
            );
        }
        for bug in &self.bug {
            let files: BTreeSet<_> = bug.edits().map(|(file, ..)| format!("`{file}`")).collect();
            let files: Vec<_> = files.into_iter().collect();
            let mut tests: Vec<_> = bug
                .caught_by
                .iter()
                .map(|test| format!("`{test}`"))
                .collect();
            if let Some(also) = &bug.also {
                tests.push(format!("sometimes: {also}"));
            }
            writeln!(
                out,
                "| {} | {} | {} | {} |",
                bug.invariant,
                cell(&bug.what)?,
                files.join(", "),
                tests.join(", ")
            )?;
        }
        if !self.not_planted.is_empty() {
            out.push_str("\n| invariant | why no bug is planted |\n|---|---|\n");
        }
        for not in &self.not_planted {
            writeln!(out, "| {} | {} |", not.invariant, cell(&not.reason)?)?;
        }
        if let Some(release) = &self.next_release {
            let tests: Vec<_> = release
                .passes
                .iter()
                .map(|test| format!("`{test}`"))
                .collect();
            writeln!(
                out,
                "\nThe next release, by which an upgrade and a roll-back are rehearsed: {} Rehearsed by {}.",
                release.what,
                tests.join(", ")
            )?;
        }
        Ok(())
    }
}

/// A sentence as a table's cell.
fn cell(text: &str) -> Result<String> {
    if text.contains('\n') {
        bail!("more than one line: {text}");
    }
    Ok(text.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::super::sources::{MARKER, NOTHING, select};
    use super::*;

    #[test]
    fn ids_are_the_first_cells_of_rows() {
        assert_eq!(invariant_id("| NR-1 † | what holds |"), Some("NR-1"));
        assert_eq!(invariant_id("| RE-35 | what | where |"), Some("RE-35"));
        assert_eq!(invariant_id("| id | what holds |"), None);
        assert_eq!(invariant_id("NR-1 holds"), None);
        assert_eq!(invariant_id("|---|---|"), None);
    }

    #[test]
    fn every_table_has_a_prefix_of_its_own_and_numbers_that_fit_the_marker() {
        for (name, expected) in [
            ("node-rewards", "NR-"),
            ("staking", "ST-"),
            ("a-b-c", "AB-"),
        ] {
            assert_eq!(prefix(name), expected);
        }
        let tables = tables();
        let prefixes: BTreeSet<_> = tables.iter().map(|table| &table.prefix).collect();
        assert_eq!(prefixes.len(), tables.len(), "{tables:?}");
        for prefix in prefixes {
            assert!(
                invariant_id(&format!("| {prefix}1 |")).is_some(),
                "{prefix}"
            );
        }
        let last = u16::try_from(tables.len() * NUMBERS_PER_FILE).unwrap();
        select(&[MARKER, NOTHING].concat(), last).unwrap();
    }

    fn bug(name: &str) -> String {
        format!(
            "[[bug]]\ninvariant = \"{name}\"\nwhat = \"w\"\nfile = \"programs/node-rewards/src/lib.rs\"\n\
             old = \"a\"\nnew = \"PLANTED\"\ncaught_by = [\"hostile a::b\"]\n"
        )
    }

    #[test]
    fn every_invariant_has_an_entry_of_one_kind() {
        let due = ["NR-1", "NR-2", "NR-3"];
        let not = |id: &str| format!("[[not_planted]]\ninvariant = \"{id}\"\nreason = \"r\"\n");
        let faults = |text: String| {
            let file: File = toml::from_str(&text).unwrap();
            file.faults(&due)
        };
        let good = [bug("NR-1/one"), bug("NR-1/two"), bug("NR-2"), not("NR-3")].concat();
        assert_eq!(faults(good.clone()), Vec::<String>::new());
        for (extra, expected) in [
            (bug("NR-2"), "NR-2: 2 entries have this name"),
            (not("NR-1"), "NR-1: both planted and not planted"),
            (bug("NR-4"), "NR-4: not in this part of docs/invariants.md"),
        ] {
            assert_eq!(faults(good.clone() + &extra), [expected]);
        }
        let fewer = [bug("NR-1"), not("NR-3")].concat();
        assert_eq!(
            faults(fewer),
            ["NR-2: neither planted, nor a reason why not"]
        );
    }

    #[test]
    fn only_takes_a_name_an_id_or_a_prefix() {
        let mut file: File = toml::from_str(&bug("NR-1/one")).unwrap();
        let bug = file.bug.pop().unwrap();
        for only in ["NR-1/one", "NR-1", "NR-"] {
            assert!(bug.is_named(only), "{only}");
        }
        for only in ["NR", "NR-1/", "NR-10", "EM-", ""] {
            assert!(!bug.is_named(only), "{only}");
        }
    }

    #[test]
    fn a_bug_is_in_one_program_and_can_be_switched_off() {
        let table = &Table {
            prefix: "EM-".to_owned(),
            file: "esim_market",
            heading: "esim-market",
        };
        let complete = |text: &str| {
            let mut file: File = toml::from_str(text).unwrap();
            let mut bug = file.bug.pop().unwrap();
            bug.complete(table, 7).map(|()| bug)
        };
        let good = bug("NR-1");
        assert_eq!(complete(&good).unwrap().program, "node_rewards");
        assert_eq!(complete(&good).unwrap().number, 7);
        let shared = good.replace("programs/node-rewards", "crates/core");
        assert_eq!(complete(&shared).unwrap().program, "esim_market");
        assert!(complete(&good.replace("PLANTED", "true")).is_err());
        assert!(complete(&good.replace("programs/node-rewards", "crates/client")).is_err());
        let two = good.clone()
            + "[[bug.more]]\nfile = \"programs/esim-market/src/lib.rs\"\nold = \"a\"\nnew = \"PLANTED\"\n";
        assert!(complete(&two).is_err());
    }
}
