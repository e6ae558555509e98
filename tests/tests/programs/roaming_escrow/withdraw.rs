//! `request_withdrawal`, `withdraw`, `close_agreement`, `collect_fees` and `close_statement`: the ways out.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{
    AgreementClosing, Balances, FeesCollected, StatementClosed, WithdrawalRequested, Withdrawn,
};
use roaming_escrow::state::{AgreementState, HubTermsChange, OperatorProfile, Side};
use spl_token_2022_interface::instruction::AuthorityType;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{
    FEE_BPS, REQUEST_LASTS, STATEMENT_WINDOW, WITHDRAWAL_NOTICE, usage,
};
use wayfare_tests::roaming::world::{
    AWARD, COUNTER, DEPOSIT, RECORDS, SECOND_TOTAL, Stage, TOKENS, World,
};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::{TokenProgram, set_authority};

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

#[test]
fn after_its_notice_and_for_seven_days() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Funded, token);
        let deal = world.deal.clone();
        let at = world.chain.now() + WITHDRAWAL_NOTICE;
        let event = world.touches(deal.request(Side::First, 300), &[deal.address]);
        assert_eq!(
            event,
            Event::WithdrawalRequested(WithdrawalRequested {
                hub: deal.hub.address,
                sequence: world.hub().scope.sequence,
                agreement: deal.address,
                side: Side::First,
                amount: 300,
                withdrawable_at: at,
            })
        );
        world.chain.set_time(at - 1);
        world
            .chain
            .refuse(deal.withdraw(Side::First), NoticeNotOver);
        for now in [at + REQUEST_LASTS, at + REQUEST_LASTS + 1] {
            world.chain.set_time(now);
            world.chain.refuse(deal.withdraw(Side::First), NoRequest);
        }
        for now in [at, at + 1, at + REQUEST_LASTS - 1] {
            let mut world = world.clone();
            world.chain.set_time(now);
            let destination = deal.tokens_of(&deal.first.payout);
            let event = world.touches(
                deal.withdraw(Side::First),
                &[deal.address, deal.vault, destination],
            );
            assert_eq!(
                event,
                Event::Withdrawn(Withdrawn {
                    hub: deal.hub.address,
                    sequence: world.hub().scope.sequence,
                    agreement: deal.address,
                    side: Side::First,
                    amount: 300,
                    balances: Balances {
                        first: DEPOSIT - 300,
                        second: DEPOSIT,
                        first_arrears: 0,
                        second_arrears: 0,
                        fees: 0,
                        vault: 2 * DEPOSIT - 300,
                    },
                })
            );
            assert_eq!(world.tokens_of(&deal.first.payout), TOKENS - DEPOSIT + 300);
            // Good for one withdrawal.
            world.chain.refuse(deal.withdraw(Side::First), NoRequest);
        }
    }
}

/// A request is for what is there: one made early is no way out for what is deposited later.
#[test]
fn of_no_more_than_the_balance_at_the_request() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    for amount in [DEPOSIT + 1, u64::MAX] {
        world
            .chain
            .refuse(deal.request(Side::First, amount), AboveBalance);
    }
    world.chain.accept(deal.request(Side::First, DEPOSIT));
    world.chain.accept(deal.deposit(Side::First, 1_000));
    world.chain.pass(WITHDRAWAL_NOTICE);
    world.chain.accept(deal.withdraw(Side::First));
    assert_eq!(world.books(Side::First).balance, 1_000);
}

#[test]
fn taken_back_and_requested_anew() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.refuse(deal.withdraw(Side::First), NoRequest);
    world.chain.accept(deal.request(Side::First, 5));
    world.chain.accept(deal.request(Side::First, 0));
    assert_eq!(world.books(Side::First).withdrawable_at, 0);
    world.chain.pass(WITHDRAWAL_NOTICE);
    world.chain.refuse(deal.withdraw(Side::First), NoRequest);
    world.chain.accept(deal.request(Side::First, 5));
    world.chain.pass(WITHDRAWAL_NOTICE - 1);
    // Each request has a notice of its own, and a side's request is its own.
    world.chain.accept(deal.request(Side::First, 6));
    world.chain.pass(1);
    world
        .chain
        .refuse(deal.withdraw(Side::First), NoticeNotOver);
    world.chain.refuse(deal.withdraw(Side::Second), NoRequest);
}

