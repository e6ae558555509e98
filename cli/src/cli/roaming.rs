//! The arguments of `wayfare roaming`.

pub mod statement;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};
use solana_pubkey::Pubkey;
use wayfare_core::name;
use wayfare_core::roaming::month::Month;
use wayfare_core::roaming::record::{FoldedParty, Party};
use wayfare_core::roaming::tadig::{Folded, Tadig};
use wayfare_program::numbers::WHOLE_BPS;

use super::{
    ConfirmArgs, JobArgs, OFFLINE, PauseEnd, Seconds, SendArgs, TokenProgram, TransactionArgs,
};
use crate::signers::SignerSource;

#[derive(Subcommand)]
pub enum RoamingCommand {
    /// Create, configure and guard hubs, where operators settle
    #[command(subcommand)]
    Hub(HubCommand),
    /// Admit operators, change what they say about themselves, hand them over
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Agree on terms with a roaming partner, change them, and end that
    #[command(subcommand)]
    Agree(AgreeCommand),
    /// Move tokens into an agreement's vault, to one side's balance. What it is behind with is paid first
    Deposit(DepositArgs),
    /// Announce a withdrawal, or take that back. The other side has the notice to state and to redeem
    RequestWithdrawal(RequestWithdrawalArgs),
    /// Pay out what was announced, or, when the agreement is wound up, all that is one's own
    Withdraw(WithdrawArgs),
    /// Pay the hub's fees of an agreement to its treasury. Anyone can
    CollectFees(CollectFeesArgs),
    /// Build statements from usage books, state them, answer them
    #[command(subcommand)]
    Statement(Box<statement::StatementCommand>),
    /// Compare two operators' usage books: what differs, by month, partner pair and service
    Reconcile(Box<statement::ReconcileArgs>),
    /// Give in about a disputed difference, decide it as the arbiter, or bring the agreed default about
    #[command(subcommand)]
    Dispute(DisputeCommand),
    /// Net what both directions of a period owe, and move the difference. Anyone can
    Settle(SettleArgs),
    /// Bring an agreement on as far as anyone can: silence past its time, lapsed and undecided statements, settlements
    Crank(CrankArgs),
    /// Sign and redeem vouchers for what is used in a period before it is stated
    #[command(subcommand)]
    Voucher(VoucherCommand),
    /// Compute from both operators' usage books what an agreement's balances must be, and hold that against the chain
    Verify(Box<statement::VerifyArgs>),
    /// Check that what the vaults hold and what the agreements' books say adds up
    Books(HubNameArgs),
}

/// Which agreement.
#[derive(Args, Clone, Debug)]
pub struct AgreementArg {
    /// Address of the agreement: `wayfare roaming agree list` shows all
    #[arg(
        short,
        long,
        env = "WAYFARE_AGREEMENT",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    pub agreement: Pubkey,
}

fn hub_name(text: &str) -> Result<String, String> {
    Some(text.to_owned())
        .filter(|text| name::is_name(text.as_bytes()))
        .ok_or_else(|| {
            "a hub's name is 1 to 32 characters of a-z, 0-9 and, not at an end, -".into()
        })
}

fn tadig(text: &str) -> Result<Folded, String> {
    Tadig::fold(text).map_err(|error| error.to_string())
}

fn month(text: &str) -> Result<Month, String> {
    text.parse::<Month>().map_err(|error| error.to_string())
}

fn basis_points(text: &str) -> Result<u16, String> {
    text.parse()
        .ok()
        .filter(|bps| *bps <= WHOLE_BPS)
        .ok_or_else(|| format!("{text:?} is not a share in basis points: give 0 to 10000"))
}

/// Two operators, each with all the networks that it settles for: `BELMO+FRAF1,DEUD1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub one: Party,
    pub other: Party,
    /// Whether a code was in lower case.
    pub was_lower_case: bool,
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (one, other) = text.split_once(',').ok_or_else(|| {
            format!("{text:?} is no pair: write two operators with a comma between them, as in BELMO,DEUD1")
        })?;
        let fold = |text: &str| Party::fold(text).map_err(|error| error.to_string());
        let FoldedParty {
            party: one,
            was_lower_case: one_lower,
        } = fold(one)?;
        let FoldedParty {
            party: other,
            was_lower_case: other_lower,
        } = fold(other)?;
        one.check_apart(&other).map_err(|error| error.to_string())?;
        Ok(Self {
            one,
            other,
            was_lower_case: one_lower || other_lower,
        })
    }
}

