//! The arguments of `wayfare esim seller` and `wayfare esim sweep`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use esim_market::constants::UNLIMITED_STOCK;
use esim_market::state::{ActivationPolicy, RefundPolicy, StockChange};
use serde::Deserialize;
use solana_pubkey::Pubkey;

use super::{MarketArg, basis_points};
use crate::cli::{ConfirmArgs, JobArgs, Seconds, SendArgs, TransactionArgs};
use crate::signers::SignerSource;

#[derive(Subcommand)]
pub enum SellerCommand {
    /// Apply to sell in a market. Its authority decides
    Apply(SellerApplyArgs),
    /// Change payout wallet, attester or contact, for orders to come; what is not named stays
    Update(SellerUpdateArgs),
    /// Show a seller's status, wallets and record
    Show(SellerShowArgs),
    /// List a seller's plans, those off sale too
    Plans(SellerShowArgs),
    /// Offer plans, change them, and take them off the market
    #[command(subcommand)]
    Plan(Box<PlanCommand>),
    /// Offer the packages of a list in the shape of Airalo's partner API as plans
    Import(ImportArgs),
    /// List a seller's orders, and what can be done with each until when
    Orders(SellerOrdersArgs),
    /// Deliver an order: encrypts a profile to its buyer
    Deliver(DeliverArgs),
    /// Deliver all orders that wait, each with a profile of its own from a pool
    Fulfil(FulfilArgs),
    /// Give the money of an order back: all of it, or a part that its buyer agrees to
    Refund(SellerRefundArgs),
    /// Contest a dispute: the arbiter will decide. To accept it, refund
    Answer(AnswerArgs),
    /// Report that a profile was installed or first used, as the order's attester
    Report(ReportArgs),
}

/// Which seller acts.
#[derive(Args)]
pub struct SellerArg {
    #[command(flatten)]
    pub market: MarketArg,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,
}

#[derive(Args)]
pub struct SellerApplyArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Wallet whose associated token accounts are paid [default: the authority]
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,

    /// Who reports installations and first uses [default: the authority]
    #[arg(long, value_name = "PUBKEY")]
    pub attester: Option<Pubkey>,

    /// X25519 public key that messages to the seller can be encrypted to [default: none]
    #[arg(long, value_name = "KEY")]
    pub contact: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct SellerUpdateArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    #[command(flatten)]
    pub change: SellerChangeArgs,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct SellerChangeArgs {
    /// Wallet whose associated token accounts are paid
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,

    /// Who reports installations and first uses
    #[arg(long, value_name = "PUBKEY")]
    pub attester: Option<Pubkey>,

    /// X25519 public key that messages to the seller can be encrypted to
    #[arg(long, value_name = "KEY")]
    pub contact: Option<Pubkey>,

    /// Take the contact away
    #[arg(long, conflicts_with = "contact")]
    pub no_contact: bool,
}

#[derive(Args)]
pub struct SellerShowArgs {
    #[command(flatten)]
    pub market: MarketArg,

    /// The seller's authority, or the seller's address [default: the public key of --keypair]
    #[arg(value_name = "PUBKEY")]
    pub seller: Option<Pubkey>,
}

#[derive(Args)]
pub struct SellerOrdersArgs {
    #[command(flatten)]
    pub seller: SellerShowArgs,

    /// Only those that have not ended, or still owe somebody
    #[arg(long)]
    pub open: bool,
}

// Plans.

#[derive(Subcommand)]
pub enum PlanCommand {
    /// Offer a plan, by flags, a file, or both: a flag counts before the file
    Create(PlanCreateArgs),
    /// Change a plan, for orders to come. Other terms make another version
    Update(PlanUpdateArgs),
    /// Take a plan off the market for good. The rent goes back to who paid it; orders go on
    Retire(PlanRetireArgs),
}

#[derive(Args)]
pub struct PlanCreateArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Id of the plan: 1 to 32 characters of a-z, 0-9 and, not at an end, -
    pub id: String,

    #[command(flatten)]
    pub terms: TermsArgs,

    /// How many can be sold, or "unlimited"
    #[arg(long, value_name = "N|unlimited", default_value_t = Stock(StockChange::Unlimited))]
    pub stock: Stock,

    /// Create it off sale
    #[arg(long)]
    pub off_sale: bool,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// A plan's terms. Amounts are tokens of the mint, as decimals.
#[derive(Args)]
#[command(next_help_heading = "Terms")]
pub struct TermsArgs {
    /// TOML or JSON file with any of these terms, under the flags' names
    #[arg(long = "from", value_name = "FILE")]
    pub file: Option<PathBuf>,

    #[command(flatten)]
    pub terms: Terms,