/// A withdrawal that would strip an open statement's cover.
#[test]
fn what_statements_may_take_stays() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.accept(deal.request(Side::First, DEPOSIT));
    world.chain.pass(WITHDRAWAL_NOTICE);
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, DEPOSIT - 10)));
    let mut all = world.clone();
    world.chain.accept(deal.withdraw(Side::First));
    assert_eq!(world.books(Side::First).balance, DEPOSIT - 10);
    // All of it, and more, is taken.
    all.chain
        .accept(deal.state(Side::First, 1, usage(1, 1, 10)));
    all.chain.refuse(deal.withdraw(Side::First), NothingFree);
    all.chain.accept(deal.accept_statement(Side::First, 1));
    all.chain.refuse(deal.withdraw(Side::First), NothingFree);
    all.chain.accept(deal.counter(Side::First, 0, DEPOSIT / 2));
    all.chain.refuse(deal.withdraw(Side::First), NothingFree);
    all.chain
        .accept(deal.settle_with(0, Some(deal.statement(Side::First, 0)), None));
    all.chain.refuse(deal.withdraw(Side::First), NothingFree);
    // Conceded to the home network, the difference is free.
    all.chain.accept(deal.concede(Side::First, 0, Side::Second));
    all.chain.accept(deal.withdraw(Side::First));
    assert_eq!(all.books(Side::First).balance, 10);
    // A returned one takes nothing, until it is stated again.
    let mut returned = World::at(Stage::Funded, TokenProgram::Spl);
    returned.chain.accept(deal.request(Side::First, 1));
    returned.chain.pass(WITHDRAWAL_NOTICE);
    returned
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, DEPOSIT)));
    returned
        .chain
        .refuse(deal.withdraw(Side::First), NothingFree);
    returned.chain.accept(deal.return_statement(Side::First, 0));
    returned.chain.accept(deal.withdraw(Side::First));
}

#[test]
fn in_arrears() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, DEPOSIT + 1)));
    world.chain.accept(deal.request(Side::First, 1));
    world.chain.pass(WITHDRAWAL_NOTICE);
    world.chain.accept(deal.deem_accepted(Side::First, 0));
    world
        .chain
        .accept(deal.settle_with(0, Some(deal.statement(Side::First, 0)), None));
    assert_eq!(world.books(Side::First).arrears, 1);
    world.chain.refuse(deal.withdraw(Side::First), InArrears);
    world
        .chain
        .refuse(deal.request(Side::First, 1), AboveBalance);
    // Nor may it state what others used in its network.
    world
        .chain
        .refuse(deal.state(Side::Second, 0, usage(0, 1, 5)), InArrears);
    // But it may answer, and its deposits pay first.
    world.chain.accept(deal.deposit(Side::First, 2));
    assert_eq!(world.books(Side::First).arrears, 0);
    world.chain.accept(deal.withdraw(Side::First));
    world
        .chain
        .accept(deal.state(Side::Second, 0, usage(0, 1, 5)));
}

#[test]
fn to_anybody_else() {
    let mut world = world(Stage::Funded);
    let other = world.add_hub("elsewhere", Stage::Funded);
    let deal = world.deal.clone();
    let thief = person("thief");
    world
        .chain
        .create_associated(deal.token, &deal.mint, &thief);
    let second = world.chain.create_token_account(
        deal.token,
        "second account of the payout",
        &deal.mint,
        &deal.first.payout,
    );
    let chain = &mut world.chain;
    chain.accept(deal.request(Side::First, 5));
    chain.pass(WITHDRAWAL_NOTICE);
    for to in [
        deal.tokens_of(&thief),
        deal.tokens_of(&deal.second.payout),
        second,
        deal.vault,
    ] {
        // The vault stands twice then, and is refused for what it is.
        chain.refuse(deal.withdraw_to(Side::First, to), WrongDestination);
    }
    chain.refuse(
        deal.withdraw(Side::First)
            .swap(&deal.first.authority, &deal.second.authority),
        NotAuthority,
    );
    chain.refuse(
        deal.withdraw(Side::First)
            .swap(&deal.first.address, &other.first.address)
            .swap(&deal.first.authority, &other.first.authority),
        NotAParty,
    );
    chain.refuse(
        deal.withdraw(Side::First).swap(&deal.vault, &other.vault),
        WrongVault,
    );
    chain.refuse(
        deal.withdraw(Side::First)
            .swap(&deal.token.id(), &deal.token.other().id()),
        WrongTokenProgram,
    );
    // The right address, given away.
    let destination = deal.tokens_of(&deal.first.payout);
    let mut given = world.clone();
    given.chain.accept(set_authority(
        deal.token,
        &destination,
        AuthorityType::AccountOwner,
        &deal.first.payout,
        Some(&thief),
    ));
    given
        .chain
        .refuse(deal.withdraw(Side::First), WrongDestination);
    // Another payout wallet, from the moment that it is named.
    let profile = OperatorProfile {
        payout: deal.second.payout,
        ..deal.first.profile()
    };
    given
        .chain
        .accept(deal.hub.update_operator(&deal.first, profile));
    given
        .chain
        .accept(deal.withdraw_to(Side::First, deal.tokens_of(&deal.second.payout)));
}

