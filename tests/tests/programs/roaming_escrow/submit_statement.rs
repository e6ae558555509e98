use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::UsageStated;
use roaming_escrow::state::{Side, StatementArgs, StatementState};
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{STATEMENT_WINDOW, usage};
use wayfare_tests::roaming::world::{FIRST_TOTAL, RECORDS, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

#[test]
fn counts_what_vouchers_moved_as_paid() {
    for &home in Side::ALL {
        let mut world = world(Stage::Funded);
        let deal = world.deal.clone();
        world.chain.accept(deal.redeem(home, 0, 12_345));
        let now = world.chain.now();
        let args = usage(0, 3, 100_000);
        let event = world.touches(
            deal.state(home, 0, args),
            &[deal.hub.clerk, deal.address, deal.statement(home, 0)],
        );
        assert_eq!(
            event,
            Event::UsageStated(UsageStated {
                hub: deal.hub.address,
                sequence: world.hub().scope.sequence,
                agreement: deal.address,
                home,
                period: 0,
                usage: args,
                vouchers: 12_345,
                answer_by: now + STATEMENT_WINDOW,
            })
        );
        let statement = world.statement(home, 0);
        assert_eq!(statement.state(), Ok(StatementState::Stated));
        assert_eq!(statement.home(), Ok(home));
        assert_eq!((statement.total, statement.paid), (100_000, 12_345));
        assert_eq!(statement.rent_payer, deal.hub.clerk);
        assert_eq!(statement.terms.get(), Some(deal.terms()));
        let books = world.books(home);
        assert_eq!(
            (books.exposure, books.open_statements, books.vouchers),
            (100_000 - 12_345, 1, 0)
        );
        assert_eq!((books.next_period, books.next_record), (1, 3));
        assert_eq!(world.books(home.other()).next_period, 0);
    }
}

#[test]
fn periods_and_records_without_gap_or_overlap() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    let state = |period, first, records| deal.state(Side::First, period, usage(first, records, 9));
    for period in [1, 2, u32::MAX] {
        world.chain.refuse(state(period, 0, 2), WrongPeriod);
    }
    for first in [1, u64::MAX] {
        world.chain.refuse(state(0, first, 2), WrongFirstRecord);
    }
    world.chain.accept(state(0, 0, 2));
    for first in [0, 1, 3] {
        world.chain.refuse(state(1, first, 2), WrongFirstRecord);
    }
    // A period without traffic is stated as zero.
    world
        .chain
        .accept(deal.state(Side::First, 1, usage(2, 0, 0)));
    world.chain.refuse(state(3, 2, 1), WrongPeriod);
    world.chain.accept(state(2, 2, 1));
    assert_eq!(world.books(Side::First).next_record, 3);
    // The other direction counts for itself.
    world
        .chain
        .accept(deal.state(Side::Second, 0, usage(0, 1, 9)));
}

#[test]
fn one_that_contradicts_itself() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    let args = |root: u8, records, total| StatementArgs {
        root: [root; 32],
        records,
        first_record: 0,
        total,
    };
    for bad in [args(0, 1, 1), args(1, 0, 0), args(0, 0, 1)] {
        world
            .chain
            .refuse(deal.state(Side::First, 0, bad), BadStatement);
    }
    world
        .chain
        .accept(deal.state(Side::First, 0, args(1, u64::MAX, u64::MAX)));
    // Numbers that only rise, at their end: no records more, but periods.
    world
        .chain
        .refuse(deal.state(Side::First, 1, usage(u64::MAX, 1, 0)), Overflow);
    // And what may be taken has a limit, which the visited network used up itself.
    world
        .chain
        .accept(deal.state(Side::First, 1, usage(u64::MAX, 0, 0)));
}

#[test]
fn totals_past_the_limit() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    let state = |period, total| deal.state(Side::First, period, usage(u64::from(period), 1, total));
    world.chain.accept(state(0, u64::MAX - 9));
    world.chain.refuse(state(1, 10), Overflow);
    world.chain.accept(state(1, 9));
    world.chain.refuse(state(2, 1), Overflow);
    world.chain.accept(state(2, 0));
}

#[test]
fn only_by_the_visited_network() {
    let mut world = world(Stage::Funded);
    let other = world.add_hub("elsewhere", Stage::Funded);
    let deal = world.deal.clone();
    let state = || deal.state(Side::First, 0, usage(0, 1, 5));
    let chain = &mut world.chain;
    // The home network states its own usage.
    chain.refuse(
        state()
            .swap(&deal.second.address, &deal.first.address)
            .swap(&deal.second.authority, &deal.first.authority),
        NotVisited,
    );
    for wrong in [
        deal.first.authority,
        deal.second.voucher_signer,
        deal.second.payout,
        deal.hub.arbiter,
    ] {
        chain.refuse(state().swap(&deal.second.authority, &wrong), NotAuthority);
    }
    chain.refuse(
        state()
            .swap(&deal.second.address, &other.second.address)
            .swap(&deal.second.authority, &other.second.authority),
        NotAParty,
    );
    chain.refuse(
        state().swap(&deal.hub.address, &other.hub.address),
        WrongHub,
    );
    chain.accept(state());
}

/// Both may still be open: only a returned one holds the next up.
#[test]
fn while_the_one_before_is_open_or_returned() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let next = || deal.state(Side::First, 1, usage(RECORDS, 1, 5));
    let mut returned = world.clone();
    world.chain.accept(next());
    assert_eq!(world.books(Side::First).exposure, FIRST_TOTAL + 5);
    returned.chain.accept(deal.return_statement(Side::First, 0));
    returned.chain.refuse(next(), NotRestated);
    returned
        .chain
        .refuse(deal.redeem(Side::First, 1, 5), WrongVoucher);
    returned
        .chain
        .accept(deal.restate(Side::First, 0, usage(0, RECORDS, 7)));
    returned.chain.accept(next());
}
