//! What answers a statement: `accept_statement`, `deem_accepted`, `counter_statement`, `return_statement`, `restate`,
//! `lapse_statement`; and what ends a dispute: `concede`, `award`, `award_by_default`.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{StatementChanged, UsageStated};
use roaming_escrow::state::{Action, Side, StatementArgs, StatementState};
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{
    ARBITRATION_WINDOW, DEFAULT_AWARD_BPS, DISPUTE_WINDOW, STATEMENT_WINDOW, cranker, usage,
};
use wayfare_tests::roaming::world::{COUNTER, FIRST_TOTAL, RECORDS, Stage, World};
use wayfare_tests::token::TokenProgram;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

/// The event of a step of the first statement, as the statement stands after it.
fn changed(world: &World, action: Action, by: solana_pubkey::Pubkey) -> Event {
    let statement = world.statement(Side::First, 0);
    Event::StatementChanged(StatementChanged {
        hub: world.hub.address,
        sequence: world.hub().scope.sequence,
        agreement: world.deal.address,
        home: Side::First,
        period: 0,
        action,
        by,
        total: statement.total,
        counter_root: statement.counter_root,
        counter_total: statement.counter_total,
        award: statement.award,
        accepted: statement.accepted,
    })
}

#[test]
fn accepted_in_words_or_by_silence() {
    for silent in [false, true] {
        let mut world = world(Stage::Stated);
        let deal = world.deal.clone();
        let (call, action, by) = if silent {
            world.chain.pass(STATEMENT_WINDOW);
            (
                deal.deem_accepted(Side::First, 0),
                Action::DeemAccepted,
                cranker(),
            )
        } else {
            world.chain.pass(STATEMENT_WINDOW - 1);
            let by = deal.first.authority;
            (deal.accept_statement(Side::First, 0), Action::Accept, by)
        };
        // What may be taken stays the same.
        let event = world.touches(call, &[deal.statement(Side::First, 0)]);
        assert_eq!(event, changed(&world, action, by));
        let statement = world.statement(Side::First, 0);
        assert_eq!(statement.state(), Ok(StatementState::Matched));
        assert_eq!(statement.accepted, FIRST_TOTAL);
        assert_eq!(world.books(Side::First).exposure, FIRST_TOTAL);
    }
}

/// The tolerance is rounded down, and a difference of exactly it is none.
#[test]
fn countered_around_the_tolerance() {
    // 1 % of 700,000,001 is 7,000,000.01.
    let least = FIRST_TOTAL - 7_000_000;
    for (counter, state, accepted) in [
        (FIRST_TOTAL, StatementState::Matched, FIRST_TOTAL),
        (least + 1, StatementState::Matched, FIRST_TOTAL),
        (least, StatementState::Matched, FIRST_TOTAL),
        (least - 1, StatementState::Countered, least - 1),
        (1, StatementState::Countered, 1),
        (0, StatementState::Countered, 0),
    ] {
        let mut world = world(Stage::Stated);
        let deal = world.deal.clone();
        let now = world.chain.now();
        let event = world.touches(
            deal.counter(Side::First, 0, counter),
            &[deal.statement(Side::First, 0)],
        );
        assert_eq!(
            event,
            changed(&world, Action::Counter, deal.first.authority)
        );
        let statement = world.statement(Side::First, 0);
        assert_eq!(statement.state(), Ok(state));
        assert_eq!(
            (statement.accepted, statement.counter_total),
            (accepted, counter)
        );
        assert_eq!(world.books(Side::First).exposure, FIRST_TOTAL);
        let dispute = (statement.dispute_by, statement.award_by);
        if state == StatementState::Countered {
            let until = now + DISPUTE_WINDOW;
            assert_eq!(dispute, (until, until + ARBITRATION_WINDOW));
        } else {
            assert_eq!(dispute, (0, 0));
        }
    }
    let mut world = world(Stage::Stated);
    for counter in [FIRST_TOTAL + 1, u64::MAX] {
        let call = world.deal.counter(Side::First, 0, counter);
        world.chain.refuse(call, CounterAboveTotal);
    }
}

#[test]
fn returned_three_times_at_most() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let touched = [deal.address, deal.statement(Side::First, 0)];
    for n in 1..=3 {
        world.chain.pass(STATEMENT_WINDOW - 1);
        let event = world.touches(deal.return_statement(Side::First, 0), &touched);
        assert_eq!(event, changed(&world, Action::Return, deal.first.authority));
        let statement = world.statement(Side::First, 0);
        assert_eq!(statement.returns, n);
        assert_eq!(statement.answer_by, world.chain.now() + STATEMENT_WINDOW);
        let books = world.books(Side::First);
        assert_eq!((books.exposure, books.open_statements), (0, 0));
        assert!(books.is_returned());
        world.chain.pass(STATEMENT_WINDOW - 1);
        let args = StatementArgs {
            root: [n; 32],
            ..usage(0, RECORDS + u64::from(n), 1_000 + u64::from(n))
        };
        let event = world.touches(deal.restate(Side::First, 0, args), &touched);
        assert_eq!(
            event,
            Event::UsageStated(UsageStated {
                hub: deal.hub.address,
                sequence: world.hub().scope.sequence,
                agreement: deal.address,
                home: Side::First,
                period: 0,
                usage: args,
                vouchers: 0,
                answer_by: world.chain.now() + STATEMENT_WINDOW,
            })
        );
        let books = world.books(Side::First);
        assert_eq!(
            (books.exposure, books.next_record),
            (args.total, args.records)
        );
        assert!(!books.is_returned());
    }
    world
        .chain
        .refuse(deal.return_statement(Side::First, 0), TooManyReturns);
    world.chain.accept(deal.counter(Side::First, 0, 0));
}

