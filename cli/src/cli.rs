//! The arguments of every command. What the commands do is in [`crate::commands`].

pub mod audit;
pub mod esim;
pub mod roaming;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use node_rewards::state::NodeKind;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use wayfare_client::send::Price;
use wayfare_core::name;

use crate::config::Commitment;
use crate::signers::{Presigned, SignerSource};

const TRANSACTION: &str = "Transaction";
const OFFLINE: &str = "Offline signing and multisig";
const GLOBAL: &str = "Global options";

/// Wayfare: rewards for the owners of network nodes, a market for eSIM plans, and settlement of roaming, on Solana
///
/// Every setting comes from its flag, else from the Solana CLI's configuration file, else from that file's
/// default. Exit codes: 0 done, 1 refused, 2 wrong usage, 3 the books do not balance, 100 worth retrying.
#[derive(Parser)]
#[command(
    name = "wayfare",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

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

    /// How final what is read from the chain must be. What is sent is always waited for until finalized
    #[arg(long, global = true)]
    pub commitment: Option<Commitment>,

    /// Who signs: a key file, - for standard input, prompt:, usb://ledger, or a public key
    #[arg(short, long, global = true, value_name = "KEYPAIR")]
    pub keypair: Option<String>,

    /// Format of the result on standard output
    #[arg(long, global = true, value_enum, default_value_t)]
    pub output: OutputFormat,

    /// Tell more on standard error, the logs of failed transactions included
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

#[derive(Subcommand)]
pub enum Command {
    /// Create, configure, fund and guard networks
    #[command(subcommand)]
    Network(NetworkCommand),
    /// Register nodes and hand them over
    #[command(subcommand)]
    Node(NodeCommand),
    /// Choose the wallet that an owner's claims pay
    #[command(subcommand)]
    Payout(PayoutCommand),
    /// Compute, publish and claim rewards
    #[command(subcommand)]
    Rewards(RewardsCommand),
    /// Buy and sell eSIM plans: the money waits until the eSIM is delivered
    #[command(subcommand)]
    Esim(esim::EsimCommand),
    /// Settle roaming between two networks: statements, disputes, netting, vouchers
    #[command(subcommand)]
    Roaming(roaming::RoamingCommand),
    /// Prove from the accounts alone that the books of the programs balance
    ///
    /// Every account of a program is read at one slot, decoded, and checked against every rule of docs/invariants.md that
    /// accounts can show. Ends with 3 when one does not hold; what vaults hold beyond what they owe is no finding.
    Audit(audit::AuditArgs),
    /// Decode the programs' events, and point out missing ones
    Events(audit::EventsArgs),
    /// Decode any account of the programs
    Show(ShowArgs),
    /// Bring a cluster to what the migrations declare
    Migrate(MigrateArgs),
    /// Read and change the Solana CLI's configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Make a key file, for who has no `solana-keygen`
    Keygen(KeygenArgs),
    /// Print the public key of --keypair
    Address,
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the man page, or write one for every command
    Man(ManArgs),
    /// Print this reference of all commands in Markdown
    #[command(hide = true)]
    Reference,
}

// What commands share.

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
    /// Who pays fees and rent [default: --keypair]
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
    /// Sign, print the signatures, and send nothing. The network is not asked for anything
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
    /// Where the job notes what it signs before it sends it [default: in this folder, named after the job]
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

/// Which network.
#[derive(Args, Clone, Debug)]
pub struct NetworkArg {
    /// Name of the network
    #[arg(
        short,
        long,
        env = "WAYFARE_NETWORK",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = network_name
    )]
    pub network: String,
}

