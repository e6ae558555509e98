//! Vouchers: a home operator's promise, during a period, to pay for its subscribers' use abroad so far.

/// The start of every voucher's message, so that the key's signature of anything else is never a voucher.
pub const DOMAIN: &[u8; 18] = b"wayfare/voucher/v1";

/// Bytes of a voucher's message.
pub const VOUCHER_BYTES: usize = 18 + 32 + 32 + 1 + 4 + 8;

/// The message that the home operator's voucher signer signs with ed25519:
/// `"wayfare/voucher/v1" ‖ program ‖ agreement ‖ direction ‖ period as u32 LE ‖ cumulative as u64 LE`.
///
/// `direction` is the side that is the home network, as the program numbers sides. `period` counts from 0. `cumulative`
/// is the total value of this period's vouchers, in base units: it rises, and a later voucher includes all before it.
pub fn message(
    program: &[u8; 32],
    agreement: &[u8; 32],
    direction: u8,
    period: u32,
    cumulative: u64,
) -> [u8; VOUCHER_BYTES] {
    let mut message = [0; VOUCHER_BYTES];
    // Constant ranges inside the array: these cannot fail.
    message[..18].copy_from_slice(DOMAIN);
    message[18..50].copy_from_slice(program);
    message[50..82].copy_from_slice(agreement);
    message[82] = direction;
    message[83..87].copy_from_slice(&period.to_le_bytes());
    message[87..].copy_from_slice(&cumulative.to_le_bytes());
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_message_is_as_documented() {
        let mut expected = b"wayfare/voucher/v1".to_vec();
        expected.extend([1; 32]);
        expected.extend([2; 32]);
        expected.push(3);
        expected.extend([7, 6, 5, 4]);
        expected.extend([15, 14, 13, 12, 11, 10, 9, 8]);
        assert_eq!(expected.len(), VOUCHER_BYTES);
        let message = message(&[1; 32], &[2; 32], 3, 0x0405_0607, 0x0809_0a0b_0c0d_0e0f);
        assert_eq!(message.as_slice(), expected);
    }

    proptest! {
        #[test]
        fn every_bit_of_every_field_counts(
            program: [u8; 32], agreement: [u8; 32], direction: u8, period: u32, cumulative: u64,
            bit in 0usize..(77 * 8)
        ) {
            let whole = message(&program, &agreement, direction, period, cumulative);
            let (mut p, mut a, mut d, mut n, mut c) =
                (program, agreement, direction, period, cumulative);
            let (byte, mask) = (bit / 8, 1u8 << (bit % 8));
            match byte {
                0..32 => p[byte] ^= mask,
                32..64 => a[byte - 32] ^= mask,
                64 => d ^= mask,
                65..69 => n ^= u32::from(mask) << (8 * (byte - 65)),
                _ => c ^= u64::from(mask) << (8 * (byte - 69)),
            }
            let mut expected = whole;
            expected[18 + byte] ^= mask;
            prop_assert_eq!(message(&p, &a, d, n, c), expected);
        }
    }
}
