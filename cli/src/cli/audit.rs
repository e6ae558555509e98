//! The arguments of `wayfare audit` and `wayfare events`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use solana_pubkey::Pubkey;
use solana_signature::Signature;

const COMPARE: &str = "Compare with";

#[derive(Args)]
pub struct AuditArgs {
    /// Which program [default: all]
    pub program: Option<AuditedProgram>,

    /// Folder with the built programs: each deployed one must be its file there, byte for byte
    #[arg(long, value_name = "DIR", help_heading = COMPARE)]
    pub programs: Option<PathBuf>,

    /// Folder with the published IDLs: each must be the one that this release reads accounts and events by
    #[arg(long, value_name = "DIR", help_heading = COMPARE)]
    pub idls: Option<PathBuf>,

    /// Folder with an epoch's published data: root, totals, and that no owner was paid more than its leaf
    #[arg(long, value_name = "DIR", help_heading = COMPARE)]
    pub at_data: Option<PathBuf>,

    /// Folder with the data of the epoch before: every owner must have kept its index and its lifetime
    #[arg(long, value_name = "DIR", requires = "at_data", help_heading = COMPARE)]
    pub previous: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditedProgram {
    NodeRewards,
    EsimMarket,
    RoamingEscrow,
}

impl AuditedProgram {
    pub const ALL: [Self; 3] = [Self::NodeRewards, Self::EsimMarket, Self::RoamingEscrow];
}

#[derive(Args)]
pub struct EventsArgs {
    /// Address of a network, market, hub or program, or of anything that transactions name; or a transaction's signature
    #[arg(value_name = "ADDRESS|SIGNATURE")]
    pub target: EventsTarget,

    /// Most transactions to look at: the newest
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub limit: usize,
}

/// Whose events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsTarget {
    Address(Pubkey),
    Transaction(Signature),
}

impl FromStr for EventsTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text.parse().map(Self::Address).ok();
        address
            .or_else(|| text.parse().map(Self::Transaction).ok())
            .ok_or_else(|| "neither an address nor a transaction's signature, in base58".into())
    }
}
