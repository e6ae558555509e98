//! `register_operator`, `update_operator`, `nominate_operator`, `accept_operator` and `set_operator_status`.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{
    OperatorChanged, OperatorHandedOver, OperatorNominated, OperatorRegistered,
    OperatorStatusChanged,
};
use roaming_escrow::state::{Operator, OperatorProfile, OperatorStatus, Side};
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{OperatorFixture, WITHDRAWAL_NOTICE, usage};
use wayfare_tests::roaming::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

#[test]
fn is_admitted_by_the_hub_and_itself() {
    let mut world = world(Stage::Created);
    let hub = world.hub.clone();
    let operator = world.deal.first.clone();
    let register = hub.register(&operator);
    world.chain.refuse(
        register.clone().swap(&hub.authority, &person("somebody")),
        NotAuthority,
    );
    for signer in [hub.authority, operator.authority] {
        world.chain.refuse(
            register.clone().unsigned(&signer),
            anchor_lang::error::ErrorCode::AccountNotSigner,
        );
    }
    let event = world.touches(register.clone(), &[hub.clerk, operator.address]);
    assert_eq!(
        event,
        Event::OperatorRegistered(OperatorRegistered {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            operator: operator.address,
            tadig: operator.tadig,
            authority: operator.authority,
            profile: operator.profile(),
        })
    );
    let state = world.operator(Side::First);
    assert_eq!(state.hub, hub.address);
    assert_eq!(state.authority, operator.authority);
    assert_eq!(state.profile(), operator.profile());
    assert_eq!(state.status, OperatorStatus::Active);
    world
        .chain
        .refuse(register, SystemError::AccountAlreadyInUse);
}

#[test]
fn a_code_is_five_characters() {
    let mut world = world(Stage::Created);
    let hub = world.hub.clone();
    for (tadig, fine) in [
        (b"AAA00", true),
        (b"99999", true),
        (b"deud1", false),
        (b"DEU 1", false),
        (b"DEU-1", false),
        (b"DEU\0\0", false),
        (b"DE\xc3\x84X", false),
    ] {
        let mut operator = world.deal.first.clone();
        operator.tadig = *tadig;
        operator.address = wayfare_tests::roaming::address::operator(&hub.address, tadig).0;
        let call = hub.register_with(&operator, *tadig, world.deal.first.profile());
        if fine {
            world.chain.accept(call);
        } else {
            world.chain.refuse(call, BadTadig);
        }
    }
}

#[test]
fn a_profile_is_a_possible_one() {
    let mut world = world(Stage::Registered);
    let hub = world.hub.clone();
    let operator = world.deal.first.clone();
    let newcomer = OperatorFixture::new(&hub.address, b"ITAO1");
    type Change = fn(&mut OperatorProfile);
    let cases: [(Change, _); 6] = [
        (|p| p.payout = Pubkey::default(), ZeroKey),
        (|p| p.voucher_signer = Pubkey::default(), ZeroKey),
        (|p| p.display_name.clear(), BadName),
        (|p| p.display_name = "x".repeat(65), BadName),
        (|p| p.display_name = "a\u{7f}".to_owned(), BadName),
        (|p| p.display_name = "a\nb".to_owned(), BadName),
    ];
    for (change, why) in cases {
        let mut profile = operator.profile();
        change(&mut profile);
        world
            .chain
            .refuse(hub.update_operator(&operator, profile.clone()), why);
        world
            .chain
            .refuse(hub.register_with(&newcomer, newcomer.tadig, profile), why);
    }
    let profile = OperatorProfile {
        voucher_signer: person("another signer"),
        payout: person("another payout"),
        display_name: "é".repeat(32),
    };
    let event = world.touches(
        hub.update_operator(&operator, profile.clone()),
        &[operator.address],
    );
    assert_eq!(
        event,
        Event::OperatorChanged(OperatorChanged {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            operator: operator.address,
            old: operator.profile(),
            new: profile.clone(),
        })
    );
    assert_eq!(world.operator(Side::First).profile(), profile);
    let other = world.deal.second.authority;
    world.chain.refuse(
        hub.update_operator(&operator, profile)
            .swap(&operator.authority, &other),
        NotAuthority,
    );
}

