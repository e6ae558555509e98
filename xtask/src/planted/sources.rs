//! The programs' sources with bugs in them: a copy of what the programs are made of, in which each bug takes effect only
//! when a marker in the built file has its number.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::entries::{Change, TOKEN};
use crate::workspace::{self, Program};

/// What is copied, besides the programs. Everything else of the workspace is a link to the checkout: it has to be there
/// for `--locked`, and is not built.
const COPIED: [&str; 4] = ["Cargo.toml", "Cargo.lock", "crates/core", "crates/program"];

/// The crate that all programs have, and so the one that holds the marker.
const CORE: &str = "crates/core";

/// What stands before the number in a built file.
pub const MARKER: &[u8] = b"wayfare-planted-bug:";

/// The number's digits in a built file, with nothing selected.
pub const NOTHING: &[u8] = b"0000";

/// The module of [`CORE`] that says which bug is selected.
const MODULE: &str = r#"//! Which planted bug is selected: four digits, which are changed in the built file.

#[used]
static MARKER: [u8; 24] = *b"wayfare-planted-bug:0000";

/// Whether it is the one with this number.
#[inline(never)]
#[allow(unsafe_code)]
pub fn is(number: u16) -> bool {
    let mut selected = 0;
    for digit in &MARKER[20..] {
        // SAFETY: `digit` is a reference. Volatile, since the compiler must not take it for the zero that it sees.
        let digit = unsafe { core::ptr::read_volatile(digit) };
        selected = selected * 10 + u16::from(digit - b'0');
    }
    selected == number
}
"#;

/// Writes the sources with these changes to `root`, changing only files that differ from what is there.
/// Programs that are not among `programs` stay as an earlier run left them.
pub fn write(root: &Path, changes: &[Change], programs: &[&Program]) -> Result<()> {
    let planted = planted(changes)?;
    for name in COPIED {
        copy(root, Path::new(name), &planted)?;
    }
    for program in programs {
        copy(root, &program.dir, &planted)?;
    }
    for member in workspace::members()? {
        let place = root.join(&member);
        if member.starts_with("programs") {
            // Of a program that an earlier run left there, only what the lock file depends on.
            let part = if place.exists() {
                member.join("Cargo.toml")
            } else {
                member
            };
            copy(root, &part, &planted)?;
        } else if !COPIED.iter().any(|name| member == Path::new(name)) {
            link(&workspace::root().join(&member), &place)?;
        }
    }
    Ok(())
}

/// Fails if one of these changes cannot be planted.
#[cfg(test)]
pub fn check(changes: &[Change]) -> Result<()> {
    planted(changes).map(|_| ())
}

/// The changed and added files, by their path in the checkout.
fn planted(changes: &[Change]) -> Result<BTreeMap<PathBuf, String>> {
    let mut edits: BTreeMap<&str, Vec<Piece>> = BTreeMap::new();
    for change in changes {
        for &(file, old, new) in &change.edits {
            let crate_name = if file.starts_with(CORE) {
                "crate"
            } else {
                "wayfare_core"
            };
            let is_selected = format!("{crate_name}::planted::is({})", change.number);
            edits.entry(file).or_default().push(Piece {
                name: change.name,
                old,
                new: new.replace(TOKEN, &is_selected),
            });
        }
    }
    let mut planted = BTreeMap::new();
    let mut refused = Vec::new();
    for (file, pieces) in edits {
        match read(Path::new(file)).and_then(|text| replaced(&text, pieces)) {
            Ok(text) => {
                planted.insert(PathBuf::from(file), text);
            }
            Err(error) => refused.push(format!("{file}: {error:#}")),
        }
    }
    // All of them: moved code has many entries to correct.
    ensure!(refused.is_empty(), "{}", refused.join("\n"));
    let library = Path::new(CORE).join("src/lib.rs");
    let text = match planted.remove(&library) {
        Some(text) => text,
        None => read(&library)?,
    };
    let forbidden = "#![forbid(unsafe_code)]\n";
    ensure!(
        text.matches(forbidden).count() == 1,
        "{} does not forbid unsafe code any more: teach xtask/src/planted/sources.rs",
        library.display()
    );
    let text = text.replace(forbidden, "#![deny(unsafe_code)]\n\npub mod planted;\n");
    planted.insert(library, text);
    planted.insert(Path::new(CORE).join("src/planted.rs"), MODULE.to_owned());
    Ok(planted)
}

/// A piece of a file that is changed.
struct Piece<'a> {
    name: &'a str,
    old: &'a str,
    new: String,
}

/// The text with all pieces changed. Each is looked for in the text as it is committed, so that none depends on another.
fn replaced(text: &str, pieces: Vec<Piece>) -> Result<String> {
    let mut places = Vec::new();
    let mut refused = Vec::new();
    for piece in pieces {
        let found: Vec<_> = text.match_indices(piece.old).map(|(at, _)| at).collect();
        match found[..] {
            [start] => places.push((start, piece)),
            _ => refused.push(format!(
                "{}: `old` occurs {} times, and must occur once",
                piece.name,
                found.len()
            )),
        }
    }
    ensure!(refused.is_empty(), "{}", refused.join("; "));
    places.sort_by_key(|(start, _)| *start);
    let mut out = String::new();
    let mut done = 0;
    let mut before = "";
    for (start, piece) in places {
        ensure!(
            start >= done,
            "{} and {before} change the same piece: give one of them a smaller `old`",
            piece.name
        );
        out.push_str(&text[done..start]);
        out.push_str(&piece.new);
        done = start + piece.old.len();
        before = piece.name;
    }
    out.push_str(&text[done..]);
    Ok(out)
}

