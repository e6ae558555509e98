//! X25519 public keys that nobody can be reached with.

/// The points of small order on Curve25519 and its twist, little-endian, with the top bit clear: whoever encrypts to
/// one of them shares a secret of zeros with everybody (RFC 7748 §6.1; the points:
/// <https://cr.yp.to/ecdh.html#validate>). Each is 0, 1, a point of order 8, p − 1, p or p + 1, where p = 2²⁵⁵ − 19.
const SMALL_ORDER: [[u8; 32]; 7] = [
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
    near_p(0xed),
    near_p(0xee),
];

/// p − 1, p or p + 1 by its first byte: 0xec, 0xed or 0xee.
const fn near_p(first: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = first;
    bytes[31] = 0x7f;
    bytes
}

/// Whether a delivery can be encrypted to this X25519 public key: it is no point of small order.
pub fn is_usable_key(key: &[u8; 32]) -> bool {
    let mut key = *key;
    // X25519 ignores the top bit (RFC 7748 §5).
    key[31] &= 0x7f;
    !SMALL_ORDER.contains(&key)
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_shares_zeros_with_everybody() {
        for point in SMALL_ORDER {
            for top_bit in [0, 0x80] {
                let mut key = point;
                key[31] |= top_bit;
                assert!(!is_usable_key(&key), "{key:?}");
                for scalar in [[1; 32], [0x5a; 32], [0xff; 32]] {
                    assert_eq!(x25519_dalek::x25519(scalar, key), [0; 32], "{key:?}");
                }
            }
        }
    }

    #[test]
    fn other_keys_are_used() {
        for first in (0..=u8::MAX).filter(|first| ![0, 1].contains(first)) {
            let mut key = [0; 32];
            key[0] = first;
            assert!(is_usable_key(&key));
            assert_ne!(x25519_dalek::x25519([1; 32], key), [0; 32]);
        }
        for first in [0xeb, 0xef] {
            assert!(is_usable_key(&near_p(first)));
            assert_ne!(x25519_dalek::x25519([1; 32], near_p(first)), [0; 32]);
        }
    }
}