fn network_name(text: &str) -> Result<String, String> {
    if !name::is_name(text.as_bytes()) {
        return Err(format!("a network's name is {}", name::RULE));
    }
    Ok(text.to_owned())
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

// wayfare network

#[derive(Subcommand)]
pub enum NetworkCommand {
    /// Create a network and its vault
    Create(NetworkCreateArgs),
    /// Show a network's roles, terms and totals
    Show(NetworkNameArgs),
    /// List all networks of the cluster
    List,
    /// Check that what was funded, granted, claimed and held adds up
    Books(NetworkNameArgs),
    /// Change terms; those not named stay
    Update(NetworkUpdateArgs),
    /// Replace the publishers and their threshold
    Publishers(NetworkPublishersArgs),
    /// Replace the guardian
    Guardian(NetworkGuardianArgs),
    /// Hand the authority over, in two steps
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// Move tokens into the vault
    Fund(NetworkFundArgs),
    /// Refuse entries (funding, epochs, registrations) for at most 7 days. Exits stay open
    Pause(NetworkPauseArgs),
    /// End a pause
    Unpause(NetworkUnpauseArgs),
    /// Refuse the proposed epoch
    Veto(NetworkVetoArgs),
}

#[derive(Args)]
pub struct NetworkNameArgs {
    /// Name of the network
    #[arg(value_parser = network_name)]
    pub name: String,
}

/// Amounts are tokens of the mint, as decimals.
#[derive(Args)]
pub struct NetworkCreateArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Mint that rewards are paid in
    #[arg(long, value_name = "ADDRESS")]
    pub mint: Pubkey,

    /// Program that owns the mint, where the network cannot be asked
    #[arg(long, value_name = "PROGRAM", requires = "blockhash", help_heading = OFFLINE)]
    pub token_program: Option<TokenProgram>,

    /// Who may veto epochs and pause
    #[arg(long, value_name = "PUBKEY")]
    pub guardian: Pubkey,

    #[command(flatten)]
    pub publishers: PublisherArgs,

    /// How long an epoch lasts
    #[arg(long, value_name = "SPAN")]
    pub epoch_length: Seconds,

    /// How long an approved epoch can be vetoed before it can be activated
    #[arg(long, value_name = "SPAN")]
    pub challenge_period: Seconds,

    /// Most that may be granted in one epoch
    #[arg(long, value_name = "AMOUNT")]
    pub emission_cap: String,

    /// Most that can leave the vault at once
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_capacity: String,

    /// What the limiter gets back each second; over an epoch at least the emission cap
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_refill: String,

    /// Finest H3 resolution at which nodes publish their location, 0 to 15
    #[arg(long, value_name = "N")]
    pub location_resolution: u8,

    /// Who configures the network from now on, and signs [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TokenProgram {
    SplToken,
    #[value(name = "token-2022")]
    Token2022,
}

#[derive(Args)]
pub struct PublisherArgs {
    /// Who may propose and approve epochs: 1 to 5, the option repeated
    #[arg(long = "publisher", value_name = "PUBKEY", required = true)]
    pub publishers: Vec<Pubkey>,

    /// Approvals that an epoch needs
    #[arg(long, value_name = "N")]
    pub threshold: u8,
}

#[derive(Args)]
pub struct NetworkUpdateArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    #[command(flatten)]
    pub terms: TermsArgs,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct TermsArgs {
    /// How long an epoch lasts
    #[arg(long, value_name = "SPAN")]
    pub epoch_length: Option<Seconds>,

    /// How long an approved epoch can be vetoed before it can be activated
    #[arg(long, value_name = "SPAN")]
    pub challenge_period: Option<Seconds>,

    /// Most that may be granted in one epoch
    #[arg(long, value_name = "AMOUNT")]
    pub emission_cap: Option<String>,

    /// Most that can leave the vault at once
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_capacity: Option<String>,

    /// What the limiter gets back each second
    #[arg(long, value_name = "AMOUNT")]
    pub limiter_refill: Option<String>,

    /// Finest H3 resolution at which nodes publish their location, 0 to 15
    #[arg(long, value_name = "N")]
    pub location_resolution: Option<u8>,
}

#[derive(Args)]
pub struct NetworkPublishersArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    #[command(flatten)]
    pub publishers: PublisherArgs,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct NetworkGuardianArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// The new guardian
    #[arg(value_name = "PUBKEY")]
    pub guardian: Pubkey,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Subcommand)]
pub enum AuthorityCommand {
    /// Nominate the next authority, or withdraw the nomination
    Nominate(AuthorityNominateArgs),
    /// Take the authority over, as the nominee
    Accept(AuthorityAcceptArgs),
}