/// A period: its number, or the month that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Number(u32),
    Month(Month),
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        text.parse().map(Self::Month).map_err(|_| {
            format!("{text:?} is no period: give its number, from 0, or its month, as in 2019-01")
        })
    }
}

/// Which period of an agreement.
#[derive(Args, Clone, Debug)]
pub struct PeriodArg {
    /// The period: its number, from 0, or its month, as in 2019-04
    #[arg(long, value_name = "PERIOD")]
    pub period: Period,

    #[command(flatten)]
    pub first: FirstPeriodArg,
}

/// Which month is which period.
#[derive(Args, Clone, Copy, Debug)]
pub struct FirstPeriodArg {
    /// The month that is the agreement's period 0. Needed where a period is given as a month
    #[arg(
        long,
        env = "WAYFARE_FIRST_PERIOD",
        hide_env_values = true,
        value_name = "MONTH",
        value_parser = month
    )]
    pub first_period: Option<Month>,
}

// Hubs.

#[derive(Subcommand)]
pub enum HubCommand {
    /// Create a hub
    Create(HubCreateArgs),
    /// Show a hub's roles and terms
    Show(HubNameArgs),
    /// List all hubs of the cluster
    List,
    /// Change roles or the fee; what is not named stays. Agreements keep the fee under which they were accepted
    Update(HubUpdateArgs),
    /// List the operators
    Operators(HubNameArgs),
    /// Suspend an operator: it makes no new agreements. Those that it has go on
    Suspend(OperatorStatusArgs),
    /// End an operator's suspension
    Readmit(OperatorStatusArgs),
    /// Hand the authority over, in two steps
    #[command(subcommand)]
    Authority(HubAuthorityCommand),
    /// Refuse entries (operators, agreements, deposits) for at most 7 days. What exists goes on
    Pause(HubPauseArgs),
    /// End a pause
    Unpause(HubUnpauseArgs),
}

#[derive(Args, Clone, Debug)]
pub struct HubNameArgs {
    /// Name of the hub
    #[arg(value_parser = hub_name)]
    pub name: String,
}

/// Which hub.
#[derive(Args, Clone, Debug)]
pub struct HubArg {
    /// Name of the hub
    #[arg(
        long,
        env = "WAYFARE_HUB",
        hide_env_values = true,
        value_name = "NAME",
        value_parser = hub_name
    )]
    pub hub: String,
}

/// What every change by a hub's authority has.
#[derive(Args)]
pub struct HubAuthorityArgs {
    /// The hub's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct HubCreateArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,

    /// Who decides what is disputed when the two operators do not
    #[arg(long, value_name = "PUBKEY")]
    pub arbiter: Pubkey,

    /// Who may pause
    #[arg(long, value_name = "PUBKEY")]
    pub guardian: Pubkey,

    /// Wallet whose associated token accounts get the fees
    #[arg(long, value_name = "PUBKEY")]
    pub treasury: Pubkey,

    /// The hub's share of what settlements pay, in basis points: at most 100
    #[arg(long, value_name = "N")]
    pub fee_bps: u16,

    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

#[derive(Args)]
pub struct HubUpdateArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,
    #[command(flatten)]
    pub terms: HubTermsArgs,
    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct HubTermsArgs {
    /// Who decides what is disputed when the two operators do not
    #[arg(long, value_name = "PUBKEY")]
    pub arbiter: Option<Pubkey>,

    /// Wallet whose associated token accounts get the fees
    #[arg(long, value_name = "PUBKEY")]
    pub treasury: Option<Pubkey>,

    /// The hub's share of what settlements pay, in basis points: at most 100
    #[arg(long, value_name = "N")]
    pub fee_bps: Option<u16>,
}

#[derive(Args)]
pub struct OperatorStatusArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,

    /// TADIG code of the operator
    #[arg(value_name = "TADIG", value_parser = tadig)]
    pub operator: Folded,

    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

#[derive(Subcommand)]
pub enum HubAuthorityCommand {
    /// Nominate the next authority, or withdraw the nomination
    Nominate(HubNominateArgs),
    /// Take the authority over, as the nominee
    Accept(HubAcceptArgs),
}

/// Whom to nominate, or that nobody is any more.
#[derive(Args)]
pub struct NomineeArgs {
    /// Whom to nominate
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub nominee: Option<Pubkey>,

