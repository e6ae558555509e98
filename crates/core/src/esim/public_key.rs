//! X25519 public keys: the key encapsulation that uses them, and the keys that nobody can be reached with.

/// The key encapsulation of deliveries.
#[cfg(feature = "host")]
pub(super) type Kem = hpke::kem::X25519HkdfSha256;

/// The points of small order on Curve25519 and its twist, little-endian: whoever encrypts to one of them shares a
/// secret of zeros with everybody (RFC 7748 §6.1; the points: <https://cr.yp.to/ecdh.html#validate>). They are 0, 1,
/// two points of order 8, and p − 1, where p = 2²⁵⁵ − 19.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    near_p(0xec),
];

/// A number next to p = 2²⁵⁵ − 19 by its first byte, which is 0xed for p itself.
const fn near_p(first: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = first;
    bytes[31] = 0x7f;
    bytes
}

/// Whether a delivery can be encrypted to this X25519 public key: it is a number below p, and not a point of small
/// order.
///
/// X25519 ignores the top bit and takes p + n for n (RFC 7748 §5), but HPKE hashes the key as it is given, and its
/// owner's computer derives it in the one form below p: nobody can read a message encrypted to another form.
pub fn is_usable_key(key: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = key;
    let is_below_p = *last < 0x7f
        || (*last == 0x7f && (*first < 0xed || middle.iter().any(|byte| *byte != 0xff)));
    is_below_p && !SMALL_ORDER.contains(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The secret shared with the key's owner, from the other side's scalar.
    fn shared(scalar: [u8; 32], key: [u8; 32]) -> [u8; 32] {
        x25519_dalek::x25519(scalar, key)
    }

    #[test]
    fn points_of_small_order_share_zeros_with_everybody() {
        for point in SMALL_ORDER {
            assert!(!is_usable_key(&point), "{point:?}");
            for scalar in [[1; 32], [0x5a; 32], [0xff; 32]] {
                assert_eq!(shared(scalar, point), [0; 32], "{point:?}");
            }
        }
    }

    #[test]
    fn only_the_form_below_p_is_used() {
        // p + 2 is the point 2, and 2 with the top bit is.
        let two = {
            let mut two = [0; 32];
            two[0] = 2;
            two
        };
        let mut with_top_bit = two;
        with_top_bit[31] |= 0x80;
        for other in [near_p(0xef), with_top_bit] {
            assert_eq!(shared([1; 32], two), shared([1; 32], other));
            assert!(is_usable_key(&two) && !is_usable_key(&other));
        }
        for first in 0xed..=0xff {
            assert!(!is_usable_key(&near_p(first)));
        }
        for (first, usable) in [(0xeb, true), (0xec, false)] {
            assert_eq!(is_usable_key(&near_p(first)), usable);
        }
        let mut below = near_p(0xff);
        below[17] = 0xfe;
        assert!(is_usable_key(&below));
        assert!(!is_usable_key(&[0xff; 32]));
    }

    #[test]
    fn other_keys_are_used() {
        for first in 2..=u8::MAX {
            let mut key = [0; 32];
            key[0] = first;
            assert!(is_usable_key(&key));
            assert_ne!(shared([1; 32], key), [0; 32]);
        }
    }

    proptest! {
        #[test]
        fn every_secret_has_a_usable_key(secret: [u8; 32]) {
            prop_assert!(is_usable_key(&x25519_dalek::x25519(secret, x25519_dalek::X25519_BASEPOINT_BYTES)));
        }
    }
}
