//! `offer_terms` and `accept_terms`.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{TermsAccepted, TermsOffered};
use roaming_escrow::state::{AgreementState, AgreementTerms, HubTermsChange, Side, StatementState};
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{
    ARBITRATION_WINDOW, DEFAULT_AWARD_BPS, DISPUTE_WINDOW, FEE_BPS, STATEMENT_WINDOW, usage,
};
use wayfare_tests::roaming::world::{FIRST_TOTAL, RECORDS, SECOND_TOTAL, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

#[test]
fn the_first_acceptance_opens_it() {
    let mut world = world(Stage::Proposed);
    let deal = world.deal.clone();
    let event = world.touches(deal.accept(), &[deal.address]);
    assert_eq!(
        event,
        Event::TermsAccepted(TermsAccepted {
            hub: deal.hub.address,
            sequence: world.hub().scope.sequence,
            agreement: deal.address,
            by: Side::Second,
            old: AgreementTerms::default(),
            new: deal.terms(),
            fee_bps: FEE_BPS,
        })
    );
    let state = world.agreement();
    assert_eq!(state.state(), Ok(AgreementState::Active));
    assert_eq!(
        (state.terms.get(), state.offered.get()),
        (Some(deal.terms()), None)
    );
    assert_eq!(state.fee_bps, FEE_BPS);
    world.chain.refuse(deal.accept(), NothingToAccept);
}

#[test]
fn a_fee_that_rose_meanwhile() {
    let mut world = world(Stage::Proposed);
    let deal = world.deal.clone();
    let fee = |fee_bps| {
        deal.hub.update(HubTermsChange {
            fee_bps: Some(fee_bps),
            ..Default::default()
        })
    };
    world.chain.accept(fee(FEE_BPS + 1));
    world.chain.refuse(deal.accept(), BadFee);
    world
        .chain
        .accept(deal.accept_as(Side::Second, deal.terms(), FEE_BPS + 1));
    assert_eq!(world.agreement().fee_bps, FEE_BPS + 1);
    // Later terms do not touch it.
    world.chain.accept(fee(100));
    world
        .chain
        .accept(deal.offer(Side::First, Some(deal.terms())));
    world
        .chain
        .accept(deal.accept_as(Side::Second, deal.terms(), 0));
    assert_eq!(world.agreement().fee_bps, FEE_BPS + 1);
}

#[test]
fn only_the_terms_that_are_named_and_only_of_the_other_side() {
    let mut world = world(Stage::Proposed);
    let deal = world.deal.clone();
    let mut other = deal.terms();
    other.tolerance_bps += 1;
    world
        .chain
        .refuse(deal.accept_as(Side::Second, other, FEE_BPS), WrongTerms);
    world.chain.refuse(
        deal.accept_as(Side::First, deal.terms(), FEE_BPS),
        NotAuthority,
    );
    // A counter-offer turns the tables.
    let event = world.touches(deal.offer(Side::Second, Some(other)), &[deal.address]);
    assert_eq!(
        event,
        Event::TermsOffered(TermsOffered {
            hub: deal.hub.address,
            sequence: world.hub().scope.sequence,
            agreement: deal.address,
            by: Side::Second,
            terms: Some(other),
        })
    );
    world
        .chain
        .refuse(deal.accept_as(Side::Second, other, FEE_BPS), NotAuthority);
    world.chain.refuse(
        deal.accept_as(Side::First, deal.terms(), FEE_BPS),
        WrongTerms,
    );
    // Withdrawn by the side that made it, and by nobody else.
    world
        .chain
        .refuse(deal.offer(Side::First, None), NothingToAccept);
    world.chain.accept(deal.offer(Side::Second, None));
    world
        .chain
        .refuse(deal.accept_as(Side::First, other, FEE_BPS), NothingToAccept);
    // Nor are terms of zeros an offer.
    world.chain.refuse(
        deal.accept_as(Side::First, AgreementTerms::default(), FEE_BPS),
        NothingToAccept,
    );
    world.chain.accept(deal.offer(Side::Second, Some(other)));
    world
        .chain
        .accept(deal.accept_as(Side::First, other, FEE_BPS));
    assert_eq!(world.agreement().terms.get(), Some(other));
}

#[test]
fn by_strangers() {
    let mut world = world(Stage::Proposed);
    let other = world.add_hub("elsewhere", Stage::Proposed);
    let deal = world.deal.clone();
    world.chain.refuse(
        deal.accept()
            .swap(&deal.second.authority, &other.second.authority),
        NotAuthority,
    );
    for (mine, theirs) in [
        (deal.first.address, other.first.address),
        (deal.second.address, other.second.address),
    ] {
        world
            .chain
            .refuse(deal.accept().swap(&mine, &theirs), NotAParty);
    }
    world.chain.refuse(
        deal.offer(Side::First, None)
            .swap(&deal.first.address, &other.first.address)
            .swap(&deal.first.authority, &other.first.authority),
        NotAParty,
    );
    world.chain.refuse(
        deal.offer(Side::First, None)
            .swap(&deal.first.authority, &deal.second.authority),
        NotAuthority,
    );
    world.chain.refuse(
        deal.accept().swap(&deal.hub.address, &other.hub.address),
        WrongHub,
    );
}

#[test]
fn statements_keep_the_terms_that_they_were_stated_under() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let mut terms = deal.terms();
    terms.statement_window = 1;
    terms.tolerance_bps = 10_000;
    world.chain.accept(deal.offer(Side::First, Some(terms)));
    world.chain.accept(deal.accept_as(Side::Second, terms, 0));
    assert_eq!(
        world.statement(Side::First, 0).terms.get(),
        Some(deal.terms())
    );
    world.chain.pass(2);
    world
        .chain
        .refuse(deal.deem_accepted(Side::First, 0), TooEarly);
    world
        .chain
        .accept(deal.state(Side::First, 1, usage(17, 1, 100)));
    assert_eq!(world.statement(Side::First, 1).terms.get(), Some(terms));
    world.chain.pass(1);
    world.chain.accept(deal.deem_accepted(Side::First, 1));
}

