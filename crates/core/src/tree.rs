//! Merkle trees built on the host, to be verified by [`crate::merkle`].
//!
//! [`Tree`] keeps all levels and makes proofs; [`Frontier`] takes hashes one by one and keeps only
//! the hashes that the root needs. Both give the same root. Padding is never stored: everything to the right of
//! the last leaf is one hash per level.

use crate::merkle::{HASH_BYTES, PADDING, node};
use rayon::prelude::*;

/// Hashes per task below which another thread is not worth waking: about 0.1 ms of work.
const MIN_TASK: usize = 1 << 10;

/// A Merkle tree over given leaf hashes, with all of its levels: twice the size of the leaves.
#[derive(Clone, Debug)]
pub struct Tree {
    leaves: Vec<[u8; 32]>,
    /// The levels above the leaves; the last one holds the root. Empty for a tree of depth 0.
    inner: Vec<Vec<[u8; 32]>>,
}

impl Tree {
    /// Builds the tree, on all threads of the current rayon pool.
    pub fn build(leaves: Vec<[u8; 32]>) -> Self {
        let mut inner = Vec::<Vec<[u8; 32]>>::new();
        let mut padding = PADDING;
        loop {
            let below = inner.last().unwrap_or(&leaves);
            if below.len() <= 1 {
                break;
            }
            let level = below
                .par_chunks(2)
                .with_min_len(MIN_TASK)
                .map(|pair| match pair {
                    [left, right] => node(left, right),
                    [left] => node(left, &padding),
                    // `chunks(2)` gives one or two.
                    _ => PADDING,
                })
                .collect();
            inner.push(level);
            padding = node(&padding, &padding);
        }
        Self { leaves, inner }
    }

    /// The root. A tree without leaves has the root [`PADDING`], under which nothing can be proved.
    pub fn root(&self) -> [u8; 32] {
        let top = self.inner.last().unwrap_or(&self.leaves);
        top.first().copied().unwrap_or(PADDING)
    }

    /// Levels between a leaf and the root, which is the number of hashes in a proof.
    pub fn depth(&self) -> u8 {
        // At most 64: each level halves a `usize`.
        u8::try_from(self.inner.len()).unwrap_or(u8::MAX)
    }

    /// Number of leaves, padding not counted.
    pub fn leaf_count(&self) -> usize {
        self.leaves.len()
    }

    /// The proof for the leaf at `index`: its siblings from the leaves upwards, 32 bytes each.
    /// `None` if there is no such leaf.
    pub fn proof(&self, index: u32) -> Option<Vec<u8>> {
        let mut at = usize::try_from(index).ok()?;
        self.leaves.get(at)?;
        let mut proof = Vec::with_capacity(self.inner.len().saturating_mul(HASH_BYTES));
        let mut padding = PADDING;
        // All levels but the root's.
        let levels = std::iter::once(&self.leaves).chain(&self.inner);
        for level in levels.take(self.inner.len()) {
            proof.extend(level.get(at ^ 1).unwrap_or(&padding));
            at >>= 1;
            padding = node(&padding, &padding);
        }
        Some(proof)
    }
}

/// The root of a tree whose leaves arrive one by one, in memory of one hash per level.
#[derive(Clone, Debug, Default)]
pub struct Frontier {
    /// By level: the left subtree that waits for its right sibling. A binary counter.
    waiting: Vec<Option<[u8; 32]>>,
}

impl Frontier {
    /// Appends a leaf hash.
    pub fn push(&mut self, leaf: [u8; 32]) {
        let mut carry = leaf;
        for slot in &mut self.waiting {
            match slot.take() {
                Some(left) => carry = node(&left, &carry),
                None => {
                    *slot = Some(carry);
                    return;
                }
            }
        }
        self.waiting.push(Some(carry));
    }

    /// The root over all leaves pushed, padded; `None` if there are none.
    pub fn root(&self) -> Option<[u8; 32]> {
        let (top, below) = self.waiting.split_last()?;
        let mut padding = PADDING;
        let mut right = None;
        for slot in below {
            right = match (slot, right) {
                (Some(left), Some(right)) => Some(node(left, &right)),
                (Some(left), None) => Some(node(left, &padding)),
                (None, Some(left)) => Some(node(&left, &padding)),
                (None, None) => None,
            };
            padding = node(&padding, &padding);
        }
        match (top, right) {
            (Some(left), Some(right)) => Some(node(left, &right)),
            (top, None) => *top,
            // The highest slot was filled when it was made, and only a new higher one empties it.
            (None, right) => right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{depth_for, verify};
    use proptest::prelude::*;

    fn leaves(count: usize) -> Vec<[u8; 32]> {
        (0..count)
            .map(|i| node(&[0xab; 32], &[i as u8; 32]))
            .collect()
    }

    /// The definition: pad to a power of two, then hash in pairs.
    fn root_by_definition(mut level: Vec<[u8; 32]>) -> [u8; 32] {
        level.resize(level.len().next_power_of_two(), PADDING);
        while level.len() > 1 {
            level = level.chunks(2).map(|c| node(&c[0], &c[1])).collect();
        }
        level[0]
    }

    #[test]
    fn every_small_tree_follows_the_definition() {
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), None);
        for count in 1..=130usize {
            let leaves = leaves(count);
            frontier.push(leaves[count - 1]);
            let tree = Tree::build(leaves.clone());
            let root = root_by_definition(leaves.clone());
            assert_eq!(tree.root(), root, "{count}");
            assert_eq!(frontier.root(), Some(root), "{count}");
            assert_eq!(tree.depth(), depth_for(count as u32));
            assert_eq!(tree.leaf_count(), count);
            for (index, leaf) in (0u32..).zip(&leaves) {
                let proof = tree.proof(index).unwrap();
                assert!(verify(&root, tree.depth(), *leaf, index, &proof));
            }
            assert_eq!(tree.proof(count as u32), None);
            assert_eq!(tree.proof(u32::MAX), None);
        }
    }

    #[test]
    fn a_tree_without_leaves_proves_nothing() {
        let tree = Tree::build(vec![]);
        assert_eq!((tree.root(), tree.depth()), (PADDING, 0));
        assert_eq!(tree.proof(0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn larger_trees(count in 1_000usize..40_000, pick: u32) {
            let leaves = leaves(count);
            let tree = Tree::build(leaves.clone());
            prop_assert_eq!(tree.root(), root_by_definition(leaves.clone()));
            let mut frontier = Frontier::default();
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            prop_assert_eq!(frontier.root(), Some(tree.root()));
            let index = pick % count as u32;
            let proof = tree.proof(index).unwrap();
            prop_assert!(verify(&tree.root(), tree.depth(), leaves[index as usize], index, &proof));
        }
    }
}
