use anchor_lang::error::ErrorCode;
use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::HubCreated;
use roaming_escrow::instructions::CreateHubArgs;
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
            guardian: hub.guardian,
            terms: hub.terms(),
        })
    );
    assert_eq!(state.terms(), Ok(hub.terms()));
    assert_eq!(
        (
            state.scope.authority,
            state.scope.guardian,
            state.scope.name()
        ),
        (hub.authority, hub.guardian, "interconnect")
    );
    assert_eq!(
        (state.scope.pending_authority, state.scope.paused_until),
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
    let other = hub.create_with(CreateHubArgs {
        name: "interconnec".to_owned(),
        ..hub.args()
    });
    world.chain.refuse(other, ErrorCode::ConstraintSeeds);
}

#[test]
fn terms_are_possible_ones() {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let hub = world.hub.clone();
    let with = |change: fn(&mut CreateHubArgs)| {
        let mut args = hub.args();
        change(&mut args);
        hub.create_with(args)
    };
    let chain = &mut world.chain;
    chain.refuse(with(|args| args.terms.fee_bps = 101), BadFee);
    chain.refuse(with(|args| args.terms.fee_bps = u16::MAX), BadFee);
    chain.refuse(with(|args| args.terms.arbiter = Pubkey::default()), ZeroKey);
    chain.refuse(with(|args| args.guardian = Pubkey::default()), ZeroKey);
    chain.refuse(
        with(|args| args.terms.treasury = Pubkey::default()),
        ZeroKey,
    );
    chain.accept(with(|args| args.terms.fee_bps = 100));
}