#[derive(Args)]
pub struct AuthorityNominateArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Whom to nominate
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub nominee: Option<Pubkey>,

    /// Withdraw the nomination
    #[arg(long, conflicts_with = "nominee")]
    pub withdraw: bool,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct AuthorityAcceptArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// The nominee [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub nominee: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct NetworkFundArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Tokens to move into the vault
    pub amount: String,

    /// Whose tokens they are [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub funder: Option<SignerSource>,

    /// Token account to take them from [default: the funder's associated token account]
    #[arg(long, value_name = "ADDRESS")]
    pub source: Option<Pubkey>,

    /// Mint of the network, where the network cannot be asked
    #[arg(long, value_name = "ADDRESS", requires_all = ["mint_decimals", "token_program"], help_heading = OFFLINE)]
    pub mint: Option<Pubkey>,

    /// Program that owns the mint, where the network cannot be asked
    #[arg(long, value_name = "PROGRAM", requires = "mint", help_heading = OFFLINE)]
    pub token_program: Option<TokenProgram>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct NetworkPauseArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    #[command(flatten)]
    pub end: PauseEnd,

    /// The network's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct PauseEnd {
    /// How long from now, at most 7d
    #[arg(long = "for", value_name = "SPAN")]
    pub span: Option<Seconds>,

    /// Until when, at most 7 days ahead
    #[arg(long, value_name = "TIME")]
    pub until: Option<UnixTime>,
}

#[derive(Args)]
pub struct NetworkUnpauseArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct NetworkVetoArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Number of the epoch to refuse [default: the proposed one]
    #[arg(long, value_name = "N")]
    pub epoch: Option<u64>,

    /// The network's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

// wayfare node

#[derive(Subcommand)]
pub enum NodeCommand {
    /// Register a device as a node; or, with --from-csv, one for each row of a file
    Register(NodeRegisterArgs),
    /// List a network's nodes
    List(NodeListArgs),
    /// Show a node
    Show(NodeDeviceArgs),
    /// Publish another location for a node
    Move(NodeMoveArgs),
    /// Offer a node to another owner, or withdraw the offer
    Offer(NodeOfferArgs),
    /// Take over a node that is on offer to you
    Accept(NodeAcceptArgs),
    /// Take a node off the network. The rent goes back to who paid it
    Retire(NodeRetireArgs),
}

#[derive(Args)]
pub struct NodeRegisterArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The device's own key: it signs too
    #[arg(long, value_name = "KEYPAIR", required_unless_present = "from_csv")]
    pub device: Option<SignerSource>,

    /// Who owns the node, and signs [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub place: PlaceArgs,

    /// What the node offers
    #[arg(long, value_enum, default_value_t)]
    pub kind: Kind,

    #[command(flatten)]
    pub bulk: BulkRegisterArgs,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
#[group(multiple = false)]
pub struct PlaceArgs {
    /// Latitude and longitude in degrees; only the H3 cell around them is published
    #[arg(long, value_name = "LAT,LNG", allow_hyphen_values = true)]
    pub at: Option<LatLng>,

    /// H3 cell, as its 15 hexadecimal digits
    #[arg(long, value_name = "CELL")]
    pub location: Option<Cell>,
}

/// Degrees, as WGS 84 has them. Whether there is such a place is checked when its cell is looked up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatLng {
    pub latitude: f64,
    pub longitude: f64,
}

impl FromStr for LatLng {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let degrees = |text: &str| text.trim().parse::<f64>().ok();
        text.split_once(',')
            .and_then(|(latitude, longitude)| {
                Some(Self {
                    latitude: degrees(latitude)?,
                    longitude: degrees(longitude)?,
                })
            })
            .ok_or_else(|| format!("{text:?} is not a place: write degrees as in 40.7459,-73.9940"))
    }
}

/// An H3 cell index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell(pub u64);

impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        u64::from_str_radix(text, 16)
            .ok()
            .filter(|cell| wayfare_core::h3cell::resolution(*cell).is_some())
            .map(Self)
            .ok_or_else(|| {
                format!(
                    "{text:?} is not an H3 cell: write its hexadecimal index, as in 882a100d2bfffff"
                )
            })
    }
}

/// What a node offers to those who roam onto it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A public Wi-Fi hotspot with its own sign-on
    #[default]
    Wifi,
    /// A Wi-Fi hotspot in the WBA OpenRoaming federation
    OpenRoaming,
    /// A cellular small cell
    SmallCell,
}

impl From<Kind> for NodeKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Wifi => Self::Wifi,
            Kind::OpenRoaming => Self::OpenRoaming,
            Kind::SmallCell => Self::SmallCell,
        }
    }
}

