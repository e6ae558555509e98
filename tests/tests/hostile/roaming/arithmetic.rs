//! Amounts at their edges, and what rounding could be made to give away.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::state::Side;
use wayfare_tests::roaming::hub::{AgreementFixture, FEE_BPS, usage};
use wayfare_tests::roaming::world::{DEPOSIT, Stage, TOKENS, World};
use wayfare_tests::token::TokenProgram;

const EDGES: [u64; 6] = [0, 1, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, u64::MAX];

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

fn settle_first(deal: &AgreementFixture, period: u32) -> solana_instruction::Instruction {
    deal.settle_with(period, Some(deal.statement(Side::First, period)), None)
}

/// 0, 1, 2³² ± 1 and the largest number as every amount: what is carried out keeps the books, which
/// [`wayfare_tests::roaming::books`] checks each time.
#[test]
fn arithmetic_1_edges_in_every_amount() {
    for total in EDGES {
        for answer in EDGES {
            let mut world = world(Stage::Funded);
            let deal = world.deal.clone();
            let records = u64::from(total > 0);
            world
                .chain
                .accept(deal.state(Side::First, 0, usage(0, records, total)));
            let counter = deal.counter(Side::First, 0, answer);
            if answer > total {
                world.chain.refuse(counter, CounterAboveTotal);
                continue;
            }
            world.chain.accept(counter);
            let _ = world.chain.attempt(settle_first(&deal, 0));
            world.chain.pass(1_000_000_000);
            let _ = world.chain.attempt(deal.award_by_default(Side::First, 0));
            let _ = world.chain.attempt(settle_first(&deal, 0));
            let statement = world.statement(Side::First, 0);
            assert_eq!(statement.paid, statement.accepted);
            world.chain.accept(deal.deposit(Side::First, 1));
        }
    }
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    for amount in EDGES {
        for call in [
            deal.deposit(Side::First, amount),
            deal.request(Side::First, amount),
        ] {
            let _ = world.chain.attempt(call);
        }
        let _ = world.chain.attempt(deal.redeem(Side::Second, 0, amount));
        let _ = world.chain.attempt(deal.state(
            Side::Second,
            0,
            usage(amount, u64::from(amount > 0), amount),
        ));
    }
}

/// Ten thousand periods of one unit pay no more than one of ten thousand, and the hub loses its fee by it, not a side.
#[test]
fn arithmetic_2_many_small_against_one_large() {
    let mut small = world(Stage::Funded);
    let deal = small.deal.clone();
    let count = 300;
    for period in 0..count {
        let call = [
            deal.state(Side::First, period, usage(u64::from(period), 1, 1)),
            deal.accept_statement(Side::First, period),
            settle_first(&deal, period),
        ];
        small.chain.accept(call);
    }
    let mut large = world(Stage::Funded);
    large
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, count.into())));
    large.chain.accept(deal.accept_statement(Side::First, 0));
    large.chain.accept(settle_first(&deal, 0));
    let fee = u64::from(count) * u64::from(FEE_BPS) / 10_000;
    let moved = u64::from(count);
    assert_eq!(small.balances(), [DEPOSIT - moved, DEPOSIT + moved, 0]);
    assert_eq!(fee, 0);
    assert_eq!(large.balances(), [DEPOSIT - moved, DEPOSIT + moved, 0]);
}

/// All that a side has, out to the last unit.
#[test]
fn arithmetic_4_everything_and_one_more() {
    let mut world = world(Stage::Accepted);
    let deal = world.deal.clone();
    world.chain.accept(deal.deposit(Side::First, TOKENS));
    world
        .chain
        .refuse(deal.redeem(Side::First, 0, TOKENS + 1), AboveBalance);
    world.chain.accept(deal.redeem(Side::First, 0, TOKENS));
    assert_eq!(world.balances(), [0, TOKENS, 0]);
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, TOKENS - 1)));
    world.chain.accept(deal.accept_statement(Side::First, 0));
    world.chain.accept(settle_first(&deal, 0));
    // One unit goes back: too little for a fee.
    assert_eq!(world.balances(), [1, TOKENS - 1, 0]);
}
