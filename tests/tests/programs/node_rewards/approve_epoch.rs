use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::EpochApproved;
use wayfare_client::rewards::address;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::{self, set_publishers};
use wayfare_tests::rewards::network::CHALLENGE_PERIOD;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn counts_once_for_each_publisher() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    let net = world.net.clone();
    let mut epoch = world.epoch();
    for (publisher, approvals) in [(2, 2), (1, 3)] {
        world.chain.pass(10);
        let event = world.changes(net.approve(publisher), &[net.epoch()], |_| {});
        epoch.approvals.push(net.publishers[publisher]);
        // The one that reaches the threshold starts the challenge period; a further one does not start it again.
        if approvals == 2 {
            epoch.approved_at = world.chain.now();
        }
        assert_eq!(world.epoch(), epoch);
        assert_eq!(
            event,
            Event::EpochApproved(EpochApproved {
                network: net.address,
                sequence: world.state().scope.sequence,
                number: 1,
                root: net.ledger.root(),
                publisher: net.publishers[publisher],
                approvals,
                threshold: 2,
            })
        );
    }
}

#[test]
fn the_same_publisher_twice() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    let net = world.net.clone();
    world.chain.refuse(net.approve(0), ApprovedTwice);
    world
        .chain
        .refuse_at([net.approve(1), net.approve(1)], 1, ApprovedTwice);
    world.chain.accept(net.approve(1));
    world.chain.refuse(net.approve(1), ApprovedTwice);
}

#[test]
fn the_root_that_the_publisher_saw() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    let net = world.net.clone();
    // Between looking and approving, the proposal is replaced.
    let approve = net.approve(1);
    world
        .chain
        .accept(net.propose_with(2, |args| args.root = [6; 32]));
    world.chain.refuse(approve, WrongProposal);
    let mut proposal = net.ledger.proposal();
    proposal.root = [6; 32];
    let other = instruction::approve_epoch(net.address, net.publishers[1], proposal);
    world.chain.accept(other);
}

/// A root says nothing of the totals beside it: with others, the same root would lock claims out.
#[test]
fn the_same_root_with_anything_else_changed() {
    let changes: [fn(&mut node_rewards::state::Proposal); 3] = [
        |args| args.lifetime_total -= 1,
        |args| args.data_hash = [6; 32],
        |args| (args.leaf_count, args.depth) = (1 << 21, 21),
    ];
    for change in changes {
        let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
        let net = world.net.clone();
        let approve = net.approve(1);
        world.chain.accept(net.propose_with(2, change));
        world.chain.refuse(approve, WrongProposal);
        let mut proposal = net.ledger.proposal();
        change(&mut proposal);
        let other = instruction::approve_epoch(net.address, net.publishers[1], proposal);
        world.chain.accept(other);
    }
}

#[test]
fn an_epoch_of_another_network_or_number() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Proposed);
    let net = world.net.clone();
    let approve = net.approve(1).swap(&net.epoch(), &other.epoch());
    world.chain.refuse(approve, WrongNetwork);
    let approve = net
        .approve(1)
        .swap(&net.epoch(), &address::epoch(&net.address, 2));
    world.chain.refuse(
        approve,
        anchor_lang::error::ErrorCode::AccountNotInitialized,
    );
    world.chain.accept(net.approve(1));
}

#[test]
fn what_is_not_proposed() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    world.chain.accept(world.net.veto());
    world.chain.refuse(world.net.approve(1), NotProposed);

    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let first = world.net.approve(2);
    world.chain.refuse(first.clone(), NotProposed);
    world.next_epoch(&[1]);
    world.chain.refuse(first, NotProposed);
}

#[test]
fn under_other_publishers() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    chain.accept(set_publishers(
        net.address,
        net.authority,
        net.publisher_set(),
    ));
    chain.refuse(net.approve(1), PublishersChanged);
    chain.accept(net.propose());
    chain.accept(net.approve(1));
    chain.pass(CHALLENGE_PERIOD);
    chain.accept(net.activate());
}

#[test]
fn only_a_publisher() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    for key in [net.authority, net.guardian, net.operator, net.owner(0)] {
        let approve = instruction::approve_epoch(net.address, key, net.ledger.proposal());
        chain.refuse(approve, NotPublisher);
    }
    chain.accept(net.approve(2));
}

#[test]
fn not_while_paused() {
    let World { mut chain, net } = World::at(Stage::Proposed, TokenProgram::Spl);
    let until = chain.now() + 100;
    chain.accept(net.pause(until));
    chain.refuse(net.approve(1), Paused);
    chain.set_time(until);
    chain.accept(net.approve(1));
}
