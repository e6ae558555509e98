//! Deadlines a second before, at and after stand in `programs/roaming_escrow/`; here: clocks that go astray.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::state::Side;
use wayfare_tests::roaming::hub::{STATEMENT_WINDOW, WITHDRAWAL_NOTICE, usage};
use wayfare_tests::roaming::world::{RECORDS, Stage, World};
use wayfare_tests::token::TokenProgram;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

/// The clock an hour back: nothing that was due is due twice, and nothing is due earlier.
#[test]
fn time_2_the_clock_an_hour_back() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    world.chain.pass(STATEMENT_WINDOW);
    world.chain.accept(deal.deem_accepted(Side::First, 0));
    world.chain.pass(-3_600);
    world
        .chain
        .refuse(deal.deem_accepted(Side::First, 0), WrongState);
    world
        .chain
        .refuse(deal.accept_statement(Side::First, 0), WrongState);
    world
        .chain
        .refuse(deal.deem_accepted(Side::Second, 0), TooEarly);
    world.chain.accept(deal.accept_statement(Side::Second, 0));
    world.chain.accept(deal.settle(0));
    world.chain.accept(deal.close(Side::First));
    world.chain.pass(WITHDRAWAL_NOTICE);
    world.chain.accept(deal.withdraw(Side::First));
    world.chain.pass(-3_600);
    // An end that somebody used stays: what was stated now could never be settled beside a closed statement.
    world.chain.refuse(
        deal.state(Side::First, 1, usage(RECORDS, 1, 5)),
        AgreementClosed,
    );
    world.chain.accept(deal.withdraw(Side::Second));
}

/// The end of time: what no clock can hold is refused, and nothing wraps.
#[test]
fn time_3_the_end_of_time() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    world.chain.set_time(i64::MAX);
    world
        .chain
        .refuse(deal.state(Side::First, 1, usage(RECORDS, 1, 5)), Overflow);
    world.chain.refuse(deal.request(Side::First, 5), Overflow);
    world.chain.refuse(deal.close(Side::First), Overflow);
    for &home in Side::ALL {
        world.chain.accept(deal.deem_accepted(home, 0));
    }
    world.chain.accept(deal.settle(0));
}
