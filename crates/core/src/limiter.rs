//! The outflow limiter: a token bucket in integers.
//!
//! A stolen publisher key must not be able to empty a vault at once. The bucket holds at most
//! `capacity` base units and gains `refill_per_second`; each claim takes out the amount it pays.
//!
//! A claim of more than the capacity could never be paid at once. It is paid in instalments: the
//! whole level, but only while the bucket is at least half full. Below that only claims that fit
//! are paid, so one large claimant cannot hold the bucket empty against everybody else. Nothing is
//! lost either way, because counters are cumulative: the rest is due at the next claim.

use bytemuck::{Pod, Zeroable};
use thiserror::Error;

/// A token bucket. Amounts are base units of the network's mint.
///
/// The layout is fixed, so that an account can hold it as it is: 32 bytes, no padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Limiter {
    /// The most the bucket can hold.
    pub capacity: u64,
    /// Base units added per second. Zero: the bucket never refills.
    pub refill_per_second: u64,
    /// The amount held at `updated_at`.
    pub level: u64,
    /// The time at which the bucket held `level`, in Unix seconds.
    pub updated_at: i64,
}

/// The bucket holds too little at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the outflow limiter holds too little: claim again in {seconds} s")]
pub struct RetryAt {
    /// Seconds from now until the same claim can be paid, if nobody else claims before it;
    /// `u64::MAX` when the bucket never refills that far.
    pub seconds: u64,
    /// The same as a Unix time; `i64::MAX` for never.
    pub unix: i64,
}

impl Limiter {
    /// The bucket at `now`, a Unix time. A clock that went back adds nothing and moves nothing.
    #[inline]
    pub fn refilled(self, now: i64) -> Self {
        let elapsed = if now > self.updated_at {
            now.abs_diff(self.updated_at)
        } else {
            0
        };
        let gained = elapsed.saturating_mul(self.refill_per_second);
        Self {
            level: self.level.saturating_add(gained).min(self.capacity),
            updated_at: self.updated_at.max(now),
            ..self
        }
    }

    /// Takes `due` base units at `now`, or an instalment of them.
    ///
    /// Returns the bucket afterwards and the amount to pay: all of `due` when the level allows it; the
    /// whole level when that is less than `due`, but at least half of the capacity (rounded up).
    /// Nothing due pays nothing.
    ///
    /// # Errors
    ///
    /// [`RetryAt`] says when the smaller of `due` and half of the capacity will be available; the
    /// bucket stays as it was.
    #[inline]
    pub fn take(self, due: u64, now: i64) -> Result<(Self, u64), RetryAt> {
        let bucket = self.refilled(now);
        let paid = due.min(bucket.level);
        if paid < due && (bucket.level == 0 || bucket.level < bucket.half()) {
            return Err(bucket.retry_at(due, now));
        }
        // No underflow: `paid` is at most the level.
        let level = bucket.level.saturating_sub(paid);
        Ok((Self { level, ..bucket }, paid))
    }

    /// Half of the capacity, rounded up.
    fn half(&self) -> u64 {
        self.capacity.div_ceil(2)
    }