    /// File with the full description, which is published elsewhere: its SHA-256 becomes part of the terms
    #[arg(long, value_name = "FILE")]
    pub description: Option<PathBuf>,
}

/// Terms of a plan as flags and files give them.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[command(next_help_heading = "Terms")]
pub struct Terms {
    /// Mint that the plan is priced in
    #[arg(long, value_name = "ADDRESS")]
    #[serde(default, deserialize_with = "parsed")]
    pub mint: Option<Pubkey>,

    /// What it costs, in tokens
    #[arg(long, value_name = "AMOUNT")]
    pub price: Option<String>,

    /// What must remain for the seller after discount and fee, in tokens [default: 0]
    #[arg(long, value_name = "AMOUNT")]
    pub floor_price: Option<String>,

    /// Off the price, in basis points [default: 0]
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub discount_bps: Option<u16>,

    /// Data, as in 500MB, 5GB or unlimited
    #[arg(long, value_name = "DATA")]
    pub data: Option<String>,

    /// Days that it is valid for
    #[arg(long, value_name = "N")]
    pub days: Option<u16>,

    /// Where it works: names or codes of countries between commas, as in "FR, DE, Italy"
    #[arg(long, value_name = "COUNTRIES")]
    pub countries: Option<String>,

    /// Minutes of calls included [default: 0]
    #[arg(long, value_name = "N")]
    pub voice_minutes: Option<u32>,

    /// Text messages included [default: 0]
    #[arg(long, value_name = "N")]
    pub sms: Option<u32>,

    /// Kilobits per second once the data are used up; 0 cuts off [default: 0]
    #[arg(long, value_name = "N")]
    pub throttle_kbps: Option<u32>,

    /// When its days begin [default: first-use]
    #[arg(long, value_enum)]
    pub valid_from: Option<Activation>,

    /// Until when an unused plan is refunded [default: until-installed]
    #[arg(long, value_enum)]
    pub refundable: Option<Refundable>,

    /// Whether an order can be topped up [default: false]
    #[arg(long, value_name = "true|false")]
    pub top_up: Option<bool>,

    /// Time to deliver, from the payment on
    #[arg(long, value_name = "SPAN")]
    #[serde(default, deserialize_with = "parsed")]
    pub delivery_window: Option<Seconds>,

    /// Time for the buyer to complain, from the delivery on
    #[arg(long, value_name = "SPAN")]
    #[serde(default, deserialize_with = "parsed")]
    pub release_window: Option<Seconds>,

    /// The buyer's share when the arbiter stays silent, in basis points [default: 5000]
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub default_split_bps: Option<u16>,

    /// SHA-256 of the full description, in hexadecimal digits
    #[arg(long, value_name = "HASH", conflicts_with = "description")]
    pub description_hash: Option<String>,
}

/// Reads what has a form as text: TOML and JSON give a string, or a number where that is the form.
fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(u64),
        Text(String),
    }
    let text = match Given::deserialize(deserializer)? {
        Given::Number(number) => number.to_string(),
        Given::Text(text) => text,
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// When the profile is installed
    Installation,
    /// When it first connects to a network
    FirstUse,
}

impl From<Activation> for ActivationPolicy {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Installation => Self::Installation,
            Activation::FirstUse => Self::FirstUse,
        }
    }
}

/// Until when an unused plan is refunded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
pub enum Refundable {
    /// What is delivered is kept
    #[value(name = "until-delivery")]
    #[serde(rename = "until-delivery")]
    Delivery,
    #[default]
    #[value(name = "until-installed")]
    #[serde(rename = "until-installed")]
    Installed,
    #[value(name = "until-first-use")]
    #[serde(rename = "until-first-use")]
    FirstUse,
}

impl From<Refundable> for RefundPolicy {
    fn from(refundable: Refundable) -> Self {
        match refundable {
            Refundable::Delivery => Self::UntilDelivery,
            Refundable::Installed => Self::UntilInstalled,
            Refundable::FirstUse => Self::UntilActivated,
        }
    }
}

/// How many of a plan can be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock(pub StockChange);

impl FromStr for Stock {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "unlimited" {
            return Ok(Self(StockChange::Unlimited));
        }
        text.parse()
            .ok()
            .filter(|stock| *stock != UNLIMITED_STOCK)
            .map(|stock| Self(StockChange::Set(stock)))
            .ok_or_else(|| {
                format!("{text:?} is no stock: give a whole number below {UNLIMITED_STOCK}, or unlimited")
            })
    }
}

impl std::fmt::Display for Stock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            StockChange::Unlimited => f.write_str("unlimited"),
            StockChange::Set(stock) => write!(f, "{stock}"),
            StockChange::Add(more) => write!(f, "{more} more"),
        }
    }
}

