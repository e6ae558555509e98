use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::GuardianChanged;
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::governed;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn replaces_the_guardian() {
    let mut world = World::at(Stage::Approved, TokenProgram::Spl);
    let mut net = world.net.clone();
    let new = person("new guardian");
    let call = governed(net.address).set_guardian(net.authority, new);
    let event = world.changes(call, &[], |network| network.scope.guardian = new);
    assert_eq!(
        event,
        Event::GuardianChanged(GuardianChanged {
            network: net.address,
            sequence: world.state().scope.sequence,
            old: net.guardian,
            new,
        })
    );

    world.chain.refuse(net.veto(), NotGuardian);
    let until = world.chain.now() + 1;
    world.chain.refuse(net.pause(until), NotGuardian);
    net.guardian = new;
    world.chain.accept(net.veto());
    world.chain.accept(net.pause(until));
}

#[test]
fn nobody_is_no_guardian() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    chain.refuse(
        governed(net.address).set_guardian(net.authority, Pubkey::default()),
        ZeroKey,
    );
}

#[test]
fn only_the_authority() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    for other in [net.guardian, net.publishers[0], net.operator] {
        chain.refuse(
            governed(net.address).set_guardian(other, other),
            NotAuthority,
        );
    }
    chain.accept(governed(net.address).set_guardian(net.authority, net.guardian));
}
