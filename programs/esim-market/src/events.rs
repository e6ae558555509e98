//! What the program tells the world, in the form of Anchor's `emit_cpi!`: an inner instruction, which no RPC node
//! truncates.
//!
//! Every event carries the market and the number that it took from the market's sequence: a gap shows a missed event.
//! Events that move value carry the balances after it. Amounts are base units, times Unix seconds.

use anchor_lang::{Event, prelude::*};

use crate::state::{
    Action, DisputeReason, Division, MarketTerms, PlanTerms, SellerProfile, SellerStatus,
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
pub struct MarketCreated {
    pub market: Pubkey,
    pub sequence: u64,
    pub authority: Pubkey,
    pub guardian: Pubkey,
    pub terms: MarketTerms,
}

/// The event's sequence is the version of the market's terms.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketTermsChanged {
    pub market: Pubkey,
    pub sequence: u64,
    pub old: MarketTerms,
    pub new: MarketTerms,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintAccepted {
    pub market: Pubkey,
    pub sequence: u64,
    pub mint: Pubkey,
    pub vault: Pubkey,
    pub tokens: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintDropped {
    pub market: Pubkey,
    pub sequence: u64,
    pub mint: Pubkey,
}

/// A nomination replaces the one before; `None` withdraws it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityNominated {
    pub market: Pubkey,
    pub sequence: u64,
    pub old: Option<Pubkey>,
    pub new: Option<Pubkey>,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityChanged {
    pub market: Pubkey,
    pub sequence: u64,
    pub old: Pubkey,
    pub new: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardianChanged {
    pub market: Pubkey,
    pub sequence: u64,
    pub old: Pubkey,
    pub new: Pubkey,
}

/// `paused_until` of the market, before and after.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseChanged {
    pub market: Pubkey,
    pub sequence: u64,
    pub old: i64,
    pub new: i64,
    pub by: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SellerApplied {
    pub market: Pubkey,
    pub sequence: u64,
    pub seller: Pubkey,
    pub authority: Pubkey,
    pub profile: SellerProfile,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SellerChanged {
    pub market: Pubkey,
    pub sequence: u64,
    pub seller: Pubkey,
    pub old: SellerProfile,
    pub new: SellerProfile,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SellerStatusChanged {
    pub market: Pubkey,
    pub sequence: u64,
    pub seller: Pubkey,
    pub old: SellerStatus,
    pub new: SellerStatus,
}

/// The event's sequence is the version of the plan's terms.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanCreated {
    pub market: Pubkey,
    pub sequence: u64,
    pub seller: Pubkey,
    pub plan: Pubkey,
    pub id: String,
    pub terms: PlanTerms,
    pub stock: u32,
    pub on_sale: bool,
}

/// The state after the change. With new terms the event's sequence is their version.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanChanged {
    pub market: Pubkey,
    pub sequence: u64,
    pub plan: Pubkey,
    pub version: u64,
    /// The new terms; `None` when they stay.
    pub terms: Option<PlanTerms>,
    pub stock: u32,
    pub on_sale: bool,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRetired {
    pub market: Pubkey,
    pub sequence: u64,
    pub plan: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderPaid {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub plan: Pubkey,
    pub plan_version: u64,
    pub market_version: u64,
    pub buyer: Pubkey,
    pub payer: Pubkey,
    /// The order that this one tops up, or all zero.
    pub parent: Pubkey,
    pub paid: u64,
    pub discount: u64,
    pub deliver_by: i64,
    /// Left after the purchase.
    pub stock: u32,
    pub held: u64,
    pub vault_balance: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDelivered {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub commitment: [u8; 32],
    pub release_at: i64,
}

/// What was reported of a profile: 0 for what was not.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseReported {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub installed_at: i64,
    pub activated_at: i64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDisputed {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub reason: DisputeReason,
    pub answer_by: i64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeAnswered {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub answer_hash: [u8; 32],
    pub resolve_by: i64,
}

/// An order's money was decided about. What could not be paid at once is still due.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderEnded {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub action: Action,
    pub by: Pubkey,
    pub division: Division,
    pub due: Division,
    pub held: u64,
    pub vault_balance: u64,
}

/// What was still due was paid, as far as it could be.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuesPaid {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub due: Division,
    pub held: u64,
    pub vault_balance: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderClosed {
    pub market: Pubkey,
    pub sequence: u64,
    pub order: Pubkey,
    pub by: Pubkey,
}
