use std::mem::offset_of;

use node_rewards::errors::NodeRewardsError::*;
use node_rewards::state::{Network, NetworkTerms, NetworkTermsChange, Proposal};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::error::TokenError;
use wayfare_client::rewards::address;
use wayfare_client::send::compute_unit_limit;
use wayfare_tests::chain::{Chain, START};
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::NODE_REWARDS;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::crowd::honest;
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::ledger::Ledger;
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, TERMS};
use wayfare_tests::rewards::world::{OPERATOR_TOKENS, Stage, World};
use wayfare_tests::token::TokenProgram;

const EDGES: [u64; 8] = [
    0,
    1,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 1,
    i64::MAX as u64,
    u64::MAX - 1,
    u64::MAX,
];

/// Terms that let everything out at once.
const UNBOUNDED: NetworkTerms = NetworkTerms {
    emission_cap: u64::MAX,
    limiter_capacity: u64::MAX,
    limiter_refill: u64::MAX,
    ..TERMS
};

/// A network with unbounded terms, whose operator has every token that a mint can have.
fn unbounded(token: TokenProgram) -> World {
    let mut world = World::at(Stage::Minted, token);
    world.net.terms = UNBOUNDED;
    let net = world.net.clone();
    let account = net.tokens_of(&net.operator);
    world
        .chain
        .mint_to(token, &net.mint, &account, u64::MAX - OPERATOR_TOKENS);
    world.chain.accept([net.create(), net.create_page(0)]);
    world
}

/// Puts an epoch in force with one owner whose lifetime is this.
fn grant(world: &mut World, lifetime: u64) {
    world.net.ledger = Ledger::first(world.net.address, &[lifetime]);
    let net = world.net.clone();
    world.chain.pass(EPOCH_LENGTH);
    world.chain.accept([net.propose(), net.approve(1)]);
    world.chain.pass(CHALLENGE_PERIOD);
    world.chain.accept(net.activate());
}

#[test]
fn arithmetic_1_edges_of_what_is_funded_and_claimed() {
    for token in TokenProgram::ALL {
        for amount in EDGES {
            let mut world = unbounded(token);
            if amount == 0 {
                world.chain.refuse(world.net.fund(0), ZeroAmount);
            } else {
                world.chain.accept(world.net.fund(amount));
            }
            grant(&mut world, amount);
            world.chain.accept(world.net.claim(0));
            assert_eq!(world.paid(0), amount);
            assert_eq!(world.vault(), 0);
            assert_eq!(world.chain.accept(world.net.claim(0)).events.rewards, []);
            let state = world.state();
            assert_eq!(
                (state.lifetime_total, state.claimed_total),
                (amount, amount)
            );
        }
    }
}

/// One unit more than there can be.
#[test]
fn arithmetic_1_past_the_edge() {
    for token in TokenProgram::ALL {
        let mut world = unbounded(token);
        world.chain.accept(world.net.fund(u64::MAX));
        world
            .chain
            .refuse(world.net.fund(1), TokenError::InsufficientFunds);
        grant(&mut world, u64::MAX);
        world.chain.accept(world.net.claim(0));
        // The owner gives everything back. The sum of all that was ever funded would be too large.
        let (owner, net) = (world.net.owner(0), world.net.clone());
        let back =
            |amount| instruction::fund(&net.accounts(), owner, net.tokens_of(&owner), amount);
        world.chain.refuse(back(1), Overflow);
        world.chain.refuse(back(u64::MAX), Overflow);
        assert_eq!(world.vault(), 0);
    }
}

#[test]
fn arithmetic_1_edges_of_a_proposal() {
    let mut world = unbounded(TokenProgram::Spl);
    world.chain.pass(EPOCH_LENGTH);
    let net = world.net.clone();
    for lifetime_total in EDGES {
        let propose = net.propose_with(0, |args| args.lifetime_total = lifetime_total);
        world.chain.accept(propose);
        assert_eq!(world.epoch().lifetime_total, lifetime_total);
    }
    let change = NetworkTermsChange {
        emission_cap: Some(1 << 32),
        ..Default::default()
    };
    world.chain.accept(instruction::update_network(
        net.address,
        net.authority,
        change,
    ));
    for lifetime_total in EDGES {
        let propose = net.propose_with(0, |args| args.lifetime_total = lifetime_total);
        if lifetime_total <= 1 << 32 {
            world.chain.accept(propose);
        } else {
            world.chain.refuse(propose, AboveEmissionCap);
        }
    }
}

