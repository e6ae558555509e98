//! Two operators whose subscribers roam on each other's networks settle here: each posts collateral, the visited network
//! states each period's usage, the home network accepts, counters or is silent, and only the net moves.
//!
//! Start reading at [`state::LIFE_CYCLE`] for what may happen to a statement, then [`instructions`].
// Anchor's `#[program]` and `#[derive(Accounts)]` expand to code that these lints would refuse.
#![allow(clippy::result_large_err)]

use anchor_lang::prelude::*;

pub mod constants;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod state;
pub mod vault;

use instructions::*;
use state::{AgreementTerms, HubTermsChange, OperatorProfile, OperatorStatus, Side, StatementArgs};

declare_id!("X2ydWBzxAaceVXbdae3rNAZj9Kodjpv8EgNM8ENKk56");

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Wayfare roaming-escrow",
    project_url: "see SECURITY.md in the source",
    contacts: "link:see SECURITY.md in the source",
    policy: "see SECURITY.md in the source",
    preferred_languages: "en",
    source_revision: default_env::default_env!("GIT_REVISION", "unknown")
}

#[program]
pub mod roaming_escrow {
    use super::*;

    // Vouchers and settlements.
    /// Moves what a voucher adds to the ones before it. Anyone may send it.
    pub fn redeem_voucher(
        ctx: Context<RedeemVoucher>,
        home: Side,
        period: u32,
        cumulative: u64,
    ) -> Result<()> {
        RedeemVoucher::redeem_voucher(ctx, home, period, cumulative)
    }

    /// Nets what both directions of a period owe. Anyone may send it.
    pub fn settle(ctx: Context<Settle>, period: u32) -> Result<()> {
        Settle::settle(ctx, period)
    }

    // Statements.
    /// States what was used in a period. Signed by the visited network.
    pub fn submit_statement(
        ctx: Context<SubmitStatement>,
        home: Side,
        period: u32,
        args: StatementArgs,
    ) -> Result<()> {
        SubmitStatement::submit_statement(ctx, home, period, args)
    }

    /// Makes a returned statement again. Signed by the visited network.
    pub fn restate(ctx: Context<ChangeStatement>, args: StatementArgs) -> Result<()> {
        ChangeStatement::restate(ctx, args)
    }

    /// Agrees with a statement. Signed by the home network.
    pub fn accept_statement(ctx: Context<ChangeStatement>) -> Result<()> {
        ChangeStatement::accept_statement(ctx)
    }

    /// Counters a statement with a smaller total. Signed by the home network.
    pub fn counter_statement(
        ctx: Context<ChangeStatement>,
        root: [u8; 32],
        total: u64,
    ) -> Result<()> {
        ChangeStatement::counter_statement(ctx, root, total)
    }

    /// Returns an unusable statement, at most 3 times. Signed by the home network.
    pub fn return_statement(ctx: Context<ChangeStatement>) -> Result<()> {
        ChangeStatement::return_statement(ctx)
    }

    /// Takes silence past the window for agreement. Anyone may send it.
    pub fn deem_accepted(ctx: Context<ChangeStatement>) -> Result<()> {
        ChangeStatement::deem_accepted(ctx)
    }

    /// Takes a returned statement that was not restated in time for one without traffic. Anyone may send it.
    pub fn lapse_statement(ctx: Context<ChangeStatement>) -> Result<()> {
        ChangeStatement::lapse_statement(ctx)
    }

    /// Gives in about a disputed difference. Signed by either side.
    pub fn concede(ctx: Context<ChangeStatement>) -> Result<()> {
        ChangeStatement::concede(ctx)
    }

    /// Awards a part of a disputed difference. Signed by the arbiter.
    pub fn award(ctx: Context<ChangeStatement>, amount: u64) -> Result<()> {
        ChangeStatement::award(ctx, amount)
    }

    /// Awards the agreed default when the arbiter is silent. Anyone may send it.
    pub fn award_by_default(ctx: Context<ChangeStatement>) -> Result<()> {
        ChangeStatement::award_by_default(ctx)
    }

    /// Closes a settled statement of an agreement that is wound up.
    pub fn close_statement(ctx: Context<CloseStatement>) -> Result<()> {
        CloseStatement::close_statement(ctx)
    }

