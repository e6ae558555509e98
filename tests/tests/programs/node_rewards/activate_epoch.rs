use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::EpochActivated;
use node_rewards::state::{Epoch, EpochStatus, NetworkTermsChange};
use solana_instruction::AccountMeta;
use wayfare_client::rewards::address;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::{set_publishers, update_network};
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, NetworkFixture};
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// An approved first epoch whose challenge period is over.
fn ready(token: TokenProgram) -> World {
    let mut world = World::at(Stage::Approved, token);
    world.chain.pass(CHALLENGE_PERIOD);
    world
}

/// The same of the second epoch, in which each owner earned 7 more.
fn ready_again(stage: Stage) -> World {
    let mut world = World::at(stage, TokenProgram::Spl);
    world.net.ledger = world.net.ledger.next(&[7; 5]);
    world.chain.pass(EPOCH_LENGTH);
    world
        .chain
        .accept([world.net.propose(), world.net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world
}

#[test]
fn puts_the_first_epoch_in_force() {
    for token in TokenProgram::ALL {
        let mut world = ready(token);
        let net = world.net.clone();
        let (mut epoch, now) = (world.epoch(), world.chain.now());
        let event = world.changes(net.activate(), &[net.epoch()], |network| {
            network.active_epoch = 1;
            network.root = net.ledger.root();
            network.depth = 3;
            network.leaf_count = 5;
            network.lifetime_total = 1_000_000;
            network.epoch_ends_at += EPOCH_LENGTH;
        });
        epoch.status = EpochStatus::Active;
        epoch.activated_at = now;
        assert_eq!(world.epoch(), epoch);
        assert_eq!(
            event,
            Event::EpochActivated(EpochActivated {
                network: net.address,
                sequence: world.state().scope.sequence,
                number: 1,
                root: net.ledger.root(),
                leaf_count: 5,
                lifetime_total: 1_000_000,
                claimed_total: 0,
                vault_balance: FUNDED,
            })
        );
    }
}

#[test]
fn supersedes_the_epoch_before() {
    let mut world = ready_again(Stage::Claimed);
    let net = world.net.clone();
    let first = address::epoch(&net.address, 1);
    let mut before: Epoch = world.chain.read(&first);
    let event = world.changes(net.activate(), &[net.epoch(), first], |network| {
        network.active_epoch = 2;
        network.root = net.ledger.root();
        network.lifetime_total = 1_000_035;
        network.epoch_ends_at += EPOCH_LENGTH;
    });
    before.status = EpochStatus::Superseded;
    assert_eq!(world.chain.read::<Epoch>(&first), before);
    assert_eq!(world.epoch().status, EpochStatus::Active);
    assert_eq!(
        event,
        Event::EpochActivated(EpochActivated {
            network: net.address,
            sequence: world.state().scope.sequence,
            number: 2,
            root: net.ledger.root(),
            leaf_count: 5,
            lifetime_total: 1_000_035,
            claimed_total: 1_000_000,
            vault_balance: FUNDED - 1_000_000,
        })
    );
}

#[test]
fn before_the_approvals() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    world.chain.pass(10 * CHALLENGE_PERIOD);
    world.chain.refuse(world.net.activate(), TooFewApprovals);
    // The challenge period counts from the approval: the proposer's own time buys nothing.
    world.chain.accept(world.net.approve(1));
    world.chain.refuse(world.net.activate(), ChallengePeriod);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(world.net.activate());
}

#[test]
fn before_the_challenge_period_is_over() {
    let mut world = World::at(Stage::Approved, TokenProgram::Spl);
    let approved = world.epoch().approved_at;
    for seconds in [0, 1, CHALLENGE_PERIOD - 1] {
        world.chain.set_time(approved + seconds);
        world.chain.refuse(world.net.activate(), ChallengePeriod);
    }
    world.chain.set_time(approved + CHALLENGE_PERIOD);
    world.chain.accept(world.net.activate());
}

#[test]
fn after_a_veto() {
    let mut world = ready(TokenProgram::Spl);
    world.chain.accept(world.net.veto());
    world.chain.refuse(world.net.activate(), NotProposed);
}

#[test]
fn twice() {
    let mut world = ready(TokenProgram::Spl);
    let activate = world.net.activate();
    world
        .chain
        .refuse_at([activate.clone(), activate.clone()], 1, NotProposed);
    world.chain.accept(activate.clone());
    world.chain.refuse(activate, NotProposed);
    // The second epoch in force, the first cannot come back.
    let mut world = ready_again(Stage::Active);
    let first = address::epoch(&world.net.address, 1);
    world.chain.accept(world.net.activate());
    let again = world.net.activate().swap(&world.net.epoch(), &first);
    world
        .chain
        .refuse(again.swap_at(2, &node_rewards::ID), NotProposed);
}

#[test]
fn with_an_underfunded_vault() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Created, token);
        let net = world.net.clone();
        world.chain.pass(EPOCH_LENGTH);
        world.chain.accept([net.propose(), net.approve(1)]);
        world.chain.pass(CHALLENGE_PERIOD);
        world.chain.refuse(net.activate(), Underfunded);
        world.chain.accept(net.fund(999_999));
        world.chain.refuse(net.activate(), Underfunded);
        world.chain.accept([net.fund(1), net.activate()]);
    }
}

