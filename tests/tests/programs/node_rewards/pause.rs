use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::PauseChanged;
use wayfare_program::scope::MAX_PAUSE;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn lasts_until_a_time() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let net = world.net.clone();
    let mut old = 0;
    // A guardian may also lengthen and shorten its pause.
    for seconds in [MAX_PAUSE, 1, 100] {
        let until = world.chain.now() + seconds;
        let event = world.changes(net.pause(until), &[], |network| {
            network.scope.paused_until = until
        });
        assert_eq!(
            event,
            Event::PauseChanged(PauseChanged {
                network: net.address,
                sequence: world.state().scope.sequence,
                old,
                new: until,
                by: net.guardian,
            })
        );
        old = until;
    }
    world.chain.refuse(net.fund(1), Paused);
    world.chain.set_time(old - 1);
    world.chain.refuse(net.fund(1), Paused);
    world.chain.set_time(old);
    world.chain.accept(net.fund(1));
}

#[test]
fn neither_in_the_past_nor_too_long() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let now = chain.now();
    for until in [i64::MIN, -1, 0, now - 1, now, now + MAX_PAUSE + 1, i64::MAX] {
        chain.refuse(net.pause(until), BadPause);
    }
    chain.accept(net.pause(now + 1));
}

#[test]
fn only_the_guardian() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let until = chain.now() + 1;
    for other in [net.authority, net.publishers[0], net.operator, net.owner(0)] {
        chain.refuse(
            instruction::governed(net.address).pause(other, until),
            NotGuardian,
        );
    }
    chain.accept(net.pause(until));
}
