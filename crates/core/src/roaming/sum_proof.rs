//! Merkle-sum trees over SHA-256: leaves, inner nodes, padding, and proofs as raw bytes.
//!
//! Every node carries a total in base units and a count of records, and an inner node's hash covers both values of both
//! its children: the root commits to the total and the count of all. The shape is that of [`crate::merkle`]: `n` leaves
//! make a tree of the smallest depth `d` with `2^d >= n`, and the places after the last leaf hold [`PADDING`], with
//! total and count zero. Because the root's count fixes the shape, each sibling in a proof has one count that it can
//! have: no record can be counted twice, and nothing can hide where there is padding.
//!
//! The first bytes of the hashed strings differ from each other and from those of all other trees here.

use crate::merkle::{HASH_BYTES, depth_for};
use solana_sha256_hasher::hashv;

/// First byte of a leaf's preimage.
pub const LEAF_PREFIX: u8 = 0x04;

/// First byte of an inner node's preimage.
pub const NODE_PREFIX: u8 = 0x05;

/// The node in the places after the last leaf: `sha256(0x06)`, with total and count zero.
pub const PADDING: Sum = Sum {
    hash: [
        0x67, 0x58, 0x6e, 0x98, 0xfa, 0xd2, 0x7d, 0xa0, 0xb9, 0x96, 0x8b, 0xc0, 0x39, 0xa1, 0xef,
        0x34, 0xc9, 0x39, 0xb9, 0xb8, 0xe5, 0x23, 0xa8, 0xbe, 0xf8, 0x9d, 0x47, 0x86, 0x08, 0xc5,
        0xec, 0xf6,
    ],
    total: 0,
    count: 0,
};

/// Bytes of one step of a proof: the sibling's hash, its total as u64 LE, its count as u64 LE.
pub const STEP_BYTES: usize = HASH_BYTES + 8 + 8;

/// A node of the tree. A statement publishes the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Commits to all below.
    pub hash: [u8; 32],
    /// Sum of the amounts below, in base units.
    pub total: u64,
    /// Records below.
    pub count: u64,
}

impl Sum {
    /// The leaf of a record: `sha256(0x04 ‖ amount as u64 LE ‖ record)`.
    ///
    /// `record` is the record's canonical bytes; `amount` is its price, in base units.
    pub fn leaf(record: &[u8], amount: u64) -> Self {
        Self {
            hash: hashv(&[&[LEAF_PREFIX], &amount.to_le_bytes(), record]).to_bytes(),
            total: amount,
            count: 1,
        }
    }

    /// An inner node: `sha256(0x05 ‖ left ‖ right)`, each child as [`Sum::to_bytes`] writes it. `None` when the totals
    /// or the counts exceed 64 bits.
    pub fn parent(left: &Self, right: &Self) -> Option<Self> {
        Some(Self {
            hash: hashv(&[&[NODE_PREFIX], &left.to_bytes(), &right.to_bytes()]).to_bytes(),
            total: left.total.checked_add(right.total)?,
            count: left.count.checked_add(right.count)?,
        })
    }

    /// As a step of a proof, and in a parent's preimage: hash, total as u64 LE, count as u64 LE.
    pub fn to_bytes(&self) -> [u8; STEP_BYTES] {
        let mut bytes = [0; STEP_BYTES];
        // Constant ranges inside the array: these cannot fail.
        bytes[..32].copy_from_slice(&self.hash);
        bytes[32..40].copy_from_slice(&self.total.to_le_bytes());
        bytes[40..].copy_from_slice(&self.count.to_le_bytes());
        bytes
    }

    /// Reads the bytes that [`Sum::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8; STEP_BYTES]) -> Self {
        let (mut hash, mut total, mut count) = ([0; 32], [0; 8], [0; 8]);
        hash.copy_from_slice(&bytes[..32]);
        total.copy_from_slice(&bytes[32..40]);
        count.copy_from_slice(&bytes[40..]);
        Self {
            hash,
            total: u64::from_le_bytes(total),
            count: u64::from_le_bytes(count),
        }
    }
}

