//! Merkle trees over SHA-256: leaves, inner nodes, padding, and proofs as raw bytes.
//!
//! Leaves and inner nodes are hashed under different first bytes, so an inner node can never be
//! presented as a leaf (RFC 6962, section 2.1, separates them the same way). A tree of `n` leaves has
//! the smallest depth `d` with `2^d >= n`; the places after the last leaf hold [`PADDING`], which no
//! leaf can equal, because no leaf's preimage starts with the byte `0x02` alone. The proof's length
//! is fixed by the depth, and the index's bits choose the side at each level.

use bytemuck::{Pod, Zeroable};
use solana_sha256_hasher::hashv;

/// First byte of a leaf's preimage.
pub const LEAF_PREFIX: u8 = 0x00;

/// First byte of an inner node's preimage.
pub const NODE_PREFIX: u8 = 0x01;

/// The hash in the places after the last leaf: `sha256(0x02)`.
pub const PADDING: [u8; 32] = [
    0xdb, 0xc1, 0xb4, 0xc9, 0x00, 0xff, 0xe4, 0x8d, 0x57, 0x5b, 0x5d, 0xa5, 0xc6, 0x38, 0x04, 0x01,
    0x25, 0xf6, 0x5d, 0xb0, 0xfe, 0x3e, 0x24, 0x49, 0x4b, 0x76, 0xea, 0x98, 0x64, 0x57, 0xd9, 0x86,
];

/// Size of a hash, and of one step of a proof, in bytes.
pub const HASH_BYTES: usize = 32;

/// Depth of the deepest tree a proof can come from: 2,097,152 leaves. A claim at this depth still fits one
/// legacy transaction of 1,232 bytes.
pub const MAX_DEPTH: u8 = 21;

/// The leaf of one owner in a network's reward tree:
/// `sha256(0x00 ‖ network ‖ index as u32 LE ‖ owner ‖ lifetime as u64 LE ‖ detail_root)`.
///
/// `lifetime` is all that the owner has ever earned in this network, in base units. `detail_root` commits
/// to the owner's nodes of the epoch, and is zero when the owner had none.
#[inline(always)]
pub fn reward_leaf(
    network: &[u8; 32],
    index: u32,
    owner: &[u8; 32],
    lifetime: u64,
    detail_root: &[u8; 32],
) -> [u8; 32] {
    hashv(&[
        &[LEAF_PREFIX],
        network,
        &index.to_le_bytes(),
        owner,
        &lifetime.to_le_bytes(),
        detail_root,
    ])
    .to_bytes()
}

/// An inner node: `sha256(0x01 ‖ left ‖ right)`.
#[inline(always)]
pub fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    hashv(&[&[NODE_PREFIX], left, right]).to_bytes()
}

/// The depth of a tree of `leaf_count` leaves: the smallest `d` with `2^d >= leaf_count`.
/// Zero for an empty tree and for one leaf. It can exceed [`MAX_DEPTH`]: the code that accepts a tree must check.
#[inline]
pub const fn depth_for(leaf_count: u32) -> u8 {
    let depth = match leaf_count.checked_sub(1) {
        Some(last_index) => u32::BITS.saturating_sub(last_index.leading_zeros()),
        None => 0,
    };
    // At most 32, which fits.
    depth.to_le_bytes()[0]
}

/// Whether `depth` is [`depth_for`] this many leaves, in fewer steps than computing it.
#[inline]
pub const fn is_depth_for(depth: u8, leaf_count: u32) -> bool {
    let Some(places) = 1u64.checked_shl(depth as u32) else {
        return false;
    };
    let leaves = leaf_count as u64;
    leaves <= places && (depth == 0 || leaves > places >> 1)
}

/// A hash with [`NODE_PREFIX`] right before it, and itself aligned for fast copies.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(8))]
struct Prefixed {
    unused: [u8; 7],
    prefix: u8,
    hash: [u8; HASH_BYTES],
}

impl Prefixed {
    fn new(hash: [u8; HASH_BYTES]) -> Self {
        Self {
            unused: [0; 7],
            prefix: NODE_PREFIX,
            hash,
        }
    }

    /// The left half of an inner node's preimage.
    #[inline(always)]
    fn preimage(&self) -> &[u8] {
        let bytes: &[u8; 40] = bytemuck::cast_ref(self);
        &bytes[7..]
    }
}

