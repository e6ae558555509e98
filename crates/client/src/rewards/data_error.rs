//! What can be wrong with an epoch's published data.

use std::{fmt, io, path::PathBuf};

use serde::Serialize;
use solana_pubkey::Pubkey;
use thiserror::Error;
use wayfare_core::rewards::epoch_data::DataError as FileError;

/// Why published data cannot be used.
#[derive(Debug, Error)]
pub enum DataError {
    /// The files cannot be read, or contradict each other.
    #[error(transparent)]
    Files(#[from] FileError),
    /// The server does not give the file.
    #[error("{url}: cannot be fetched: {reason}")]
    Fetch {
        url: String,
        reason: String,
        /// Whether trying again may help.
        is_transient: bool,
    },
    #[error("{url}: more than the {limit} bytes that it should have: it is not the published file")]
    TooLarge { url: String, limit: u64 },
    #[error("\"{0}\" is neither a directory nor an http or https URL: name where the data are")]
    Source(String),
    #[error("{}: cannot be written: {source}; make room, then try again", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// The network has not activated an epoch yet: nothing is claimable.
    #[error("network {0} has no active epoch yet: nothing can be claimed")]
    NoActiveEpoch(Pubkey),
    /// The data are not those that the chain has.
    #[error("the data are not those on the chain: {}", list(.0))]
    Differs(Vec<Mismatch>),
}

impl DataError {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Fetch {
                is_transient: true,
                ..
            }
        )
    }
}

fn list(mismatches: &[Mismatch]) -> String {
    let lines: Vec<_> = mismatches.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// A point in which data and chain differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Which field.
    pub field: &'static str,
    /// What the data have.
    pub published: String,
    /// What the chain has, or asks for.
    pub chain: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            published,
            chain,
        } = self;
        write!(
            f,
            "{field} is {published} in the data and {chain} on the chain"
        )
    }
}
