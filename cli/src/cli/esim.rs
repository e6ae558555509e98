//! The arguments of `wayfare esim`.

pub mod seller;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use esim_market::state::{DisputeReason, SellerStatus};
use solana_pubkey::Pubkey;
use url::Url;
use wayfare_core::esim::countries::Code;
use wayfare_core::esim::shop;
use wayfare_core::name;

use super::{ConfirmArgs, OFFLINE, PauseEnd, PriceArgs, Seconds, TokenProgram, TransactionArgs};
use crate::signers::SignerSource;

#[derive(Subcommand)]
pub enum EsimCommand {
    /// See what is on offer, as in a shop
    Plans(PlansArgs),
    /// Buy a plan. The money waits until the eSIM is delivered
    Buy(BuyArgs),
    /// Buy more for the eSIM of a delivered order
    TopUp(TopUpArgs),
    /// List your orders, and what can be done with each until when
    Orders(OrdersArgs),
    /// Show an order, and decrypt its delivery with the wallet or key file that can
    Show(OrderShowArgs),
    /// Accept a delivery: the seller is paid at once
    Confirm(OrderArgs),
    /// Complain about a delivery, before its time to complain is over
    Dispute(DisputeArgs),
    /// Bring a refund that is due to who paid: nobody can be refused it
    Refund(RefundArgs),
    /// Close an ended order of yours, or one that is kept no longer. The rent goes back to who paid it; the delivery is gone
    Close(OrderArgs),
    /// Make and look at keys that deliveries are encrypted to
    #[command(subcommand)]
    DeliveryKey(DeliveryKeyCommand),
    /// Sell: offer plans, deliver orders, answer complaints
    #[command(subcommand)]
    Seller(seller::SellerCommand),
    /// Open a shop on the web: people buy with their wallets, and read their eSIMs in the browser
    Serve(ServeArgs),
    /// Do all that is due in a market and that anyone may do: refunds, releases, splits, payments, closing
    Sweep(seller::SweepArgs),
    /// Create, configure and judge over markets
    #[command(subcommand)]
    Market(MarketCommand),
}

/// Which market.
#[derive(Args, Clone, Debug)]
pub struct MarketArg {
    /// Name of the market
    #[arg(
        short,
        long,
        env = "WAYFARE_MARKET",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = market_name
    )]
    pub market: String,
}

/// Which market, where an address may tell it.
#[derive(Args, Clone, Debug)]
pub struct OptionalMarketArg {
    /// Name of the market; needed where the plan is given by its id
    #[arg(
        short,
        long,
        env = "WAYFARE_MARKET",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = market_name
    )]
    pub market: Option<String>,
}

fn market_name(text: &str) -> Result<String, String> {
    match name::is_name(text.as_bytes()) {
        true => Ok(text.to_owned()),
        false => Err(format!("a market's name is {}", name::RULE)),
    }
}

fn country(text: &str) -> Result<Code, String> {
    Code::find(text).map_err(|error| format!("no country is called {error}"))
}

fn data(text: &str) -> Result<u64, String> {
    shop::parse_data(text).map_err(|error| error.to_string())
}

fn basis_points(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|bps| *bps <= wayfare_program::numbers::WHOLE_BPS)
        .ok_or_else(|| format!("{text:?} is not a share in basis points: give 0 to 10000"))
}

// Shops.

#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub market: MarketArg,

    /// Address and port to listen on; port 0 takes a free one. Encryption is for a proxy before it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,

    /// Where the world reaches the shop, for what goes into payment codes [default: where it listens]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<Url>,

    /// Folder of plans' full descriptions: each belongs to the plans that have its SHA-256
    #[arg(long, value_name = "DIR")]
    pub descriptions: Option<PathBuf>,

    /// Take the last entry of X-Forwarded-For for the client's address: only where a proxy of yours always writes it
    #[arg(long)]
    pub behind_proxy: bool,

    /// Requests that one client may make in a second, five seconds' worth of them at once; 0 for any number
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub rate: u32,

    #[command(flatten)]
    pub price: PriceArgs,
}

