//! The arguments of `wayfare roaming statement` and `wayfare roaming reconcile`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wayfare_core::roaming::currency::Currency;
use wayfare_core::roaming::month::Month;

use super::{
    AgreementArg, FirstPeriodArg, OperatorAuthorityArgs, Pair, StatementArg, basis_points, month,
    tadig,
};
use crate::cli::{ConfirmArgs, JobArgs, TransactionArgs};
use crate::signers::SignerSource;

#[derive(Subcommand)]
pub enum StatementCommand {
    /// Make statements of a usage book: records with prices in base units, their tree, a file for each month
    Build(BuildArgs),
    /// Prove one record of a statement's file, or check such a proof against the chain
    #[command(subcommand)]
    Proof(ProofCommand),
    /// State what was used, as the visited network: one month or many, from their files
    Submit(SubmitArgs),
    /// Make a returned statement anew, as the visited network
    Restate(RestateArgs),
    /// Answer statements from the own book, as the home network: accepts what asks for no more, counters the rest
    Answer(AnswerArgs),
    /// Agree with a statement, as the home network
    Accept(StatementActArgs),
    /// Counter a statement with the total of an own one, as the home network. Within the tolerance it counts as accepted
    Counter(CounterArgs),
    /// Return a statement that cannot be used, as the home network: at most 3 times
    Return(StatementActArgs),
    /// Show a statement, and what can be done with it until when
    Show(StatementArg),
    /// List the statements of an agreement
    List(StatementListArgs),
    /// Close a settled statement of an agreement that is wound up, as who paid its rent
    Close(StatementCloseArgs),
}

/// How usage books become records.
#[derive(Args)]
pub struct BookArgs {
    /// Currency of the charges: what the mint's tokens are worth [default: that of --tariff]
    #[arg(long, value_name = "CODE", required_unless_present = "tariff")]
    pub currency: Option<Currency>,

    /// Prices for rows without a charge
    #[arg(long, value_name = "FILE")]
    pub tariff: Option<PathBuf>,

    /// What becomes of rows without a charge [default: tariff where one is given, else refuse]
    #[arg(long, value_enum)]
    pub unpriced: Option<UnpricedRows>,

    /// What becomes of rows that are the same in every field
    #[arg(long, value_enum, default_value_t)]
    pub duplicates: DuplicateRows,

    /// What becomes of rows of other pairs of networks
    #[arg(long, value_enum, default_value_t)]
    pub other_pairs: OtherPairRows,

    /// What becomes of months without a row, in either direction
    #[arg(long, value_enum, default_value_t)]
    pub missing_months: MonthsWithoutRows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnpricedRows {
    /// The book is refused, and every such row named
    Refuse,
    /// They cost what the tariff says
    Tariff,
    /// They are carried at zero, and listed
    Zero,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DuplicateRows {
    /// The book is refused
    #[default]
    Refuse,
    /// Each is a record of its own
    Keep,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OtherPairRows {
    /// The book is refused
    #[default]
    Refuse,
    /// They are counted, and left out
    SetAside,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MonthsWithoutRows {
    /// The book is refused
    #[default]
    Refuse,
    /// Nothing was used
    NoTraffic,
}

/// Which of the two keeps the book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BookOf {
    /// Of the network that was used: what it states
    #[default]
    Visited,
    /// Of the network whose subscribers roamed: what it answers with
    Home,
}

#[derive(Args)]
pub struct BuildArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// Usage book: JSON as GSMA's BWRP project has it, or CSV
    #[arg(long, value_name = "FILE")]
    pub usage: PathBuf,

    /// Whose books of the file, where it has several operators'
    #[arg(long, value_name = "OWNER")]
    pub book: Option<String>,

    /// The home network and the visited one, by their TADIG codes; more codes of the same operator follow a +
    #[arg(long, value_name = "HOME,VISITED")]
    pub tadig: Pair,

    /// Whose book it is
    #[arg(long, value_enum, default_value_t, value_name = "NETWORK")]
    pub kept_by: BookOf,

    /// The month
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub period: Month,

    /// The last of several months [default: only the one]
    #[arg(long, value_name = "MONTH", value_parser = month)]
    pub until: Option<Month>,

    /// The month that is the agreement's period 0 [default: as --previous has it, else --period]
    #[arg(
        long,
        env = "WAYFARE_FIRST_PERIOD",
        hide_env_values = true,
        value_name = "MONTH",
        value_parser = month
    )]
    pub first_period: Option<Month>,

