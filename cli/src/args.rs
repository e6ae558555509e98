use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;
use clap::{Args, ValueEnum};
use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use wayfare_client::send::Price;
use wayfare_core::name::{RULE, is_name};

use crate::signers::{Presigned, SignerSource};

pub const TRANSACTION: &str = "Transaction";

pub const OFFLINE: &str = "Offline signing and multisig";

pub const GLOBAL: &str = "Global options";

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = GLOBAL)]
pub struct GlobalArgs {
    /// Configuration file of the Solana CLI [default: ~/.config/solana/cli/config.yml]
    #[arg(short = 'C', long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// RPC URL, or its moniker or first letter: localhost, devnet, testnet, mainnet-beta
    #[arg(short, long, global = true, value_name = "URL_OR_MONIKER")]
    pub url: Option<String>,

    /// WebSocket URL [default: derived from the RPC URL]
    #[arg(long, global = true, value_name = "URL")]
    pub ws: Option<String>,

    /// How final the state that is read must be. Transactions are always waited for until finalized
    #[arg(long, global = true)]
    pub commitment: Option<Commitment>,

    /// Who signs: a key file, - for standard input, prompt:, usb://ledger, or a public key
    #[arg(short, long, global = true, value_name = "KEYPAIR")]
    pub keypair: Option<String>,

    /// Format of the result on standard output
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: OutputFormat,

    /// Say more on standard error, including the logs of failed transactions
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    #[default]
    Display,
    /// Indented JSON
    Json,
    /// JSON on one line
    JsonCompact,
}

/// What transactions offer for their place in a block.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = TRANSACTION)]
pub struct PriceArgs {
    /// Priority fee in micro-lamports per compute unit, or "auto" for what recent transactions paid
    #[arg(long, value_name = "N|auto")]
    pub with_compute_unit_price: Option<ComputeUnitPrice>,

    /// Most that "auto" may offer, in micro-lamports per compute unit
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub max_compute_unit_price: u64,
}

impl PriceArgs {
    pub fn offer(&self) -> Price {
        match self.with_compute_unit_price {
            None => Price::Fixed(0),
            Some(ComputeUnitPrice::Fixed(price)) => Price::Fixed(price),
            Some(ComputeUnitPrice::Auto) => Price::Auto {
                cap: self.max_compute_unit_price,
            },
        }
    }
}

/// How a transaction is paid for and sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = TRANSACTION)]
pub struct SendArgs {
    /// Payer of fees and rent [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub fee_payer: Option<SignerSource>,

    #[command(flatten)]
    pub price: PriceArgs,

    /// Simulate and show what would change, but send nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Also for commands that change what others rely on.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = TRANSACTION)]
pub struct ConfirmArgs {
    /// Do not ask. Needed where there is no terminal to ask on
    #[arg(short, long)]
    pub yes: bool,
}

/// One transaction, signed here, elsewhere, or in both places.
#[derive(Args, Clone, Debug)]
pub struct TransactionArgs {
    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub offline: OfflineArgs,
}

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = OFFLINE)]
pub struct OfflineArgs {
    /// Sign, print the signatures, and send nothing. Nothing is asked of the network
    #[arg(long, requires = "blockhash", conflicts_with = "dry_run")]
    pub sign_only: bool,

    /// Blockhash to sign for: a recent one, or the one that the --nonce account holds
    #[arg(long, value_name = "HASH")]
    pub blockhash: Option<Hash>,

    /// Durable nonce account, so that signatures can be collected for longer than a minute
    #[arg(long, value_name = "ADDRESS", requires = "blockhash")]
    pub nonce: Option<Pubkey>,

    /// Authority of the nonce account [default: --keypair]
    #[arg(long, value_name = "KEYPAIR", requires = "nonce")]
    pub nonce_authority: Option<SignerSource>,

    /// Signature made elsewhere with --sign-only. May be given several times
    #[arg(
        long = "signer",
        value_name = "PUBKEY=SIGNATURE",
        requires = "blockhash"
    )]
    pub signers: Vec<Presigned>,

    /// Print the message that is signed too, in base64
    #[arg(long, requires = "sign_only")]
    pub dump_transaction_message: bool,

    /// Print the unsigned transaction for a multisig to import (Squads takes base58), and send nothing
    #[arg(long, value_name = "ENCODING", conflicts_with_all = ["sign_only", "nonce", "signers", "dry_run"])]
    pub export_encoding: Option<ExportEncoding>,

    /// Decimals of the network's mint, where the network cannot be asked
    #[arg(long, value_name = "N")]
    pub mint_decimals: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportEncoding {
    Base58,
    Base64,
}