    /// Withdraw the nomination
    #[arg(long, conflicts_with = "nominee")]
    pub withdraw: bool,
}

#[derive(Args)]
pub struct HubNominateArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,
    #[command(flatten)]
    pub nominee: NomineeArgs,
    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

#[derive(Args)]
pub struct HubAcceptArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,

    /// The nominee [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub nominee: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct HubPauseArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,

    #[command(flatten)]
    pub end: PauseEnd,

    /// The hub's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct HubUnpauseArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,
    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

// Operators.

#[derive(Subcommand)]
pub enum OperatorCommand {
    /// Admit an operator to a hub. The hub's authority and the operator's both sign
    Register(OperatorRegisterArgs),
    /// Show an operator's keys and status
    Show(OperatorArg),
    /// Change voucher signer, payout wallet or name; what is not named stays. Vouchers that the signer before signed are good
    /// no more
    Update(OperatorUpdateArgs),
    /// Nominate the operator's next authority, or withdraw the nomination
    Nominate(OperatorNominateArgs),
    /// Take an operator over, as the nominee
    Accept(OperatorAcceptArgs),
}

/// Which operator.
#[derive(Args, Clone, Debug)]
pub struct OperatorArg {
    #[command(flatten)]
    pub hub: HubArg,

    /// TADIG code of the operator
    #[arg(value_name = "TADIG", value_parser = tadig)]
    pub operator: Folded,
}

#[derive(Args)]
pub struct OperatorRegisterArgs {
    #[command(flatten)]
    pub operator: OperatorArg,

    /// The operator's own authority, who signs too: agrees, states, answers and withdraws
    #[arg(long, value_name = "KEYPAIR")]
    pub operator_authority: SignerSource,

    /// The operator's name, for people
    #[arg(long, value_name = "TEXT")]
    pub name: String,

    /// Key that signs the operator's vouchers. It can spend the operator's balances [default: the operator's authority]
    #[arg(long, value_name = "PUBKEY")]
    pub voucher_signer: Option<Pubkey>,

    /// Wallet whose associated token accounts get withdrawals [default: the operator's authority]
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,

    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

/// What every change by an operator's authority has.
#[derive(Args)]
pub struct OperatorAuthorityArgs {
    /// The operator's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct OperatorUpdateArgs {
    #[command(flatten)]
    pub operator: OperatorArg,
    #[command(flatten)]
    pub profile: ProfileArgs,
    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub struct ProfileArgs {
    /// The operator's name, for people
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,

    /// Key that signs the operator's vouchers. It can spend the operator's balances
    #[arg(long, value_name = "PUBKEY")]
    pub voucher_signer: Option<Pubkey>,

    /// Wallet whose associated token accounts get withdrawals
    #[arg(long, value_name = "PUBKEY")]
    pub payout: Option<Pubkey>,
}

#[derive(Args)]
pub struct OperatorNominateArgs {
    #[command(flatten)]
    pub operator: OperatorArg,
    #[command(flatten)]
    pub nominee: NomineeArgs,
    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
pub struct OperatorAcceptArgs {
    #[command(flatten)]
    pub operator: OperatorArg,

    /// The nominee [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub nominee: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

// Agreements.

#[derive(Subcommand)]
pub enum AgreeCommand {
    /// Propose an agreement to another operator, and make its vault. Nothing is in force before the other one accepts
    Propose(Box<ProposeArgs>),
    /// Offer other terms; what is not named stays as it is in force. Or withdraw the offer
    Offer(Box<OfferArgs>),
    /// Accept the terms that the other operator offers
    Accept(AcceptTermsArgs),
    /// Show an agreement: balances, what comes next, terms, what is on offer
    Show(AgreementArg),
    /// List agreements
    List(AgreementListArgs),
    /// Start the end of an agreement: it takes statements for one more withdrawal notice
    Close(CloseAgreementArgs),
}

/// Who acts for a side of an agreement.
#[derive(Args)]
pub struct SideArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// TADIG code of the operator that acts, where the key is the authority of both
    #[arg(long, value_name = "TADIG", value_parser = tadig)]
    pub operator: Option<Folded>,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

/// Spans and shares of terms.
#[derive(Args, Default)]
pub struct TermsArgs {
    /// Tariff for an operator's subscribers on the other's network: its hash becomes a term. May be given for both
    #[arg(long = "tariff", value_name = "TADIG=FILE")]
    pub tariffs: Vec<TariffOf>,