// Buyers.

#[derive(Args)]
pub struct PlansArgs {
    #[command(flatten)]
    pub market: MarketArg,

    /// Only plans for this country, by its name or code. May be given several times: then for all of them
    #[arg(long = "country", value_name = "COUNTRY", value_parser = country)]
    pub countries: Vec<Code>,

    /// Only plans with at least so much data, as in 500MB, 5GB or unlimited
    #[arg(long, value_name = "DATA", value_parser = data)]
    pub min_data: Option<u64>,

    /// Only plans that are valid for at least so many days
    #[arg(long, value_name = "N")]
    pub days: Option<u16>,

    /// Only plans that cost at most so many tokens
    #[arg(long, value_name = "AMOUNT")]
    pub max_price: Option<String>,

    /// Only this seller's
    #[arg(long, value_name = "ADDRESS")]
    pub seller: Option<Pubkey>,

    /// What to list first: the lowest, but for data and days the most
    #[arg(long, value_enum, default_value_t)]
    pub sort: PlanOrder,

    /// List those too that nobody can buy now, and say why
    #[arg(long)]
    pub all: bool,
}

/// What plans are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlanOrder {
    #[default]
    Price,
    PerGb,
    Data,
    Days,
}

#[derive(Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub market: OptionalMarketArg,

    /// Seller of the plan, where several have one of this id
    #[arg(long, value_name = "ADDRESS")]
    pub seller: Option<Pubkey>,

    /// Refuse any other version of the plan: the one that was looked at
    #[arg(long, value_name = "N")]
    pub plan_version: Option<u64>,

    /// Refuse to pay in any other mint
    #[arg(long, value_name = "ADDRESS")]
    pub mint: Option<Pubkey>,

    /// Refuse to pay more, in tokens [default: the price that is shown]
    #[arg(long, value_name = "AMOUNT")]
    pub max_price: Option<String>,

    /// Number of the order: one that you have no other order of this plan under [default: a random one]
    #[arg(long, value_name = "N")]
    pub order_id: Option<u64>,

    /// Whose order it becomes [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub buyer: Option<SignerSource>,

    /// Whose tokens pay the price, and whose SOL the rent; both come back here [default: the buyer]
    #[arg(long, value_name = "KEYPAIR")]
    pub payer: Option<SignerSource>,

    /// Token account that pays [default: the payer's associated token account]
    #[arg(long, value_name = "ADDRESS")]
    pub source: Option<Pubkey>,
}

/// Waiting for a delivery.
#[derive(Args)]
pub struct WaitArgs {
    /// Wait for the delivery, decrypt it and print the activation code
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding", "dry_run"])]
    pub wait: bool,

    /// Write the activation code's QR code to this file too, which must not exist yet
    #[arg(long, value_name = "FILE", requires = "wait")]
    pub png: Option<PathBuf>,
}

#[derive(Args)]
pub struct BuyArgs {
    /// Address of the plan, or its id in the market
    pub plan: String,

    #[command(flatten)]
    pub args: PlanArgs,

    /// Give it away: the public key of the receiver's delivery key. A refund still goes to the payer
    #[arg(long, value_name = "KEY", conflicts_with_all = ["delivery_key", "wait"])]
    pub gift: Option<Pubkey>,

    /// Key file that the delivery is encrypted to, made if it is not there [default: the wallet's own signature is the
    /// key]
    #[arg(long, value_name = "FILE")]
    pub delivery_key: Option<PathBuf>,

    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct TopUpArgs {
    /// Address of the delivered order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// Address of the plan to buy, or its id in the market
    #[arg(long)]
    pub plan: String,

    #[command(flatten)]
    pub args: PlanArgs,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct OrdersArgs {
    /// Only of this market
    #[command(flatten)]
    pub market: OptionalMarketArg,

    /// Whose orders [default: the public key of --keypair]
    #[arg(long, value_name = "PUBKEY")]
    pub buyer: Option<Pubkey>,

    /// Only those that have not ended, or still owe somebody
    #[arg(long)]
    pub open: bool,
}

#[derive(Args)]
pub struct OrderShowArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// Key file that the delivery is encrypted to [default: the buyer's wallet, if --keypair is it]
    #[arg(long, value_name = "FILE")]
    pub delivery_key: Option<PathBuf>,

    /// Write the activation code's QR code to this file too, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,
}

#[derive(Args)]
pub struct OrderArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// The order's buyer [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub buyer: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// What needs nobody's signature but the fee payer's.
#[derive(Args)]
pub struct RefundArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct DisputeArgs {
    #[command(flatten)]
    pub order: OrderArgs,