#[derive(Args)]
#[command(next_help_heading = "Registering from a file")]
pub struct BulkRegisterArgs {
    /// CSV file with a node in each row: columns id, owner, latitude and longitude. Rows that cannot be registered
    /// are listed with their reason; the others are
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["device", "owner", "at", "location"],
        requires_all = ["device_keys", "owner_keys"]
    )]
    pub from_csv: Option<PathBuf>,

    /// What the columns are called in the file, as in id=OBJECTID,owner=Provider,latitude=Lat,longitude=Long
    #[arg(
        long,
        value_name = "COLUMN=NAME,…",
        value_delimiter = ',',
        requires = "from_csv"
    )]
    pub columns: Vec<ColumnName>,

    /// Folder with the devices' keys, ID.json each. Those that are missing are made
    #[arg(long, value_name = "DIR", requires = "from_csv")]
    pub device_keys: Option<PathBuf>,

    /// Folder with the owners' keys, OWNER.json each. Those that are missing are made
    #[arg(long, value_name = "DIR", requires = "from_csv")]
    pub owner_keys: Option<PathBuf>,

    /// CSV file with key files kept elsewhere: columns owner and keypair
    #[arg(long, value_name = "FILE", requires = "from_csv")]
    pub owners: Option<PathBuf>,

    /// Give the nodes of the first N rows an owner each, named after their id, whatever the owner column says
    #[arg(long, value_name = "N", default_value_t = 0, requires = "from_csv")]
    pub single_owners: usize,
}

/// What a column of the input is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnName {
    pub column: String,
    pub name: String,
}

impl FromStr for ColumnName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (column, name) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?}: write COLUMN=NAME, as in owner=Provider"))?;
        if !matches!(column, "id" | "owner" | "latitude" | "longitude") {
            return Err(format!(
                "{column:?} is no column: there are id, owner, latitude and longitude"
            ));
        }
        Ok(Self {
            column: column.to_owned(),
            name: name.to_owned(),
        })
    }
}

#[derive(Args)]
pub struct NodeListArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// Only this owner's
    #[arg(long, value_name = "PUBKEY")]
    pub owner: Option<Pubkey>,

    /// Write all as CSV to this file too: columns device and owner, as `rewards compute --registry` reads them
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
}

#[derive(Args)]
pub struct NodeDeviceArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The device's public key
    pub device: Pubkey,
}

#[derive(Args)]
pub struct NodeMoveArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    #[command(flatten)]
    pub place: PlaceArgs,

    /// The node's owner [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
pub struct NodeOfferArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    /// To whom
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub new_owner: Option<Pubkey>,

    /// Withdraw the offer
    #[arg(long, conflicts_with = "new_owner")]
    pub withdraw: bool,

    /// The node's owner [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
pub struct NodeAcceptArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    /// To whom the node is on offer [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub new_owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
pub struct NodeRetireArgs {
    #[command(flatten)]
    pub node: NodeDeviceArgs,

    /// The node's owner [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    /// Who paid the node's rent, where the network cannot be asked
    #[arg(long, value_name = "PUBKEY", requires = "blockhash", help_heading = OFFLINE)]
    pub rent_payer: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

// wayfare payout

#[derive(Subcommand)]
pub enum PayoutCommand {
    /// Name the wallet that the owner's claims pay
    Set(PayoutSetArgs),
    /// Let the owner's claims pay the owner again. The rent goes back to who paid it
    Clear(PayoutClearArgs),
    /// Show where an owner's claims are paid
    Show(PayoutShowArgs),
}

#[derive(Args)]
pub struct PayoutSetArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The wallet, not its token account
    #[arg(value_name = "PUBKEY")]
    pub wallet: Pubkey,

    /// The owner of the nodes [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
pub struct PayoutClearArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The owner of the nodes [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    /// Who paid the account's rent, where the network cannot be asked
    #[arg(long, value_name = "PUBKEY", requires = "blockhash", help_heading = OFFLINE)]
    pub rent_payer: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
pub struct PayoutShowArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The owner [default: the public key of --keypair]
    #[arg(value_name = "PUBKEY")]
    pub owner: Option<Pubkey>,
}

// wayfare rewards

#[derive(Subcommand)]
pub enum RewardsCommand {
    /// Generate metrics from a seed for the registered nodes, for demonstrations and tests
    SimulateMetrics(SimulateMetricsArgs),
    /// Turn an epoch's metrics into rewards, and write the data to publish
    Compute(ComputeArgs),
    /// Recompute an epoch's data and compare them with the chain
    Verify(VerifyArgs),
    /// Propose an epoch on chain, and create the claim pages that it needs
    Publish(PublishArgs),
    /// Approve the proposed epoch, after checking its data
    Approve(ApproveArgs),
    /// Put an approved epoch in force, once its challenge period is over
    Activate(ActivateArgs),
    /// Show the active and the proposed epoch, or what one owner can claim
    Status(StatusArgs),
    /// Pay an owner what is due; or, with --all-owners, everybody
    Claim(ClaimArgs),
}

#[derive(Args)]
pub struct SimulateMetricsArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// What the metrics are generated from: the same seed gives the same metrics
    #[arg(long, value_name = "N")]
    pub seed: u64,