    /// The statement of the month before: its records come first. Needed after period 0
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,

    #[command(flatten)]
    pub rows: BookArgs,

    /// Folder for the statements' files
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

#[derive(Subcommand)]
pub enum ProofCommand {
    /// Write the proof of one record
    Make(ProofMakeArgs),
    /// Check a proof against the statement on the chain
    Check(ProofCheckArgs),
}

#[derive(Args)]
pub struct ProofMakeArgs {
    /// The statement's file
    pub statement: PathBuf,

    /// Number of the record
    #[arg(long, value_name = "N")]
    pub record: u64,

    /// File to write the proof to, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct ProofCheckArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// The proof's file
    pub proof: PathBuf,
}

#[derive(Args)]
pub struct SubmitArgs {
    /// The statements' files, in whichever order
    #[arg(required = true, value_name = "FILE")]
    pub statements: Vec<PathBuf>,

    /// The visited operator's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct RestateArgs {
    /// The statement's new file
    #[arg(value_name = "FILE")]
    pub statement: PathBuf,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
pub struct AnswerArgs {
    /// Files of the own statements of the same months, built with --kept-by home
    #[arg(required = true, value_name = "FILE")]
    pub statements: Vec<PathBuf>,

    /// The home operator's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct StatementActArgs {
    #[command(flatten)]
    pub statement: StatementArg,
    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
pub struct CounterArgs {
    /// File of the own statement of the same month, built with --kept-by home
    #[arg(value_name = "FILE")]
    pub statement: PathBuf,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
pub struct StatementListArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,
    #[command(flatten)]
    pub first: FirstPeriodArg,

    /// Only those that this network pays
    #[arg(long, value_name = "TADIG", value_parser = tadig)]
    pub home: Option<wayfare_core::roaming::tadig::Folded>,

    /// Only those that are not settled
    #[arg(long)]
    pub open: bool,
}

#[derive(Args)]
pub struct StatementCloseArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// Who paid the statement's rent [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub rent_payer: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

/// Two operators' books of the same traffic.
#[derive(Args)]
pub struct TwoBooksArgs {
    /// My usage book
    #[arg(long, value_name = "FILE")]
    pub mine: PathBuf,

    /// Whose books of that file are mine, where it has several operators'
    #[arg(long, value_name = "OWNER")]
    pub my_book: Option<String>,

    /// My partner's usage book
    #[arg(long, value_name = "FILE")]
    pub theirs: PathBuf,

    /// Whose books of that file are theirs
    #[arg(long, value_name = "OWNER")]
    pub their_book: Option<String>,

    /// Me and my partner, by our TADIG codes; more codes of the same operator follow a +
    #[arg(long, value_name = "MINE,THEIRS")]
    pub tadig: Pair,

    #[command(flatten)]
    pub rows: BookArgs,
}

#[derive(Args)]
pub struct ReconcileArgs {
    #[command(flatten)]
    pub books: TwoBooksArgs,

    /// Only from this month on
    #[arg(long, value_name = "MONTH", value_parser = month, requires = "until")]
    pub from: Option<Month>,

    /// Only until this month, inclusively
    #[arg(long, value_name = "MONTH", value_parser = month, requires = "from")]
    pub until: Option<Month>,

    /// Decimals of the mint: charges are rounded to its base units as statements are
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub decimals: u8,

    /// By how much the books may differ, in basis points of what the visited network says
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub tolerance_bps: u16,

    /// List only what differs
    #[arg(long)]
    pub different: bool,

    /// Write all cells to this file too, as CSV; it must not exist yet
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
}

#[derive(Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    #[command(flatten)]
    pub books: TwoBooksArgs,

    /// The month that is the agreement's period 0
    #[arg(
        long,
        env = "WAYFARE_FIRST_PERIOD",
        hide_env_values = true,
        value_name = "MONTH",
        value_parser = month
    )]
    pub first_period: Month,
}