    /// Time to answer a statement, and to restate a returned one. Silence past it is agreement
    #[arg(long, value_name = "SPAN")]
    pub statement_window: Option<Seconds>,

    /// Time for the two operators to agree on a disputed difference
    #[arg(long, value_name = "SPAN")]
    pub dispute_window: Option<Seconds>,

    /// Time for the arbiter to award it after that
    #[arg(long, value_name = "SPAN")]
    pub arbitration_window: Option<Seconds>,

    /// Time between the request of a withdrawal and the withdrawal, and between the start of the agreement's end and its end
    #[arg(long, value_name = "SPAN")]
    pub withdrawal_notice: Option<Seconds>,

    /// By how much the books may differ, in basis points of a statement's total
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub tolerance_bps: Option<u16>,

    /// The visited network's part of a difference that the arbiter does not decide in time, in basis points
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub default_award_bps: Option<u16>,
}

/// Whose tariff a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TariffOf {
    pub home: Folded,
    pub file: PathBuf,
}

impl FromStr for TariffOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (home, file) = text
            .split_once('=')
            .ok_or("write TADIG=FILE: whose subscribers pay by it, and the file")?;
        Ok(Self {
            home: tadig(home)?,
            file: file.into(),
        })
    }
}

#[derive(Args)]
pub struct ProposeArgs {
    #[command(flatten)]
    pub hub: HubArg,

    /// TADIG code of the operator that proposes
    #[arg(long, value_name = "TADIG", value_parser = tadig)]
    pub operator: Folded,

    /// TADIG code of the other operator
    #[arg(long, value_name = "TADIG", value_parser = tadig)]
    pub with: Folded,

    /// Mint that is settled in
    #[arg(long, value_name = "ADDRESS")]
    pub mint: Pubkey,

    /// Program that owns the mint, where the network cannot be asked
    #[arg(long, value_name = "PROGRAM", requires = "blockhash", help_heading = OFFLINE)]
    pub token_program: Option<TokenProgram>,

    #[command(flatten)]
    pub terms: TermsArgs,
    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
pub struct OfferArgs {
    #[command(flatten)]
    pub side: SideArgs,
    #[command(flatten)]
    pub terms: TermsArgs,

    /// Withdraw the offer
    #[arg(long, conflicts_with_all = [
        "tariffs",
        "statement_window",
        "dispute_window",
        "arbitration_window",
        "withdrawal_notice",
        "tolerance_bps",
        "default_award_bps",
    ])]
    pub withdraw: bool,
}

#[derive(Args)]
pub struct AcceptTermsArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// Refuse a higher fee of the hub, in basis points, when the agreement is accepted for the first time [default: the fee
    /// that is shown]
    #[arg(long, value_name = "BPS")]
    pub max_fee_bps: Option<u16>,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
pub struct AgreementListArgs {
    #[command(flatten)]
    pub hub: HubArg,

    /// Only those of this operator
    #[arg(long, value_name = "TADIG", value_parser = tadig)]
    pub operator: Option<Folded>,
}

#[derive(Args)]
pub struct CloseAgreementArgs {
    #[command(flatten)]
    pub side: SideArgs,
}

#[derive(Args)]
pub struct DepositArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// Tokens to deposit
    #[arg(value_name = "AMOUNT")]
    pub amount: String,

    /// TADIG code of the operator whose balance it becomes [default: the one whose authority signs]
    #[arg(long = "for", value_name = "TADIG", value_parser = tadig)]
    pub side: Option<Folded>,

    /// Who pays [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub depositor: Option<SignerSource>,

    /// Token account that pays [default: the depositor's associated token account]
    #[arg(long, value_name = "ADDRESS")]
    pub source: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct RequestWithdrawalArgs {
    #[command(flatten)]
    pub side: SideArgs,

    /// Tokens to withdraw
    #[arg(value_name = "AMOUNT", required_unless_present = "cancel")]
    pub amount: Option<String>,

    /// Take the request back
    #[arg(long, conflicts_with = "amount")]
    pub cancel: bool,
}

