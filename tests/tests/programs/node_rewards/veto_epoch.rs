use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::EpochVetoed;
use node_rewards::state::EpochStatus;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::network::CHALLENGE_PERIOD;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn refuses_a_proposal() {
    for stage in [Stage::Proposed, Stage::Approved] {
        let mut world = World::at(stage, TokenProgram::Spl);
        let net = world.net.clone();
        let mut epoch = world.epoch();
        let event = world.changes(net.veto(), &[net.epoch()], |_| {});
        epoch.status = EpochStatus::Vetoed;
        assert_eq!(world.epoch(), epoch);
        assert_eq!(
            event,
            Event::EpochVetoed(EpochVetoed {
                network: net.address,
                sequence: world.state().scope.sequence,
                number: 1,
                root: net.ledger.root(),
            })
        );

        // It can be neither approved nor activated, but proposed again.
        let chain = &mut world.chain;
        chain.refuse(net.approve(2), NotProposed);
        chain.pass(CHALLENGE_PERIOD);
        chain.refuse(net.activate(), NotProposed);
        chain.accept(net.propose());
        chain.refuse(net.activate(), TooFewApprovals);
        chain.accept(net.approve(1));
        chain.refuse(net.activate(), ChallengePeriod);
        chain.pass(CHALLENGE_PERIOD);
        chain.accept(net.activate());
    }
}

/// What is active is owed: nobody takes it back.
#[test]
fn only_a_proposal() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    world.chain.accept(world.net.veto());
    world.chain.refuse(world.net.veto(), NotProposed);

    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let first = world.net.veto();
    world.chain.refuse(first.clone(), NotProposed);
    world.next_epoch(&[1]);
    world.chain.refuse(first, NotProposed);
    world.chain.refuse(world.net.veto(), NotProposed);
}

#[test]
fn an_epoch_of_another_network() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Proposed);
    let mut veto = world.net.veto();
    veto.accounts[1].pubkey = other.epoch();
    world.chain.refuse(veto, WrongNetwork);
    world.chain.accept(world.net.veto());
}

#[test]
fn only_the_guardian() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    for other in [net.authority, net.publishers[0], net.operator] {
        chain.refuse(instruction::veto_epoch(net.address, other, 1), NotGuardian);
    }
    chain.accept(net.veto());
}

/// A stolen key must be stoppable at any time.
#[test]
fn while_paused() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    let until = chain.now() + 100;
    chain.accept([net.pause(until), net.veto()]);
}

#[test]
fn not_by_a_replaced_guardian() {
    let World { mut chain, mut net } = World::at(Stage::Approved, TokenProgram::Spl);
    let guardian = person("new guardian");
    chain.accept(instruction::governed(net.address).set_guardian(net.authority, guardian));
    chain.refuse(net.veto(), NotGuardian);
    net.guardian = guardian;
    chain.accept(net.veto());
}
