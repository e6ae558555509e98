use anchor_lang::error::ErrorCode;
use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::HubCreated;
use roaming_escrow::state::HubTerms;
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::HubFixture;
use wayfare_tests::roaming::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn the_signer_becomes_its_authority() {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let hub = world.hub.clone();
    let event = world.touches(hub.create(), &[hub.clerk]);
    let state = world.hub();
    assert_eq!(
        event,
        Event::HubCreated(HubCreated {
            hub: hub.address,
            sequence: 1,
            authority: hub.authority,
            terms: hub.terms(),
        })
    );
    assert_eq!(state.terms(), hub.terms());
    assert_eq!(
        (state.authority, state.name()),
        (hub.authority, "interconnect")
    );
    assert_eq!(
        (state.pending_authority, state.paused_until),
        (Pubkey::default(), 0)
    );
    world
        .chain
        .refuse(hub.create(), SystemError::AccountAlreadyInUse);
}

#[test]
fn a_name_is_one_that_can_be_typed() {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let clerk = world.hub.clerk;
    let longest = "x".repeat(32);
    for (name, fine) in [
        ("a", true),
        ("0-9", true),
        (longest.as_str(), true),
        ("", false),
        ("-a", false),
        ("a-", false),
        ("A", false),
        ("a b", false),
        ("ä", false),
    ] {
        let hub = HubFixture {
            clerk,
            ..HubFixture::new(name)
        };
        if fine {
            world.chain.accept(hub.create());
        } else {
            world.chain.refuse(hub.create(), BadName);
        }
    }
}

#[test]
fn of_another_name_than_its_address() {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let hub = world.hub.clone();
    let other = hub.create_with("interconnec", hub.terms());
    world.chain.refuse(other, ErrorCode::ConstraintSeeds);
}

#[test]
fn terms_are_possible_ones() {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let hub = world.hub.clone();
    let with = |change: fn(&mut HubTerms)| {
        let mut terms = hub.terms();
        change(&mut terms);
        hub.create_with(&hub.name, terms)
    };
    let chain = &mut world.chain;
    chain.refuse(with(|t| t.fee_bps = 101), BadFee);
    chain.refuse(with(|t| t.fee_bps = u16::MAX), BadFee);
    chain.refuse(with(|t| t.arbiter = Pubkey::default()), ZeroKey);
    chain.refuse(with(|t| t.guardian = Pubkey::default()), ZeroKey);
    chain.refuse(with(|t| t.treasury = Pubkey::default()), ZeroKey);
    chain.accept(with(|t| t.fee_bps = 100));
}
