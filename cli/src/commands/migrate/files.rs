//! Migrations: numbered TOML files that declare what a cluster's networks must look like.
//!
//! Read in the order of their numbers, a later file's value replaces an earlier one's, so that the folder as a whole
//! says what is wanted now and its history stays readable. `${NAME}` in a text stands for a variable.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;
use solana_pubkey::Pubkey;

use crate::args::{self, Seconds};
use crate::error::Usage;

/// A variable of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub value: String,
}

impl FromStr for Variable {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err(format!("{text:?}: write NAME=VALUE")),
        }
    }
}

/// What the networks must look like, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(default)]
    pub network: BTreeMap<String, NetworkWanted>,
}

/// What is wanted of a network. A field that no migration names stays as it is; a network that does not exist yet
/// needs all but `authority`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkWanted {
    /// Nominated if another key is the authority; it accepts with `wayfare network authority accept`.
    #[serde(default, deserialize_with = "key")]
    pub authority: Option<Pubkey>,
    #[serde(default, deserialize_with = "key")]
    pub mint: Option<Pubkey>,
    #[serde(default, deserialize_with = "key")]
    pub guardian: Option<Pubkey>,
    #[serde(default, deserialize_with = "keys")]
    pub publishers: Option<Vec<Pubkey>>,
    pub threshold: Option<u8>,
    #[serde(default, deserialize_with = "span")]
    pub epoch_length: Option<u64>,
    #[serde(default, deserialize_with = "span")]
    pub challenge_period: Option<u64>,
    /// Tokens, as a decimal.
    pub emission_cap: Option<String>,
    /// Tokens, as a decimal.
    pub limiter_capacity: Option<String>,
    /// Tokens a second, as a decimal.
    pub limiter_refill: Option<String>,
    pub location_resolution: Option<u8>,
}

fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
}

fn key<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Pubkey>, D::Error> {
    parsed(deserializer).map(Some)
}

fn keys<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Pubkey>>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .into_iter()
        .map(|text| {
            text.parse()
                .map_err(|error| serde::de::Error::custom(format!("{text:?}: {error}")))
        })
        .collect::<Result<_, _>>()
        .map(Some)
}

fn span<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    parsed(deserializer).map(|Seconds(seconds)| Some(seconds))
}

impl NetworkWanted {
    fn replace_by(&mut self, later: Self) {
        fn replace<T>(field: &mut Option<T>, later: Option<T>) {
            if later.is_some() {
                *field = later;
            }
        }
        replace(&mut self.authority, later.authority);
        replace(&mut self.mint, later.mint);
        replace(&mut self.guardian, later.guardian);
        replace(&mut self.publishers, later.publishers);
        replace(&mut self.threshold, later.threshold);
        replace(&mut self.epoch_length, later.epoch_length);
        replace(&mut self.challenge_period, later.challenge_period);
        replace(&mut self.emission_cap, later.emission_cap);
        replace(&mut self.limiter_capacity, later.limiter_capacity);
        replace(&mut self.limiter_refill, later.limiter_refill);
        replace(&mut self.location_resolution, later.location_resolution);
    }
}

/// Reads all migrations of a folder.
pub fn read(dir: &Path, vars: &[Variable]) -> Result<Wanted> {
    let mut values: BTreeMap<&str, &str> = BTreeMap::new();
    for Variable { name, value } in vars {
        if values.insert(name, value).is_some() {
            bail!(Usage(format!("--var {name} is given twice")));
        }
    }
    let mut used = BTreeSet::new();
    let mut wanted = Wanted::default();
    for path in files(dir)? {
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let text =
            fill_in(&text, &values, &mut used).with_context(|| path.display().to_string())?;
        let migration: Wanted =
            toml::from_str(&text).with_context(|| path.display().to_string())?;
        for (name, network) in migration.network {
            let name = args::name(&name).map_err(|error| anyhow!("{}: {error}", path.display()))?;
            wanted.network.entry(name).or_default().replace_by(network);
        }
    }
    // A variable that nothing names is one whose name is mistyped.
    let unused: Vec<_> = values
        .keys()
        .filter(|name| !used.contains(**name))
        .copied()
        .collect();
    if !unused.is_empty() {
        bail!(Usage(format!(
            "no migration in {} names the variable {}",
            dir.display(),
            unused.join(", ")
        )));
    }
    Ok(wanted)
}

/// The migrations, in order of their numbers: `NNNN_name.toml`.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut by_number: BTreeMap<String, PathBuf> = BTreeMap::new();
    let entries =
        fs::read_dir(dir).with_context(|| format!("cannot read the folder {}", dir.display()))?;
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read the folder {}", dir.display()))?
            .path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        if !name.ends_with(".toml") {
            continue;
        }
        let number = name
            .split_once('_')
            .map(|(number, _)| number)
            .filter(|number| number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()))
            .with_context(|| format!("{}: a migration is called NNNN_name.toml", path.display()))?
            .to_owned();
        if let Some(other) = by_number.insert(number, path.clone()) {
            bail!(
                "{} and {} have the same number",
                other.display(),
                path.display()
            );
        }
    }
    if by_number.is_empty() {
        bail!(
            "there are no migrations in {}: they are called NNNN_name.toml",
            dir.display()
        );
    }
    Ok(by_number.into_values().collect())
}