    /// What is wrong
    #[arg(long, value_enum)]
    pub reason: Reason,
}

/// Why a buyer complains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reason {
    /// The delivery does not decrypt, or not to what the seller committed to
    Unreadable,
    /// The profile does not install
    NotInstallable,
    /// The profile installs, but brings no service
    NoService,
    /// The profile is not the plan that was bought
    NotAsDescribed,
    /// Somebody used the profile before
    UsedBefore,
    /// It is unused, and the plan gives the money back
    Unused,
    Other,
}

impl From<Reason> for DisputeReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Unreadable => Self::Unreadable,
            Reason::NotInstallable => Self::NotInstallable,
            Reason::NoService => Self::NoService,
            Reason::NotAsDescribed => Self::NotAsDescribed,
            Reason::UsedBefore => Self::UsedBefore,
            Reason::Unused => Self::Unused,
            Reason::Other => Self::Other,
        }
    }
}

#[derive(Subcommand)]
pub enum DeliveryKeyCommand {
    /// Make a key file, and print its public key: who gives it to a buyer as --gift receives the eSIM
    New(DeliveryKeyArgs),
    /// Print the public key of a key file
    Show(DeliveryKeyArgs),
}

#[derive(Args)]
pub struct DeliveryKeyArgs {
    /// The key file. One that is there is never overwritten
    pub file: PathBuf,
}

// The market's authority, guardian and arbiter.

#[derive(Subcommand)]
pub enum MarketCommand {
    /// Create a market
    Create(MarketCreateArgs),
    /// Show a market's roles, terms and mints
    Show(MarketNameArgs),
    /// List all markets of the cluster
    List,
    /// Check that what the vaults hold and what the orders are owed adds up
    Books(MarketNameArgs),
    /// Change terms, for orders to come; those not named stay
    Update(MarketUpdateArgs),
    /// Accept a mint for the first time, and make its vault
    AcceptMint(AcceptMintArgs),
    /// Accept a mint no more. Open orders go on
    DropMint(MarketMintArgs),
    /// Accept a mint again that was dropped
    ReadmitMint(MarketMintArgs),
    /// List the sellers and their records
    Sellers(MarketNameArgs),
    /// Approve or suspend a seller. Open orders go on
    SellerStatus(SellerStatusArgs),
    /// Hand the authority over, in two steps
    #[command(subcommand)]
    Authority(MarketAuthorityCommand),
    /// Refuse entries (applications, plans, purchases) for at most 7 days. Orders that exist go on
    Pause(MarketPauseArgs),
    /// End a pause
    Unpause(MarketUnpauseArgs),
    /// List what the arbiter has to decide about, the most urgent first
    Disputes(MarketNameArgs),
    /// Divide a contested order's money, as its arbiter
    Resolve(ResolveArgs),
}

#[derive(Args)]
pub struct MarketNameArgs {
    /// Name of the market
    #[arg(value_parser = market_name)]
    pub name: String,
}

/// What every change by the authority has.
#[derive(Args)]
pub struct MarketAuthorityArgs {
    /// The market's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct MarketCreateArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// Who divides what disputes are about
    #[arg(long, value_name = "PUBKEY")]
    pub arbiter: Pubkey,

    /// Who may pause
    #[arg(long, value_name = "PUBKEY")]
    pub guardian: Pubkey,

