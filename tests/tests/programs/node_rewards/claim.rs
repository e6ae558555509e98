//! The claim's own errors and arithmetic. Whom a claim may pay, and what it may be proved with, is the hostile suite's.

use anchor_lang::error::ErrorCode;
use node_rewards::constants::COUNTERS_PER_PAGE;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::Claimed;
use node_rewards::state::{ClaimPage, NetworkTermsChange};
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction::update_network;
use wayfare_tests::rewards::ledger::Ledger;
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, LIFETIMES, TERMS};
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

fn counter(world: &World, index: u32) -> u64 {
    let (page, slot) = ClaimPage::locate(index);
    let page: ClaimPage = world.chain.read(&world.net.page(page));
    page.counters[slot]
}

/// Takes what the limiter holds down to a level. The network was created with a full one.
fn drain(world: &mut World, level: u64) {
    let net = world.net.clone();
    let capacity = |capacity| {
        let change = NetworkTermsChange {
            limiter_capacity: Some(capacity),
            ..Default::default()
        };
        update_network(net.address, net.authority, change)
    };
    world
        .chain
        .accept([capacity(level.max(1)), capacity(TERMS.limiter_capacity)]);
}

#[test]
fn pays_what_the_counter_lacks() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        let net = world.net.clone();
        let mut total = 0;
        for (index, lifetime) in (0u32..).zip(LIFETIMES) {
            let destination = net.tokens_of(&net.owner(index));
            total += lifetime;
            let now = world.chain.now();
            let touched = [net.page(0), net.vault, destination];
            let event = world.changes(net.claim(index), &touched, |network| {
                network.claimed_total = total;
                network.limiter_level -= lifetime;
                network.limiter_updated_at = now;
            });
            assert_eq!(
                event,
                Event::Claimed(Claimed {
                    network: net.address,
                    sequence: world.state().scope.sequence,
                    owner: net.owner(index),
                    index,
                    amount: lifetime,
                    counter: lifetime,
                    claimed_total: total,
                    vault_balance: FUNDED - total,
                })
            );
            assert_eq!(counter(&world, index), lifetime);
            assert_eq!(world.paid(index), lifetime);
            assert_eq!(world.vault(), FUNDED - total);
        }
    }
}

#[test]
fn pays_only_what_is_new() {
    let mut world = World::at(Stage::Claimed, TokenProgram::Spl);
    world.next_epoch(&[10, 0, 5]);
    let event = world.chain.accept(world.net.claim(0)).event();
    let Event::Claimed(claimed) = event else {
        panic!("{event:?}")
    };
    assert_eq!((claimed.amount, claimed.counter), (10, LIFETIMES[0] + 10));
    assert_eq!(world.paid(0), LIFETIMES[0] + 10);
    // Nothing due changes nothing, and is told to nobody.
    let before = world.state();
    assert_eq!(world.chain.accept(world.net.claim(1)).events.rewards, []);
    assert_eq!(world.state(), before);
    assert_eq!(world.paid(1), LIFETIMES[1]);
}

#[test]
fn missed_epochs_are_caught_up_with_one_claim() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    for _ in 0..5 {
        world.next_epoch(&[3, 4]);
    }
    world.chain.accept(world.net.claim(0));
    assert_eq!(world.paid(0), LIFETIMES[0] + 15);
}

#[test]
fn an_owner_on_the_second_page() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let page = COUNTERS_PER_PAGE as u32;
    world.net.ledger = Ledger::first(world.net.address, &vec![2; COUNTERS_PER_PAGE + 44]);
    let net = world.net.clone();
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());
    for index in [page - 1, page, page + 43] {
        world
            .chain
            .create_associated(net.token, &net.mint, &net.owner(index));
    }
    world.chain.accept(net.claim(page - 1));
    world
        .chain
        .refuse(net.claim(page), ErrorCode::AccountOwnedByWrongProgram);
    world.chain.accept(net.create_page(1));
    world
        .chain
        .refuse(net.claim(page).swap(&net.page(1), &net.page(0)), WrongPage);
    world.chain.accept(net.claim(page));
    world.chain.accept(net.claim(page + 43));
    let counters = [page - 1, page, page + 43, 0].map(|index| counter(&world, index));
    assert_eq!(counters, [2, 2, 2, 0]);
}

#[test]
fn before_any_epoch() {
    for stage in [Stage::Funded, Stage::Proposed, Stage::Approved] {
        let World { mut chain, net } = World::at(stage, TokenProgram::Spl);
        chain.refuse(net.claim(0), NoActiveEpoch);
    }
}

#[test]
fn an_index_out_of_range() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    for index in [5, 7, 8, 256, u32::MAX] {
        let claim = net.claim(0).claim_args(|args| args.index = index);
        chain.refuse(claim, IndexOutOfRange);
    }
    chain.accept(net.claim(0));
}