/// What was paid out already is not asked for again.
#[test]
fn with_what_is_left_after_claims() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let mut net = world.net.clone();
    world
        .chain
        .accept([net.fund(1_000_000), net.create_page(0)]);
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());
    world.chain.accept(net.claim(0));
    net.ledger = net.ledger.next(&[3]);
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.refuse(net.activate(), Underfunded);
    world.chain.accept(net.fund(2));
    world.chain.refuse(net.activate(), Underfunded);
    world.chain.accept([net.fund(1), net.activate()]);
}

#[test]
fn above_a_cap_that_was_lowered() {
    let mut world = ready(TokenProgram::Spl);
    let net = world.net.clone();
    let cap = |cap| {
        let change = NetworkTermsChange {
            emission_cap: Some(cap),
            ..Default::default()
        };
        update_network(net.address, net.authority, change)
    };
    world.chain.accept(cap(999_999));
    world.chain.refuse(net.activate(), AboveEmissionCap);
    world.chain.accept([cap(1_000_000), net.activate()]);
}

#[test]
fn under_other_publishers() {
    let mut world = ready(TokenProgram::Spl);
    let net = world.net.clone();
    world.chain.accept(set_publishers(
        net.address,
        net.authority,
        net.publisher_set(),
    ));
    world.chain.refuse(net.activate(), PublishersChanged);
}

/// A proposal for the same number is one account: what was not activated then is gone.
#[test]
fn with_another_number() {
    let mut world = ready_again(Stage::Active);
    let net = world.net.clone();
    let skipped = {
        let mut third = net.clone();
        third.ledger.number = 3;
        third
    };
    world.chain.refuse(skipped.propose(), WrongEpochNumber);
    let missing = net.activate().swap(&net.epoch(), &skipped.epoch());
    world.chain.refuse(
        missing,
        anchor_lang::error::ErrorCode::AccountNotInitialized,
    );

    // A past proposal that never came into force, put there past the program.
    let epoch = world.chain.account(&net.epoch()).unwrap();
    let stale = address::epoch(&net.address, 3);
    world.chain.put(&stale, epoch);
    world.chain.edit(&stale, |account| {
        account.data[41..49].copy_from_slice(&3u64.to_le_bytes())
    });
    let skip = net.activate().swap(&net.epoch(), &stale);
    world.chain.refuse(skip, WrongEpochNumber);
    world.chain.accept(net.activate());
}

#[test]
fn with_another_epoch_before_it() {
    let mut world = ready(TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Active);
    let net = world.net.clone();
    // There is none before the first.
    let mut before = net.activate();
    before.accounts[2] = AccountMeta::new(other.epoch(), false);
    world.chain.refuse(before, WrongNetwork);
    world.chain.accept(net.activate());

    let mut world = ready_again(Stage::Active);
    let other = world.add_network("suburb", Stage::Active);
    let net: NetworkFixture = world.net.clone();
    world.chain.refuse(
        net.activate().swap_at(2, &node_rewards::ID),
        WrongPreviousEpoch,
    );
    world
        .chain
        .refuse(net.activate().swap_at(2, &other.epoch()), WrongNetwork);
    world
        .chain
        .refuse(net.activate().swap_at(2, &net.epoch()), WrongPreviousEpoch);
    world.chain.accept(net.activate());
}

#[test]
fn an_epoch_of_another_network() {
    let mut world = ready(TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Approved);
    world.chain.pass(CHALLENGE_PERIOD);
    let net = world.net.clone();
    world.chain.refuse(
        net.activate().swap(&net.epoch(), &other.epoch()),
        WrongNetwork,
    );
    world
        .chain
        .refuse(net.activate().swap(&net.vault, &other.vault), WrongVault);
    world.chain.accept([net.activate(), other.activate()]);
}

#[test]
fn not_while_paused() {
    let mut world = ready(TokenProgram::Spl);
    let until = world.chain.now() + 100;
    world.chain.accept(world.net.pause(until));
    world.chain.refuse(world.net.activate(), Paused);
    world.chain.set_time(until);
    world.chain.accept(world.net.activate());
}
