//! `update_hub`, `set_guardian`, `nominate_authority`, `accept_authority`, `pause` and `unpause`.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{
    AuthorityChanged, AuthorityNominated, GuardianChanged, HubTermsChanged, PauseChanged,
};
use roaming_escrow::state::{HubTermsChange, Side};
use solana_pubkey::Pubkey;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{AgreementFixture, FEE_BPS, OperatorFixture, usage};
use wayfare_tests::roaming::world::{Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

const WEEK: i64 = 7 * 86_400;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

#[test]
fn terms_change_one_by_one() {
    let mut world = world(Stage::Accepted);
    let hub = world.hub.clone();
    let mut terms = hub.terms();
    for step in 0..3 {
        let mut change = HubTermsChange::default();
        let old = terms;
        match step {
            0 => (terms.arbiter, change.arbiter) = (person("a"), Some(person("a"))),
            1 => (terms.treasury, change.treasury) = (person("t"), Some(person("t"))),
            _ => (terms.fee_bps, change.fee_bps) = (99, Some(99)),
        }
        let event = world.touches(hub.update(change), &[]);
        let state = world.hub();
        assert_eq!(state.terms(), Ok(terms));
        assert_eq!(
            event,
            Event::HubTermsChanged(HubTermsChanged {
                hub: hub.address,
                sequence: state.scope.sequence,
                old,
                new: terms,
            })
        );
    }
    // The agreement keeps the fee that it was accepted under.
    assert_eq!(world.agreement().fee_bps, FEE_BPS);
    let bad = |change| hub.update(change);
    world.chain.refuse(
        bad(HubTermsChange {
            fee_bps: Some(101),
            ..Default::default()
        }),
        BadFee,
    );
    world.chain.refuse(
        bad(HubTermsChange {
            arbiter: Some(Pubkey::default()),
            ..Default::default()
        }),
        ZeroKey,
    );
    world.chain.refuse(
        bad(HubTermsChange::default()).swap(&hub.authority, &hub.guardian),
        NotAuthority,
    );
}

#[test]
fn a_guardian_is_replaced() {
    let mut world = world(Stage::Created);
    let hub = world.hub.clone();
    let new = person("g");
    world
        .chain
        .refuse(hub.set_guardian(Pubkey::default()), ZeroKey);
    world.chain.refuse(
        hub.set_guardian(new).swap(&hub.authority, &hub.guardian),
        NotAuthority,
    );
    let event = world.touches(hub.set_guardian(new), &[]);
    assert_eq!(
        event,
        Event::GuardianChanged(GuardianChanged {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            old: hub.guardian,
            new,
        })
    );
    assert_eq!(world.hub().scope.guardian, new);
    let until = world.chain.now() + 1;
    world.chain.refuse(hub.pause(until), NotGuardian);
    world
        .chain
        .accept(hub.pause(until).swap(&hub.guardian, &new));
}

#[test]
fn a_hand_over_takes_two_steps() {
    let mut world = world(Stage::Created);
    let hub = world.hub.clone();
    let (heir, rival) = (person("heir"), person("rival"));
    world
        .chain
        .refuse(hub.nominate(Some(Pubkey::default())), ZeroKey);
    world.chain.refuse(hub.accept_authority(heir), NotNominee);
    world.touches(hub.nominate(Some(rival)), &[]);
    let event = world.touches(hub.nominate(Some(heir)), &[]);
    assert_eq!(
        event,
        Event::AuthorityNominated(AuthorityNominated {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            old: Some(rival),
            new: Some(heir),
        })
    );
    world.chain.refuse(hub.accept_authority(rival), NotNominee);
    world.chain.accept(hub.nominate(None));
    world.chain.refuse(hub.accept_authority(heir), NotNominee);
    world.chain.accept(hub.nominate(Some(heir)));
    let event = world.touches(hub.accept_authority(heir), &[]);
    assert_eq!(
        event,
        Event::AuthorityChanged(AuthorityChanged {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            old: hub.authority,
            new: heir,
        })
    );
    assert_eq!(world.hub().scope.pending_authority, Pubkey::default());
    world.chain.refuse(hub.accept_authority(heir), NotNominee);
    world.chain.refuse(hub.nominate(None), NotAuthority);
}

#[test]
fn a_pause_is_within_seven_days() {
    let mut world = world(Stage::Created);
    let hub = world.hub.clone();
    let now = world.chain.now();
    for until in [now - 1, now, now + WEEK + 1, i64::MAX, i64::MIN] {
        world.chain.refuse(hub.pause(until), BadPause);
    }
    world.chain.accept(hub.pause(now + 1));
    let event = world.touches(hub.pause(now + WEEK), &[]);
    assert_eq!(
        event,
        Event::PauseChanged(PauseChanged {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            old: now + 1,
            new: now + WEEK,
            by: hub.guardian,
        })
    );
    world.chain.refuse(
        hub.pause(now + 5).swap(&hub.guardian, &hub.authority),
        NotGuardian,
    );
    world.chain.refuse(
        hub.unpause().swap(&hub.authority, &hub.guardian),
        NotAuthority,
    );
    let event = world.touches(hub.unpause(), &[]);
    assert_eq!(
        event,
        Event::PauseChanged(PauseChanged {
            hub: hub.address,
            sequence: world.hub().scope.sequence,
            old: now + WEEK,
            new: 0,
            by: hub.authority,
        })
    );
}

/// Entries are refused until the very second; everything else goes on.
#[test]
fn what_a_pause_stops() {
    let mut world = world(Stage::Funded);
    let (hub, deal) = (world.hub.clone(), world.deal.clone());
    let newcomer = OperatorFixture::new(&hub.address, b"ITAO1");
    let third = AgreementFixture::new(&hub, &deal.first, &newcomer, deal.mint, deal.token);
    let fourth = OperatorFixture::new(&hub.address, b"ESPV1");
    world.chain.accept(hub.register(&newcomer));
    let until = world.chain.now() + 1_000;
    world.chain.accept(hub.pause(until));
    for now in [until - 1_000, until - 1] {
        world.chain.set_time(now);
        world.chain.refuse(hub.register(&fourth), Paused);
        world.chain.refuse(third.propose(), Paused);
        world.chain.refuse(deal.deposit(Side::First, 1), Paused);
    }
    let chain = &mut world.chain;
    chain.accept(deal.redeem(Side::First, 0, 1_000));
    chain.accept(deal.state(Side::First, 0, usage(0, 1, 100_000)));
    chain.accept(deal.state(Side::Second, 0, usage(0, 1, 50_000)));
    chain.accept(deal.return_statement(Side::First, 0));
    chain.accept(deal.restate(Side::First, 0, usage(0, 1, 90_000)));
    chain.accept(deal.counter(Side::First, 0, 10_000));
    chain.accept(deal.accept_statement(Side::Second, 0));
    chain.accept(deal.settle(0));
    chain.accept(deal.concede(Side::First, 0, Side::First));
    chain.accept(deal.settle(0));
    chain.accept(deal.collect_fees());
    chain.accept(deal.offer(Side::First, Some(deal.terms())));
    chain.accept(deal.accept_as(Side::Second, deal.terms(), 0));
    chain.accept(deal.request(Side::First, 1_000));
    chain.accept(deal.close(Side::Second));
    chain.set_time(until);
    chain.accept(hub.register(&fourth));
    chain.accept(third.propose());
    chain.accept(deal.deposit(Side::First, 1));
    // The first acceptance is an entry too.
    chain.accept(hub.pause(until + 10));
    chain.refuse(third.accept(), Paused);
    chain.accept(hub.unpause());
    chain.accept(third.accept());
}
