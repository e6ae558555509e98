use node_rewards::errors::NodeRewardsError::*;
use node_rewards::state::NetworkTermsChange;
use wayfare_program::scope::MAX_PAUSE;
use wayfare_tests::rewards::instruction::{self, update_network};
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, LIFETIMES, TERMS};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

const HOUR: i64 = 3_600;

#[test]
fn time_1_the_end_of_an_epoch() {
    for (late, due) in [(-1, Some(EpochNotOver)), (0, None), (1, None)] {
        let mut world = World::at(Stage::Funded, TokenProgram::Spl);
        world.chain.set_time(world.state().epoch_ends_at + late);
        match due {
            Some(due) => world.chain.refuse(world.net.propose(), due),
            None => drop(world.chain.accept(world.net.propose())),
        }
    }
}

#[test]
fn time_1_the_end_of_the_challenge_period() {
    for (late, due) in [(-1, Some(ChallengePeriod)), (0, None), (1, None)] {
        let mut world = World::at(Stage::Approved, TokenProgram::Spl);
        world
            .chain
            .set_time(world.epoch().approved_at + CHALLENGE_PERIOD + late);
        match due {
            Some(due) => world.chain.refuse(world.net.activate(), due),
            None => drop(world.chain.accept(world.net.activate())),
        }
    }
}

#[test]
fn time_1_the_end_of_a_pause() {
    for (late, due) in [(-1, Some(Paused)), (0, None), (1, None)] {
        let mut world = World::at(Stage::Funded, TokenProgram::Spl);
        let until = world.chain.now() + MAX_PAUSE;
        world.chain.accept(world.net.pause(until));
        world.chain.set_time(until + late);
        match due {
            Some(due) => world.chain.refuse(world.net.fund(1), due),
            None => drop(world.chain.accept(world.net.fund(1))),
        }
    }
}

/// Owner 0 is due 100,000, and an empty bucket gets 12 a second: 8,333 seconds bring 99,996.
#[test]
fn time_1_the_refill_of_the_limiter() {
    for (seconds, due) in [(8_333, Some(OutflowLimited)), (8_334, None), (8_335, None)] {
        let mut world = World::at(Stage::Active, TokenProgram::Spl);
        let net = world.net.clone();
        for limiter_capacity in [1, TERMS.limiter_capacity].map(Some) {
            let change = NetworkTermsChange {
                limiter_capacity,
                ..Default::default()
            };
            world
                .chain
                .accept(update_network(net.address, net.authority, change));
        }
        // Owner 2 takes the only unit that is left.
        world.chain.accept(net.claim(2));
        assert_eq!(world.state().limiter_level, 0);
        world.chain.pass(seconds);
        match due {
            Some(due) => world.chain.refuse(net.claim(0), due),
            None => drop(world.chain.accept(net.claim(0))),
        }
    }
}

/// Validators agree on a clock that may go back a little. No deadline opens twice, and no limiter refills twice.
#[test]
fn time_2_the_clock_an_hour_back() {
    let mut world = World::at(Stage::Approved, TokenProgram::Spl);
    let net = world.net.clone();
    let approved = world.chain.now();
    world.chain.set_time(approved + CHALLENGE_PERIOD);
    world.chain.set_time(approved + CHALLENGE_PERIOD - HOUR);
    world.chain.refuse(net.activate(), ChallengePeriod);
    world.chain.set_time(approved + CHALLENGE_PERIOD);
    world.chain.accept(net.activate());

    // The bucket is emptied at the hour, and the clock goes back before it.
    for index in 0..5 {
        world.chain.accept(net.claim(index));
    }
    let level = world.state().limiter_level;
    assert_eq!(level, TERMS.limiter_capacity - net.ledger.total());
    let hour = world.chain.now();
    world.net.ledger = net.ledger.next(&[10]);
    let net = world.net.clone();
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());
    world.chain.set_time(hour - HOUR);
    world.chain.accept(net.claim(0));
    let state = world.state();
    assert_eq!(
        (state.limiter_level, state.limiter_updated_at),
        (level - 10, hour)
    );
    // Up to the hour, the refill was there already.
    world.chain.set_time(hour);
    let change = NetworkTermsChange::default();
    world
        .chain
        .accept(update_network(net.address, net.authority, change));
    assert_eq!(world.state().limiter_level, level - 10);
    world.chain.set_time(hour + 1);
    world
        .chain
        .accept(update_network(net.address, net.authority, change));
    assert_eq!(
        world.state().limiter_level,
        level - 10 + TERMS.limiter_refill
    );
}