    /// The epoch that they are for [default: the one after the active]
    #[arg(long, value_name = "N")]
    pub epoch: Option<u64>,

    /// How long the epoch was [default: the network's epoch length]
    #[arg(long, value_name = "SPAN")]
    pub epoch_length: Option<Seconds>,

    /// CSV file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct ComputeArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// CSV file with what each device did: columns device, owner, uptime_seconds, bytes_carried, sessions, check_ins
    #[arg(long, value_name = "FILE")]
    pub metrics: PathBuf,

    /// The metrics were generated by `simulate-metrics` from this seed: the published data say so
    #[arg(long, value_name = "SEED")]
    pub simulated: Option<u64>,

    /// TOML file with the emission, the pools' weights and the cap per node
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,

    /// Data of the epoch before; not for the first epoch
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,

    /// How long the epoch was, and so the most that a node can be up [default: the network's epoch length]
    #[arg(long, value_name = "SPAN")]
    pub epoch_length: Option<Seconds>,

    /// CSV file with who owned which device in the epoch: columns device and owner [default: the nodes registered now]
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,

    /// Folder to write manifest.json, leaves.parquet and nodes.parquet to. It must not exist, or be empty
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct VerifyArgs {
    /// Folder or URL of the epoch's data
    #[arg(value_name = "DIR|URL")]
    pub data: String,

    /// Data of the epoch before, to check that no lifetime fell and no index changed
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,

    /// Do not compare with the chain
    #[arg(long)]
    pub offline: bool,
}

#[derive(Args)]
pub struct PublishArgs {
    /// Folder or URL of the epoch's data
    #[arg(value_name = "DIR|URL")]
    pub data: String,

    /// Data of the epoch before, to check that no lifetime fell and no index changed; not for the first epoch
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,

    /// Wait until the epoch is over, if it is not yet
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding"])]
    pub wait: bool,

    /// One of the network's publishers [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub publisher: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct ApproveArgs {
    /// Folder or URL of the epoch's data
    #[arg(value_name = "DIR|URL")]
    pub data: String,

    /// Data of the epoch before, to check that no lifetime fell and no index changed; not for the first epoch
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,

    /// One of the network's publishers [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub publisher: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct ActivateArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// Wait for the end of the challenge period
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding"])]
    pub wait: bool,

    /// Number of the epoch, where the network cannot be asked
    #[arg(long, value_name = "N", requires = "blockhash", help_heading = OFFLINE)]
    pub epoch: Option<u64>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// Show what this owner can claim
    #[arg(long, value_name = "PUBKEY", requires = "data")]
    pub owner: Option<Pubkey>,

    /// Folder or URL of the active epoch's data
    #[arg(long, value_name = "DIR|URL", requires = "owner")]
    pub data: Option<String>,
}

#[derive(Args)]
pub struct ClaimArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// Whose rewards: anyone may claim for anyone [default: the public key of --keypair]
    #[arg(long, value_name = "PUBKEY")]
    pub owner: Option<Pubkey>,

    /// Claim for every owner to whom something is due
    #[arg(long, conflicts_with = "owner")]
    pub all_owners: bool,

    /// Folder or URL of the active epoch's data
    #[arg(long, value_name = "DIR|URL")]
    pub data: String,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
}

// The others.

#[derive(Args)]
pub struct ShowArgs {
    /// Address of an account of one of the programs
    pub address: Pubkey,
}

#[derive(Args)]
pub struct MigrateArgs {
    /// Folder with the migrations, NNNN_name.toml each
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub dir: PathBuf,

    /// Value of a variable that the migrations name as ${NAME}
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<Variable>,

    /// Authority of the networks [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    /// Print each network's unsigned transaction for a multisig to import (Squads takes base58), and send nothing
    #[arg(long, value_name = "ENCODING", help_heading = OFFLINE)]
    pub export_encoding: Option<ExportEncoding>,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Show the settings in force and where each comes from
    Get,
    /// Write the settings given by --url, --ws, --keypair and --commitment to the file
    Set,
}