    /// Wallet whose associated token accounts get the fees
    #[arg(long, value_name = "PUBKEY")]
    pub treasury: Pubkey,

    /// The market's share of what sellers get, in basis points: at most 1000
    #[arg(long, value_name = "N")]
    pub fee_bps: u16,

    /// Longest time that a plan may give its seller to deliver
    #[arg(long, value_name = "SPAN", default_value = "1d")]
    pub max_delivery_window: Seconds,

    /// Shortest time that a plan may give its buyer to complain
    #[arg(long, value_name = "SPAN", default_value = "1d")]
    pub min_release_window: Seconds,

    /// Longest time that a plan may give its buyer to complain
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub max_release_window: Seconds,

    /// Time for a seller to answer a dispute
    #[arg(long, value_name = "SPAN", default_value = "3d")]
    pub answer_window: Seconds,

    /// Time for the arbiter to resolve a contested order
    #[arg(long, value_name = "SPAN", default_value = "7d")]
    pub arbiter_window: Seconds,

    /// How long a delivery is kept for its buyer after the order's end
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub retention: Seconds,

    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

#[derive(Args)]
pub struct MarketUpdateArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,
    #[command(flatten)]
    pub terms: MarketTermsArgs,
    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct MarketTermsArgs {
    /// Who divides what disputes are about
    #[arg(long, value_name = "PUBKEY")]
    pub arbiter: Option<Pubkey>,

    /// Wallet whose associated token accounts get the fees
    #[arg(long, value_name = "PUBKEY")]
    pub treasury: Option<Pubkey>,

    /// The market's share of what sellers get, in basis points: at most 1000
    #[arg(long, value_name = "N")]
    pub fee_bps: Option<u16>,

    /// Longest time that a plan may give its seller to deliver
    #[arg(long, value_name = "SPAN")]
    pub max_delivery_window: Option<Seconds>,

    /// Shortest time that a plan may give its buyer to complain
    #[arg(long, value_name = "SPAN")]
    pub min_release_window: Option<Seconds>,

    /// Longest time that a plan may give its buyer to complain
    #[arg(long, value_name = "SPAN")]
    pub max_release_window: Option<Seconds>,

    /// Time for a seller to answer a dispute
    #[arg(long, value_name = "SPAN")]
    pub answer_window: Option<Seconds>,

    /// Time for the arbiter to resolve a contested order
    #[arg(long, value_name = "SPAN")]
    pub arbiter_window: Option<Seconds>,

    /// How long a delivery is kept for its buyer after the order's end
    #[arg(long, value_name = "SPAN")]
    pub retention: Option<Seconds>,
}

#[derive(Args)]
pub struct AcceptMintArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// The mint
    #[arg(value_name = "MINT")]
    pub mint: Pubkey,

    /// Program that owns the mint, where the network cannot be asked
    #[arg(long, value_name = "PROGRAM", requires = "blockhash", help_heading = OFFLINE)]
    pub token_program: Option<TokenProgram>,

    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

#[derive(Args)]
pub struct MarketMintArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// The mint
    #[arg(value_name = "MINT")]
    pub mint: Pubkey,

    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

#[derive(Args)]
pub struct SellerStatusArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// Address of the seller
    #[arg(value_name = "SELLER")]
    pub seller: Pubkey,

    /// What the seller becomes
    #[arg(value_enum)]
    pub status: Status,

    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

/// Whether a seller may sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Status {
    /// Waits for a decision
    Pending,
    /// May sell
    Approved,
    /// May sell no more
    Suspended,
}

impl From<Status> for SellerStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Pending => Self::Pending,
            Status::Approved => Self::Approved,
            Status::Suspended => Self::Suspended,
        }
    }
}

#[derive(Subcommand)]
pub enum MarketAuthorityCommand {
    /// Nominate the next authority, or withdraw the nomination
    Nominate(MarketNominateArgs),
    /// Take the authority over, as the nominee
    Accept(MarketAcceptArgs),
}

