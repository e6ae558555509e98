//! An epoch's rewards: from the nodes' metrics to a published Merkle root.
//!
//! [`compute`] reads metrics ([`metrics`]) and a [`policy`], adds the rewards to the lifetimes of the
//! epoch before, and writes a directory to be published ([`epoch_data`]). [`verify`] recomputes all of
//! it. The arithmetic is integer only and the files are the same byte for byte on every machine, so
//! two parties who compute the same epoch get the same root and the same hash.

mod columnar;
pub mod compute;
pub mod epoch_data;
#[cfg(test)]
mod fixture;
pub mod metrics;
pub mod policy;
pub mod simulate;
mod table;
pub mod verify;

use crate::tree::Frontier;
use solana_sha256_hasher::hashv;

/// First byte of the preimage of a node's leaf in its owner's detail tree.
pub const DETAIL_PREFIX: u8 = 0x03;

/// A node's activity in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Seconds it was up.
    pub uptime_seconds: u64,
    /// Bytes it carried for others.
    pub bytes_carried: u64,
    /// Sessions it served. Published, but no pool pays for them.
    pub sessions: u64,
    /// Times it checked in.
    pub check_ins: u64,
}

/// A node's earnings in an epoch, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reward {
    /// Its share of the uptime pool.
    pub uptime: u64,
    /// Its share of the traffic pool.
    pub traffic: u64,
    /// Its share of the check-ins pool.
    pub check_ins: u64,
    /// The amount paid: the sum of the shares, or the cap if that is less.
    pub total: u64,
}

/// A node's row in the published data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The owner's place among the leaves.
    pub owner_index: u32,
    /// The device's public key.
    pub device: [u8; 32],
    /// Its activity.
    pub metrics: Metrics,
    /// Its earnings.
    pub reward: Reward,
}

impl Node {
    /// The node's leaf in its owner's detail tree: `sha256(0x03 ‖ device ‖ uptime ‖ bytes ‖ sessions ‖
    /// check-ins ‖ reward)`, numbers as u64 LE.
    pub fn detail_leaf(&self) -> [u8; 32] {
        hashv(&[
            &[DETAIL_PREFIX],
            &self.device,
            &self.metrics.uptime_seconds.to_le_bytes(),
            &self.metrics.bytes_carried.to_le_bytes(),
            &self.metrics.sessions.to_le_bytes(),
            &self.metrics.check_ins.to_le_bytes(),
            &self.reward.total.to_le_bytes(),
        ])
        .to_bytes()
    }
}

/// The root of the detail tree over an owner's nodes, in order of their device keys; zero for none.
/// Inner nodes and padding are those of [`crate::merkle`].
pub fn detail_root(nodes: &[Node]) -> [u8; 32] {
    let mut tree = Frontier::default();
    for node in nodes {
        tree.push(node.detail_leaf());
    }
    tree.root().unwrap_or_default()
}

/// An owner's row in the published data. Its place is the owner's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The owner's public key.
    pub owner: [u8; 32],
    /// All that the owner has ever earned, in base units.
    pub lifetime: u64,
    /// [`detail_root`] of the owner's nodes.
    pub detail_root: [u8; 32],
}

/// Each owner's nodes, by owner index: `nodes` must be ordered by it. Nodes of an index that does not
/// exist are left out.
fn by_owner(nodes: &[Node], leaf_count: usize) -> Vec<&[Node]> {
    let mut owners = vec![&[][..]; leaf_count];
    for group in nodes.chunk_by(|a, b| a.owner_index == b.owner_index) {
        let index = group
            .first()
            .and_then(|n| usize::try_from(n.owner_index).ok());
        if let Some(slot) = index.and_then(|i| owners.get_mut(i)) {
            *slot = group;
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle;
    use crate::tree::Tree;

    fn node(owner_index: u32, device: u8) -> Node {
        Node {
            owner_index,
            device: [device; 32],
            metrics: Metrics {
                uptime_seconds: 1,
                bytes_carried: 2,
                sessions: 3,
                check_ins: 4,
            },
            reward: Reward {
                total: 5,
                ..Reward::default()
            },
        }
    }

    #[test]
    fn a_detail_leaf_is_hashed_as_documented() {
        let mut preimage = vec![3u8];
        preimage.extend([9; 32]);
        for number in 1u64..=5 {
            preimage.extend(number.to_le_bytes());
        }
        assert_eq!(node(0, 9).detail_leaf(), hashv(&[&preimage]).to_bytes());
    }

    #[test]
    fn an_owner_can_prove_each_node() {
        assert_eq!(detail_root(&[]), [0; 32]);
        let nodes: Vec<_> = (0..5).map(|d| node(0, d)).collect();
        assert_eq!(detail_root(&nodes[..1]), nodes[0].detail_leaf());
        let tree = Tree::build(nodes.iter().map(Node::detail_leaf).collect());
        assert_eq!(tree.root(), detail_root(&nodes));
        for (index, node) in (0u32..).zip(&nodes) {
            let proof = tree.proof(index).unwrap();
            let leaf = node.detail_leaf();
            assert!(merkle::verify(
                &tree.root(),
                tree.depth(),
                leaf,
                index,
                &proof
            ));
        }
    }

    #[test]
    fn nodes_are_found_by_owner() {
        let nodes = [node(1, 0), node(1, 1), node(3, 2), node(9, 3)];
        let owners = by_owner(&nodes, 4);
        assert_eq!(
            owners,
            [&nodes[..0], &nodes[..2], &nodes[..0], &nodes[2..3]]
        );
    }
}