/// Folds a proof over a leaf up to the root it implies.
///
/// `proof` is the siblings from the leaf's level upwards, 32 bytes each. `None` when its length is
/// not a whole number of hashes, is more than [`MAX_DEPTH`] of them, or `index` does not lie in a
/// tree of that depth. The caller compares the result with a root, and the proof's length with that
/// root's depth: [`verify`] does both.
#[inline(never)]
pub fn fold_proof(leaf: [u8; 32], index: u32, proof: &[u8]) -> Option<[u8; 32]> {
    let (siblings, rest) = proof.as_chunks::<HASH_BYTES>();
    if !rest.is_empty() || siblings.len() > usize::from(MAX_DEPTH) {
        return None;
    }
    let mut current = Prefixed::new(leaf);
    let mut left_sibling = Prefixed::new([0; HASH_BYTES]);
    let mut bits = u64::from(index);
    for sibling in siblings {
        // The system call charges per slice: with the prefix stored right before the left half, two slices are enough.
        if bits & 1 == 0 {
            current.hash = hashv(&[current.preimage(), sibling]).to_bytes();
        } else {
            left_sibling.hash = *sibling;
            current.hash = hashv(&[left_sibling.preimage(), &current.hash]).to_bytes();
        }
        bits >>= 1;
    }
    // Bits left over would let one leaf answer to several indices, and so to several counters.
    (bits == 0).then_some(current.hash)
}

