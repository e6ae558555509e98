//! Row 3 is generated: see `generated.rs`.

use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::state::{Network, Node, NodeKind, Payout};
use solana_instruction::error::InstructionError;
use spl_token_2022_interface::error::TokenError;
use wayfare_tests::rewards::instruction::{self, accept_node, offer_node, retire_node};
use wayfare_tests::rewards::network::{EPOCH_LENGTH, location};
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn duplicates_1_source_equals_destination() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, token);
        let source = net.tokens_of(&net.operator);
        // The vault pays into itself: as the source of funds, and as the destination of a claim.
        let circle = instruction::fund(&net.accounts(), net.operator, net.vault, 1);
        chain.refuse(circle, TokenError::OwnerMismatch);
        chain.refuse(net.fund(1).swap(&net.vault, &source), WrongVault);
        let destination = net.tokens_of(&net.owner(0));
        let claim = net.claim(0).swap(&destination, &net.vault);
        chain.refuse(claim, WrongPayout);
        let claim = net.claim(0).swap(&net.vault, &destination);
        chain.refuse(claim, WrongVault);
        assert_eq!(chain.tokens(&net.vault), FUNDED);
        chain.accept([net.claim(0), net.fund(1)]);
    }
}

/// An owner whose leaf is the network itself, with a payout wallet that is the network: the vault is still not paid.
#[test]
fn duplicates_1_a_network_that_owns_a_leaf() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Funded, token);
        world.net.ledger.leaves[0].owner = world.net.address;
        let net = world.net.clone();
        world
            .chain
            .create_associated(token, &net.mint, &net.address);
        world.chain.pass(EPOCH_LENGTH);
        world.chain.accept([net.propose(), net.approve(1)]);
        world.chain.pass(net.terms.challenge_period as i64);
        world.chain.accept(net.activate());
        let destination = net.tokens_of(&net.address);
        let circle = net.claim(0).swap(&destination, &net.vault);
        world.chain.refuse(circle, WrongDestination);
        world.chain.accept(net.claim(0));
        assert_eq!(world.chain.tokens(&destination), 100_000);
    }
}

/// One key in several roles is no attack where the roles may meet.
#[test]
fn duplicates_1_payer_equals_payee() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Spl);
    let one = net.operator;
    let register =
        instruction::register_node(net.address, one, one, one, NodeKind::Wifi, location(9));
    let had = chain.lamports(&one);
    chain.accept([
        register,
        offer_node(net.address, one, one, Some(one)),
        accept_node(net.address, one, one),
    ]);
    assert_eq!(chain.read::<Node>(&net.node(&one)).owner, one);
    chain.accept([
        retire_node(net.address, one, one, one),
        instruction::set_payout(net.address, one, one, one),
        instruction::clear_payout(net.address, one, one),
    ]);
    assert_eq!(chain.lamports(&one), had);

    // An owner who names its own wallet is paid there.
    let owner = net.owner(0);
    chain.accept(net.set_payout(owner, owner));
    assert_eq!(chain.read::<Payout>(&net.payout(&owner)).wallet, owner);
    chain.accept(net.claim(0));
    assert_eq!(chain.tokens(&net.tokens_of(&owner)), 100_000);
}

/// The authority nominates itself: the hand-over is a hand-over to the same key.
#[test]
fn duplicates_1_one_key_for_every_role() {
    let World { mut chain, mut net } = World::at(Stage::Minted, TokenProgram::Spl);
    let one = net.operator;
    net.authority = one;
    net.guardian = one;
    net.publishers = vec![one];
    let mut args = net.create_args();
    args.publisher_set.threshold = 1;
    chain.accept(net.create_with(args));
    chain.accept([
        instruction::governed(net.address).nominate_authority(one, Some(one)),
        instruction::governed(net.address).accept_authority(one),
        net.fund(1_000_000),
        net.create_page(0),
    ]);
    chain.pass(EPOCH_LENGTH);
    chain.accept(net.propose());
    chain.refuse(net.approve(0), ApprovedTwice);
    chain.pass(net.terms.challenge_period as i64);
    chain.accept([net.activate(), net.claim(0)]);
    assert_eq!(chain.read::<Network>(&net.address).scope.authority, one);
}

#[test]
fn duplicates_2_the_same_account_twice() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let net = world.net.clone();
    let chain = &mut world.chain;
    // The network as its own page, and the page as its own network.
    let both = net.claim(0).swap(&net.page(0), &net.address);
    chain.refuse(both, InstructionError::AccountBorrowFailed);
    let both = net.claim(0).swap(&net.address, &net.page(0));
    chain.refuse(both, ErrorCode::AccountDiscriminatorMismatch);
    // One epoch as the new and the previous one.
    let mut next = net.clone();
    next.ledger = next.ledger.next(&[1]);
    chain.pass(EPOCH_LENGTH);
    chain.accept([next.propose(), next.approve(1)]);
    chain.pass(net.terms.challenge_period as i64);
    chain.refuse(
        next.activate().swap_at(2, &next.epoch()),
        WrongPreviousEpoch,
    );
    // The payout account's place taken by the page or the network.
    for wrong in [net.page(0), net.address] {
        let claim = net.claim(0).swap(&net.payout(&net.owner(0)), &wrong);
        chain.refuse(claim, InstructionError::AccountBorrowFailed);
    }
    chain.accept([net.claim(0), next.activate()]);
}