#[derive(Args)]
pub struct PlanUpdateArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Id of the plan
    pub id: String,

    #[command(flatten)]
    pub terms: TermsArgs,

    /// How many can still be sold, or "unlimited"
    #[arg(long, value_name = "N|unlimited")]
    pub stock: Option<Stock>,

    /// How many more can be sold: not undone by a purchase in between
    #[arg(long, value_name = "N", conflicts_with = "stock")]
    pub add_stock: Option<u32>,

    /// Put it on sale
    #[arg(long, conflicts_with = "off_sale")]
    pub on_sale: bool,

    /// Take it off sale
    #[arg(long)]
    pub off_sale: bool,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct PlanRetireArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Id of the plan
    pub id: String,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct ImportArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// JSON file with packages, as the API's GET /v2/packages answers. Those that cannot be offered are listed with
    /// their reason; the others are. What is offered already under the same terms stays as it is
    #[arg(long, value_name = "FILE")]
    pub airalo: PathBuf,

    /// Mint that the plans are priced in: one that is worth a US dollar
    #[arg(long, value_name = "ADDRESS")]
    pub mint: Pubkey,

    /// Time to deliver, from the payment on
    #[arg(long, value_name = "SPAN")]
    pub delivery_window: Seconds,

    /// Time for the buyer to complain, from the delivery on
    #[arg(long, value_name = "SPAN")]
    pub release_window: Seconds,

    /// Off the price, in basis points
    #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = basis_points)]
    pub discount_bps: u16,

    /// Until when an unused plan is refunded
    #[arg(long, value_enum, default_value_t)]
    pub refundable: Refundable,

    /// The buyer's share when the arbiter stays silent, in basis points
    #[arg(long, value_name = "BPS", default_value_t = 5_000, value_parser = basis_points)]
    pub default_split_bps: u16,

    /// How many of each new plan can be sold, or "unlimited"
    #[arg(long, value_name = "N|unlimited", default_value_t = Stock(StockChange::Unlimited))]
    pub stock: Stock,

    /// Create new plans off sale
    #[arg(long)]
    pub off_sale: bool,

    /// Folder to write each plan's description to, ID.json each, for its publication
    #[arg(long, value_name = "DIR")]
    pub descriptions: Option<PathBuf>,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

// Orders.

/// The seller's record of what was delivered.
#[derive(Args)]
#[command(next_help_heading = "Deliveries")]
pub struct DeliveriesArgs {
    /// Start a new journal, though the seller has delivered before. Profiles that were given out before are not
    /// recognised then
    #[arg(long)]
    pub new_journal: bool,

    /// Leave orders that have less time than this until their deadline: a delivery that comes too late is refused, and
    /// the buyer may read it all the same
    #[arg(long, value_name = "SPAN", default_value = "2m")]
    pub least_time: Seconds,
}

#[derive(Args)]
pub struct DeliverArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// File with the profile: an activation code (LPA:1$…), or a JSON object with it. Or the activation code itself
    #[arg(long, value_name = "FILE|LPA")]
    pub profile: String,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub deliveries: DeliveriesArgs,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
}

#[derive(Args)]
pub struct FulfilArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// CSV or JSON file with profiles: columns lpa, and where known iccid, eid, apn, notes, confirmation_code, and plan
    /// for those that are for one plan only. Read again whenever it changes
    #[arg(long, value_name = "FILE")]
    pub pool: PathBuf,

    /// Go on until Ctrl-C, serving orders as they arrive. An interrupted journal is continued by itself
    #[arg(long, conflicts_with = "dry_run")]
    pub watch: bool,

    /// How often to look for new orders
    #[arg(long, value_name = "SPAN", default_value = "2s", requires = "watch")]
    pub interval: Seconds,

    #[command(flatten)]
    pub deliveries: DeliveriesArgs,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
}

#[derive(Args)]
pub struct SellerRefundArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// Only so many tokens; the rest is paid to the seller. The buyer signs too
    #[arg(long, value_name = "AMOUNT", requires = "buyer")]
    pub part: Option<String>,

    /// The order's buyer, who agrees to the part
    #[arg(long, value_name = "KEYPAIR", requires = "part")]
    pub buyer: Option<SignerSource>,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct AnswerArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// File with what the seller says, for the arbiter: its SHA-256 goes on the chain
    #[arg(long, value_name = "FILE")]
    pub evidence: PathBuf,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct ReportArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    #[command(flatten)]
    pub what: ReportedArgs,

    /// The order's attester [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub attester: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct ReportedArgs {
    /// It was installed
    #[arg(long)]
    pub installed: bool,

    /// It was used for the first time, and so installed
    #[arg(long)]
    pub activated: bool,
}

#[derive(Args)]
pub struct SweepArgs {
    #[command(flatten)]
    pub market: MarketArg,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
}
