//! The reward policy: an epoch's emission, and how it is shared among nodes.
//!
//! ```toml
//! emission = "125000.5"   # tokens, as a string so that they stay exact
//! node_cap = "50"         # optional: the most that one node gets, in tokens
//!
//! [weights]               # basis points of the emission, 10,000 in all
//! uptime = 5000
//! traffic = 4000
//! check_ins = 1000
//! ```
//!
//! Each weight makes a pool, and each pool is shared in proportion to one metric. Every base unit of a
//! pool is given out: the remainder of the division goes to the largest fractions (the method of
//! Hamilton), and between equal ones to the node that comes first. Pools whose metric nobody has, and
//! rewards above a node's cap, are withheld: they stay in the vault, unissued.

use super::{Metrics, Reward};
use crate::amount::{self, AmountError};
use rayon::prelude::*;
use serde::Deserialize;
use std::num::NonZero;
use thiserror::Error;

/// Basis points in the whole.
pub const BASIS_POINTS: u16 = 10_000;

/// A policy, in base units of the mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The epoch's emission.
    pub emission: u64,
    /// How it is divided among the pools.
    pub weights: Weights,
    /// The most that one node gets in an epoch.
    pub node_cap: Option<u64>,
}

/// The pools' parts of the emission, in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// Shared by seconds of uptime.
    pub uptime: u16,
    /// Shared by bytes carried.
    pub traffic: u16,
    /// Shared by check-ins.
    pub check_ins: u16,
}

/// Why a text is not a policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PolicyError {
    /// Not TOML, a key is missing or unknown, or a value has the wrong type.
    #[error("the policy cannot be read: {0}")]
    Syntax(String),
    /// An amount is not valid for this mint.
    #[error("the policy's {key}: {source}")]
    Amount {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        source: AmountError,
    },
    /// The weights do not add up to the whole.
    #[error(
        "the policy's weights add up to {sum} basis points (uptime {} + traffic {} + check_ins {}); \
         make them 10000",
        weights.uptime, weights.traffic, weights.check_ins
    )]
    Weights {
        /// Their sum.
        sum: u32,
        /// The weights given.
        weights: Weights,
    },
}

/// The policy as written in its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyText {
    emission: String,
    node_cap: Option<String>,
    weights: Weights,
}

/// The rewards that a policy gives out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// One reward per node, in the order of the nodes.
    pub rewards: Vec<Reward>,
    /// The sum of their totals, in base units.
    pub issued: u64,
    /// The amount that stays in the vault. Issued and withheld add up to the emission.
    pub withheld: Withheld,
}

/// The part of the emission that nobody gets, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withheld {
    /// Pools whose metric no node has.
    pub empty_pools: u64,
    /// Rewards above the nodes' cap.
    pub above_cap: u64,
}

impl Withheld {
    /// All of it.
    pub fn total(&self) -> u64 {
        // Both are parts of one emission, which is a u64.
        self.empty_pools.saturating_add(self.above_cap)
    }
}

impl Policy {
    /// Reads a policy for a mint with the given decimals.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] names the key, and for syntax the line.
    pub fn parse(text: &str, decimals: u8) -> Result<Self, PolicyError> {
        let text: PolicyText =
            toml::from_str(text).map_err(|e| PolicyError::Syntax(e.to_string()))?;
        let units = |key, text: &str| {
            amount::parse(text, decimals).map_err(|source| PolicyError::Amount { key, source })
        };
        let weights = text.weights;
        let sum = [weights.uptime, weights.traffic, weights.check_ins]
            .map(u32::from)
            .iter()
            .sum();
        if sum != u32::from(BASIS_POINTS) {
            return Err(PolicyError::Weights { sum, weights });
        }
        Ok(Self {
            emission: units("emission", &text.emission)?,
            node_cap: text
                .node_cap
                .map(|cap| units("node_cap", &cap))
                .transpose()?,
            weights,
        })
    }