#[test]
fn a_hand_over_takes_two_steps() {
    let mut world = world(Stage::Registered);
    let hub = world.hub.clone();
    let operator = world.deal.first.clone();
    let (heir, rival) = (person("heir"), person("rival"));
    world.chain.refuse(
        hub.nominate_operator(&operator, Some(Pubkey::default())),
        ZeroKey,
    );
    world
        .chain
        .refuse(hub.accept_operator(&operator, heir), NotNominee);
    world.touches(
        hub.nominate_operator(&operator, Some(rival)),
        &[operator.address],
    );
    let event = world.touches(
        hub.nominate_operator(&operator, Some(heir)),
        &[operator.address],
    );
    assert_eq!(
        event,
        Event::OperatorNominated(OperatorNominated {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            operator: operator.address,
            old: Some(rival),
            new: Some(heir),
        })
    );
    world
        .chain
        .refuse(hub.accept_operator(&operator, rival), NotNominee);
    // The nominee of one operator takes no other.
    let other = world.deal.second.clone();
    world
        .chain
        .refuse(hub.accept_operator(&other, heir), NotNominee);
    let event = world.touches(hub.accept_operator(&operator, heir), &[operator.address]);
    assert_eq!(
        event,
        Event::OperatorHandedOver(OperatorHandedOver {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            operator: operator.address,
            old: operator.authority,
            new: heir,
        })
    );
    let state = world.operator(Side::First);
    assert_eq!(
        (state.authority, state.pending_authority),
        (heir, Pubkey::default())
    );
    world
        .chain
        .refuse(hub.nominate_operator(&operator, None), NotAuthority);
}

#[test]
fn a_suspended_one_makes_no_new_agreements() {
    let mut world = world(Stage::Proposed);
    let (hub, deal) = (world.hub.clone(), world.deal.clone());
    for operator in [&deal.first, &deal.second] {
        let event = world.touches(
            hub.set_status(operator, OperatorStatus::Suspended),
            &[operator.address],
        );
        assert_eq!(
            event,
            Event::OperatorStatusChanged(OperatorStatusChanged {
                hub: hub.address,
                sequence: world.hub().scope.sequence,
                operator: operator.address,
                old: OperatorStatus::Active,
                new: OperatorStatus::Suspended,
            })
        );
        world.chain.refuse(deal.accept(), OperatorSuspended);
        world
            .chain
            .accept(hub.set_status(operator, OperatorStatus::Active));
    }
    world.chain.accept(deal.accept());
    // What it has goes on.
    world
        .chain
        .accept(hub.set_status(&deal.first, OperatorStatus::Suspended));
    world.chain.accept(deal.deposit(Side::First, 5));
    world
        .chain
        .accept(deal.offer(Side::First, Some(deal.terms())));
    world
        .chain
        .accept(deal.accept_as(Side::Second, deal.terms(), 0));
    world.chain.refuse(
        hub.set_status(&deal.first, OperatorStatus::Active)
            .swap(&hub.authority, &hub.guardian),
        NotAuthority,
    );
}

/// Whoever has a hub suspend the other side keeps neither its money nor what it may do about it.
#[test]
fn a_suspended_one_leaves_with_its_own() {
    let mut world = world(Stage::Funded);
    let (hub, deal) = (world.hub.clone(), world.deal.clone());
    let chain = &mut world.chain;
    for operator in [&deal.first, &deal.second] {
        chain.accept(hub.set_status(operator, OperatorStatus::Suspended));
    }
    chain.accept(deal.redeem(Side::First, 0, 5));
    for &home in Side::ALL {
        chain.accept(deal.state(home, 0, usage(0, 1, 1_000)));
        chain.accept(deal.return_statement(home, 0));
        chain.accept(deal.restate(home, 0, usage(0, 1, 900)));
    }
    chain.accept(deal.counter(Side::First, 0, 5));
    chain.accept(deal.concede(Side::First, 0, Side::Second));
    chain.accept(deal.accept_statement(Side::Second, 0));
    chain.accept(deal.settle(0));
    chain.accept(deal.request(Side::First, 5));
    chain.accept(deal.close(Side::Second));
    chain.pass(WITHDRAWAL_NOTICE);
    for &side in Side::ALL {
        chain.accept(deal.withdraw(side));
    }
    let [first, second, _] = world.balances();
    assert_eq!([first, second], [0, 0]);
}

#[test]
fn of_another_hub() {
    let mut world = world(Stage::Registered);
    let hub = world.hub.clone();
    let other = world.add_hub("elsewhere", Stage::Registered);
    world.chain.refuse(
        hub.set_status(&other.first, OperatorStatus::Suspended),
        WrongHub,
    );
    world.chain.refuse(
        hub.update_operator(&other.first, other.first.profile()),
        WrongHub,
    );
    world.chain.accept(
        other
            .hub
            .nominate_operator(&other.first, Some(person("heir"))),
    );
    world
        .chain
        .refuse(hub.accept_operator(&other.first, person("heir")), WrongHub);
    let state: Operator = world.chain.read(&other.first.address);
    assert_eq!(state.status, OperatorStatus::Active);
}
