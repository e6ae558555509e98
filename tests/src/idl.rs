//! The program's interface, as `cargo xtask idl` wrote it: what the generated tests go through.

use std::sync::LazyLock;

use serde::Deserialize;

/// The interface of node-rewards.
pub static NODE_REWARDS: LazyLock<Idl> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../idls/node_rewards.json");
    let text = std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("cannot read {path}: {error}. Run `cargo xtask idl` first"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
});

#[derive(Debug, Deserialize)]
pub struct Idl {
    pub instructions: Vec<Instruction>,
    pub errors: Vec<ProgramError>,
}

#[derive(Debug, Deserialize)]
pub struct Instruction {
    pub name: String,
    /// In the order in which a transaction names them.
    pub accounts: Vec<Slot>,
}

/// A place for an account.
#[derive(Debug, Deserialize)]
pub struct Slot {
    pub name: String,
    #[serde(default)]
    pub writable: bool,
    #[serde(default)]
    pub signer: bool,
}

#[derive(Debug, Deserialize)]
pub struct ProgramError {
    pub code: u32,
    pub name: String,
}
