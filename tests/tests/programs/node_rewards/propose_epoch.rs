use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::EpochProposed;
use node_rewards::state::{Epoch, EpochStatus};
use solana_system_interface::error::SystemError;
use wayfare_client::rewards::address;
use wayfare_core::merkle::MAX_DEPTH;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::{self, set_publishers};
use wayfare_tests::rewards::ledger::Ledger;
use wayfare_tests::rewards::network::{EPOCH_LENGTH, TERMS};
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// A funded network whose first epoch is over.
fn ready() -> World {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    world.chain.pass(EPOCH_LENGTH);
    world
}

/// The account of a proposal that publisher 0 makes of the ledger now.
fn expected(world: &World) -> Epoch {
    let ledger = &world.net.ledger;
    let proposal = ledger.proposal();
    Epoch {
        version: 1,
        network: world.net.address,
        number: ledger.number,
        root: proposal.root,
        depth: proposal.depth,
        leaf_count: proposal.leaf_count,
        lifetime_total: proposal.lifetime_total,
        data_hash: proposal.data_hash,
        proposer: world.net.publishers[0],
        publisher_set: 1,
        proposed_at: world.chain.now(),
        approved_at: 0,
        activated_at: 0,
        status: EpochStatus::Proposed,
        bump: Epoch::find_address(&world.net.address, ledger.number).1,
        spare: [0; 16],
        approvals: vec![world.net.publishers[0]],
    }
}

#[test]
fn proposes_and_approves_for_the_proposer() {
    let mut world = ready();
    let net = world.net.clone();
    let lamports = world.chain.lamports(&net.operator);
    let event = world.changes(net.propose(), &[net.epoch(), net.operator], |_| {});
    assert_eq!(world.epoch(), expected(&world));
    let rent = world.chain.rent(Epoch::SPACE);
    assert_eq!(world.chain.lamports(&net.operator), lamports - rent);
    let ledger = &net.ledger;
    assert_eq!(
        event,
        Event::EpochProposed(EpochProposed {
            network: net.address,
            sequence: world.state().scope.sequence,
            number: 1,
            root: ledger.root(),
            depth: 3,
            leaf_count: 5,
            lifetime_total: ledger.total(),
            data_hash: ledger.proposal().data_hash,
            proposer: net.publishers[0],
        })
    );
}

/// Where one publisher is enough, the challenge period counts from the proposal.
#[test]
fn the_only_approval_needed() {
    let mut world = ready();
    let mut set = world.net.publisher_set();
    set.threshold = 1;
    let net = &world.net;
    world
        .chain
        .accept(set_publishers(net.address, net.authority, set));
    world.chain.accept(net.propose());
    assert_eq!(world.epoch().approved_at, world.chain.now());
    world.chain.refuse(net.activate(), ChallengePeriod);
    world.chain.pass(TERMS.challenge_period as i64);
    world.chain.accept(net.activate());
}

#[test]
fn replaces_a_proposal_without_its_approvals() {
    let mut world = ready();
    world
        .chain
        .accept(world.net.propose_with(1, |args| args.root = [7; 32]));
    world.chain.pass(10);
    // The account is there already: nobody pays for it again, and its approvals are gone.
    let net = world.net.clone();
    world.changes(net.propose(), &[net.epoch()], |_| {});
    assert_eq!(world.epoch(), expected(&world));
    world.chain.accept(net.approve(1));
}

#[test]
fn replaces_a_vetoed_proposal() {
    let mut world = World::at(Stage::Approved, TokenProgram::Spl);
    let net = world.net.clone();
    world.chain.refuse(net.propose(), AlreadyApproved);
    world.chain.accept(net.veto());
    world.changes(net.propose(), &[net.epoch()], |_| {});
    assert_eq!(world.epoch(), expected(&world));
}

/// A stolen publisher key cannot push out what the others have agreed on.
#[test]
fn an_approved_proposal_stays() {
    let mut world = World::at(Stage::Approved, TokenProgram::Spl);
    let net = world.net.clone();
    for publisher in 0..3 {
        world
            .chain
            .refuse(net.propose_with(publisher, |_| {}), AlreadyApproved);
        let other = net.propose_with(publisher, |args| args.root = [7; 32]);
        world.chain.refuse(other, AlreadyApproved);
    }
    // Under other publishers it is void, and in nobody's way.
    world.chain.accept(set_publishers(
        net.address,
        net.authority,
        net.publisher_set(),
    ));
    world.chain.accept(net.propose());
}

#[test]
fn only_the_next_number() {
    let mut world = ready();
    for number in [0, 2, 3, u64::MAX] {
        let propose = world.net.propose_with(0, |args| args.number = number);
        world.chain.refuse(propose, WrongEpochNumber);
    }
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    world.chain.pass(EPOCH_LENGTH);
    for number in [0, 1, 3, u64::MAX] {
        let propose = world.net.propose_with(0, |args| args.number = number);
        world.chain.refuse(propose, WrongEpochNumber);
    }
    world
        .chain
        .accept(world.net.propose_with(0, |args| args.number = 2));
}

#[test]
fn only_once_the_epoch_is_over() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let ends = world.state().epoch_ends_at;
    world.chain.refuse(world.net.propose(), EpochNotOver);
    world.chain.set_time(ends - 1);
    world.chain.refuse(world.net.propose(), EpochNotOver);
    world.chain.set_time(ends);
    world.chain.accept(world.net.propose());
}