#[test]
fn arithmetic_1_edges_of_the_terms() {
    let world = unbounded(TokenProgram::Spl);
    let net = world.net.clone();
    let update = |change| instruction::update_network(net.address, net.authority, change);
    for value in EDGES {
        let none = NetworkTermsChange::default;
        let cap = update(NetworkTermsChange {
            emission_cap: Some(value),
            ..none()
        });
        world.chain.clone().accept(cap);
        let capacity = update(NetworkTermsChange {
            limiter_capacity: Some(value),
            ..none()
        });
        let refill = update(NetworkTermsChange {
            limiter_refill: Some(value),
            ..none()
        });
        let mut chain = world.chain.clone();
        if value == 0 {
            chain.refuse(capacity, BadLimiter);
        } else {
            chain.accept(capacity);
        }
        // A refill of 2^64 / 86,400 a second lets an emission of 2^64 - 1 out in an epoch.
        if u128::from(value) * 86_400 < u128::from(u64::MAX) {
            chain.refuse(refill, BadLimiter);
        } else {
            chain.accept(refill);
        }
        let length = update(NetworkTermsChange {
            epoch_length: Some(value),
            ..none()
        });
        let period = update(NetworkTermsChange {
            challenge_period: Some(value),
            ..none()
        });
        if value == 1 {
            chain.accept([length, period]);
        } else {
            chain.refuse(length, BadEpochLength);
            chain.refuse(period, BadChallengePeriod);
        }
    }
}

/// A bucket that holds and refills as much as there can be, over as much time as there can be.
#[test]
fn arithmetic_1_edges_of_the_limiter() {
    let mut world = unbounded(TokenProgram::Spl);
    world.chain.accept(world.net.fund(u64::MAX));
    grant(&mut world, u64::MAX);
    world.chain.accept(world.net.claim(0));
    assert_eq!(world.state().limiter_level, 0);
    // One second brings more than the capacity.
    world.chain.pass(1);
    let change = NetworkTermsChange {
        challenge_period: Some(60),
        ..Default::default()
    };
    let net = world.net.clone();
    world.chain.accept(instruction::update_network(
        net.address,
        net.authority,
        change,
    ));
    assert_eq!(world.state().limiter_level, u64::MAX);
}

/// Ten thousand units funded one by one are ten thousand units funded at once, and the same for claims.
#[test]
fn arithmetic_2_ten_thousand_one_unit_operations() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let net = world.net.clone();
    // Three instructions each with those that they call, of 64 in a transaction.
    const AT_ONCE: usize = 20;
    for _ in 0..10_000 / AT_ONCE {
        let limit = [compute_unit_limit(1_400_000)];
        let units = std::iter::repeat_with(|| net.fund(1)).take(AT_ONCE);
        let tx: Vec<Instruction> = limit.into_iter().chain(units).collect();
        world.chain.accept(tx);
    }
    let mut other = World::at(Stage::Created, TokenProgram::Spl);
    other.chain.accept(net.fund(10_000));
    assert_eq!(world.vault(), other.vault());
    let (mut many, one) = (world.state(), other.state());
    assert_eq!(many.scope.sequence, one.scope.sequence + 9_999);
    many.scope.sequence = one.scope.sequence;
    assert_eq!(many, one);

    // 250 owners of one unit against one owner of 250.
    for (world, lifetimes) in [(&mut world, vec![1; 250]), (&mut other, vec![250])] {
        world.net.ledger = Ledger::first(net.address, &lifetimes);
        let net = world.net.clone();
        for leaf in &net.ledger.leaves {
            world
                .chain
                .create_associated(net.token, &net.mint, &leaf.owner);
        }
        world.chain.accept(net.create_page(0));
        world.chain.pass(EPOCH_LENGTH);
        world.chain.accept([net.propose(), net.approve(1)]);
        world.chain.pass(CHALLENGE_PERIOD);
        world.chain.accept(net.activate());
        for index in 0..lifetimes.len() as u32 {
            world.chain.accept(net.claim(index));
        }
    }
    assert_eq!(world.vault(), other.vault());
    let (many, one) = (world.state(), other.state());
    assert_eq!(many.claimed_total, one.claimed_total);
    assert_eq!(many.limiter_level, one.limiter_level);
}

