use anchor_lang::prelude::*;
use wayfare_core::{limiter::Limiter, merkle::is_depth_for, name::MAX_NAME_LEN};
use wayfare_program::{scope::Scope, stored, stored::Stored, version};

use crate::{constants::*, errors::NodeRewardsError};

/// A network of nodes whose owners are paid from one vault.
///
/// Address: `["network", name]`. Amounts are base units of `mint`, times Unix seconds.
///
/// INVARIANTS, checked by [`Network::invariant`] at the end of every instruction that moves value:
/// - vault balance ≥ lifetime total − claimed total, since the first activation
/// - claimed total ≤ lifetime total
/// - the limiter's level ≤ its capacity
/// - the depth is the smallest that holds the leaves
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Network {
    /// The authority is trusted with what the vault holds: it names the publishers. The guardian also vetoes proposals.
    pub scope: Scope,
    /// The proposers and approvers of epochs: the first `publisher_count` are set, the others all zero.
    pub publishers: [Pubkey; MAX_PUBLISHERS],
    /// What rewards are paid in.
    pub mint: Pubkey,
    /// The token account at `["vault", network]`, owned by this account.
    pub vault: Pubkey,
    /// SPL Token or Token-2022: the program that owns the mint.
    pub token_program: Pubkey,
    /// The active epoch's Merkle root; all zero before the first.
    pub root: [u8; 32],
    pub terms: StoredNetworkTerms,
    /// Outflow limiter: what could leave at `limiter_updated_at`.
    pub limiter_level: u64,
    pub limiter_updated_at: i64,
    /// When the epoch after the active one ends, and can be proposed.
    pub epoch_ends_at: i64,
    /// Number of the active epoch; 0 before the first.
    pub active_epoch: u64,
    /// Sum of all leaves of the active epoch: everything ever granted.
    pub lifetime_total: u64,
    /// Sum of all claim counters: everything ever paid.
    pub claimed_total: u64,
    /// Everything that came in through `fund`.
    pub funded_total: u64,
    /// Registered nodes.
    pub node_count: u64,
    /// Leaves in the active epoch: the owners who ever earned.
    pub leaf_count: u32,
    /// Rises with each change of the publishers or their threshold: approvals given under another set do not count.
    pub publisher_set: u32,
    /// Depth of the active epoch's tree.
    pub depth: u8,
    /// Approvals that a proposal needs.
    pub threshold: u8,
    pub publisher_count: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    pub vault_bump: u8,
    pub padding: [u8; 3],
    /// Zero; for fields to come.
    pub spare: [u8; 64],
}

stored! {
    /// What an authority decides about a network.
    #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
    pub struct NetworkTerms {
        /// Seconds that an epoch lasts: 1 to [`MAX_EPOCH_LENGTH`].
        pub epoch_length: u64,
        /// Seconds between the last needed approval and activation: 1 to [`MAX_CHALLENGE_PERIOD`].
        pub challenge_period: u64,
        /// Base units by which the lifetime total may grow in one epoch.
        pub emission_cap: u64,
        /// Base units that can leave the vault at once: at least 1.
        pub limiter_capacity: u64,
        /// Base units that the limiter gets back each second: at least 1, and over one epoch length at least the emission
        /// cap: otherwise the network would grant what could never be paid. A capacity below it throttles further.
        pub limiter_refill: u64,
        /// Finest H3 resolution of a node's location: 0 to 15.
        pub location_resolution: u8,
    }
    /// The terms in the account.
    pub struct StoredNetworkTerms, padding: 7;
}

impl NetworkTerms {
    /// Refuses terms under which the network could not work.
    pub fn validate(&self) -> Result<()> {
        require!(
            (1..=MAX_EPOCH_LENGTH).contains(&self.epoch_length),
            NodeRewardsError::BadEpochLength
        );
        require!(
            (1..=MAX_CHALLENGE_PERIOD).contains(&self.challenge_period),
            NodeRewardsError::BadChallengePeriod
        );
        let refill_per_epoch = u128::from(self.limiter_refill)
            .checked_mul(u128::from(self.epoch_length))
            .ok_or(NodeRewardsError::Overflow)?;
        // Without a refill, what is owed could stay in the vault for ever.
        require!(
            self.limiter_capacity > 0
                && self.limiter_refill > 0
                && refill_per_epoch >= u128::from(self.emission_cap),
            NodeRewardsError::BadLimiter
        );
        require!(
            self.location_resolution <= MAX_LOCATION_RESOLUTION,
            NodeRewardsError::BadLocationResolution
        );
        Ok(())
    }
}

