//! What owners have earned, as a publisher would publish it.

use crate::rewards::instruction::Claim;
use node_rewards::state::Proposal;
use solana_pubkey::Pubkey;
use wayfare_core::merkle::{depth_for, reward_leaf};
use wayfare_core::tree::Tree;

use crate::keys;

/// An owner's leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub owner: Pubkey,
    /// Base units that the owner was ever granted.
    pub lifetime: u64,
    pub detail_root: [u8; 32],
}

/// The leaves of an epoch of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    pub network: Pubkey,
    /// The epoch's number.
    pub number: u64,
    pub leaves: Vec<Leaf>,
}

impl Ledger {
    /// The first epoch, with owners named `owner 0`, `owner 1` and so on who earned these lifetimes.
    pub fn first(network: Pubkey, lifetimes: &[u64]) -> Self {
        let leaves = lifetimes
            .iter()
            .enumerate()
            .map(|(index, lifetime)| Leaf {
                owner: keys::person(&format!("owner {index}")),
                lifetime: *lifetime,
                detail_root: [index as u8; 32],
            })
            .collect();
        Self {
            network,
            number: 1,
            leaves,
        }
    }

    /// The epoch after this one, in which each owner earned so much more. More grants than owners bring new owners.
    pub fn next(&self, grants: &[u64]) -> Self {
        let mut next = self.clone();
        next.number += 1;
        let missing = vec![0; grants.len().saturating_sub(next.leaves.len())];
        let lifetimes: Vec<_> = next
            .leaves
            .iter()
            .map(|leaf| leaf.lifetime)
            .chain(missing)
            .collect();
        let all = Self::first(self.network, &lifetimes).leaves;
        next.leaves.extend(all.into_iter().skip(self.leaves.len()));
        for (leaf, grant) in next.leaves.iter_mut().zip(grants) {
            leaf.lifetime += grant;
        }
        next
    }

    pub fn tree(&self) -> Tree {
        let leaves = (0u32..).zip(&self.leaves).map(|(index, leaf)| {
            reward_leaf(
                &self.network.to_bytes(),
                index,
                &leaf.owner.to_bytes(),
                leaf.lifetime,
                &leaf.detail_root,
            )
        });
        Tree::build(leaves.collect())
    }

    pub fn root(&self) -> [u8; 32] {
        self.tree().root()
    }

    /// Base units granted to all owners together.
    pub fn total(&self) -> u64 {
        self.leaves.iter().map(|leaf| leaf.lifetime).sum()
    }

    pub fn owner(&self, index: u32) -> Pubkey {
        self.leaves[index as usize].owner
    }

    pub fn lifetime(&self, index: u32) -> u64 {
        self.leaves[index as usize].lifetime
    }

    /// What a publisher proposes.
    pub fn proposal(&self) -> Proposal {
        let leaf_count = self.leaves.len() as u32;
        Proposal {
            number: self.number,
            root: self.root(),
            depth: depth_for(leaf_count),
            leaf_count,
            lifetime_total: self.total(),
            data_hash: [0xda; 32],
        }
    }

    /// An owner's claim, to be paid to a wallet: the owner's own, or the one that its payout account names.
    pub fn claim(&self, index: u32, wallet: Pubkey) -> Claim {
        let leaf = &self.leaves[index as usize];
        Claim {
            owner: leaf.owner,
            wallet,
            index,
            lifetime: leaf.lifetime,
            detail_root: leaf.detail_root,
            proof: self.tree().proof(index).expect("the leaf is in the tree"),
        }
    }
}