#[test]
fn every_argument_counts() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    for index in [1, 2, 3, 4] {
        chain.refuse(
            net.claim(0).claim_args(|args| args.index = index),
            WrongProof,
        );
    }
    for lifetime in [0, 1, LIFETIMES[0] - 1, LIFETIMES[0] + 1, u64::MAX] {
        chain.refuse(
            net.claim(0).claim_args(|args| args.lifetime = lifetime),
            WrongProof,
        );
    }
    for byte in [0, 31] {
        chain.refuse(
            net.claim(0).claim_args(|args| args.detail_root[byte] ^= 1),
            WrongProof,
        );
    }
    for byte in 0..96 {
        chain.refuse(
            net.claim(0).claim_args(|args| args.proof[byte] ^= 1),
            WrongProof,
        );
    }
    for bump in 0..=u8::MAX {
        let mut changed = false;
        let claim = net.claim(0).claim_args(|args| {
            changed = args.destination_bump != bump;
            args.destination_bump = bump;
        });
        if changed {
            chain.refuse(claim, WrongDestination);
        }
    }
    chain.accept(net.claim(0));
}

#[test]
fn nothing_was_ever_earned() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    world.net.ledger = Ledger::first(world.net.address, &[0, 9]);
    let net = world.net.clone();
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());
    assert_eq!(world.chain.accept(net.claim(0)).events.rewards, []);
    world.chain.accept(net.claim(1));
}

/// What the limiter cannot let out at once is paid in instalments, from half of its capacity up.
#[test]
fn instalments() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let net = world.net.clone();
    let change = NetworkTermsChange {
        limiter_capacity: Some(60_001),
        ..Default::default()
    };
    world
        .chain
        .accept(update_network(net.address, net.authority, change));
    // Due are 100,000: the bucket's 60,001 are paid.
    world.chain.accept(net.claim(0));
    assert_eq!(world.paid(0), 60_001);
    // The bucket is empty, and half full (30,001, rounded up) after 2,501 seconds at 12 a second.
    world.chain.refuse(net.claim(0), OutflowLimited);
    world.chain.pass(2_500);
    world.chain.refuse(net.claim(0), OutflowLimited);
    world.chain.pass(1);
    world.chain.accept(net.claim(0));
    assert_eq!(world.paid(0), 60_001 + 30_012);
    // The rest of 9,987 fits into less than half a bucket, so it is paid whole, as soon as there is as much.
    world.chain.pass(832);
    world.chain.refuse(net.claim(0), OutflowLimited);
    world.chain.pass(1);
    world.chain.accept(net.claim(0));
    assert_eq!(world.paid(0), LIFETIMES[0]);
    assert_eq!(world.state().limiter_level, 833 * 12 - 9_987);
    assert_eq!(counter(&world, 0), LIFETIMES[0]);
}

/// A refused claim says when to come back, in the log.
#[test]
fn the_log_says_when_to_retry() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    drain(&mut world, 1);
    let refused = world.chain.attempt(world.net.claim(0)).unwrap_err();
    // 100,000 of which 1 is there, at 12 a second.
    let due = format!("retry in 8334 s, at {}", world.chain.now() + 8_334);
    assert!(
        refused.logs.iter().any(|line| line.ends_with(&due)),
        "{:#?}",
        refused.logs
    );
    world.chain.pass(8_333);
    world.chain.refuse(world.net.claim(0), OutflowLimited);
    world.chain.pass(1);
    world.chain.accept(world.net.claim(0));
    assert_eq!(world.paid(0), LIFETIMES[0]);
}

/// A claim of what fits does not wait for one that does not.
#[test]
fn a_small_claim_passes_a_large_one() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    drain(&mut world, 10);
    world.chain.refuse(world.net.claim(0), OutflowLimited);
    world.chain.accept(world.net.claim(2));
    assert_eq!(world.paid(2), 1);
}

#[test]
fn the_vault_of_another_network() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        let other = world.add_network("suburb", Stage::Active);
        let net = world.net.clone();
        world
            .chain
            .refuse(net.claim(0).swap(&net.vault, &other.vault), WrongVault);
        let own = net.tokens_of(&net.operator);
        world
            .chain
            .refuse(net.claim(0).swap(&net.vault, &own), WrongVault);
        world.chain.accept(net.claim(0));
    }
}

#[test]
fn another_token_program() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        let copy = person("copy of the token program");
        chain.copy_program(&token.id(), &copy);
        for program in [token.other().id(), copy, solana_sdk_ids::system_program::ID] {
            chain.refuse(net.claim(0).swap(&token.id(), &program), WrongTokenProgram);
        }
        chain.accept(net.claim(0));
    }
}

/// Where an owner's token account does not exist, a claim can make it in the same transaction.
#[test]
fn with_a_token_account_made_for_it() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, token);
        world.net.ledger = world.net.ledger.next(&[0, 0, 0, 0, 0, 77]);
        let net = world.net.clone();
        world.chain.pass(EPOCH_LENGTH);
        world.chain.accept([net.propose(), net.approve(1)]);
        world.chain.pass(CHALLENGE_PERIOD);
        world.chain.accept(net.activate());
        world.chain.refuse(net.claim(5), WrongDestination);
        let create = wayfare_client::token::create_token_account(
            &net.operator,
            &net.owner(5),
            &net.mint,
            &token.id(),
        );
        world.chain.accept([create, net.claim(5)]);
        assert_eq!(world.paid(5), 77);
    }
}