/// A pause neither ends earlier nor can be set for longer when the clock goes back.
#[test]
fn time_2_a_pause_and_the_clock_an_hour_back() {
    let World { mut chain, net } = World::at(Stage::Funded, TokenProgram::Spl);
    let start = chain.now();
    chain.accept(net.pause(start + MAX_PAUSE));
    chain.set_time(start - HOUR);
    chain.refuse(net.pause(start + MAX_PAUSE), BadPause);
    chain.refuse(net.fund(1), Paused);
    chain.set_time(start + MAX_PAUSE);
    chain.accept(net.fund(1));
    chain.set_time(start + MAX_PAUSE - HOUR);
    chain.refuse(net.fund(1), Paused);
}

/// A proposal that was approved keeps the time of its approval.
#[test]
fn time_2_an_approval_and_the_clock_an_hour_back() {
    let mut world = World::at(Stage::Approved, TokenProgram::Spl);
    let approved = world.epoch().approved_at;
    world.chain.set_time(approved - HOUR);
    world.chain.accept(world.net.approve(2));
    assert_eq!(world.epoch().approved_at, approved);
    world.chain.set_time(approved - HOUR + CHALLENGE_PERIOD);
    world.chain.refuse(world.net.activate(), ChallengePeriod);
}

#[test]
fn time_3_durations_without_end() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let update = |change| update_network(net.address, net.authority, change);
    for forever in [i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
        let none = NetworkTermsChange::default;
        let length = NetworkTermsChange {
            epoch_length: Some(forever),
            ..none()
        };
        chain.refuse(update(length), BadEpochLength);
        let period = NetworkTermsChange {
            challenge_period: Some(forever),
            ..none()
        };
        chain.refuse(update(period), BadChallengePeriod);
    }
    chain.refuse(net.pause(i64::MAX), BadPause);
    chain.refuse(net.pause(i64::MIN), BadPause);
    chain.accept(net.pause(chain.now() + MAX_PAUSE));
}

/// The last second that a clock can show. What would end after it is refused; nothing wraps around.
#[test]
fn time_3_the_end_of_time() {
    let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
    chain.set_time(i64::MAX - EPOCH_LENGTH + 1);
    chain.refuse(net.create(), Overflow);
    chain.set_time(i64::MAX - EPOCH_LENGTH);
    chain.accept([net.create(), net.fund(1_000_000), net.create_page(0)]);
    chain.set_time(i64::MAX);
    chain.accept([net.propose(), net.approve(1)]);
    chain.refuse(net.activate(), Overflow);
    // No later second is left to pause until.
    chain.refuse(net.pause(i64::MAX), BadPause);
    chain.set_time(i64::MAX - 1);
    chain.accept(net.pause(i64::MAX));

    // What is in force goes on paying.
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    world.chain.set_time(i64::MAX);
    world.chain.accept(world.net.claim(0));
    let state = world.state();
    assert_eq!(state.limiter_updated_at, i64::MAX);
    assert_eq!(state.limiter_level, TERMS.limiter_capacity - LIFETIMES[0]);
}

/// The activation of an epoch whose next end is past the end of time.
#[test]
fn time_3_an_epoch_that_would_never_end() {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let net = world.net.clone();
    world
        .chain
        .set_time(i64::MAX - EPOCH_LENGTH - CHALLENGE_PERIOD);
    world
        .chain
        .accept([net.create(), net.fund(1_000_000), net.create_page(0)]);
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.refuse(net.activate(), Overflow);
    let shorter = NetworkTermsChange {
        epoch_length: Some(CHALLENGE_PERIOD as u64),
        limiter_refill: Some(1_000),
        ..Default::default()
    };
    world.chain.accept(instruction::update_network(
        net.address,
        net.authority,
        shorter,
    ));
    world.chain.accept(net.activate());
    assert_eq!(world.state().epoch_ends_at, i64::MAX);
}
