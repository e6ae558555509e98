use anchor_lang::prelude::*;
use wayfare_program::version;

use crate::{constants::MAX_PUBLISHERS, errors::NodeRewardsError, state::Network};

/// What the publishers say that a network's owners have earned by the end of an epoch.
///
/// Address: `["epoch", network, number u64 LE]`. Kept for ever, for auditors.
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Epoch {
    pub version: u8,
    pub network: Pubkey,
    /// The first epoch is 1.
    pub number: u64,
    /// Root of the tree of reward leaves.
    pub root: [u8; 32],
    /// Smallest depth that holds the leaves.
    pub depth: u8,
    pub leaf_count: u32,
    /// Sum of all leaves, in base units.
    pub lifetime_total: u64,
    /// SHA-256 of the published `manifest.json`.
    pub data_hash: [u8; 32],
    pub proposer: Pubkey,
    /// The network's `publisher_set` under which the approvals were given.
    pub publisher_set: u32,
    /// Unix seconds.
    pub proposed_at: i64,
    /// Unix seconds of the last needed approval, from which the challenge period counts; 0 before.
    pub approved_at: i64,
    /// Unix seconds; 0 before.
    pub activated_at: i64,
    pub status: EpochStatus,
    pub bump: u8,
    /// Zero; for fields to come.
    pub spare: [u8; 16],
    /// Publishers who stand behind exactly this proposal, the proposer first. Last, so that every other field has a
    /// fixed offset.
    #[max_len(MAX_PUBLISHERS)]
    pub approvals: Vec<Pubkey>,
}

/// What a publisher says that an epoch granted.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The active epoch's number plus one.
    pub number: u64,
    pub root: [u8; 32],
    /// Smallest depth that holds `leaf_count` leaves, at most 21.
    pub depth: u8,
    /// At least as many as in the active epoch, and at least 1.
    pub leaf_count: u32,
    /// Sum of all leaves, in base units: at least the active epoch's, at most the emission cap above it.
    pub lifetime_total: u64,
    /// SHA-256 of the published `manifest.json`.
    pub data_hash: [u8; 32],
}

/// Where an epoch is in its life.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochStatus {
    /// Waits for approvals and its challenge period.
    Proposed,
    /// Refused by the guardian: another proposal may take its place.
    Vetoed,
    /// Claims are proved against its root.
    Active,
    /// A later epoch took over; nothing of it is lost, since lifetimes are cumulative.
    Superseded,
}

impl Epoch {
    pub const SEED: &'static [u8] = b"epoch";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;
    /// Of the layout.
    pub const VERSION: u8 = version::FIRST;

    pub fn find_address(network: &Pubkey, number: u64) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[Self::SEED, network.as_ref(), &number.to_le_bytes()],
            &crate::ID,
        )
    }

    /// What was proposed.
    pub fn proposal(&self) -> Proposal {
        Proposal {
            number: self.number,
            root: self.root,
            depth: self.depth,
            leaf_count: self.leaf_count,
            lifetime_total: self.lifetime_total,
            data_hash: self.data_hash,
        }
    }

    /// Refuses a proposal that cannot be approved or activated any more.
    pub fn require_open(&self, network: &Network) -> Result<()> {
        require!(
            self.status == EpochStatus::Proposed,
            NodeRewardsError::NotProposed
        );
        require!(
            self.publisher_set == network.publisher_set,
            NodeRewardsError::PublishersChanged
        );
        Ok(())
    }

    /// Adds a publisher's approval and returns how many there are. The one that reaches the threshold sets the time
    /// from which the challenge period counts: an attacker with too few keys cannot let it run out beforehand.
    pub fn approve(&mut self, publisher: Pubkey, threshold: u8, now: i64) -> Result<u8> {
        require!(
            !self.approvals.contains(&publisher),
            NodeRewardsError::ApprovedTwice
        );
        self.approvals.push(publisher);
        let approvals =
            u8::try_from(self.approvals.len()).map_err(|_| NodeRewardsError::BadPublishers)?;
        if approvals == threshold {
            self.approved_at = now;
        }
        Ok(approvals)
    }

    /// Whether the publishers in force have approved it.
    pub fn is_approved(&self, network: &Network) -> bool {
        self.publisher_set == network.publisher_set
            && self.approvals.len() >= usize::from(network.threshold)
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Epoch::DISCRIMINATOR, [93, 83, 120, 89, 151, 138, 152, 108]);
        assert_eq!(Epoch::INIT_SPACE, 360);
        let epoch = Epoch {
            version: 15,
            network: Pubkey::new_from_array([1; 32]),
            number: 2,
            root: [3; 32],
            depth: 4,
            leaf_count: 5,
            lifetime_total: 6,
            data_hash: [7; 32],
            proposer: Pubkey::new_from_array([8; 32]),
            publisher_set: 9,
            proposed_at: 10,
            approved_at: 11,
            activated_at: 12,
            status: EpochStatus::Superseded,
            bump: 13,
            spare: [16; 16],
            approvals: vec![Pubkey::new_from_array([14; 32]); MAX_PUBLISHERS],
        };
        let mut bytes = vec![];
        epoch.serialize(&mut bytes).unwrap();
        let mut expected = vec![15];
        expected.extend([1; 32]);
        expected.extend(2u64.to_le_bytes());
        expected.extend([3; 32]);
        expected.push(4);
        expected.extend(5u32.to_le_bytes());
        expected.extend(6u64.to_le_bytes());
        expected.extend([7; 32]);
        expected.extend([8; 32]);
        expected.extend(9u32.to_le_bytes());
        expected.extend(10i64.to_le_bytes());
        expected.extend(11i64.to_le_bytes());
        expected.extend(12i64.to_le_bytes());
        expected.extend([3, 13]);
        expected.extend([16; 16]);
        expected.extend(5u32.to_le_bytes());
        expected.extend([14; 160]);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), Epoch::INIT_SPACE);
    }
}