#[test]
fn restated_as_something_else() {
    let mut world = World::in_state(StatementState::Returned, TokenProgram::Spl);
    let deal = world.deal.clone();
    let restate = |args| deal.restate(Side::First, 0, args);
    world
        .chain
        .refuse(restate(usage(1, RECORDS, 5)), WrongFirstRecord);
    let rootless = StatementArgs {
        root: [0; 32],
        ..usage(0, 1, 5)
    };
    world.chain.refuse(restate(rootless), BadStatement);
    world.chain.accept(restate(usage(0, 0, 0)));
    assert_eq!(world.books(Side::First).next_record, 0);
    world
        .chain
        .accept(deal.state(Side::First, 1, usage(0, 1, 5)));
}

/// The records of the statements behind it follow its own: it can be countered, and not returned.
#[test]
fn only_the_last_one_is_returned() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    world
        .chain
        .accept(deal.state(Side::First, 1, usage(RECORDS, 1, 5)));
    world
        .chain
        .refuse(deal.return_statement(Side::First, 0), NotLast);
    world.chain.accept(deal.return_statement(Side::First, 1));
    world
        .chain
        .refuse(deal.return_statement(Side::First, 0), NotLast);
    world.chain.accept(deal.counter(Side::First, 0, 0));
    // The other direction's last one is another.
    world.chain.accept(deal.return_statement(Side::Second, 0));
}

#[test]
fn lapsed_when_it_is_not_restated() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.accept(deal.redeem(Side::First, 0, 500));
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 7, 9_000)));
    world.chain.accept(deal.return_statement(Side::First, 0));
    world.chain.pass(STATEMENT_WINDOW - 1);
    world.chain.refuse(deal.lapse(Side::First, 0), TooEarly);
    world.chain.pass(1);
    world
        .chain
        .refuse(deal.restate(Side::First, 0, usage(0, 7, 9_000)), TooLate);
    let event = world.touches(
        deal.lapse(Side::First, 0),
        &[deal.address, deal.statement(Side::First, 0)],
    );
    assert_eq!(event, changed(&world, Action::Lapse, cranker()));
    let statement = world.statement(Side::First, 0);
    assert_eq!(statement.state(), Ok(StatementState::Matched));
    assert_eq!(
        (
            statement.total,
            statement.records,
            statement.root,
            statement.accepted
        ),
        (0, 0, [0; 32], 0)
    );
    assert_eq!(world.books(Side::First).next_record, 0);
    // What vouchers moved goes back, less the hub's fee.
    let [first, second, _] = world.balances();
    world
        .chain
        .accept(deal.settle_with(0, Some(deal.statement(Side::First, 0)), None));
    assert_eq!(world.balances(), [first + 499, second - 500, 1]);
}

#[test]
fn conceded_by_either_side_at_any_time() {
    for (by, accepted, award, action) in [
        (
            Side::First,
            FIRST_TOTAL,
            FIRST_TOTAL - COUNTER,
            Action::ConcedeAll,
        ),
        (Side::Second, COUNTER, 0, Action::ConcedeNone),
    ] {
        for wait in [0, DISPUTE_WINDOW, DISPUTE_WINDOW + ARBITRATION_WINDOW + 1] {
            let mut world = world(Stage::Countered);
            let deal = world.deal.clone();
            world.chain.pass(wait);
            let event = world
                .chain
                .accept(deal.concede(Side::First, 0, by))
                .hub_event();
            assert_eq!(event, changed(&world, action, deal.side(by).authority));
            let statement = world.statement(Side::First, 0);
            assert_eq!(statement.state(), Ok(StatementState::Resolved));
            assert_eq!((statement.accepted, statement.award), (accepted, award));
            assert_eq!(world.books(Side::First).exposure, accepted);
            for &side in Side::ALL {
                world
                    .chain
                    .refuse(deal.concede(Side::First, 0, side), WrongState);
            }
        }
    }
}

#[test]
fn awarded_within_the_difference() {
    let difference = FIRST_TOTAL - COUNTER;
    for award in [0, 1, difference - 1, difference] {
        let mut world = world(Stage::Countered);
        let deal = world.deal.clone();
        world.chain.pass(DISPUTE_WINDOW);
        for more in [difference + 1, u64::MAX] {
            world
                .chain
                .refuse(deal.award(Side::First, 0, more), AwardAboveDifference);
        }
        let event = world
            .chain
            .accept(deal.award(Side::First, 0, award))
            .hub_event();
        assert_eq!(event, changed(&world, Action::Award, deal.hub.arbiter));
        assert_eq!(world.statement(Side::First, 0).accepted, COUNTER + award);
    }
}

#[test]
fn awarded_by_default_and_rounded_down() {
    let mut world = world(Stage::Countered);
    let deal = world.deal.clone();
    world.chain.pass(DISPUTE_WINDOW + ARBITRATION_WINDOW);
    let event = world.touches(
        deal.award_by_default(Side::First, 0),
        &[deal.address, deal.statement(Side::First, 0)],
    );
    assert_eq!(event, changed(&world, Action::AwardByDefault, cranker()));
    // 33.33 % of 100,000,001.
    assert_eq!(DEFAULT_AWARD_BPS, 3_333);
    let statement = world.statement(Side::First, 0);
    assert_eq!(statement.award, 33_330_000);
    assert_eq!(statement.accepted, COUNTER + 33_330_000);
}