/// Whether the record with these canonical bytes is at `index` under `root`, with a price of `amount` base units.
///
/// `proof` is the siblings from the leaves upwards, [`STEP_BYTES`] each. It is refused if its length is not the tree's
/// depth; if a sibling's count is not that of its place, or it is not padding where padding belongs; if totals exceed
/// 64 bits on the way, or do not add up to the root's; or if any hash does not fit.
pub fn verify(root: &Sum, record: &[u8], amount: u64, index: u32, proof: &[u8]) -> bool {
    fold(root.count, record, amount, index, proof).is_some_and(|folded| folded == *root)
}

/// The root that a proof implies in a tree of this many leaves.
fn fold(count: u64, record: &[u8], amount: u64, index: u32, proof: &[u8]) -> Option<Sum> {
    let depth = depth_for(u32::try_from(count).ok()?);
    let (steps, rest) = proof.as_chunks::<STEP_BYTES>();
    if u64::from(index) >= count || !rest.is_empty() || steps.len() != usize::from(depth) {
        return None;
    }
    let mut current = Sum::leaf(record, amount);
    let mut padding = PADDING;
    let mut place = u64::from(index);
    // Leaves that a full node of this level has.
    let mut full = 1u64;
    for step in steps {
        let sibling = Sum::from_bytes(step);
        let before = (place ^ 1).checked_mul(full)?;
        let expected = count.saturating_sub(before).min(full);
        if sibling.count != expected || (expected == 0 && sibling != padding) {
            return None;
        }
        current = if place & 1 == 0 {
            Sum::parent(&current, &sibling)?
        } else {
            Sum::parent(&sibling, &current)?
        };
        padding = Sum::parent(&padding, &padding)?;
        place >>= 1;
        full = full.checked_mul(2)?;
    }
    Some(current)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tree by the definition, padding included: the model for everything else.
    fn levels(amounts: &[u64]) -> Vec<Vec<Sum>> {
        let mut level: Vec<Sum> = (0..)
            .zip(amounts)
            .map(|(i, amount)| Sum::leaf(&record(i), *amount))
            .collect();
        level.resize(amounts.len().next_power_of_two().max(1), PADDING);
        let mut levels = vec![level];
        while levels.last().unwrap().len() > 1 {
            let below = levels.last().unwrap();
            levels.push(
                below
                    .chunks(2)
                    .map(|c| Sum::parent(&c[0], &c[1]).unwrap())
                    .collect(),
            );
        }
        levels
    }

    fn record(index: u32) -> [u8; 4] {
        index.to_le_bytes()
    }

    fn siblings(levels: &[Vec<Sum>], index: u32) -> Vec<Sum> {
        let index = index as usize;
        (0..levels.len() - 1)
            .map(|at| levels[at][(index >> at) ^ 1])
            .collect()
    }

    fn bytes(siblings: &[Sum]) -> Vec<u8> {
        siblings.iter().flat_map(Sum::to_bytes).collect()
    }

    fn root(levels: &[Vec<Sum>]) -> Sum {
        levels.last().unwrap()[0]
    }

    fn amounts(count: u32) -> Vec<u64> {
        (0..count).map(|i| u64::from(i) * 10 + 1).collect()
    }

    #[test]
    fn hashes_are_as_documented() {
        assert_eq!(PADDING.hash, hashv(&[&[6]]).to_bytes());
        let leaf = Sum::leaf(b"record", 0x0102_0304_0506_0708);
        assert_eq!(
            leaf.hash,
            hashv(&[b"\x04\x08\x07\x06\x05\x04\x03\x02\x01record"]).to_bytes()
        );
        assert_eq!((leaf.total, leaf.count), (0x0102_0304_0506_0708, 1));
        let [left, right] = [(1u8, 2u64, 3u64), (4, 5, 6)].map(|(hash, total, count)| Sum {
            hash: [hash; 32],
            total,
            count,
        });
        let mut preimage = vec![5u8];
        for (hash, total, count) in [(1u8, 2u64, 3u64), (4, 5, 6)] {
            preimage.extend([hash; 32]);
            preimage.extend(total.to_le_bytes());
            preimage.extend(count.to_le_bytes());
        }
        let parent = Sum::parent(&left, &right).unwrap();
        assert_eq!(parent.hash, hashv(&[&preimage]).to_bytes());
        assert_eq!((parent.total, parent.count), (7, 9));
    }

    #[test]
    fn sums_past_64_bits_are_none() {
        let most = Sum::leaf(b"", u64::MAX);
        let one = Sum::leaf(b"", 1);
        assert_eq!(Sum::parent(&most, &one), None);
        assert!(Sum::parent(&most, &PADDING).is_some());
        let many = Sum {
            count: u64::MAX,
            ..PADDING
        };
        assert_eq!(Sum::parent(&many, &one), None);
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_at_its_own_place_only() {
        for count in 1..=17 {
            let amounts = amounts(count);
            let levels = levels(&amounts);
            let root = root(&levels);
            assert_eq!(root.total, amounts.iter().sum::<u64>());
            assert_eq!(root.count, u64::from(count));
            for index in 0..count {
                let amount = amounts[index as usize];
                let proof = bytes(&siblings(&levels, index));
                assert!(verify(&root, &record(index), amount, index, &proof));
                for other in (0..64).filter(|other| *other != index) {
                    assert!(!verify(&root, &record(index), amount, other, &proof));
                }
                assert!(!verify(&root, &record(index), amount + 1, index, &proof));
                assert!(!verify(&root, b"other", amount, index, &proof));
                for (total, count) in [(1, 0), (0, 1), (u64::MAX, 0), (0, u64::MAX)] {
                    let wrong = Sum {
                        total: root.total.wrapping_add(total),
                        count: root.count.wrapping_add(count),
                        ..root
                    };
                    assert!(!verify(&wrong, &record(index), amount, index, &proof));
                }
            }
        }
    }

    #[test]
    fn nothing_is_proved_under_the_root_of_no_leaves() {
        assert!(!verify(&PADDING, b"", 0, 0, &[]));
    }

    #[test]
    fn a_proof_of_another_length_is_refused() {
        let levels = levels(&amounts(8));
        let (root, proof) = (root(&levels), bytes(&siblings(&levels, 5)));
        for length in 0..proof.len() {
            assert!(!verify(&root, &record(5), 51, 5, &proof[..length]));
        }
        let longer = [&proof[..], &PADDING.to_bytes()].concat();
        assert!(!verify(&root, &record(5), 51, 5, &longer));
        // The right number of steps, and a part of one more.
        for length in 1..STEP_BYTES {
            let trailing = [&proof[..], &vec![0; length][..]].concat();
            assert!(!verify(&root, &record(5), 51, 5, &trailing), "{length}");
        }
    }

    /// The publisher of a root can hash anything: the sums along the way still have to add up, and the shape is that
    /// of the count.
    #[test]
    fn forged_siblings_under_a_forged_root_are_refused() {
        let leaf = Sum::leaf(&record(0), 5);
        let fold_with = |siblings: &[Sum]| {
            let mut root = leaf;
            for sibling in siblings {
                // As a forger would: wrapping where the sums overflow.
                root = Sum {
                    hash: hashv(&[&[NODE_PREFIX], &root.to_bytes(), &sibling.to_bytes()])
                        .to_bytes(),
                    total: root.total.wrapping_add(sibling.total),
                    count: root.count.wrapping_add(sibling.count),
                };
            }
            root
        };
        let sibling = |total, count| Sum {
            hash: [9; 32],
            total,
            count,
        };
        let judge =
            |siblings: &[Sum]| verify(&fold_with(siblings), &record(0), 5, 0, &bytes(siblings));
        assert!(judge(&[sibling(7, 1)]));
        // A total that wraps around to less than the leaf has.
        assert!(!judge(&[sibling(u64::MAX, 1)]));
        assert!(!judge(&[sibling(u64::MAX - 5, 1), sibling(1, 1)]));
        assert!(judge(&[sibling(u64::MAX - 5, 1), sibling(0, 1)]));
        // A leaf that says it is two, or none.
        assert!(!judge(&[sibling(7, 2)]));
        assert!(!judge(&[sibling(7, 0)]));
        // Counts that add up to the root's, but are not those of their places.
        assert!(judge(&[sibling(7, 1), sibling(7, 2)]));
        assert!(!judge(&[sibling(7, 2), sibling(7, 1)]));
        assert!(!judge(&[sibling(7, 0), sibling(7, 3)]));
        // A left subtree that is not full, with a right one that has something.
        let padding_1 = Sum::parent(&PADDING, &PADDING).unwrap();
        assert!(!judge(&[PADDING, sibling(7, 1)]));
        // A leaf hidden where padding belongs, even without total and count.
        let five = [sibling(7, 1), sibling(7, 2), sibling(7, 1)];
        assert!(judge(&five));
        assert!(!judge(&[sibling(7, 1), sibling(7, 2), padding_1]));
        let levels = levels(&amounts(5));
        let root_5 = root(&levels);
        let honest = siblings(&levels, 4);
        assert_eq!(honest[0], PADDING);
        assert_eq!(honest[1], padding_1);
        for at in 0..2 {
            let mut hidden = honest.clone();
            hidden[at].hash = [9; 32];
            let leaf = Sum::leaf(&record(4), 41);
            let under = Sum::parent(&leaf, &hidden[0]).unwrap();
            let under = Sum::parent(&under, &hidden[1]).unwrap();
            let forged = Sum::parent(&hidden[2], &under).unwrap();
            assert_eq!((forged.total, forged.count), (root_5.total, root_5.count));
            assert!(!verify(&forged, &record(4), 41, 4, &bytes(&hidden)));
        }
    }

    /// With odd nodes doubled instead of padded, [a, b, c] and [a, b, c, c] would have one root.
    #[test]
    fn a_repeated_last_leaf_changes_the_root() {
        let three = root(&levels(&[1, 2, 3]));
        let mut four = levels(&[1, 2, 3, 3]);
        four[0][3] = four[0][2];
        let right = Sum::parent(&four[0][2], &four[0][3]).unwrap();
        let four = Sum::parent(&four[1][0], &right).unwrap();
        assert_ne!(three.hash, four.hash);
    }

    proptest! {
        #[test]
        fn a_changed_bit_anywhere_breaks_the_proof(
            amounts in proptest::collection::vec(0..u64::MAX / 64, 2..40),
            pick in any::<u32>(), bit in any::<usize>()
        ) {
            let levels = levels(&amounts);
            let root = root(&levels);
            let index = pick % amounts.len() as u32;
            let amount = amounts[index as usize];
            let good = bytes(&siblings(&levels, index));
            prop_assert!(verify(&root, &record(index), amount, index, &good));

            let mut bad = good.clone();
            let at = bit % (bad.len() * 8);
            bad[at / 8] ^= 1 << (at % 8);
            prop_assert!(!verify(&root, &record(index), amount, index, &bad));

            let mut step = root.to_bytes();
            step[(bit / 8) % STEP_BYTES] ^= 1 << (bit % 8);
            prop_assert!(!verify(&Sum::from_bytes(&step), &record(index), amount, index, &good));

            let other = amount ^ (1 << (bit % 64));
            prop_assert!(!verify(&root, &record(index), other, index, &good));
        }

        #[test]
        fn bytes_there_and_back(hash: [u8; 32], total: u64, count: u64) {
            let sum = Sum { hash, total, count };
            prop_assert_eq!(Sum::from_bytes(&sum.to_bytes()), sum);
        }

        /// No input causes a panic.
        #[test]
        fn any_input_gives_an_answer(
            hash: [u8; 32], total: u64, count: u64, index: u32, amount: u64,
            proof in proptest::collection::vec(any::<u8>(), 0..200)
        ) {
            let root = Sum { hash, total, count };
            prop_assert!(!verify(&root, b"record", amount, index, &proof));
        }
    }
}