/// Neither the tolerance nor a window of the new terms reaches a statement by a step that is taken later.
#[test]
fn no_step_brings_later_terms_into_a_statement() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let old = deal.terms();
    let terms = AgreementTerms {
        statement_window: old.statement_window + 1,
        dispute_window: old.dispute_window + 1,
        arbitration_window: old.arbitration_window + 1,
        withdrawal_notice: old.withdrawal_notice + 1,
        tolerance_bps: 10_000,
        default_award_bps: 10_000,
        ..old
    };
    world.chain.accept(deal.offer(Side::First, Some(terms)));
    world.chain.accept(deal.accept_as(Side::Second, terms, 0));
    let now = world.chain.now();
    world.chain.accept(deal.counter(Side::First, 0, 0));
    let statement = world.statement(Side::First, 0);
    assert_eq!(statement.state(), Ok(StatementState::Countered));
    assert_eq!(statement.dispute_by, now + DISPUTE_WINDOW);
    assert_eq!(
        statement.award_by,
        now + DISPUTE_WINDOW + ARBITRATION_WINDOW
    );
    world.chain.accept(deal.return_statement(Side::Second, 0));
    assert_eq!(world.statement(Side::Second, 0).terms.get(), Some(old));
    let args = usage(0, RECORDS, SECOND_TOTAL);
    world.chain.accept(deal.restate(Side::Second, 0, args));
    let statement = world.statement(Side::Second, 0);
    assert_eq!(statement.answer_by, now + STATEMENT_WINDOW);
    assert_eq!(statement.terms.get(), Some(old));
    world.chain.pass(DISPUTE_WINDOW + ARBITRATION_WINDOW);
    world.chain.accept(deal.award_by_default(Side::First, 0));
    let statement = world.statement(Side::First, 0);
    let award = u128::from(FIRST_TOTAL) * u128::from(DEFAULT_AWARD_BPS) / 10_000;
    assert_eq!(u128::from(statement.award), award);
    assert_eq!(statement.terms.get(), Some(old));
}

#[test]
fn of_an_agreement_that_ends() {
    let mut world = world(Stage::Accepted);
    let deal = world.deal.clone();
    world
        .chain
        .accept(deal.offer(Side::First, Some(deal.terms())));
    world.chain.accept(deal.close(Side::Second));
    world.chain.refuse(
        deal.accept_as(Side::Second, deal.terms(), 0),
        NothingToAccept,
    );
    for &side in Side::ALL {
        world
            .chain
            .refuse(deal.offer(side, Some(deal.terms())), ClosingAlready);
    }
}