#[derive(Args)]
pub struct MarketNominateArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// Whom to nominate
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub nominee: Option<Pubkey>,

    /// Withdraw the nomination
    #[arg(long, conflicts_with = "nominee")]
    pub withdraw: bool,

    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

#[derive(Args)]
pub struct MarketAcceptArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// The nominee [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub nominee: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct MarketPauseArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    #[command(flatten)]
    pub end: PauseEnd,

    /// The market's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct MarketUnpauseArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,
    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

#[derive(Args)]
pub struct ResolveArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// The buyer's share in basis points: 10000 is all. The seller gets the rest, less the fee
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub split: u16,

    /// The arbiter that the order names [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub arbiter: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use clap::error::ErrorKind::{
        self, ArgumentConflict, InvalidValue, MissingRequiredArgument, ValueValidation,
    };

    use super::*;
    use crate::cli::Cli;

    /// The error that `clap` gives for a command line, or none.
    fn error(line: &str) -> Option<ErrorKind> {
        let words = ["wayfare", "esim"].into_iter().chain(line.split(' '));
        Cli::try_parse_from(words).err().map(|error| error.kind())
    }

    #[test]
    fn what_must_stand_together_and_what_must_not() {
        let key = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
        let hash = "--blockhash 4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZAMdL4VZHirAn";
        for (line, expected) in [
            (
                "plans -m travel --country France --country jp".to_owned(),
                None,
            ),
            (
                "plans -m travel --country Atlantis".to_owned(),
                Some(ValueValidation),
            ),
            (
                "plans -m travel --min-data 5".to_owned(),
                Some(ValueValidation),
            ),
            ("plans -m Travel".to_owned(), Some(ValueValidation)),
            (
                "plans -m travel --sort colour".to_owned(),
                Some(InvalidValue),
            ),
            ("buy fr-5gb -m travel --wait --png a.png".to_owned(), None),
            (
                "buy fr-5gb --png a.png".to_owned(),
                Some(MissingRequiredArgument),
            ),
            (format!("buy a --gift {key} --wait"), Some(ArgumentConflict)),
            (
                format!("buy a --gift {key} --delivery-key k"),
                Some(ArgumentConflict),
            ),
            ("buy a --wait --dry-run".to_owned(), Some(ArgumentConflict)),
            (
                format!("buy a --wait --sign-only {hash}"),
                Some(ArgumentConflict),
            ),
            (format!("top-up {key}"), Some(MissingRequiredArgument)),
            (format!("dispute {key}"), Some(MissingRequiredArgument)),
            (format!("dispute {key} --reason none"), Some(InvalidValue)),
            (format!("dispute {key} --reason no-service"), None),
            (
                "market update travel".to_owned(),
                Some(MissingRequiredArgument),
            ),
            (
                "market update travel --fee-bps 5 --retention 1d".to_owned(),
                None,
            ),
            (
                "market pause travel --for 1h --until 5".to_owned(),
                Some(ArgumentConflict),
            ),
            (
                format!("market seller-status travel {key} friendly"),
                Some(InvalidValue),
            ),
            (format!("market resolve {key} --split 10000"), None),
            (
                format!("market resolve {key} --split 10001"),
                Some(ValueValidation),
            ),
            (
                format!("market resolve {key} --split -1"),
                Some(ErrorKind::UnknownArgument),
            ),
        ] {
            assert_eq!(error(&line), expected, "{line}");
        }
    }

    #[test]
    fn every_reason_and_status_is_the_programs() {
        let reasons: Vec<u8> = Reason::value_variants()
            .iter()
            .map(|reason| DisputeReason::from(*reason) as u8)
            .collect();
        let all: Vec<u8> = DisputeReason::ALL
            .iter()
            .map(|reason| *reason as u8)
            .collect();
        // All but `None`, which is no complaint.
        assert_eq!(reasons, all[1..]);
        let statuses: Vec<u8> = Status::value_variants()
            .iter()
            .map(|status| SellerStatus::from(*status) as u8)
            .collect();
        assert_eq!(statuses, [0, 1, 2]);
    }
}