#[test]
fn an_agreement_ends_after_a_notice() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let now = world.chain.now();
    let event = world.touches(deal.close(Side::Second), &[deal.address]);
    let closes_at = now + WITHDRAWAL_NOTICE;
    assert_eq!(
        event,
        Event::AgreementClosing(AgreementClosing {
            hub: deal.hub.address,
            sequence: world.hub().scope.sequence,
            agreement: deal.address,
            by: Side::Second,
            closes_at,
        })
    );
    assert_eq!(world.agreement().state(), Ok(AgreementState::Closing));
    for &side in Side::ALL {
        world.chain.refuse(deal.close(side), ClosingAlready);
    }
    // Until then it takes statements and vouchers, and no longer.
    world.chain.set_time(closes_at - 1);
    let mut late = world.clone();
    world
        .chain
        .accept(deal.state(Side::First, 1, usage(17, 1, 1_000)));
    world.chain.accept(deal.redeem(Side::First, 2, 5));
    for now in [closes_at, closes_at + 1] {
        late.chain.set_time(now);
        late.chain.refuse(
            deal.state(Side::First, 1, usage(17, 1, 1_000)),
            AgreementClosed,
        );
        late.chain
            .refuse(deal.redeem(Side::First, 1, 5), AgreementClosed);
    }
    // Nobody withdraws all before the statements are settled.
    late.chain.refuse(deal.withdraw(Side::First), NoRequest);
    for &home in Side::ALL {
        late.chain.accept(deal.deem_accepted(home, 0));
    }
    late.chain.refuse(deal.withdraw(Side::Second), NoRequest);
    late.chain.accept(deal.settle(0));
    let [first, second, _] = late.balances();
    late.chain.accept(deal.withdraw(Side::First));
    late.chain.accept(deal.withdraw(Side::Second));
    assert_eq!(late.tokens_of(&deal.first.payout), TOKENS - DEPOSIT + first);
    assert_eq!(
        late.tokens_of(&deal.second.payout),
        TOKENS - DEPOSIT + second
    );
    late.chain.refuse(deal.withdraw(Side::First), NothingFree);
}

#[test]
fn an_agreement_that_never_began_has_no_end() {
    let mut world = world(Stage::Proposed);
    let deal = world.deal.clone();
    for &side in Side::ALL {
        world.chain.refuse(deal.close(side), NotAccepted);
        world.chain.refuse(deal.request(side, 0), NotAccepted);
        world.chain.refuse(deal.withdraw(side), NoRequest);
    }
    world
        .chain
        .refuse(deal.state(Side::First, 0, usage(0, 0, 0)), NotAccepted);
    world
        .chain
        .refuse(deal.redeem(Side::First, 0, 1), NotAccepted);
}

/// The end waits for a returned statement: see `lapse_statement`.
#[test]
fn a_returned_statement_keeps_an_agreement_open() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.accept(deal.close(Side::First));
    world.chain.pass(WITHDRAWAL_NOTICE - 1);
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, 1_000)));
    world.chain.accept(deal.return_statement(Side::First, 0));
    world.chain.pass(1);
    for &side in Side::ALL {
        world.chain.refuse(deal.withdraw(side), NoRequest);
    }
    let mut restated = world.clone();
    restated
        .chain
        .accept(deal.restate(Side::First, 0, usage(0, 1, 900)));
    restated.chain.refuse(deal.withdraw(Side::First), NoRequest);
    world.chain.pass(STATEMENT_WINDOW - 1);
    world.chain.accept(deal.lapse(Side::First, 0));
    world.chain.refuse(deal.withdraw(Side::First), NoRequest);
    world
        .chain
        .accept(deal.settle_with(0, Some(deal.statement(Side::First, 0)), None));
    for &side in Side::ALL {
        world.chain.accept(deal.withdraw(side));
    }
    assert_eq!(world.balances(), [0, 0, 0]);
}