/// A late epoch does not shift the schedule: the cap is a rate.
#[test]
fn epochs_end_on_schedule() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let ends = world.state().epoch_ends_at;
    world.next_epoch(&[1]);
    assert_eq!(world.state().epoch_ends_at, ends + EPOCH_LENGTH);
    world.chain.pass(3 * EPOCH_LENGTH);
    world.net.ledger = world.net.ledger.next(&[1]);
    world
        .chain
        .accept([world.net.propose(), world.net.approve(1)]);
    world.chain.pass(TERMS.challenge_period as i64);
    world.chain.accept(world.net.activate());
    assert_eq!(world.state().epoch_ends_at, ends + 2 * EPOCH_LENGTH);
}

#[test]
fn depth_and_leaves() {
    let mut world = ready();
    for (leaf_count, depth) in [(1, 0), (2, 1), (3, 2), (5, 3), (1 << MAX_DEPTH, MAX_DEPTH)] {
        let propose = world.net.propose_with(0, |args| {
            args.leaf_count = leaf_count;
            args.depth = depth;
        });
        world.chain.clone().accept(propose);
    }
    for (leaf_count, depth) in [
        (0, 0),
        (0, 1),
        (1, 1),
        (2, 0),
        (2, 2),
        (3, 1),
        (4, 3),
        (5, 2),
        (1 << MAX_DEPTH, MAX_DEPTH + 1),
        ((1 << MAX_DEPTH) + 1, MAX_DEPTH + 1),
        ((1 << MAX_DEPTH) + 1, MAX_DEPTH),
        (u32::MAX, 32),
        (5, u8::MAX),
    ] {
        let propose = world.net.propose_with(0, |args| {
            args.leaf_count = leaf_count;
            args.depth = depth;
        });
        world.chain.refuse(propose, BadDepth);
    }
}

#[test]
fn neither_leaves_nor_totals_fall() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    world.chain.pass(EPOCH_LENGTH);
    world.net.ledger.number = 2;
    let fewer = world.net.propose_with(0, |args| {
        args.leaf_count = 4;
        args.depth = 2;
    });
    world.chain.refuse(fewer, LeafCountFell);
    for total in [0, 1, 999_999] {
        let propose = world
            .net
            .propose_with(0, |args| args.lifetime_total = total);
        world.chain.refuse(propose, LifetimeTotalFell);
    }
    // An epoch in which nobody earned anything.
    world.chain.accept(world.net.propose());
}

#[test]
fn grows_by_the_emission_cap_at_most() {
    let mut world = ready();
    for (total, fits) in [
        (0, true),
        (1, true),
        (TERMS.emission_cap, true),
        (TERMS.emission_cap + 1, false),
        (u64::MAX, false),
    ] {
        let propose = world
            .net
            .propose_with(0, |args| args.lifetime_total = total);
        if fits {
            world.chain.clone().accept(propose);
        } else {
            world.chain.refuse(propose, AboveEmissionCap);
        }
    }
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    world.chain.pass(EPOCH_LENGTH);
    world.net.ledger.number = 2;
    let total = world.state().lifetime_total + TERMS.emission_cap;
    let above = world
        .net
        .propose_with(0, |args| args.lifetime_total = total + 1);
    world.chain.refuse(above, AboveEmissionCap);
    world.chain.accept(
        world
            .net
            .propose_with(0, |args| args.lifetime_total = total),
    );
}

/// The account's address holds the number: another one does not fit.
#[test]
fn an_account_of_another_number_or_network() {
    let mut world = ready();
    let other = world.add_network("suburb", Stage::Proposed);
    let net = world.net.clone();
    for wrong in [address::epoch(&net.address, 2), other.epoch()] {
        let propose = net.propose().swap(&net.epoch(), &wrong);
        world.chain.refuse(propose, ErrorCode::ConstraintSeeds);
    }
    world.chain.accept(net.propose());
}

#[test]
fn only_a_publisher() {
    let mut world = ready();
    let net = world.net.clone();
    let mut stranger = |key| {
        let args = net.ledger.proposal();
        let propose = instruction::propose_epoch(net.address, net.operator, key, args);
        world.chain.refuse(propose, NotPublisher);
    };
    for key in [net.authority, net.guardian, net.operator, net.owner(0)] {
        stranger(key);
    }
    // Three of five places are taken; the rest hold the zero key, for which nobody signs.
    world.chain.accept(net.propose_with(2, |_| {}));
}

#[test]
fn not_while_paused() {
    let mut world = ready();
    let until = world.chain.now() + 100;
    world.chain.accept(world.net.pause(until));
    world.chain.refuse(world.net.propose(), Paused);
    world.chain.set_time(until);
    world.chain.accept(world.net.propose());
}

#[test]
fn a_payer_without_lamports() {
    let mut world = ready();
    let net = world.net.clone();
    let poor = net.propose().swap(&net.operator, &person("poor"));
    world
        .chain
        .refuse(poor, SystemError::ResultWithNegativeLamports);
    world.chain.accept(net.propose());
}

/// The largest tree, and the smallest.
#[test]
fn one_owner() {
    let mut world = ready();
    world.net.ledger = Ledger::first(world.net.address, &[5]);
    let net = world.net.clone();
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(TERMS.challenge_period as i64);
    world.chain.accept([net.activate(), net.claim(0)]);
    assert_eq!(world.paid(0), 5);
}
