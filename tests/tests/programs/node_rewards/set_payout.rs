use anchor_lang::error::ErrorCode;
use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::PayoutChanged;
use node_rewards::state::Payout;
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::network::LIFETIMES;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn names_a_wallet_and_then_another() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let net = world.net.clone();
    let owner = net.owner(0);
    let payout = net.payout(&owner);
    let rich = person("somebody rich");
    world.chain.give_lamports(&rich, 1_000_000_000);
    let mut old = None;
    for (wallet, payer) in [
        ("first", net.operator),
        ("second", net.operator),
        ("third", rich),
    ] {
        let new = person(wallet);
        let touched = [payout, net.operator];
        let touched = if old.is_none() {
            &touched[..]
        } else {
            &touched[..1]
        };
        let call = instruction::set_payout(net.address, payer, owner, new);
        let event = world.changes(call, touched, |_| {});
        assert_eq!(
            event,
            Event::PayoutChanged(PayoutChanged {
                network: net.address,
                sequence: world.state().scope.sequence,
                owner,
                old,
                new: Some(new),
            })
        );
        let expected = Payout {
            version: 1,
            network: net.address,
            owner,
            wallet: new,
            // Who paid first.
            rent_payer: net.operator,
            bump: Payout::find_address(&net.address, &owner).1,
            spare: [0; 7],
        };
        assert_eq!(world.chain.read::<Payout>(&payout), expected);
        old = Some(new);
    }
}

/// What is claimed from then on goes to the wallet, and what was claimed before stays where it is.
#[test]
fn redirects_claims() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Claimed, token);
        let (owner, wallet) = (world.net.owner(0), person("wallet"));
        world
            .chain
            .create_associated(token, &world.net.mint, &wallet);
        world.chain.accept(world.net.set_payout(owner, wallet));
        world.next_epoch(&[9]);
        world.chain.accept(world.net.claim_to(0, wallet));
        assert_eq!(world.paid_to(&wallet), 9);
        assert_eq!(world.paid(0), LIFETIMES[0]);
        world.chain.refuse(world.net.claim(0), WrongDestination);
    }
}

#[test]
fn nobody_is_no_wallet() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    chain.refuse(net.set_payout(net.owner(0), Pubkey::default()), ZeroKey);
    chain.accept(net.set_payout(net.owner(0), person("wallet")));
    chain.refuse(net.set_payout(net.owner(0), Pubkey::default()), ZeroKey);
}

#[test]
fn only_the_owner() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let (owner, thief) = (net.owner(0), person("thief"));
    let theirs = net
        .set_payout(thief, thief)
        .swap(&net.payout(&thief), &net.payout(&owner));
    chain.refuse(theirs.clone(), ErrorCode::ConstraintSeeds);
    chain.refuse(
        net.set_payout(owner, thief).unsigned(&owner),
        ErrorCode::AccountNotSigner,
    );
    chain.accept(net.set_payout(owner, person("wallet")));
    chain.refuse(theirs, ErrorCode::ConstraintSeeds);
}

#[test]
fn in_one_network_only() {
    let mut world = World::at(Stage::Active, TokenProgram::Spl);
    let other = world.add_network("suburb", Stage::Active);
    let net = world.net.clone();
    let (owner, wallet) = (net.owner(0), person("wallet"));
    let elsewhere = net
        .set_payout(owner, wallet)
        .swap(&net.payout(&owner), &other.payout(&owner));
    world.chain.refuse(elsewhere, ErrorCode::ConstraintSeeds);
    world.chain.accept(net.set_payout(owner, wallet));
    world.chain.accept(other.claim(0));
}

#[test]
fn a_payer_without_lamports() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let poor = instruction::set_payout(net.address, person("poor"), net.owner(0), person("wallet"));
    chain.refuse(poor, SystemError::ResultWithNegativeLamports);
}

/// An exit.
#[test]
fn while_paused() {
    let World { mut chain, net } = World::at(Stage::Created, TokenProgram::Spl);
    let until = chain.now() + 100;
    chain.accept([
        net.pause(until),
        net.set_payout(net.owner(0), person("wallet")),
    ]);
}