#[test]
fn the_hubs_fees_go_to_its_treasury() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Resolved, token);
        let deal = world.deal.clone();
        world.chain.refuse(deal.collect_fees(), NothingFree);
        world.chain.accept(deal.settle(0));
        let net = COUNTER + AWARD - SECOND_TOTAL;
        let fee = net * u64::from(FEE_BPS) / 10_000;
        let treasury = deal.tokens_of(&deal.hub.treasury);
        let thief = deal.tokens_of(&deal.first.payout);
        world
            .chain
            .refuse(deal.collect_fees_to(thief), WrongDestination);
        world
            .chain
            .refuse(deal.collect_fees_to(deal.vault), WrongDestination);
        let mut moved = world.clone();
        let event = world.touches(deal.collect_fees(), &[deal.address, deal.vault, treasury]);
        assert_eq!(
            event,
            Event::FeesCollected(FeesCollected {
                hub: deal.hub.address,
                sequence: world.hub().scope.sequence,
                agreement: deal.address,
                amount: fee,
                balances: Balances {
                    first: DEPOSIT - net,
                    second: DEPOSIT + net - fee,
                    first_arrears: 0,
                    second_arrears: 0,
                    fees: 0,
                    vault: 2 * DEPOSIT - fee,
                },
            })
        );
        assert_eq!(world.tokens_of(&deal.hub.treasury), fee);
        // To the treasury as it is now.
        moved.chain.accept(deal.hub.update(HubTermsChange {
            treasury: Some(deal.first.payout),
            ..Default::default()
        }));
        moved.chain.refuse(deal.collect_fees(), WrongDestination);
        moved.chain.accept(deal.collect_fees_to(thief));
    }
}

#[test]
fn a_statements_rent_goes_back_to_who_paid_it() {
    let mut world = world(Stage::Settled);
    let deal = world.deal.clone();
    let close = |home| deal.close_statement(home, 0);
    world.chain.refuse(close(Side::First), NotWoundUp);
    world.chain.accept(deal.close(Side::First));
    world.chain.pass(WITHDRAWAL_NOTICE - 1);
    world.chain.refuse(close(Side::First), NotWoundUp);
    world.chain.pass(1);
    world.chain.refuse(
        close(Side::First).swap(&deal.hub.clerk, &deal.first.authority),
        WrongRentReceiver,
    );
    let address = deal.statement(Side::First, 0);
    let had = world.chain.lamports(&deal.hub.clerk);
    let rent = world.chain.lamports(&address);
    let event = world.touches(close(Side::First), &[deal.address, address, deal.hub.clerk]);
    assert_eq!(world.chain.lamports(&deal.hub.clerk), had + rent);
    assert_eq!(
        event,
        Event::StatementClosed(StatementClosed {
            hub: deal.hub.address,
            sequence: world.hub().scope.sequence,
            agreement: deal.address,
            home: Side::First,
            period: 0,
        })
    );
    // Its period does not come back.
    world
        .chain
        .refuse(deal.state(Side::First, 0, usage(0, 0, 0)), AgreementClosed);
    world.chain.refuse(
        deal.settle_with(0, None, Some(deal.statement(Side::Second, 0))),
        MissingStatement,
    );
}

/// A clock that goes back over the end: statements that came then could not be settled beside those that are closed, and
/// everybody would be locked in.
#[test]
fn an_agreement_that_somebody_left_stays_ended() {
    let mut world = world(Stage::Settled);
    let deal = world.deal.clone();
    world.chain.accept(deal.close(Side::First));
    world.chain.pass(WITHDRAWAL_NOTICE);
    let closes_at = world.chain.now();
    let mut untouched = world.clone();
    for leaves in [
        deal.withdraw(Side::First),
        deal.close_statement(Side::First, 0),
    ] {
        let mut world = world.clone();
        assert_eq!(world.agreement().ended, 0);
        world.chain.accept(leaves);
        assert_eq!(world.agreement().ended, 1);
        world.chain.set_time(closes_at - 1);
        world.chain.refuse(
            deal.state(Side::Second, 1, usage(RECORDS, 1, 1_000)),
            AgreementClosed,
        );
        world
            .chain
            .refuse(deal.redeem(Side::Second, 1, 5), AgreementClosed);
        // It is wound up for everybody else too.
        world.chain.accept(deal.withdraw(Side::Second));
        world.chain.accept(deal.close_statement(Side::Second, 0));
    }
    // Where nobody did anything yet, the end itself comes later.
    untouched.chain.set_time(closes_at - 1);
    untouched
        .chain
        .refuse(deal.withdraw(Side::First), NoRequest);
    untouched.chain.accept(deal.redeem(Side::Second, 1, 5));
}