/// What an authority changes: a field that is `None` stays as it is, so that a change signed long ago (by a
/// multisig, say) does not undo a later one.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkTermsChange {
    pub epoch_length: Option<u64>,
    pub challenge_period: Option<u64>,
    pub emission_cap: Option<u64>,
    pub limiter_capacity: Option<u64>,
    pub limiter_refill: Option<u64>,
    pub location_resolution: Option<u8>,
}

impl NetworkTermsChange {
    /// The terms after the change.
    pub fn applied_to(&self, terms: NetworkTerms) -> NetworkTerms {
        NetworkTerms {
            epoch_length: self.epoch_length.unwrap_or(terms.epoch_length),
            challenge_period: self.challenge_period.unwrap_or(terms.challenge_period),
            emission_cap: self.emission_cap.unwrap_or(terms.emission_cap),
            limiter_capacity: self.limiter_capacity.unwrap_or(terms.limiter_capacity),
            limiter_refill: self.limiter_refill.unwrap_or(terms.limiter_refill),
            location_resolution: self
                .location_resolution
                .unwrap_or(terms.location_resolution),
        }
    }
}

/// The proposers and approvers of epochs, and how many of them it takes.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct PublisherSet {
    /// 1 to [`MAX_PUBLISHERS`] different keys.
    pub publishers: Vec<Pubkey>,
    /// 1 to the number of publishers.
    pub threshold: u8,
}

impl PublisherSet {
    /// Refuses an empty set, a repeated or zero key, and a threshold that is zero or out of reach.
    pub fn validate(&self) -> Result<()> {
        let keys = &self.publishers;
        require!(
            (1..=MAX_PUBLISHERS).contains(&keys.len())
                && (1..=keys.len()).contains(&usize::from(self.threshold)),
            NodeRewardsError::BadPublishers
        );
        for (i, key) in keys.iter().enumerate() {
            require_keys_neq!(*key, Pubkey::default(), NodeRewardsError::ZeroKey);
            require!(
                keys.iter()
                    .skip(i.saturating_add(1))
                    .all(|other| other != key),
                NodeRewardsError::BadPublishers
            );
        }
        Ok(())
    }
}

/// What it takes to sign for a network, copied out of the account, which must not be borrowed while another program
/// runs.
pub struct NetworkSigner {
    name: [u8; MAX_NAME_LEN],
    name_len: u8,
    bump: [u8; 1],
}

impl NetworkSigner {
    pub fn seeds(&self) -> [&[u8]; 3] {
        let name = self.name.get(..usize::from(self.name_len));
        [Network::SEED, name.unwrap_or(&self.name), &self.bump]
    }
}

impl Network {
    pub const SEED: &'static [u8] = b"network";
    pub const VAULT_SEED: &'static [u8] = b"vault";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();
    /// Of the layout.
    pub const VERSION: u8 = version::FIRST;

