//! The programs that a new network is given.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use solana_pubkey::Pubkey;

/// A program to load.
pub struct Program {
    pub name: String,
    pub id: Pubkey,
    pub bytes: Vec<u8>,
}

/// Reads the programs that `programs.json` lists in this folder, as `{"name": "address"}`.
pub fn read(dir: &Path) -> Result<Vec<Program>> {
    let list = dir.join("programs.json");
    let text = fs::read_to_string(&list).with_context(|| {
        format!(
            "cannot read {}: build the programs with `cargo xtask build`",
            list.display()
        )
    })?;
    let ids: std::collections::BTreeMap<String, String> = serde_json::from_str(&text)
        .with_context(|| format!("{} does not map names to addresses", list.display()))?;
    ids.into_iter()
        .map(|(name, id)| {
            let path = dir.join(format!("{name}.so"));
            let bytes = fs::read(&path).with_context(|| {
                format!(
                    "cannot read {}: build the programs with `cargo xtask build`",
                    path.display()
                )
            })?;
            let id = id
                .parse()
                .with_context(|| format!("{} gives {name} the address {id:?}", list.display()))?;
            Ok(Program { name, id, bytes })
        })
        .collect()
}