/// Replaces each `${NAME}` by its value. Values may not hold what would end a text in TOML: they are keys and numbers.
fn fill_in<'a>(
    text: &str,
    values: &BTreeMap<&'a str, &str>,
    used: &mut BTreeSet<&'a str>,
) -> Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut missing = BTreeSet::new();
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('#') {
            filled.push_str(line);
            continue;
        }
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .with_context(|| format!("${{ without its }} in {:?}", line.trim_end()))?;
            filled.push_str(before);
            match values.get_key_value(name) {
                Some((name, value)) => {
                    if value.contains(['"', '\'', '\\', '\n', '\r']) {
                        bail!(Usage(format!(
                            "--var {name}: quotes, backslashes and line ends are not allowed"
                        )));
                    }
                    used.insert(name);
                    filled.push_str(value);
                }
                None => {
                    missing.insert(name.to_owned());
                }
            }
            rest = after;
        }
        filled.push_str(rest);
    }
    if !missing.is_empty() {
        let missing: Vec<_> = missing
            .into_iter()
            .map(|name| format!("--var {name}=VALUE"))
            .collect();
        bail!(Usage(format!(
            "give the variables that it names: {}",
            missing.join(" ")
        )));
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn error(files: &[(&str, &str)], vars: &[&str]) -> String {
        let vars: Vec<_> = vars.iter().map(|text| text.parse().unwrap()).collect();
        format!("{:#}", read(folder(files).path(), &vars).unwrap_err())
    }

    #[test]
    fn later_migrations_replace_what_earlier_ones_say() {
        let files = [
            (
                "0002_more.toml",
                "[network.a]\nepoch_length = \"1d\"\nthreshold = 2\n[network.b]\nmint = \"${mint}\"\n",
            ),
            (
                "0001_a.toml",
                "# ${comment}\n[network.a]\nepoch_length = \"12h\"\nchallenge_period = \"60\"\nemission_cap = \"1.5\"\nthreshold = 1\npublishers = [\"${mint}\"]\n",
            ),
            ("README.md", "not a migration"),
        ];
        let vars = [format!("mint={KEY}").parse().unwrap()];
        let wanted = read(folder(&files).path(), &vars).unwrap();
        let key: Pubkey = KEY.parse().unwrap();
        let a = &wanted.network["a"];
        assert_eq!(
            (a.epoch_length, a.challenge_period),
            (Some(86_400), Some(60))
        );
        assert_eq!(
            (a.threshold, a.emission_cap.as_deref()),
            (Some(2), Some("1.5"))
        );
        assert_eq!(a.publishers, Some(vec![key]));
        assert_eq!(a.mint, None);
        assert_eq!(wanted.network["b"].mint, Some(key));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let one = |text| [("0001_a.toml", text)];
        assert!(error(&one("[network.a]\nmnit = \"x\"\n"), &[]).contains("unknown field `mnit`"));
        assert!(error(&one("[networks.a]\n"), &[]).contains("unknown field `networks`"));
        assert!(error(&one("[network.A]\n"), &[]).contains("a-z"));
        assert!(error(&one("[network.a]\nmint = \"x\"\n"), &[]).contains("\"x\""));
        assert!(error(&one("[network.a]\nemission_cap = 5\n"), &[]).contains("string"));
        assert!(
            error(&one("[network.a]\nepoch_length = \"1 fortnight\"\n"), &[]).contains("time span")
        );
        assert!(
            error(&one("[network.a]\nmint = \"${m}${n}\"\n"), &[])
                .contains("--var m=VALUE --var n=VALUE")
        );
        assert!(error(&one("[network.a]\nmint = \"${m\"\n"), &[]).contains("without its }"));
        assert!(error(&one("[network.a]\n"), &["m=1"]).contains("names the variable m"));
        assert!(error(&one("[network.a]\nmint = \"${m}\"\n"), &["m=1", "m=2"]).contains("twice"));
        assert!(
            error(
                &one("[network.a]\nmint = \"${m}\"\n"),
                &["m=\"\nguardian = \"x"]
            )
            .contains("not allowed")
        );
        assert!(error(&[("1_a.toml", "")], &[]).contains("NNNN_name.toml"));
        assert!(
            error(&[("0001_a.toml", ""), ("0001_b.toml", "")], &[]).contains("the same number")
        );
        assert!(error(&[], &[]).contains("no migrations"));
    }

    #[test]
    fn variables() {
        let variable: Variable = "a=b=c".parse().unwrap();
        assert_eq!(
            (variable.name.as_str(), variable.value.as_str()),
            ("a", "b=c")
        );
        assert!("=b".parse::<Variable>().is_err() && "a".parse::<Variable>().is_err());
    }
}