    /// Shares the emission among nodes. Their order breaks ties: owner index first, then device key.
    /// `metrics` returns a node's metrics.
    pub fn allocate<T: Sync>(
        &self,
        nodes: &[T],
        metrics: impl Fn(&T) -> &Metrics + Sync,
    ) -> Allocation {
        let column = |metric: fn(&Metrics) -> u64| -> Vec<u64> {
            nodes.par_iter().map(|node| metric(metrics(node))).collect()
        };
        let weights = [
            self.weights.uptime,
            self.weights.traffic,
            self.weights.check_ins,
        ]
        .map(u64::from);
        let [uptime_pool, traffic_pool, check_ins_pool] = pools(self.emission, weights);

        let mut empty_pools = 0u64;
        let mut share = |pool: u64, parts: Vec<u64>| match split(pool, &parts) {
            Some(shares) => shares,
            None => {
                empty_pools = empty_pools.saturating_add(pool);
                vec![0; parts.len()]
            }
        };
        let uptime = share(uptime_pool, column(|m| m.uptime_seconds));
        let traffic = share(traffic_pool, column(|m| m.bytes_carried));
        let check_ins = share(check_ins_pool, column(|m| m.check_ins));

        let cap = self.node_cap.unwrap_or(u64::MAX);
        let rewards: Vec<Reward> = uptime
            .into_par_iter()
            .zip(traffic)
            .zip(check_ins)
            .map(|((uptime, traffic), check_ins)| Reward {
                uptime,
                traffic,
                check_ins,
                // No overflow: together at most the emission.
                total: uptime
                    .saturating_add(traffic)
                    .saturating_add(check_ins)
                    .min(cap),
            })
            .collect();
        // No overflow: at most the emission.
        let issued: u64 = rewards.par_iter().map(|r| r.total).sum();
        let above_cap = self
            .emission
            .saturating_sub(empty_pools)
            .saturating_sub(issued);
        Allocation {
            rewards,
            issued,
            withheld: Withheld {
                empty_pools,
                above_cap,
            },
        }
    }
}

/// The emission divided among the pools.
fn pools(emission: u64, weights: [u64; 3]) -> [u64; 3] {
    // Weights that add up to 10,000 are not all zero, and three parts make three shares.
    split(emission, &weights)
        .and_then(|shares| shares.try_into().ok())
        .unwrap_or_default()
}