/// Copies a file or folder of the checkout, with what is planted in it, and removes from the copy what is not in either.
fn copy(root: &Path, name: &Path, planted: &BTreeMap<PathBuf, String>) -> Result<()> {
    let source = workspace::root().join(name);
    if !source.is_dir() {
        let bytes = match planted.get(name) {
            Some(text) => text.clone().into_bytes(),
            None => fs::read(&source).with_context(|| format!("cannot read {}", name.display()))?,
        };
        let place = root.join(name);
        create_parent(&place)?;
        return workspace::replace(&place, &bytes);
    }
    let mut names = names_in(&source)?;
    let added = planted
        .keys()
        .filter(|path| path.parent() == Some(name))
        .filter_map(|path| path.file_name());
    names.extend(added.map(OsStr::to_owned));
    for inner in &names {
        copy(root, &name.join(inner), planted)?;
    }
    let place = root.join(name);
    for gone in names_in(&place)?.difference(&names) {
        remove(&place.join(gone))?;
    }
    Ok(())
}

/// Makes `place` a link to `target`. One that a copied target folder brought along leads to another checkout.
fn link(target: &Path, place: &Path) -> Result<()> {
    match fs::read_link(place) {
        Ok(found) if found == target => return Ok(()),
        Ok(_) => remove(place)?,
        Err(_) => create_parent(place)?,
    }
    symlink(target, place).with_context(|| format!("cannot link {}", place.display()))
}

fn names_in(folder: &Path) -> Result<BTreeSet<OsString>> {
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
        .with_context(|| format!("cannot read {}", folder.display()))
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

fn create_parent(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))
}

/// A file of the checkout.
fn read(name: &Path) -> Result<String> {
    fs::read_to_string(workspace::root().join(name))
        .with_context(|| format!("cannot read {}", name.display()))
}

/// A built program in which a bug is selected.
pub fn select(built: &[u8], number: u16) -> Result<Vec<u8>> {
    let nothing = [MARKER, NOTHING].concat();
    let places: Vec<_> = built
        .windows(nothing.len())
        .enumerate()
        .filter(|(_, bytes)| *bytes == nothing)
        .map(|(at, _)| at + MARKER.len())
        .collect();
    ensure!(
        !places.is_empty(),
        "the program does not hold the marker: none of its bugs was compiled into it"
    );
    let digits = format!("{number:04}");
    ensure!(
        digits.len() == NOTHING.len(),
        "{number} has no room in the marker"
    );
    let mut selected = built.to_vec();
    for at in places {
        selected[at..at + NOTHING.len()].copy_from_slice(digits.as_bytes());
    }
    Ok(selected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece<'a>(name: &'a str, old: &'a str, new: &str) -> Piece<'a> {
        let new = new.to_owned();
        Piece { name, old, new }
    }

    #[test]
    fn pieces_change_independently_of_each_other() {
        let text = "one two three two";
        let pieces = vec![piece("b", "three", "two two"), piece("a", "one two", "1")];
        assert_eq!(replaced(text, pieces).unwrap(), "1 two two two");
    }

    #[test]
    fn a_piece_that_is_missing_repeated_or_shared_is_refused_by_name() {
        for (old, expected) in [("two", "2 times"), ("four", "0 times")] {
            let error = replaced("one two three two", vec![piece("NR-1", old, "")]);
            let error = error.unwrap_err().to_string();
            assert!(
                error.contains("NR-1") && error.contains(expected),
                "{error}"
            );
        }
        let pieces = vec![piece("NR-1", "one t", ""), piece("NR-2", "two three", "")];
        let error = replaced("one two three two", pieces)
            .unwrap_err()
            .to_string();
        assert!(error.contains("NR-2 and NR-1"), "{error}");
    }

    #[test]
    fn a_number_is_written_over_the_markers_digits() {
        let built = b"..wayfare-planted-bug:0000..";
        let selected = select(built, 42).unwrap();
        assert_eq!(selected, b"..wayfare-planted-bug:0042..");
        assert_eq!(select(built, 0).unwrap(), built);
        assert!(select(built, 10_000).is_err());
        assert!(select(&selected, 1).is_err());
    }

    /// Once into an empty folder, and once into one that stands there already.
    #[test]
    fn the_copy_has_every_member_and_a_link_to_this_checkout_where_nothing_is_planted() {
        let root = std::env::temp_dir().join(format!("planted-copy-{}", std::process::id()));
        let programs = workspace::programs().unwrap();
        for _ in 0..2 {
            write(&root, &[], &[&programs[0]]).unwrap();
            for member in workspace::members().unwrap() {
                let place = root.join(&member);
                assert!(place.join("Cargo.toml").is_file(), "{}", place.display());
                let is_copied = member.starts_with("programs")
                    || COPIED.iter().any(|name| member == Path::new(name));
                assert_eq!(place.is_symlink(), !is_copied, "{}", place.display());
            }
        }
        assert!(root.join(CORE).join("src/planted.rs").is_file());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_link_to_another_checkout_is_replaced() {
        let root = std::env::temp_dir().join(format!("planted-links-{}", std::process::id()));
        for checkout in ["here", "original"] {
            fs::create_dir_all(root.join(checkout).join("cli")).unwrap();
        }
        let place = root.join("copy/cli");
        for checkout in ["original", "here", "here"] {
            let target = root.join(checkout).join("cli");
            link(&target, &place).unwrap();
            assert_eq!(fs::read_link(&place).unwrap(), target);
        }
        assert!(root.join("original/cli").is_dir());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn the_module_holds_the_marker() {
        let marker = [MARKER, NOTHING].concat();
        assert!(MODULE.contains(std::str::from_utf8(&marker).unwrap()));
        assert!(MODULE.contains(&format!("[u8; {}]", marker.len())));
        assert!(MODULE.contains(&format!("&MARKER[{}..]", MARKER.len())));
    }
}
