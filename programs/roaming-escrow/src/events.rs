//! What the program tells the world, in the form of Anchor's `emit_cpi!`: an inner instruction, which no RPC node
//! truncates.
//!
//! Every event carries the hub and the number that it took from the hub's sequence: a gap shows a missed event. Events
//! that move value carry the balances after it. Amounts are base units, times Unix seconds.

use anchor_lang::{Event, prelude::*};

use crate::state::{
    Action, AgreementTerms, HubTerms, Netting, OperatorProfile, OperatorStatus, Side, StatementArgs,
};

/// Emits an event as `emit_cpi!` does.
///
/// `event_authority` is the account that `#[event_cpi]` adds: only this program can sign for it, so no other program
/// can forge an event.
pub fn emit(event_authority: &AccountInfo, event: &impl Event) -> Result<()> {
    wayfare_program::events::emit(
        &crate::ID,
        event_authority,
        crate::EVENT_AUTHORITY_AND_BUMP.1,
        event,
    )
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubCreated {
    pub hub: Pubkey,
    pub sequence: u64,
    pub authority: Pubkey,
    pub guardian: Pubkey,
    pub terms: HubTerms,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubTermsChanged {
    pub hub: Pubkey,
    pub sequence: u64,
    pub old: HubTerms,
    pub new: HubTerms,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardianChanged {
    pub hub: Pubkey,
    pub sequence: u64,
    pub old: Pubkey,
    pub new: Pubkey,
}

/// A nomination replaces the one before; `None` withdraws it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityNominated {
    pub hub: Pubkey,
    pub sequence: u64,
    pub old: Option<Pubkey>,
    pub new: Option<Pubkey>,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityChanged {
    pub hub: Pubkey,
    pub sequence: u64,
    pub old: Pubkey,
    pub new: Pubkey,
}

/// `paused_until` of the hub, before and after.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseChanged {
    pub hub: Pubkey,
    pub sequence: u64,
    pub old: i64,
    pub new: i64,
    pub by: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorRegistered {
    pub hub: Pubkey,
    pub sequence: u64,
    pub operator: Pubkey,
    pub tadig: [u8; 5],
    pub authority: Pubkey,
    pub profile: OperatorProfile,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorChanged {
    pub hub: Pubkey,
    pub sequence: u64,
    pub operator: Pubkey,
    pub old: OperatorProfile,
    pub new: OperatorProfile,
}

/// A nomination of an operator's next authority replaces the one before; `None` withdraws it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorNominated {
    pub hub: Pubkey,
    pub sequence: u64,
    pub operator: Pubkey,
    pub old: Option<Pubkey>,
    pub new: Option<Pubkey>,
}

/// An operator has another authority.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorHandedOver {
    pub hub: Pubkey,
    pub sequence: u64,
    pub operator: Pubkey,
    pub old: Pubkey,
    pub new: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStatusChanged {
    pub hub: Pubkey,
    pub sequence: u64,
    pub operator: Pubkey,
    pub old: OperatorStatus,
    pub new: OperatorStatus,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementProposed {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub first: Pubkey,
    pub second: Pubkey,
    pub mint: Pubkey,
    pub by: Side,
    pub terms: AgreementTerms,
}

/// `None` withdraws the offer before.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsOffered {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub by: Side,
    pub terms: Option<AgreementTerms>,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsAccepted {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub by: Side,
    pub old: AgreementTerms,
    pub new: AgreementTerms,
    pub fee_bps: u16,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementClosing {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub by: Side,
    pub closes_at: i64,
}

/// The ledger of an agreement after what moved value in it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    pub first: u64,
    pub second: u64,
    pub first_arrears: u64,
    pub second_arrears: u64,
    pub fees: u64,
    pub vault: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposited {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub side: Side,
    pub amount: u64,
    pub balances: Balances,
}

/// An amount of 0 withdraws the request before.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalRequested {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub side: Side,
    pub amount: u64,
    pub withdrawable_at: i64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub side: Side,
    pub amount: u64,
    pub balances: Balances,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeesCollected {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub amount: u64,
    pub balances: Balances,
}

/// A statement was made, or made again after its return.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageStated {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub home: Side,
    pub period: u32,
    pub usage: StatementArgs,
    /// What vouchers of the period moved before.
    pub vouchers: u64,
    pub answer_by: i64,
}

/// A statement took a step: its terms, its total and what is accepted of it after that.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementChanged {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub home: Side,
    pub period: u32,
    pub action: Action,
    pub by: Pubkey,
    pub total: u64,
    pub counter_root: [u8; 32],
    pub counter_total: u64,
    pub award: u64,
    pub accepted: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodSettled {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub period: u32,
    pub netting: Netting,
    pub balances: Balances,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherRedeemed {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub home: Side,
    pub period: u32,
    pub cumulative: u64,
    pub amount: u64,
    pub balances: Balances,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementClosed {
    pub hub: Pubkey,
    pub sequence: u64,
    pub agreement: Pubkey,
    pub home: Side,
    pub period: u32,
}