/// Splits `pool` in proportion to `parts`, by largest remainder.
///
/// Each gets `pool × part ÷ Σ parts` rounded down. What is left, fewer units than there are parts, goes
/// one each to the parts with the largest remainders, and among equals to those that come first. The shares
/// add up to `pool` exactly; a part of zero gets nothing. `None` if all parts are zero.
pub fn split(pool: u64, parts: &[u64]) -> Option<Vec<u64>> {
    let sum = NonZero::new(parts.par_iter().map(|part| u128::from(*part)).sum::<u128>())?;
    let (mut shares, rests): (Vec<u64>, Vec<u128>) = parts
        .par_iter()
        .with_min_len(1 << 10)
        .map(|part| {
            // No overflow: 64 bits by 64 bits.
            let product = u128::from(pool).saturating_mul(u128::from(*part));
            // At most `pool`, because the part is at most the sum.
            let share = u64::try_from(product / sum).unwrap_or(pool);
            (share, product % sum)
        })
        .unzip();

    let given = shares.par_iter().sum::<u64>();
    let left = usize::try_from(pool.saturating_sub(given)).ok()?;
    if let Some(last) = left.checked_sub(1) {
        // The remainders add up to `left × sum` and each is below the sum: more than `left` of them are not
        // zero, so no part of zero is among the first.
        let mut order: Vec<(u128, usize)> = rests
            .into_iter()
            .enumerate()
            .filter(|(_, rest)| *rest != 0)
            .map(|(at, rest)| (rest, at))
            .collect();
        if order.len() > last {
            order.select_nth_unstable_by(last, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        }
        for (_, at) in order.into_iter().take(left) {
            if let Some(share) = shares.get_mut(at) {
                *share = share.saturating_add(1);
            }
        }
    }
    Some(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = r#"
        emission = "125000.5"
        node_cap = "50"
        [weights]
        uptime = 5000
        traffic = 4000
        check_ins = 1000
    "#;

    fn policy(emission: u64, node_cap: Option<u64>, weights: [u16; 3]) -> Policy {
        let [uptime, traffic, check_ins] = weights;
        Policy {
            emission,
            node_cap,
            weights: Weights {
                uptime,
                traffic,
                check_ins,
            },
        }
    }

    fn metrics(uptime_seconds: u64, bytes_carried: u64, check_ins: u64) -> Metrics {
        Metrics {
            uptime_seconds,
            bytes_carried,
            sessions: 1,
            check_ins,
        }
    }

    #[test]
    fn a_policy_is_read_exactly() {
        assert_eq!(
            Policy::parse(TEXT, 6),
            Ok(policy(
                125_000_500_000,
                Some(50_000_000),
                [5_000, 4_000, 1_000]
            ))
        );
        let without_cap = TEXT.replace("node_cap", "# node_cap");
        assert_eq!(Policy::parse(&without_cap, 6).unwrap().node_cap, None);
    }

    #[test]
    fn a_wrong_policy_says_what_is_wrong() {
        let error = |from: &str, to: &str| {
            assert!(TEXT.contains(from));
            Policy::parse(&TEXT.replace(from, to), 6)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("1000\n", "1001\n"),
            "the policy's weights add up to 10001 basis points (uptime 5000 + traffic 4000 + check_ins \
             1001); make them 10000"
        );
        assert!(error("1000\n", "999\n").contains("9999 basis points"));
        assert!(error("uptime = 5000", "uptime = 70000").contains("70000"));
        assert!(error("uptime = 5000", "uptime = -1").contains("-1"));
        assert!(error("uptime = 5000", "up = 5000").contains("unknown field `up`"));
        assert!(error("uptime = 5000", "").contains("missing field `uptime`"));
        assert!(error("node_cap", "nod_cap").contains("unknown field `nod_cap`"));
        assert!(error("emission", "# ").contains("missing field `emission`"));
        assert!(error("\"125000.5\"", "125000.5").contains("expected a string"));
        assert!(error("\"125000.5\"", "125000").contains("expected a string"));
        assert!(error("125000.5", "1.1234567").contains("emission: \"1.1234567\" has 7 digits"));
        assert!(error("\"50\"", "\"-50\"").contains("node_cap: \"-50\" is not a decimal amount"));
        assert!(error("[weights]", "[weights").contains("cannot be read"));
        assert!(Policy::parse("", 6).is_err());
    }

    #[test]
    fn a_split_by_hand() {
        // 10 over 1:1:1 leaves one unit, and three equal fractions: the first gets it.
        assert_eq!(split(10, &[1, 1, 1]), Some(vec![4, 3, 3]));
        // Quotas 1.67, 3.33, 5.0.
        assert_eq!(split(10, &[1, 2, 3]), Some(vec![2, 3, 5]));
        // Quotas 0.5, 0, 0.5: the zero in between gets nothing.
        assert_eq!(split(1, &[1, 0, 1]), Some(vec![1, 0, 0]));
        assert_eq!(split(0, &[1, 2]), Some(vec![0, 0]));
        assert_eq!(split(10, &[0, 0]), None);
        assert_eq!(split(10, &[]), None);
        assert_eq!(split(u64::MAX, &[u64::MAX; 3]), {
            Some(vec![u64::MAX / 3; 3])
        });
        assert_eq!(split(u64::MAX, &[u64::MAX, 1]), Some(vec![u64::MAX - 1, 1]));
    }

    #[test]
    fn pools_that_nobody_earned_and_rewards_above_the_cap_are_withheld() {
        let p = policy(1_000, Some(300), [5_000, 4_000, 1_000]);
        // Uptime 500: 400 and 100. Traffic 400: nobody. Check-ins 100: all to the second.
        let nodes = [metrics(4, 0, 0), metrics(1, 0, 7)];
        let allocation = p.allocate(&nodes, |m| m);
        assert_eq!(
            allocation,
            Allocation {
                rewards: vec![
                    Reward {
                        uptime: 400,
                        traffic: 0,
                        check_ins: 0,
                        total: 300
                    },
                    Reward {
                        uptime: 100,
                        traffic: 0,
                        check_ins: 100,
                        total: 200
                    },
                ],
                issued: 500,
                withheld: Withheld {
                    empty_pools: 400,
                    above_cap: 100
                },
            }
        );
        assert_eq!(allocation.withheld.total(), 500);
        let nobody: [Metrics; 0] = [];
        assert_eq!(p.allocate(&nobody, |m| m).withheld.empty_pools, 1_000);
    }

    #[test]
    fn the_emission_is_divided_over_the_pools_exactly() {
        assert_eq!(pools(10, [3_333, 3_333, 3_334]), [3, 3, 4]);
        assert_eq!(pools(1, [5_000, 5_000, 0]), [1, 0, 0]);
        assert_eq!(pools(u64::MAX, [9_999, 1, 0])[2], 0);
        assert_eq!(pools(7, [0, 10_000, 0]), [0, 7, 0]);
    }

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), Just(u64::MAX), 0u64..10, any::<u64>()]
    }

    /// The definition, by sorting all.
    fn split_by_definition(pool: u64, parts: &[u64]) -> Option<Vec<u64>> {
        let sum: u128 = parts.iter().map(|p| u128::from(*p)).sum();
        if sum == 0 {
            return None;
        }
        let mut shares: Vec<u64> = vec![];
        let mut order = vec![];
        for (at, part) in parts.iter().enumerate() {
            let product = u128::from(pool) * u128::from(*part);
            shares.push((product / sum) as u64);
            order.push((std::cmp::Reverse(product % sum), at));
        }
        order.sort();
        let left = pool - shares.iter().sum::<u64>();
        for (_, at) in order.iter().take(left as usize) {
            shares[*at] += 1;
        }
        Some(shares)
    }

    proptest! {
        #[test]
        fn shares_add_up_and_follow_the_definition(
            pool in number(), parts in proptest::collection::vec(number(), 0..50)
        ) {
            let shares = split(pool, &parts);
            prop_assert_eq!(&shares, &split_by_definition(pool, &parts));
            if let Some(shares) = shares {
                prop_assert_eq!(shares.iter().map(|s| u128::from(*s)).sum::<u128>(), u128::from(pool));
                for (share, part) in shares.iter().zip(&parts) {
                    prop_assert!(*part != 0 || *share == 0);
                }
            }
        }

        #[test]
        fn the_books_of_an_allocation_balance(
            emission in number(), cap in proptest::option::of(number()),
            cut in 0u16..=10_000, cut2 in 0u16..=10_000,
            nodes in proptest::collection::vec((number(), number(), number()), 0..40)
        ) {
            let (low, high) = (cut.min(cut2), cut.max(cut2));
            let p = policy(emission, cap, [low, high - low, 10_000 - high]);
            let nodes: Vec<Metrics> = nodes.into_iter().map(|(u, t, c)| metrics(u, t, c)).collect();
            let allocation = p.allocate(&nodes, |m| m);
            prop_assert_eq!(allocation.rewards.len(), nodes.len());
            let total: u128 = allocation.rewards.iter().map(|r| u128::from(r.total)).sum();
            prop_assert_eq!(total, u128::from(allocation.issued));
            prop_assert_eq!(
                u128::from(allocation.issued) + u128::from(allocation.withheld.total()),
                u128::from(emission)
            );
            let shares: u128 = allocation.rewards.iter()
                .map(|r| u128::from(r.uptime) + u128::from(r.traffic) + u128::from(r.check_ins))
                .sum();
            prop_assert_eq!(shares, u128::from(emission - allocation.withheld.empty_pools));
            for reward in &allocation.rewards {
                let shares = reward.uptime + reward.traffic + reward.check_ins;
                prop_assert_eq!(reward.total, shares.min(cap.unwrap_or(u64::MAX)));
            }
        }

        #[test]
        fn more_of_a_metric_never_earns_less(pool in number(), parts in proptest::collection::vec(number(), 2..30)) {
            if let Some(shares) = split(pool, &parts) {
                for (i, a) in parts.iter().enumerate() {
                    for (j, b) in parts.iter().enumerate() {
                        if a > b {
                            prop_assert!(shares[i] >= shares[j], "{} {}", i, j);
                        }
                    }
                }
            }
        }
    }
}
