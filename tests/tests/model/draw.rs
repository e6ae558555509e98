//! What random operations are drawn from, the same for each program.

use proptest::prelude::*;

/// Seconds from now to an instant of a model or a second beside it. The next instant has the weight `next`, any of those
/// to come `any`.
pub fn to_instant(
    mut instants: Vec<i128>,
    now: i128,
    next: u32,
    any: u32,
) -> impl Strategy<Value = i64> + use<> {
    instants.retain(|at| *at >= now - 1);
    instants.push(now + 100);
    instants.sort();
    let first = instants[0];
    let instant = prop_oneof![next => Just(first), any => proptest::sample::select(instants)];
    (instant, -1..=1i128).prop_map(move |(at, beside)| (at + beside - now) as i64)
}

/// Operations that a deadline decides now, with their weight; `otherwise` where there are none. Those that are refused on
/// this side come more often: they leave the other side to come.
pub fn decided<Op: Clone>(
    mut decided: Vec<Op>,
    is_refused: impl Fn(&Op) -> bool,
    weight: u32,
    otherwise: Op,
) -> (u32, Vec<Op>) {
    if decided.is_empty() {
        return (1, vec![otherwise]);
    }
    let refused = decided.iter().filter(|op| is_refused(op)).cloned();
    let twice: Vec<Op> = refused.flat_map(|op| [op.clone(), op]).collect();
    decided.extend(twice);
    (weight, decided)
}

/// A wallet, or else the vault.
pub fn wallet_or_vault(wallets: usize) -> impl Strategy<Value = Option<usize>> {
    prop_oneof![1 => Just(None), 4 => (0..wallets).prop_map(Some)]
}