/// Times are signed and lengths are not. A clock at zero is not mistaken for a time that was never set; one before
/// 1970, which no cluster has, lets nothing in.
#[test]
fn arithmetic_3_signed_and_unsigned_conversions() {
    for start in [i64::MIN, -START, -1] {
        let World { mut chain, net } = World::at(Stage::Minted, TokenProgram::Spl);
        chain.set_time(start);
        chain.accept(net.create());
        chain.refuse(net.fund(1), Paused);
    }
    for start in [0, 1] {
        let mut world = World::at(Stage::Minted, TokenProgram::Spl);
        world.chain.set_time(start);
        let net = world.net.clone();
        world
            .chain
            .accept([net.create(), net.fund(1_000_000), net.create_page(0)]);
        assert_eq!(world.state().epoch_ends_at, start + EPOCH_LENGTH);
        world.chain.refuse(net.propose(), EpochNotOver);
        world.chain.pass(EPOCH_LENGTH);
        world.chain.accept([net.propose(), net.approve(1)]);
        world.chain.refuse(net.activate(), ChallengePeriod);
        world.chain.pass(CHALLENGE_PERIOD);
        world.chain.accept(net.activate());
        let full = world.state().terms.limiter_capacity;
        world.chain.accept(net.claim(0));
        // The limiter was full, and did not overflow or go empty on its way past zero.
        assert_eq!(
            world.state().limiter_level,
            full - world.net.ledger.lifetime(0)
        );
    }
}

/// Leaf counts near the end of their type.
#[test]
fn arithmetic_3_leaf_counts() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    world.chain.pass(EPOCH_LENGTH);
    let net = world.net.clone();
    for (leaf_count, depth) in [
        (0x8000_0000, 31),
        (u32::MAX - 1, 32),
        (u32::MAX, 32),
        (0x0020_0001, 22),
    ] {
        let propose = net.propose_with(0, |args: &mut Proposal| {
            args.leaf_count = leaf_count;
            args.depth = depth;
        });
        world.chain.refuse(propose, BadDepth);
    }
    world.chain.accept(net.propose_with(0, |args| {
        args.leaf_count = 0x0020_0000;
        args.depth = 21;
    }));
}

/// Writes a field of a network's account past the program.
fn set_u64(chain: &mut Chain, network: &Pubkey, offset: usize, value: u64) {
    chain.edit(network, |account| {
        account.data[8 + offset..16 + offset].copy_from_slice(&value.to_le_bytes());
    });
}

/// The last event has been told: nothing happens any more rather than untold.
#[test]
fn arithmetic_4_the_last_sequence_number() {
    for instruction in &NODE_REWARDS.instructions {
        if instruction.name == "create_network" {
            continue;
        }
        for Honest {
            mut chain, call, ..
        } in honest(&instruction.name, TokenProgram::Spl)
        {
            let network = address::network("metro").expect("a short name");
            let last = offset_of!(Network, scope.sequence);
            set_u64(&mut chain, &network, last, u64::MAX);
            chain.refuse(call.clone(), Overflow);
            set_u64(&mut chain, &network, last, u64::MAX - 1);
            assert!(chain.attempt_without_books(call).is_ok());
        }
    }
}

/// Counts that cannot be true, and the last ones that can.
#[test]
fn arithmetic_4_the_last_counts() {
    let World { mut chain, net } = World::at(Stage::Claimed, TokenProgram::Spl);
    let (owner, device) = (net.owner(0), person("device"));
    let register = net.register(owner, device);
    let nodes = offset_of!(Network, node_count);
    set_u64(&mut chain, &net.address, nodes, u64::MAX);
    chain.refuse(register.clone(), Overflow);
    set_u64(&mut chain, &net.address, nodes, 0);
    chain.accept(register);
    set_u64(&mut chain, &net.address, nodes, 0);
    let retire = instruction::retire_node(net.address, device, owner, net.operator);
    chain.refuse(retire.clone(), InvariantBroken);
    set_u64(&mut chain, &net.address, nodes, 1);
    chain.accept(retire);

    let sets = 8 + offset_of!(Network, publisher_set);
    chain.edit(&net.address, |account| {
        account.data[sets..sets + 4].fill(0xff)
    });
    let set = instruction::set_publishers(net.address, net.authority, net.publisher_set());
    chain.refuse(set, Overflow);

    // More was paid than was ever granted.
    let claimed = offset_of!(Network, claimed_total);
    set_u64(&mut chain, &net.address, claimed, net.ledger.total() + 1);
    chain.refuse(net.fund(1), InvariantBroken);
}
