//! The local network's binary. Surfpool takes minutes to build and seldom changes, so it is built
//! in the cache that checkouts share, with a target folder of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use toml::Value;

use crate::command::{become_program, cargo, command, run};
use crate::{programs, system, workspace};

const PACKAGE: &str = "wayfare-localnet";

/// Builds the programs and becomes the local network on them.
pub fn localnet(args: &[String]) -> Result<()> {
    let programs = programs::build()?;
    let binary = ensure()?;
    become_program(
        command(binary)
            .stdin(Stdio::inherit())
            .arg("--programs")
            .arg(programs)
            .args(args),
    )
}

/// The folder of the cache that it is built in.
pub fn target_dir() -> Result<PathBuf> {
    Ok(workspace::cache()?.join("localnet/target"))
}

/// The path of the binary for what is in the checkout now, built first if there is none.
pub fn ensure() -> Result<PathBuf> {
    let dir = workspace::cache()?.join("localnet").join(key()?);
    let binary = dir.join(PACKAGE);
    if binary.is_file() {
        return Ok(binary);
    }
    system::ensure()?;
    eprintln!("Building the local network (minutes the first time, seconds later)");
    let target = target_dir()?;
    run(cargo()
        .args(["build", "--locked", "--package", PACKAGE, "--target-dir"])
        .arg(&target))?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    // Copied under another name first, so that what has the final name is whole.
    let part = dir.join(format!("part.{}", std::process::id()));
    fs::copy(target.join("debug").join(PACKAGE), &part)
        .and_then(|_| fs::rename(&part, &binary))
        .with_context(|| format!("cannot write {}", binary.display()))?;
    Ok(binary)
}

/// Changes with everything that the binary is built from: its sources, how the workspace declares
/// and locks its dependencies, and the profiles.
fn key() -> Result<String> {
    let root = workspace::root();
    let manifest = workspace::read_toml(&root.join("Cargo.toml"))?;
    let own = workspace::read_toml(&root.join("localnet/Cargo.toml"))?;
    let lock = workspace::read_toml(&root.join("Cargo.lock"))?;

    let mut hash = Sha256::new();
    hash.update(workspace::content_key(&["localnet"])?);
    let dependencies = own.get("dependencies").and_then(Value::as_table);
    let declared = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"));
    for name in dependencies.into_iter().flat_map(|table| table.keys()) {
        hash.update(format!(
            "{name} {:?}\n",
            declared.and_then(|all| all.get(name))
        ));
    }
    hash.update(format!("{:?}\n", manifest.get("profile")));
    for package in locked(&lock, PACKAGE) {
        hash.update(format!("{package:?}\n"));
    }
    Ok(hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// The entries of `Cargo.lock` that a package needs, itself included, in name order.
fn locked<'a>(lock: &'a toml::Table, package: &str) -> Vec<&'a Value> {
    let mut by_name: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for entry in lock
        .get("package")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(name) = entry.get("name").and_then(Value::as_str) {
            by_name.entry(name).or_default().push(entry);
        }
    }
    let mut found = BTreeSet::new();
    let mut queue = vec![package.to_owned()];
    while let Some(reference) = queue.pop() {
        // "name", or "name version" where there are several.
        let mut words = reference.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        for (index, entry) in by_name.get(name).into_iter().flatten().enumerate() {
            let matches = version.is_none_or(|version| {
                entry.get("version").and_then(Value::as_str) == Some(version)
            });
            if !matches || !found.insert((name.to_owned(), index)) {
                continue;
            }
            let needs = entry.get("dependencies").and_then(Value::as_array);
            queue.extend(
                needs
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(String::from),
            );
        }
    }
    found
        .iter()
        .filter_map(|(name, index)| by_name.get(name.as_str())?.get(*index).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_is_followed_by_name_and_version() {
        let lock: toml::Table = r#"
            [[package]]
            name = "app"
            version = "1.0.0"
            dependencies = ["one 2.0.0", "two"]
            [[package]]
            name = "one"
            version = "1.0.0"
            [[package]]
            name = "one"
            version = "2.0.0"
            [[package]]
            name = "other"
            version = "1.0.0"
            [[package]]
            name = "two"
            version = "1.0.0"
            dependencies = ["app"]
        "#
        .parse()
        .unwrap();
        let names: Vec<_> = locked(&lock, "app")
            .iter()
            .map(|entry| {
                (
                    entry["name"].as_str().unwrap(),
                    entry["version"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            names,
            [("app", "1.0.0"), ("one", "2.0.0"), ("two", "1.0.0")]
        );
    }
}