#[derive(Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    pub side: SideArgs,

    /// Wait until the notice is over
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding", "dry_run"])]
    pub wait: bool,
}

#[derive(Args)]
pub struct CollectFeesArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

// Disputes, settlements, vouchers.

/// Which statement.
#[derive(Args, Clone, Debug)]
pub struct StatementArg {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// TADIG code of the home network: whose subscribers roamed, and who pays
    #[arg(long, value_name = "TADIG", value_parser = tadig)]
    pub home: Folded,

    #[command(flatten)]
    pub period: PeriodArg,
}

#[derive(Subcommand)]
pub enum DisputeCommand {
    /// List what is disputed, the most urgent first
    List(DisputeListArgs),
    /// Give in: the home network pays all of the difference, or the visited network forgoes it
    Concede(ConcedeArgs),
    /// Give the visited network a part of the difference, as the hub's arbiter
    Award(AwardArgs),
    /// Award the agreed default, once the arbiter's time is over. Anyone can
    Default(DefaultAwardArgs),
}

#[derive(Args)]
pub struct DisputeListArgs {
    #[command(flatten)]
    pub hub: HubArg,
}

#[derive(Args)]
pub struct ConcedeArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// TADIG code of the operator that gives in, where the key is the authority of both
    #[arg(long, value_name = "TADIG", value_parser = tadig)]
    pub operator: Option<Folded>,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

#[derive(Args)]
pub struct AwardArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// What the visited network gets of the difference: tokens, or a share of it as in 25%
    #[arg(value_name = "AMOUNT|SHARE")]
    pub amount: String,

    /// Wait until the arbiter's time begins
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding", "dry_run"])]
    pub wait: bool,

    /// The hub's arbiter [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub arbiter: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
pub struct DefaultAwardArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
pub struct SettleArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// The period: its number, from 0, or its month, as in 2019-04
    #[arg(long, value_name = "PERIOD", required_unless_present = "all_due")]
    pub period: Option<Period>,

    #[command(flatten)]
    pub first: FirstPeriodArg,

    /// Settle every period that something is payable in, in order
    #[arg(long, conflicts_with_all = ["period", "sign_only", "blockhash", "export_encoding"])]
    pub all_due: bool,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
}

#[derive(Args)]
pub struct CrankArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,
    #[command(flatten)]
    pub first: FirstPeriodArg,

    /// Wait until nobody's time is running any more, and nothing is left to do
    #[arg(long, conflicts_with = "dry_run")]
    pub wait: bool,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
}

#[derive(Subcommand)]
pub enum VoucherCommand {
    /// Sign a voucher: the visited network can redeem it before the period is stated. Nothing is sent
    Sign(VoucherSignArgs),
    /// Redeem a voucher: what it adds to the ones before it moves at once. Anyone can
    Redeem(VoucherRedeemArgs),
}

#[derive(Args)]
pub struct VoucherSignArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// All that the period's vouchers are good for so far, in tokens
    #[arg(long, value_name = "AMOUNT")]
    pub cumulative: String,

    /// The home operator's voucher signer [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub signer: Option<SignerSource>,

    /// File to write the voucher to, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct VoucherRedeemArgs {
    /// The voucher's file
    pub file: PathBuf,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_periods() {
        let pair: Pair = "belmo+FRAF1,DEUD1".parse().unwrap();
        assert_eq!(pair.one.to_string(), "BELMO+FRAF1");
        assert_eq!(pair.other.code().as_str(), "DEUD1");
        assert!(pair.was_lower_case);
        for (text, part) in [
            ("BELMO", "comma"),
            ("BELMO,BELMO", "itself"),
            ("BELMO,DEUD", "TADIG"),
            ("BELMO,DEUD1,FRAF1", "TADIG"),
        ] {
            let error = text.parse::<Pair>().unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert_eq!("12".parse(), Ok(Period::Number(12)));
        let month = Month::new(2019, 4).unwrap();
        assert_eq!("2019-04".parse(), Ok(Period::Month(month)));
        assert!("2019-13".parse::<Period>().is_err());
        assert!("-1".parse::<Period>().is_err());
        let tariff: TariffOf = "DEUD1=a=b.toml".parse().unwrap();
        assert_eq!(tariff.file, PathBuf::from("a=b.toml"));
        assert!("DEUD1".parse::<TariffOf>().is_err());
    }
}
