use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::PauseChanged;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::governed;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn ends_a_pause_at_once() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let net = world.net.clone();
    let until = world.chain.now() + 1_000;
    world.chain.accept(net.pause(until));
    world.chain.refuse(net.fund(1), Paused);

    let call = governed(net.address).unpause(net.authority);
    let event = world.changes(call, &[], |network| network.scope.paused_until = 0);
    assert_eq!(
        event,
        Event::PauseChanged(PauseChanged {
            network: net.address,
            sequence: world.state().scope.sequence,
            old: until,
            new: 0,
            by: net.authority,
        })
    );
    world.chain.accept(net.fund(1));
}

#[test]
fn without_a_pause() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let call = governed(world.net.address).unpause(world.net.authority);
    world.changes(call, &[], |_| {});
}

#[test]
fn only_the_authority() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let until = chain.now() + 1_000;
    chain.accept(net.pause(until));
    for other in [net.guardian, net.publishers[0], net.operator] {
        chain.refuse(governed(net.address).unpause(other), NotAuthority);
    }
}