    /// When `due`, or an instalment of it, can be taken. `self` is refilled up to `now`, and holds
    /// too little.
    #[cold]
    fn retry_at(&self, due: u64, now: i64) -> RetryAt {
        const NEVER: RetryAt = RetryAt {
            seconds: u64::MAX,
            unix: i64::MAX,
        };
        // Half of a bucket without capacity is zero, but such a bucket pays nothing at all.
        let wanted = due.min(self.half()).max(1);
        if wanted > self.capacity || self.refill_per_second == 0 {
            return NEVER;
        }
        let wait = wanted
            .saturating_sub(self.level)
            .div_ceil(self.refill_per_second);
        // `updated_at` is ahead of `now` after the clock went back: the refill starts no earlier than that.
        let unix = self.updated_at.saturating_add_unsigned(wait);
        if unix == i64::MAX {
            return NEVER;
        }
        RetryAt {
            seconds: unix.abs_diff(now),
            unix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bucket(capacity: u64, refill_per_second: u64, level: u64) -> Limiter {
        Limiter {
            capacity,
            refill_per_second,
            level,
            updated_at: 1_000,
        }
    }

    #[test]
    fn layout() {
        let bytes: [u8; 32] = bytemuck::cast(Limiter {
            capacity: 1,
            refill_per_second: 2,
            level: 3,
            updated_at: 4,
        });
        for (at, value) in [(0, 1), (8, 2), (16, 3), (24, 4)] {
            assert_eq!(bytes[at], value);
        }
        assert_eq!(bytes.iter().filter(|b| **b != 0).count(), 4);
    }

    #[test]
    fn refills_with_time_up_to_the_capacity() {
        let b = bucket(100, 3, 10);
        assert_eq!(b.refilled(1_000), b);
        assert_eq!(b.refilled(1_001).level, 13);
        assert_eq!(b.refilled(1_001).updated_at, 1_001);
        assert_eq!(b.refilled(1_029).level, 97);
        assert_eq!(b.refilled(1_030).level, 100);
        assert_eq!(b.refilled(i64::MAX).level, 100);
        assert_eq!(b.refilled(i64::MAX).updated_at, i64::MAX);
    }

    #[test]
    fn a_clock_that_went_back_changes_nothing() {
        let b = bucket(100, 3, 10);
        assert_eq!(b.refilled(999), b);
        assert_eq!(b.refilled(i64::MIN), b);
        let (after, paid) = b.take(4, 0).unwrap();
        assert_eq!((after.level, after.updated_at, paid), (6, 1_000, 4));
        // The refill of 40 begins at 1,000, not at 990.
        assert_eq!(
            b.take(50, 990).unwrap_err(),
            RetryAt {
                seconds: 24,
                unix: 1_014
            }
        );
    }

    #[test]
    fn a_level_above_a_lowered_capacity_is_cut() {
        assert_eq!(bucket(100, 0, 500).refilled(1_000).level, 100);
        assert_eq!(bucket(100, 0, 500).take(500, 1_000).unwrap().1, 100);
    }

    #[test]
    fn a_claim_that_fits_is_paid_in_full() {
        let (after, paid) = bucket(100, 0, 10).take(10, 1_000).unwrap();
        assert_eq!((after.level, paid), (0, 10));
        assert_eq!(bucket(100, 0, 0).take(0, 1_000).unwrap().1, 0);
        assert_eq!(bucket(0, 0, 0).take(0, 1_000).unwrap().1, 0);
    }

    #[test]
    fn a_large_claim_takes_an_instalment_from_half_up() {
        let (after, paid) = bucket(101, 1, 51).take(1_000, 1_000).unwrap();
        assert_eq!((after.level, paid), (0, 51));
        // One below half: wait for half.
        assert_eq!(
            bucket(101, 1, 50).take(1_000, 1_000).unwrap_err(),
            RetryAt {
                seconds: 1,
                unix: 1_001
            }
        );
        // A smaller claim waits only for itself.
        assert_eq!(
            bucket(101, 3, 10).take(20, 1_000).unwrap_err(),
            RetryAt {
                seconds: 4,
                unix: 1_004
            }
        );
    }

    #[test]
    fn a_bucket_of_one_unit_pays_when_it_is_there() {
        let b = bucket(1, 1, 0);
        let retry = b.take(9, 1_000).unwrap_err();
        assert_eq!((retry.seconds, retry.unix), (1, 1_001));
        let (after, paid) = b.take(9, 1_001).unwrap();
        assert_eq!((after.level, paid), (0, 1));
    }

    #[test]
    fn a_bucket_that_can_never_pay_says_so() {
        let never = RetryAt {
            seconds: u64::MAX,
            unix: i64::MAX,
        };
        assert_eq!(bucket(0, 5, 0).take(1, 1_000).unwrap_err(), never);
        assert_eq!(bucket(100, 0, 3).take(4, 1_000).unwrap_err(), never);
        assert_eq!(
            bucket(u64::MAX, 1, 0).take(u64::MAX, 1_000).unwrap_err(),
            never
        );
    }

    #[test]
    fn dust_claims_take_no_more_than_they_are_paid() {
        let mut b = bucket(1_000, 10, 1_000);
        for _ in 0..500 {
            b = b.take(1, 1_000).unwrap().0;
        }
        assert_eq!(b.level, 500);
        assert_eq!(b.take(500, 1_000).unwrap().1, 500);
        assert_eq!(b.take(1_000, 1_050).unwrap().1, 1_000);
    }

    #[test]
    fn a_large_claimant_cannot_keep_a_small_one_out() {
        // Somebody claims a fortune before every claim of 40. In 100 seconds, the fortune empties
        // the bucket only when it is half full; until then the small claim fits.
        let mut b = bucket(1_000, 10, 1_000);
        let mut small = 0;
        for now in 1_001..1_101 {
            if let Ok((after, _)) = b.take(u64::MAX, now) {
                b = after;
            }
            if let Ok((after, paid)) = b.take(40, now) {
                b = after;
                small += paid;
            }
        }
        assert!(small >= 900, "{small}");
    }

    fn any_bucket() -> impl Strategy<Value = Limiter> {
        let amount = || prop_oneof![any::<u64>(), 0u64..1_000, Just(u64::MAX)];
        (
            amount(),
            amount(),
            amount(),
            prop_oneof![any::<i64>(), 0i64..1_000],
        )
            .prop_map(|(capacity, refill_per_second, level, updated_at)| Limiter {
                capacity,
                refill_per_second,
                level,
                updated_at,
            })
    }

    proptest! {
        #[test]
        fn the_model_in_u128_agrees(
            b in any_bucket(), due in prop_oneof![any::<u64>(), 0u64..1_000],
            now in prop_oneof![any::<i64>(), 0i64..2_000]
        ) {
            let elapsed = (i128::from(now) - i128::from(b.updated_at)).max(0) as u128;
            let level = (u128::from(b.level) + elapsed * u128::from(b.refill_per_second))
                .min(u128::from(b.capacity)) as u64;
            let half = u128::from(b.capacity).div_ceil(2);
            match b.take(due, now) {
                Ok((after, paid)) => {
                    prop_assert_eq!(paid, due.min(level));
                    prop_assert!(paid == due || (u128::from(level) >= half && level > 0));
                    prop_assert_eq!(after.level, level - paid);
                    prop_assert_eq!(after.updated_at, b.updated_at.max(now));
                    prop_assert_eq!(after.capacity, b.capacity);
                    prop_assert_eq!(after.refill_per_second, b.refill_per_second);
                }
                Err(retry) => {
                    prop_assert!(due > level && (u128::from(level) < half || level == 0));
                    if retry.unix == i64::MAX {
                        prop_assert_eq!(retry.seconds, u64::MAX);
                        // It is not available even in the last second of time.
                        prop_assert!(b.take(due, i64::MAX - 1).is_err());
                    } else {
                        prop_assert_eq!(i128::from(retry.unix) - i128::from(now), i128::from(retry.seconds));
                        prop_assert!(retry.seconds > 0);
                        prop_assert!(b.take(due, retry.unix).is_ok());
                        prop_assert!(b.take(due, retry.unix - 1).is_err());
                    }
                }
            }
        }

        #[test]
        fn never_pays_more_than_capacity_and_refill(
            capacity in 0u64..10_000, refill in 0u64..100,
            claims in proptest::collection::vec((0u64..20_000, 0i64..50), 0..60)
        ) {
            let mut b = Limiter { capacity, refill_per_second: refill, level: capacity, updated_at: 0 };
            let (mut now, mut total) = (0i64, 0u64);
            for (due, step) in claims {
                now += step;
                if let Ok((after, paid)) = b.take(due, now) {
                    b = after;
                    total += paid;
                }
                prop_assert!(b.level <= b.capacity);
            }
            prop_assert!(total <= capacity + refill * now as u64);
        }
    }
}
