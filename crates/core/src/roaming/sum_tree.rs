//! Merkle-sum trees built on the host, to be verified by [`super::sum_proof`].

use super::sum_proof::{PADDING, STEP_BYTES, Sum};
use rayon::prelude::*;
use thiserror::Error;

/// Nodes per task below which another thread is not worth waking: about 0.1 ms of work.
const MIN_TASK: usize = 1 << 10;

/// The amounts add up to more than 64 bits, which no mint can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the amounts add up to more than {} base units", u64::MAX)]
pub struct TotalTooLarge;

/// A Merkle-sum tree, with all of its levels.
#[derive(Clone, Debug)]
pub struct SumTree {
    leaves: Vec<Sum>,
    /// The levels above the leaves; the last one holds the root. Empty for a tree of depth 0.
    inner: Vec<Vec<Sum>>,
}

impl SumTree {
    /// Builds the tree over leaves of [`Sum::leaf`], on all threads of the current rayon pool.
    ///
    /// # Errors
    ///
    /// [`TotalTooLarge`].
    pub fn build(leaves: Vec<Sum>) -> Result<Self, TotalTooLarge> {
        let mut inner = Vec::<Vec<Sum>>::new();
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
                    [left, right] => Sum::parent(left, right),
                    [left] => Sum::parent(left, &padding),
                    // `chunks(2)` gives one or two.
                    _ => None,
                })
                .collect::<Option<Vec<Sum>>>()
                .ok_or(TotalTooLarge)?;
            inner.push(level);
            padding = above(&padding);
        }
        Ok(Self { leaves, inner })
    }

    /// The root. A tree without leaves has the root [`PADDING`], under which nothing can be proved.
    pub fn root(&self) -> Sum {
        let top = self.inner.last().unwrap_or(&self.leaves);
        top.first().copied().unwrap_or(PADDING)
    }

    /// The proof for the leaf at `index`: its siblings from the leaves upwards, [`STEP_BYTES`] each. `None` if there is
    /// no such leaf.
    pub fn proof(&self, index: u32) -> Option<Vec<u8>> {
        let mut at = usize::try_from(index).ok()?;
        self.leaves.get(at)?;
        let mut proof = Vec::with_capacity(self.inner.len().saturating_mul(STEP_BYTES));
        let mut padding = PADDING;
        // All levels but the root's.
        let levels = std::iter::once(&self.leaves).chain(&self.inner);
        for level in levels.take(self.inner.len()) {
            proof.extend(level.get(at ^ 1).unwrap_or(&padding).to_bytes());
            at >>= 1;
            padding = above(&padding);
        }
        Some(proof)
    }
}

/// The padding of the level above.
fn above(padding: &Sum) -> Sum {
    // The sum of zeros cannot overflow.
    Sum::parent(padding, padding).unwrap_or(PADDING)
}

#[cfg(test)]
mod tests {
    use super::super::sum_proof::verify;
    use super::*;
    use proptest::prelude::*;

    fn leaves(amounts: &[u64]) -> Vec<Sum> {
        (0u32..)
            .zip(amounts)
            .map(|(i, amount)| Sum::leaf(&i.to_le_bytes(), *amount))
            .collect()
    }

    /// By the definition: halves, down to a leaf or padding.
    fn by_definition(leaves: &[Sum], size: usize) -> Sum {
        if size == 1 {
            return leaves.first().copied().unwrap_or(PADDING);
        }
        let (left, right) = leaves.split_at(leaves.len().min(size / 2));
        Sum::parent(
            &by_definition(left, size / 2),
            &by_definition(right, size / 2),
        )
        .unwrap()
    }

    #[test]
    fn no_leaf_and_one_leaf() {
        let none = SumTree::build(vec![]).unwrap();
        assert_eq!(none.root(), PADDING);
        assert_eq!(none.proof(0), None);
        let one = SumTree::build(leaves(&[7])).unwrap();
        assert_eq!(one.root(), leaves(&[7])[0]);
        assert_eq!(one.proof(0), Some(vec![]));
        assert!(verify(&one.root(), &[0; 4], 7, 0, &[]));
        assert_eq!(one.proof(1), None);
    }

    #[test]
    fn a_total_past_64_bits_is_refused_wherever_it_shows() {
        for amounts in [
            vec![u64::MAX, 1],
            vec![1, 0, u64::MAX],
            vec![u64::MAX / 2 + 1; 2],
            vec![u64::MAX / 4 + 1; 4],
        ] {
            assert_eq!(
                SumTree::build(leaves(&amounts)).unwrap_err(),
                TotalTooLarge,
                "{amounts:?}"
            );
        }
        let full = SumTree::build(leaves(&[u64::MAX - 1, 0, 1])).unwrap();
        assert_eq!(full.root().total, u64::MAX);
    }

    #[test]
    fn enough_leaves_for_several_threads() {
        let amounts: Vec<u64> = (0..5_000).collect();
        let leaves = leaves(&amounts);
        let tree = SumTree::build(leaves.clone()).unwrap();
        assert_eq!(tree.root(), by_definition(&leaves, 8_192));
        for index in [0, 1, 4_095, 4_096, 4_999] {
            let proof = tree.proof(index).unwrap();
            let amount = u64::from(index);
            assert!(verify(
                &tree.root(),
                &index.to_le_bytes(),
                amount,
                index,
                &proof
            ));
        }
        assert_eq!(tree.proof(5_000), None);
    }

    proptest! {
        #[test]
        fn root_and_proofs_are_by_the_definition(
            amounts in proptest::collection::vec(0..u64::MAX / 64, 0..60), pick in any::<u32>()
        ) {
            let leaves = leaves(&amounts);
            let tree = SumTree::build(leaves.clone()).unwrap();
            let root = tree.root();
            prop_assert_eq!(root, by_definition(&leaves, leaves.len().next_power_of_two().max(1)));
            prop_assert_eq!(root.total, amounts.iter().sum::<u64>());
            prop_assert_eq!(root.count, amounts.len() as u64);
            if !amounts.is_empty() {
                let index = pick % amounts.len() as u32;
                let proof = tree.proof(index).unwrap();
                let amount = amounts[index as usize];
                prop_assert!(verify(&root, &index.to_le_bytes(), amount, index, &proof));
            }
        }
    }
}