    // Agreements.
    /// Proposes an agreement between two operators, and makes its vault.
    pub fn propose_agreement(ctx: Context<ProposeAgreement>, terms: AgreementTerms) -> Result<()> {
        ProposeAgreement::propose_agreement(ctx, terms)
    }

    /// Offers other terms, or withdraws the offer.
    pub fn offer_terms(ctx: Context<ChangeAgreement>, terms: Option<AgreementTerms>) -> Result<()> {
        ChangeAgreement::offer_terms(ctx, terms)
    }

    /// Accepts exactly these terms of the other side.
    pub fn accept_terms(
        ctx: Context<AcceptTerms>,
        terms: AgreementTerms,
        max_fee_bps: u16,
    ) -> Result<()> {
        AcceptTerms::accept_terms(ctx, terms, max_fee_bps)
    }

    /// Moves tokens into the vault, to a side's balance. Anyone may send it.
    pub fn deposit(ctx: Context<Deposit>, side: Side, amount: u64) -> Result<()> {
        Deposit::deposit(ctx, side, amount)
    }

    /// Announces a withdrawal, or takes that back.
    pub fn request_withdrawal(ctx: Context<ChangeAgreement>, amount: u64) -> Result<()> {
        ChangeAgreement::request_withdrawal(ctx, amount)
    }

    /// Pays a side what it announced, or, at the end, all that is its own.
    pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
        Withdraw::withdraw(ctx)
    }

    /// Starts the end of an agreement. Signed by either side.
    pub fn close_agreement(ctx: Context<ChangeAgreement>) -> Result<()> {
        ChangeAgreement::close_agreement(ctx)
    }

    /// Pays the hub's fees to its treasury. Anyone may send it.
    pub fn collect_fees(ctx: Context<CollectFees>) -> Result<()> {
        CollectFees::collect_fees(ctx)
    }

    // Operators.
    /// Admits an operator. Signed by the hub's authority and the operator's.
    pub fn register_operator(
        ctx: Context<RegisterOperator>,
        tadig: [u8; 5],
        profile: OperatorProfile,
    ) -> Result<()> {
        RegisterOperator::register_operator(ctx, tadig, profile)
    }

    /// Changes voucher signer, payout wallet and display name.
    pub fn update_operator(ctx: Context<ChangeOperator>, profile: OperatorProfile) -> Result<()> {
        ChangeOperator::update_operator(ctx, profile)
    }

    /// Nominates an operator's next authority, or withdraws the nomination.
    pub fn nominate_operator(ctx: Context<ChangeOperator>, nominee: Option<Pubkey>) -> Result<()> {
        ChangeOperator::nominate_operator(ctx, nominee)
    }

    /// Takes an operator over. Signed by the nominee.
    pub fn accept_operator(ctx: Context<AcceptOperator>) -> Result<()> {
        AcceptOperator::accept_operator(ctx)
    }

    /// Suspends an operator, or ends that. Signed by the hub's authority.
    pub fn set_operator_status(
        ctx: Context<SetOperatorStatus>,
        status: OperatorStatus,
    ) -> Result<()> {
        SetOperatorStatus::set_operator_status(ctx, status)
    }

    // Hub.
    /// Creates a hub. The signer becomes its authority.
    pub fn create_hub(ctx: Context<CreateHub>, args: CreateHubArgs) -> Result<()> {
        CreateHub::create_hub(ctx, args)
    }

    /// Changes the hub's terms.
    pub fn update_hub(ctx: Context<Govern>, change: HubTermsChange) -> Result<()> {
        Govern::update_hub(ctx, change)
    }

    /// Replaces the guardian.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        Govern::set_guardian(ctx, guardian)
    }

    /// Nominates the next authority, or withdraws the nomination.
    pub fn nominate_authority(ctx: Context<Govern>, nominee: Option<Pubkey>) -> Result<()> {
        Govern::nominate_authority(ctx, nominee)
    }

    /// Takes the authority over. Signed by the nominee.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        AcceptAuthority::accept_authority(ctx)
    }

    /// Ends a pause.
    pub fn unpause(ctx: Context<Govern>) -> Result<()> {
        Govern::unpause(ctx)
    }

    /// Refuses entries until a time within 7 days. Signed by the guardian.
    pub fn pause(ctx: Context<Pause>, until: i64) -> Result<()> {
        Pause::pause(ctx, until)
    }
}
