//! What the program tells the world, in the form of Anchor's `emit_cpi!`: an inner instruction, which no RPC node
//! truncates.
//!
//! Every event carries the network and the number that it took from the network's sequence: a gap shows a missed
//! event. Events that move value carry the balances after it. Amounts are base units, times Unix seconds.

use anchor_lang::{Event, prelude::*};
pub use wayfare_program::events::EVENT_AUTHORITY_SEED;

use crate::state::{NetworkTerms, NodeKind, PublisherSet};

/// Emits an event through the account that `#[event_cpi]` adds.
pub fn emit(event_authority: &AccountInfo, event: &impl Event) -> Result<()> {
    let bump = crate::EVENT_AUTHORITY_AND_BUMP.1;
    wayfare_program::events::emit(&crate::ID, event_authority, bump, event)
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkCreated {
    pub network: Pubkey,
    pub sequence: u64,
    pub authority: Pubkey,
    pub guardian: Pubkey,
    pub mint: Pubkey,
    pub vault: Pubkey,
    pub terms: NetworkTerms,
    pub publisher_set: PublisherSet,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkTermsChanged {
    pub network: Pubkey,
    pub sequence: u64,
    pub old: NetworkTerms,
    pub new: NetworkTerms,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishersChanged {
    pub network: Pubkey,
    pub sequence: u64,
    pub old: PublisherSet,
    pub new: PublisherSet,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardianChanged {
    pub network: Pubkey,
    pub sequence: u64,
    pub old: Pubkey,
    pub new: Pubkey,
}

/// A nomination replaces the one before; `None` withdraws it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityNominated {
    pub network: Pubkey,
    pub sequence: u64,
    pub old: Option<Pubkey>,
    pub new: Option<Pubkey>,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityChanged {
    pub network: Pubkey,
    pub sequence: u64,
    pub old: Pubkey,
    pub new: Pubkey,
}

/// `paused_until` of the network, before and after.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseChanged {
    pub network: Pubkey,
    pub sequence: u64,
    pub old: i64,
    pub new: i64,
    pub by: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Funded {
    pub network: Pubkey,
    pub sequence: u64,
    pub funder: Pubkey,
    pub amount: u64,
    pub funded_total: u64,
    pub vault_balance: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageCreated {
    pub network: Pubkey,
    pub sequence: u64,
    pub page: u32,
    pub payer: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochProposed {
    pub network: Pubkey,
    pub sequence: u64,
    pub number: u64,
    pub root: [u8; 32],
    pub depth: u8,
    pub leaf_count: u32,
    pub lifetime_total: u64,
    pub data_hash: [u8; 32],
    pub proposer: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochApproved {
    pub network: Pubkey,
    pub sequence: u64,
    pub number: u64,
    pub root: [u8; 32],
    pub publisher: Pubkey,
    /// Approvals so far, this one included.
    pub approvals: u8,
    pub threshold: u8,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochVetoed {
    pub network: Pubkey,
    pub sequence: u64,
    pub number: u64,
    pub root: [u8; 32],
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochActivated {
    pub network: Pubkey,
    pub sequence: u64,
    pub number: u64,
    pub root: [u8; 32],
    pub leaf_count: u32,
    pub lifetime_total: u64,
    pub claimed_total: u64,
    pub vault_balance: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub network: Pubkey,
    pub sequence: u64,
    pub owner: Pubkey,
    pub index: u32,
    pub amount: u64,
    /// The owner's counter: everything that the owner ever claimed.
    pub counter: u64,
    pub claimed_total: u64,
    pub vault_balance: u64,
}

/// The wallet whose associated token account is paid, before and after; `None` is the owner's own.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutChanged {
    pub network: Pubkey,
    pub sequence: u64,
    pub owner: Pubkey,
    pub old: Option<Pubkey>,
    pub new: Option<Pubkey>,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRegistered {
    pub network: Pubkey,
    pub sequence: u64,
    pub device: Pubkey,
    pub owner: Pubkey,
    pub kind: NodeKind,
    pub location: u64,
    pub node_count: u64,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeMoved {
    pub network: Pubkey,
    pub sequence: u64,
    pub device: Pubkey,
    pub old: u64,
    pub new: u64,
}

/// An offer replaces the one before; `None` withdraws it.
#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOffered {
    pub network: Pubkey,
    pub sequence: u64,
    pub device: Pubkey,
    pub old: Option<Pubkey>,
    pub new: Option<Pubkey>,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOwnerChanged {
    pub network: Pubkey,
    pub sequence: u64,
    pub device: Pubkey,
    pub old: Pubkey,
    pub new: Pubkey,
}

#[event]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRetired {
    pub network: Pubkey,
    pub sequence: u64,
    pub device: Pubkey,
    pub owner: Pubkey,
    pub node_count: u64,
}

#[cfg(test)]
mod tests {
    use wayfare_program::events::MAX_EVENT_BYTES;

    use super::*;
    use crate::constants::MAX_PUBLISHERS;

    #[test]
    fn the_largest_events_fit() {
        let publisher_set = PublisherSet {
            publishers: vec![Pubkey::default(); MAX_PUBLISHERS],
            threshold: 1,
        };
        let created = NetworkCreated {
            network: Pubkey::default(),
            sequence: 1,
            authority: Pubkey::default(),
            guardian: Pubkey::default(),
            mint: Pubkey::default(),
            vault: Pubkey::default(),
            terms: NetworkTerms {
                epoch_length: 1,
                challenge_period: 1,
                emission_cap: 1,
                limiter_capacity: 1,
                limiter_refill: 1,
                location_resolution: 1,
            },
            publisher_set: publisher_set.clone(),
        };
        let changed = PublishersChanged {
            network: Pubkey::default(),
            sequence: 1,
            old: publisher_set.clone(),
            new: publisher_set,
        };
        // The others have a fixed size below these.
        for data in [created.data(), changed.data()] {
            assert!(8 + data.len() <= MAX_EVENT_BYTES);
        }
    }
}