/// Whether `leaf` is at `index` in the tree of the given root and depth.
///
/// The proof must be exactly `depth` hashes long: with any other length an attacker could start
/// from an inner node, or fold a leaf of a shallower tree.
#[inline(always)]
pub fn verify(root: &[u8; 32], depth: u8, leaf: [u8; 32], index: u32, proof: &[u8]) -> bool {
    proof.len() == usize::from(depth).saturating_mul(HASH_BYTES)
        && fold_proof(leaf, index, proof).is_some_and(|folded| folded == *root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tree by the definition, padding included: the model for everything else.
    fn levels(leaves: &[[u8; 32]]) -> Vec<Vec<[u8; 32]>> {
        let mut level = leaves.to_vec();
        level.resize(leaves.len().next_power_of_two().max(1), PADDING);
        let mut levels = vec![level];
        while levels.last().unwrap().len() > 1 {
            let below = levels.last().unwrap();
            levels.push(below.chunks(2).map(|c| node(&c[0], &c[1])).collect());
        }
        levels
    }

    fn proof(levels: &[Vec<[u8; 32]>], index: u32) -> Vec<u8> {
        let mut at = index as usize;
        let mut proof = vec![];
        for level in &levels[..levels.len() - 1] {
            proof.extend(level[at ^ 1]);
            at /= 2;
        }
        proof
    }

    fn leaves(count: u32) -> Vec<[u8; 32]> {
        (0..count)
            .map(|i| reward_leaf(&[7; 32], i, &[i as u8; 32], u64::from(i) + 1, &[9; 32]))
            .collect()
    }

    #[test]
    fn constants_are_what_they_say() {
        assert_eq!(PADDING, hashv(&[&[2]]).to_bytes());
        let mut preimage = vec![0u8];
        preimage.extend([1; 32]);
        preimage.extend([4, 3, 2, 1]);
        preimage.extend([2; 32]);
        preimage.extend([8, 7, 6, 5, 4, 3, 2, 1]);
        preimage.extend([3; 32]);
        assert_eq!(preimage.len(), 109);
        assert_eq!(
            reward_leaf(
                &[1; 32],
                0x0102_0304,
                &[2; 32],
                0x0102_0304_0506_0708,
                &[3; 32]
            ),
            hashv(&[&preimage]).to_bytes()
        );
        let mut preimage = vec![1u8];
        preimage.extend([5; 32]);
        preimage.extend([6; 32]);
        assert_eq!(node(&[5; 32], &[6; 32]), hashv(&[&preimage]).to_bytes());
    }

    #[test]
    fn depths() {
        for (count, depth) in [
            (0, 0),
            (1, 0),
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 3),
            (1 << 20, 20),
            ((1 << 20) + 1, 21),
            (2_000_000, 21),
            (1 << 21, 21),
            ((1 << 21) + 1, 22),
            (u32::MAX, 32),
        ] {
            assert_eq!(depth_for(count), depth, "{count}");
        }
    }

    #[test]
    fn only_the_right_depth_fits() {
        let near = (0..=u32::BITS).flat_map(|bits| {
            let power = 1u64 << bits;
            [power.saturating_sub(1), power, power + 1]
        });
        for count in near.filter_map(|count| u32::try_from(count).ok()) {
            for depth in 0..=u8::MAX {
                let is = is_depth_for(depth, count);
                assert_eq!(is, depth == depth_for(count), "{depth} for {count}");
            }
        }
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved_at_its_own_index_only() {
        for count in 1..=17 {
            let leaves = leaves(count);
            let levels = levels(&leaves);
            let root = levels.last().unwrap()[0];
            let depth = depth_for(count);
            for (index, leaf) in (0..count).zip(&leaves) {
                let proof = proof(&levels, index);
                assert!(verify(&root, depth, *leaf, index, &proof));
                for other in (0..64).filter(|other| *other != index) {
                    assert!(!verify(&root, depth, *leaf, other, &proof));
                }
            }
        }
    }

    #[test]
    fn an_index_with_bits_above_the_depth_is_refused() {
        let leaves = leaves(4);
        let levels = levels(&leaves);
        let root = levels[2][0];
        let proof = proof(&levels, 1);
        assert!(verify(&root, 2, leaves[1], 1, &proof));
        for bit in 2..32 {
            assert_eq!(fold_proof(leaves[1], 1 | 1 << bit, &proof), None);
        }
    }

    #[test]
    fn a_proof_of_another_length_is_refused() {
        let leaves = leaves(8);
        let levels = levels(&leaves);
        let root = levels[3][0];
        let proof = proof(&levels, 5);
        assert!(verify(&root, 3, leaves[5], 5, &proof));
        for length in 0..proof.len() {
            assert!(!verify(&root, 3, leaves[5], 5, &proof[..length]));
            if length % 32 != 0 {
                assert_eq!(fold_proof(leaves[5], 5, &proof[..length]), None);
            }
        }
        assert_eq!(fold_proof(leaves[0], 0, &proof[..33]), None);
        let mut longer = proof.clone();
        longer.extend([0; 32]);
        assert!(!verify(&root, 3, leaves[5], 5, &longer));

        // The inner node above leaves 4 and 5, with the rest of the proof.
        assert_eq!(fold_proof(levels[1][2], 2, &proof[32..]), Some(root));
        assert!(!verify(&root, 3, levels[1][2], 2, &proof[32..]));

        // The root itself, with an empty proof.
        assert!(!verify(&root, 3, root, 0, &[]));
        assert!(verify(&root, 0, root, 0, &[]));
    }

    #[test]
    fn no_proof_is_deeper_than_the_limit() {
        let deepest = vec![1; usize::from(MAX_DEPTH) * 32];
        assert!(fold_proof([0; 32], 0, &deepest).is_some());
        assert!(fold_proof([0; 32], (1 << MAX_DEPTH) - 1, &deepest).is_some());
        let deeper = vec![1; (usize::from(MAX_DEPTH) + 1) * 32];
        assert_eq!(fold_proof([0; 32], 0, &deeper), None);
    }

    proptest! {
        #[test]
        fn a_changed_bit_anywhere_breaks_the_proof(
            count in 2u32..40, pick in any::<u32>(), bit in any::<usize>()
        ) {
            let leaves = leaves(count);
            let levels = levels(&leaves);
            let root = levels.last().unwrap()[0];
            let depth = depth_for(count);
            let index = pick % count;
            let good = proof(&levels, index);
            prop_assert!(verify(&root, depth, leaves[index as usize], index, &good));

            let mut bad = good.clone();
            let at = bit % (bad.len() * 8);
            bad[at / 8] ^= 1 << (at % 8);
            prop_assert!(!verify(&root, depth, leaves[index as usize], index, &bad));

            let mut leaf = leaves[index as usize];
            leaf[(bit / 8) % 32] ^= 1 << (bit % 8);
            prop_assert!(!verify(&root, depth, leaf, index, &good));
        }

        #[test]
        fn every_field_of_a_leaf_counts(
            network: [u8; 32], index: u32, owner: [u8; 32], lifetime: u64, detail: [u8; 32],
            bit in 0usize..(108 * 8)
        ) {
            let leaf = reward_leaf(&network, index, &owner, lifetime, &detail);
            let (mut n, mut i, mut o, mut l, mut d) = (network, index, owner, lifetime, detail);
            let (byte, mask) = (bit / 8, 1u8 << (bit % 8));
            match byte {
                0..32 => n[byte] ^= mask,
                32..36 => i ^= u32::from(mask) << (8 * (byte - 32)),
                36..68 => o[byte - 36] ^= mask,
                68..76 => l ^= u64::from(mask) << (8 * (byte - 68)),
                _ => d[byte - 76] ^= mask,
            }
            prop_assert_ne!(leaf, reward_leaf(&n, i, &o, l, &d));
        }
    }
}
