use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::PayoutChanged;
use node_rewards::state::Payout;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::network::LIFETIMES;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// A network in which owner 0 has named `wallet`.
fn with_payout(stage: Stage, token: TokenProgram) -> World {
    let mut world = World::at(stage, token);
    let wallet = person("wallet");
    world
        .chain
        .create_associated(token, &world.net.mint, &wallet);
    world
        .chain
        .accept(world.net.set_payout(world.net.owner(0), wallet));
    world
}

#[test]
fn closes_the_account_and_gives_the_rent_back() {
    let mut world = with_payout(Stage::Created, TokenProgram::Spl);
    let net = world.net.clone();
    let (owner, lamports) = (net.owner(0), world.chain.lamports(&net.operator));
    let touched = [net.payout(&owner), net.operator];
    let event = world.changes(net.clear_payout(owner), &touched, |_| {});
    assert_eq!(
        event,
        Event::PayoutChanged(PayoutChanged {
            network: net.address,
            sequence: world.state().scope.sequence,
            owner,
            old: Some(person("wallet")),
            new: None,
        })
    );
    assert!(world.chain.account(&net.payout(&owner)).is_none());
    let rent = world.chain.rent(Payout::SPACE);
    assert_eq!(world.chain.lamports(&net.operator), lamports + rent);
}

#[test]
fn claims_pay_the_owner_again() {
    for token in TokenProgram::ALL {
        let World { mut chain, net } = with_payout(Stage::Active, token);
        chain.refuse(net.claim(0), WrongDestination);
        chain.accept(net.clear_payout(net.owner(0)));
        chain.refuse(net.claim_to(0, person("wallet")), WrongPayout);
        chain.accept(net.claim(0));
        assert_eq!(chain.tokens(&net.tokens_of(&net.owner(0))), LIFETIMES[0]);
    }
}

#[test]
fn twice() {
    let World { mut chain, net } = with_payout(Stage::Created, TokenProgram::Spl);
    let clear = net.clear_payout(net.owner(0));
    chain.refuse(
        [clear.clone(), clear.clone()],
        ErrorCode::AccountNotInitialized,
    );
    chain.accept(clear.clone());
    chain.refuse(clear, ErrorCode::AccountNotInitialized);
}

#[test]
fn the_rent_goes_to_nobody_else() {
    let World { mut chain, net } = with_payout(Stage::Created, TokenProgram::Spl);
    let owner = net.owner(0);
    for other in [owner, person("wallet"), person("stranger")] {
        chain.refuse(
            instruction::clear_payout(net.address, owner, other),
            WrongRentReceiver,
        );
    }
    chain.accept(net.clear_payout(owner));
}

#[test]
fn only_the_owner() {
    let World { mut chain, net } = with_payout(Stage::Created, TokenProgram::Spl);
    let payout = net.payout(&net.owner(0));
    for other in [net.authority, net.operator, net.owner(1), person("wallet")] {
        let theirs = instruction::clear_payout(net.address, other, net.operator);
        chain.refuse(theirs.swap(&net.payout(&other), &payout), WrongPayout);
    }
}

#[test]
fn a_payout_of_another_network() {
    let mut world = with_payout(Stage::Created, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Created);
    let net = world.net.clone();
    let owner = net.owner(0);
    world
        .chain
        .accept(other.set_payout(owner, person("wallet")));
    let clear = net
        .clear_payout(owner)
        .swap(&net.payout(&owner), &other.payout(&owner));
    world.chain.refuse(clear, WrongNetwork);
}

/// An exit.
#[test]
fn while_paused() {
    let World { mut chain, net } = with_payout(Stage::Created, TokenProgram::Spl);
    let until = chain.now() + 100;
    chain.accept([net.pause(until), net.clear_payout(net.owner(0))]);
}