#[derive(Args)]
pub struct KeygenArgs {
    /// Where to keep the key. A file that is there is never overwritten
    pub file: PathBuf,
}

#[derive(Args)]
pub struct CompletionsArgs {
    /// For which shell
    pub shell: clap_complete::Shell,
}

#[derive(Args)]
pub struct ManArgs {
    /// Write a page for every command to this folder
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
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
    fn places() {
        let place: LatLng = "40.7459, -73.9940".parse().unwrap();
        assert_eq!((place.latitude, place.longitude), (40.7459, -73.9940));
        for text in ["", "40", "40,x", "40,1,2"] {
            assert!(text.parse::<LatLng>().is_err(), "{text}");
        }
        assert_eq!("882a100d2bfffff".parse(), Ok(Cell(0x0882_a100_d2bf_ffff)));
        for text in ["", "0", "882a100d2bffff", "zz", "882a100d2bffffe"] {
            assert!(text.parse::<Cell>().is_err(), "{text}");
        }
    }

    #[test]
    fn names_and_values() {
        assert_eq!("auto".parse(), Ok(ComputeUnitPrice::Auto));
        assert_eq!("7".parse(), Ok(ComputeUnitPrice::Fixed(7)));
        assert!("-7".parse::<ComputeUnitPrice>().is_err());
        let column: ColumnName = "owner=Provider".parse().unwrap();
        assert_eq!(
            (column.column.as_str(), column.name.as_str()),
            ("owner", "Provider")
        );
        for text in ["owner", "colour=x"] {
            assert!(text.parse::<ColumnName>().is_err(), "{text}");
        }
        let variable: Variable = "a=b=c".parse().unwrap();
        assert_eq!(
            (variable.name.as_str(), variable.value.as_str()),
            ("a", "b=c")
        );
        assert!("=b".parse::<Variable>().is_err() && "a".parse::<Variable>().is_err());
        assert!(network_name("nyc-1").is_ok());
        for name in ["", "NYC", "a b", &"a".repeat(33)] {
            assert!(network_name(name).is_err(), "{name}");
        }
    }

    /// The error that `clap` gives for a command line, or none.
    fn error(line: &str) -> Option<clap::error::ErrorKind> {
        let words = ["wayfare"].into_iter().chain(line.split(' '));
        Cli::try_parse_from(words).err().map(|error| error.kind())
    }

    #[test]
    fn what_must_stand_together_and_what_must_not() {
        use clap::error::ErrorKind::{ArgumentConflict, MissingRequiredArgument};

        let unpause = "network unpause n";
        let key = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
        let hash = "--blockhash 4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZAMdL4VZHirAn";
        assert_eq!(error(unpause), None);
        assert_eq!(
            error(&format!("{unpause} --sign-only")),
            Some(MissingRequiredArgument)
        );
        assert_eq!(error(&format!("{unpause} --sign-only {hash}")), None);
        assert_eq!(
            error(&format!("{unpause} --nonce {key}")),
            Some(MissingRequiredArgument)
        );
        assert_eq!(error(&format!("{unpause} --nonce {key} {hash}")), None);
        assert_eq!(
            error(&format!(
                "{unpause} --export-encoding base58 --sign-only {hash}"
            )),
            Some(ArgumentConflict)
        );
        assert_eq!(error("network pause n"), Some(MissingRequiredArgument));
        assert_eq!(
            error("network pause n --for 1h --until 5"),
            Some(ArgumentConflict)
        );
        assert_eq!(error("network update n"), Some(MissingRequiredArgument));
        assert_eq!(
            error("network update n --epoch-length 1d --emission-cap 5"),
            None
        );
        assert_eq!(
            error("network authority nominate n"),
            Some(MissingRequiredArgument)
        );
        assert_eq!(
            error(&format!("network authority nominate n {key} --withdraw")),
            Some(ArgumentConflict)
        );
        let csv = "node register -n n --from-csv a.csv";
        assert_eq!(error(csv), Some(MissingRequiredArgument));
        assert_eq!(
            error(&format!("{csv} --device-keys d --owner-keys o")),
            None
        );
        assert_eq!(
            error(&format!(
                "{csv} --device-keys d --owner-keys o --device k.json"
            )),
            Some(ArgumentConflict)
        );
        assert_eq!(error("node register -n n"), Some(MissingRequiredArgument));
        assert_eq!(
            error(&format!(
                "rewards claim -n n --data d --all-owners --owner {key}"
            )),
            Some(ArgumentConflict)
        );
    }
}
