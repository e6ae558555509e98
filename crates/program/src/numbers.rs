//! Arithmetic of money and time. `None` stands for what does not fit; each program has its own error for that.

/// Basis points of a whole.
pub const WHOLE_BPS: u16 = 10_000;

/// `bps` basis points of an amount, rounded down. `None` for more than the whole of an amount that then does not fit.
pub fn part_of(amount: u64, bps: u16) -> Option<u64> {
    let part = u128::from(amount)
        .checked_mul(u128::from(bps))?
        .checked_div(u128::from(WHOLE_BPS))?;
    u64::try_from(part).ok()
}

/// So many seconds after a time, in Unix seconds.
pub fn after(now: i64, seconds: u32) -> Option<i64> {
    now.checked_add(i64::from(seconds))
}

/// The variant with this number. `None` for a byte that no program writes.
pub fn variant<T: Copy>(all: &[T], byte: u8) -> Option<T> {
    all.get(usize::from(byte)).copied()
}

/// Adds one to a counter. `None`, and nothing changes, at its end.
pub fn count(counter: &mut u64) -> Option<u64> {
    *counter = counter.checked_add(1)?;
    Some(*counter)
}

#[cfg(test)]
// A test that overflows fails.
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_of_any_amount_is_rounded_down(
            amount in prop_oneof![0..=20u64, (u64::MAX - 20)..=u64::MAX, 0..=1_000_000_000u64, any::<u64>()],
            bps in 0..=WHOLE_BPS,
        ) {
            let exact = u128::from(amount) * u128::from(bps);
            let part = u128::from(part_of(amount, bps).unwrap());
            prop_assert!(part * 10_000 <= exact && exact < (part + 1) * 10_000);
            prop_assert!(part <= u128::from(amount));
        }
    }

    #[test]
    fn a_part_is_rounded_down_and_the_whole_is_the_amount() {
        assert_eq!(part_of(9_999, 1), Some(0));
        assert_eq!(part_of(10_000, 1), Some(1));
        assert_eq!(part_of(19_999, 1), Some(1));
        assert_eq!(part_of(u64::MAX, 0), Some(0));
        assert_eq!(part_of(u64::MAX, WHOLE_BPS), Some(u64::MAX));
        assert_eq!(part_of(u64::MAX, WHOLE_BPS + 1), None);
        // Over a small domain, against the definition.
        for amount in 0..2_000u64 {
            for bps in (0..=WHOLE_BPS).step_by(7) {
                let part = part_of(amount, bps).unwrap();
                assert!(part * 10_000 <= amount * u64::from(bps));
                assert!((part + 1) * 10_000 > amount * u64::from(bps));
            }
        }
    }

    #[test]
    fn times_and_counters_end_at_their_limits() {
        assert_eq!(after(-5, 7), Some(2));
        assert_eq!(after(i64::MAX - 1, 1), Some(i64::MAX));
        assert_eq!(after(i64::MAX, 1), None);
        let mut counter = u64::MAX - 1;
        assert_eq!(count(&mut counter), Some(u64::MAX));
        assert_eq!(count(&mut counter), None);
        assert_eq!(counter, u64::MAX);
    }

    #[test]
    fn a_byte_above_the_last_variant_is_none_of_them() {
        assert_eq!(variant(&['a', 'b'], 1), Some('b'));
        assert_eq!(variant(&['a', 'b'], 2), None);
    }
}