    pub fn find_address(name: &str) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, name.as_bytes()], &crate::ID)
    }

    pub fn find_vault_address(network: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::VAULT_SEED, network.as_ref()], &crate::ID)
    }

    pub fn signer(&self) -> NetworkSigner {
        NetworkSigner {
            name: self.scope.name,
            name_len: self.scope.name_len,
            bump: [self.scope.bump],
        }
    }

    pub fn terms(&self) -> Result<NetworkTerms> {
        Ok(NetworkTerms::from_stored(&self.terms).ok_or(NodeRewardsError::InvariantBroken)?)
    }

    /// Puts new terms in force. What the limiter holds now stays, up to the new capacity; when the open epoch ends
    /// stays too.
    pub fn set_terms(&mut self, terms: &NetworkTerms, now: i64) {
        let held = self.limiter().refilled(now);
        self.terms = terms.to_stored();
        self.set_limiter(Limiter {
            level: held.level.min(terms.limiter_capacity),
            ..held
        });
    }

    pub fn limiter(&self) -> Limiter {
        Limiter {
            capacity: self.terms.limiter_capacity,
            refill_per_second: self.terms.limiter_refill,
            level: self.limiter_level,
            updated_at: self.limiter_updated_at,
        }
    }

    /// Writes down what the limiter holds, and when. Its capacity and refill are terms.
    pub fn set_limiter(&mut self, limiter: Limiter) {
        self.limiter_level = limiter.level;
        self.limiter_updated_at = limiter.updated_at;
    }

    /// The publishers in force.
    pub fn publishers(&self) -> &[Pubkey] {
        self.publishers
            .get(..usize::from(self.publisher_count))
            .unwrap_or(&self.publishers)
    }

    pub fn publisher_set(&self) -> PublisherSet {
        PublisherSet {
            publishers: self.publishers().to_vec(),
            threshold: self.threshold,
        }
    }

    /// Puts a validated set in force and voids the approvals given under the one before.
    pub fn set_publishers(&mut self, set: &PublisherSet) -> Result<()> {
        let mut publishers = [Pubkey::default(); MAX_PUBLISHERS];
        for (slot, key) in publishers.iter_mut().zip(&set.publishers) {
            *slot = *key;
        }
        self.publishers = publishers;
        self.publisher_count =
            u8::try_from(set.publishers.len()).map_err(|_| NodeRewardsError::BadPublishers)?;
        self.threshold = set.threshold;
        self.publisher_set = self
            .publisher_set
            .checked_add(1)
            .ok_or(NodeRewardsError::Overflow)?;
        Ok(())
    }

    pub fn require_publisher(&self, signer: &Signer) -> Result<()> {
        require!(
            self.publishers().contains(signer.key),
            NodeRewardsError::NotPublisher
        );
        Ok(())
    }

    /// Refuses entries while a pause lasts. Exits (claims, payouts, retiring a node) never ask.
    pub fn require_not_paused(&self, now: i64) -> Result<()> {
        Ok(self
            .scope
            .require_not_paused(now)
            .map_err(NodeRewardsError::from)?)
    }

    /// What is granted and not yet paid.
    pub fn outstanding(&self) -> Result<u64> {
        Ok(self
            .lifetime_total
            .checked_sub(self.claimed_total)
            .ok_or(NodeRewardsError::InvariantBroken)?)
    }

    /// What an epoch with this lifetime total adds, if it is within the emission cap.
    pub fn growth(&self, lifetime_total: u64) -> Result<u64> {
        let growth = lifetime_total
            .checked_sub(self.lifetime_total)
            .ok_or(NodeRewardsError::LifetimeTotalFell)?;
        require!(
            growth <= self.terms.emission_cap,
            NodeRewardsError::AboveEmissionCap
        );
        Ok(growth)
    }

    /// Takes the number of the next event.
    pub fn next_sequence(&mut self) -> Result<u64> {
        let sequence = self.scope.next_sequence(Self::VERSION);
        Ok(sequence.map_err(NodeRewardsError::from)?)
    }

    /// The network's books, given the vault's balance in base units.
    pub fn invariant(&self, vault_balance: u64) -> Result<()> {
        require!(
            self.claimed_total <= self.lifetime_total
                && vault_balance >= self.lifetime_total.saturating_sub(self.claimed_total)
                && self.limiter_level <= self.terms.limiter_capacity
                && (self.active_epoch == 0 || is_depth_for(self.depth, self.leaf_count)),
            NodeRewardsError::InvariantBroken
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(Network::DISCRIMINATOR, [51, 5, 209, 183, 60, 99, 156, 251]);
        assert_eq!(size_of::<Network>(), 672);
        assert_eq!(offset_of!(Network, scope), 0);
        assert_eq!(offset_of!(Network, publishers), 192);
        assert_eq!(offset_of!(Network, mint), 352);
        assert_eq!(offset_of!(Network, vault), 384);
        assert_eq!(offset_of!(Network, token_program), 416);
        assert_eq!(offset_of!(Network, root), 448);
        assert_eq!(offset_of!(Network, terms), 480);
        assert_eq!(offset_of!(Network, terms.epoch_length), 480);
        assert_eq!(offset_of!(Network, terms.challenge_period), 488);
        assert_eq!(offset_of!(Network, terms.emission_cap), 496);
        assert_eq!(offset_of!(Network, terms.limiter_capacity), 504);
        assert_eq!(offset_of!(Network, terms.limiter_refill), 512);
        assert_eq!(offset_of!(Network, terms.location_resolution), 520);
        assert_eq!(offset_of!(Network, limiter_level), 528);
        assert_eq!(offset_of!(Network, limiter_updated_at), 536);
        assert_eq!(offset_of!(Network, epoch_ends_at), 544);
        assert_eq!(offset_of!(Network, active_epoch), 552);
        assert_eq!(offset_of!(Network, lifetime_total), 560);
        assert_eq!(offset_of!(Network, claimed_total), 568);
        assert_eq!(offset_of!(Network, funded_total), 576);
        assert_eq!(offset_of!(Network, node_count), 584);
        assert_eq!(offset_of!(Network, leaf_count), 592);
        assert_eq!(offset_of!(Network, publisher_set), 596);
        assert_eq!(offset_of!(Network, depth), 600);
        assert_eq!(offset_of!(Network, threshold), 601);
        assert_eq!(offset_of!(Network, publisher_count), 602);
        assert_eq!(offset_of!(Network, decimals), 603);
        assert_eq!(offset_of!(Network, vault_bump), 604);
        assert_eq!(offset_of!(Network, padding), 605);
        assert_eq!(offset_of!(Network, spare), 608);
    }
}
