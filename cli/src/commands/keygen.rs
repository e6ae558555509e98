use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use solana_signer::Signer;

use crate::keys::create_key_file;
use crate::output::Output;

#[derive(Args)]
pub struct KeygenArgs {
    /// Where to keep the key. A file that is there is never overwritten
    pub file: PathBuf,
}

/// A new key.
#[derive(Serialize)]
pub struct NewKey {
    file: PathBuf,
    pubkey: String,
}

impl Output for NewKey {}

impl Display for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.pubkey)
    }
}

impl KeygenArgs {
    pub fn run(&self) -> Result<NewKey> {
        let key = create_key_file(&self.file)?;
        Ok(NewKey {
            file: self.file.clone(),
            pubkey: key.pubkey().to_string(),
        })
    }
}