/// A job of many transactions.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = TRANSACTION)]
pub struct JobArgs {
    /// File in which the job records what it signs before it sends it [default: in this folder, named after the job]
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// Continue the interrupted job that this journal belongs to
    #[arg(long)]
    pub resume: bool,
}

/// Micro-lamports for each compute unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComputeUnitPrice {
    Fixed(u64),
    Auto,
}

impl FromStr for ComputeUnitPrice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => text
                .parse()
                .map(Self::Fixed)
                .map_err(|_| "give micro-lamports as a whole number, or auto".into()),
        }
    }
}

/// A name of a network, a market or a hub.
pub fn name(text: &str) -> Result<String, String> {
    if is_name(text.as_bytes()) {
        Ok(text.to_owned())
    } else {
        Err(format!("{text:?} is not a name: {RULE}"))
    }
}

/// A time span: seconds, or with units such as `90s`, `12h` or `7d 12h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub u64);

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(seconds) = text.parse() {
            return Ok(Self(seconds));
        }
        let span = humantime::parse_duration(text).map_err(|_| {
            format!(
                "{text:?} is not a time span: give seconds, or units as in 90s, 12h or \"7d 12h\""
            )
        })?;
        if span.subsec_nanos() != 0 {
            return Err(format!("{text:?} is not a whole number of seconds"));
        }
        Ok(Self(span.as_secs()))
    }
}

/// A moment, as RFC 3339 or Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnixTime(pub i64);

impl FromStr for UnixTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(seconds) = text.parse() {
            return Ok(Self(seconds));
        }
        humantime::parse_rfc3339_weak(text)
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .map(Self)
            .ok_or_else(|| {
                format!("{text:?} is not a time: write 2026-01-31T12:00:00Z, or Unix seconds")
            })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenProgram {
    SplToken,
    #[value(name = "token-2022")]
    Token2022,
}

impl TokenProgram {
    pub fn id(self) -> Pubkey {
        match self {
            Self::SplToken => anchor_spl::token::ID,
            Self::Token2022 => anchor_spl::token_2022::ID,
        }
    }
}

pub fn basis_points(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|bps| *bps <= wayfare_program::numbers::WHOLE_BPS)
        .ok_or_else(|| format!("{text:?} is not a share in basis points: give 0 to 10000"))
}

/// A commitment level as a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Commitment {
    Processed,
    Confirmed,
    Finalized,
}

impl From<Commitment> for CommitmentConfig {
    fn from(level: Commitment) -> Self {
        Self {
            commitment: match level {
                Commitment::Processed => CommitmentLevel::Processed,
                Commitment::Confirmed => CommitmentLevel::Confirmed,
                Commitment::Finalized => CommitmentLevel::Finalized,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, seconds) in [
            ("0", 0),
            ("90", 90),
            ("90s", 90),
            ("12h", 43_200),
            ("7d 12h", 648_000),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(Seconds(seconds)), "{text}");
        }
        for text in [
            "",
            "-1",
            "1.5",
            "1 fortnight",
            "500ms",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn moments() {
        for (text, unix) in [
            ("0", 0),
            ("-5", -5),
            ("2027-01-15T08:00:00Z", 1_800_000_000),
            ("2027-01-15 08:00:00", 1_800_000_000),
        ] {
            assert_eq!(text.parse(), Ok(UnixTime(unix)), "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "2027-13-01T00:00:00Z",
            "1960-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<UnixTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn prices_and_names() {
        assert_eq!("auto".parse(), Ok(ComputeUnitPrice::Auto));
        assert_eq!("7".parse(), Ok(ComputeUnitPrice::Fixed(7)));
        assert!("-7".parse::<ComputeUnitPrice>().is_err());
        assert!(name("nyc-1").is_ok());
        for text in ["", "NYC", "a b", "--help", "a-", &"a".repeat(33)] {
            let error = name(text).unwrap_err();
            assert!(error.contains(RULE), "{error}");
        }
    }
}
