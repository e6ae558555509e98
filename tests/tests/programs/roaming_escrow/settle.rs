use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{Balances, PeriodSettled};
use roaming_escrow::state::{Netting, Side, StatementState};
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{DISPUTE_WINDOW, FEE_BPS, WITHDRAWAL_NOTICE, usage};
use wayfare_tests::roaming::world::{
    AWARD, COUNTER, DEPOSIT, FIRST_TOTAL, RECORDS, SECOND_TOTAL, Stage, World,
};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

fn fee(amount: u64) -> u64 {
    amount * u64::from(FEE_BPS) / 10_000
}

/// Both directions stated and accepted at these totals, after vouchers of these amounts.
fn matched(totals: [u64; 2], vouchers: [u64; 2]) -> World {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    for ((&home, total), voucher) in Side::ALL.iter().zip(totals).zip(vouchers) {
        if voucher > 0 {
            world.chain.accept(deal.redeem(home, 0, voucher));
        }
        world.chain.accept(deal.state(home, 0, usage(0, 1, total)));
        world.chain.accept(deal.accept_statement(home, 0));
    }
    world
}

#[test]
fn only_the_net_moves() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Resolved, token);
        let deal = world.deal.clone();
        let net = COUNTER + AWARD - SECOND_TOTAL;
        let event = world.touches(
            deal.settle(0),
            &[
                deal.address,
                deal.statement(Side::First, 0),
                deal.statement(Side::Second, 0),
            ],
        );
        assert_eq!(
            event,
            Event::PeriodSettled(PeriodSettled {
                hub: deal.hub.address,
                sequence: world.hub().scope.sequence,
                agreement: deal.address,
                period: 0,
                netting: Netting {
                    first_owed: COUNTER + AWARD,
                    second_owed: SECOND_TOTAL,
                    payer: Side::First,
                    moved: net,
                    fee: fee(net),
                    arrears: 0,
                },
                balances: Balances {
                    first: DEPOSIT - net,
                    second: DEPOSIT + net - fee(net),
                    first_arrears: 0,
                    second_arrears: 0,
                    fees: fee(net),
                    vault: 2 * DEPOSIT,
                },
            })
        );
        for &home in Side::ALL {
            let statement = world.statement(home, 0);
            assert_eq!(statement.state(), Ok(StatementState::Settled));
            assert_eq!(statement.paid, statement.accepted);
            assert_eq!(world.books(home).exposure, 0);
            assert_eq!(world.books(home).open_statements, 0);
        }
        world.chain.refuse(deal.settle(0), NothingToSettle);
    }
}

/// The costs that the project promises.
#[test]
fn within_25_000_compute_units() {
    let mut world = world(Stage::Resolved);
    let call = world.deal.settle(0);
    let units = world.chain.accept(call).compute_units;
    assert!(units <= 25_000, "{units}");
}

/// In every combination of totals and vouchers: what both are worth after it is what they owe, but for the fee.
#[test]
fn vouchers_are_trued_up_in_either_direction() {
    for totals in [[0, 0], [1_000_000, 0], [0, 1_000_000], [999_999, 1_000_000]] {
        for vouchers in [[0, 0], [400_000, 0], [0, 400_000], [2_000_000, 1_500_000]] {
            let mut world = matched(totals, vouchers);
            let call = world.deal.settle(0);
            let Event::PeriodSettled(settled) = world.chain.accept(call).hub_event() else {
                panic!("another event");
            };
            let [first, second, fees] = world.balances();
            let due = i128::from(totals[0]) - i128::from(totals[1]);
            let fee = i128::from(settled.netting.fee);
            let (pays_first, pays_second) = match settled.netting.payer {
                Side::First => (0, fee),
                Side::Second => (fee, 0),
            };
            let deposit = i128::from(DEPOSIT);
            assert_eq!(
                i128::from(first),
                deposit - due - pays_first,
                "{totals:?} {vouchers:?}"
            );
            assert_eq!(i128::from(second), deposit + due - pays_second);
            assert_eq!(i128::from(fees), fee);
        }
    }
}

#[test]
fn a_countered_one_pays_what_is_agreed_and_later_the_award() {
    let mut world = world(Stage::Countered);
    let deal = world.deal.clone();
    world.chain.accept(deal.settle(0));
    let net = COUNTER - SECOND_TOTAL;
    assert_eq!(
        world.balances(),
        [DEPOSIT - net, DEPOSIT + net - fee(net), fee(net)]
    );
    let statement = world.statement(Side::First, 0);
    assert_eq!(statement.state(), Ok(StatementState::Countered));
    assert_eq!(statement.paid, COUNTER);
    assert_eq!(
        world.statement(Side::Second, 0).state(),
        Ok(StatementState::Settled)
    );
    assert_eq!(world.books(Side::First).exposure, FIRST_TOTAL - COUNTER);
    world.chain.refuse(deal.settle(0), NothingToSettle);
    world.chain.pass(DISPUTE_WINDOW);
    world.chain.accept(deal.award(Side::First, 0, AWARD));
    let [first, second, fees] = world.balances();
    world.chain.accept(deal.settle(0));
    assert_eq!(
        world.balances(),
        [
            first - AWARD,
            second + AWARD - fee(AWARD),
            fees + fee(AWARD)
        ]
    );
    assert_eq!(
        world.statement(Side::First, 0).state(),
        Ok(StatementState::Settled)
    );
}

/// Vouchers above what is agreed stay where they are until the dispute is over.
#[test]
fn nothing_goes_back_while_a_difference_is_open() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.accept(deal.redeem(Side::First, 0, 800));
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, 1_000)));
    world.chain.accept(deal.counter(Side::First, 0, 100));
    let settle = || deal.settle_with(0, Some(deal.statement(Side::First, 0)), None);
    let before = world.balances();
    world.chain.refuse(settle(), NothingToSettle);
    assert_eq!(world.balances(), before);
    world
        .chain
        .accept(deal.concede(Side::First, 0, Side::Second));
    world.chain.accept(settle());
    assert_eq!(
        world.balances(),
        [DEPOSIT - 100 - fee(700), DEPOSIT + 100, fee(700)]
    );
}

/// Nor when the other direction is settled at the same time.
#[test]
fn nothing_goes_back_beside_the_other_direction() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.accept(deal.redeem(Side::First, 0, 800));
    for &home in Side::ALL {
        world.chain.accept(deal.state(home, 0, usage(0, 1, 1_000)));
    }
    world.chain.accept(deal.counter(Side::First, 0, 100));
    world.chain.accept(deal.counter(Side::Second, 0, 1_000));
    world.chain.accept(deal.settle(0));
    // The second side pays its 1,000; the 700 that the first one's vouchers moved too much wait.
    let [first, second] = [DEPOSIT - 800 + 1_000 - fee(1_000), DEPOSIT + 800 - 1_000];
    assert_eq!(world.balances(), [first, second, fee(1_000)]);
    assert_eq!(world.statement(Side::First, 0).paid, 800);
    world
        .chain
        .accept(deal.concede(Side::First, 0, Side::Second));
    world.chain.accept(deal.settle(0));
    assert_eq!(
        world.balances(),
        [first + 700 - fee(700), second - 700, fee(1_000) + fee(700)]
    );
}

#[test]
fn a_balance_that_does_not_cover_it() {
    let mut world = matched([DEPOSIT + 700, 0], [0, 0]);
    let deal = world.deal.clone();
    world.chain.accept(deal.settle(0));
    assert_eq!(
        world.balances(),
        [0, 2 * DEPOSIT - fee(DEPOSIT), fee(DEPOSIT)]
    );
    assert_eq!(world.books(Side::First).arrears, 700);
    // What the other side owes later is netted against it.
    let mut turned = world.clone();
    for (total, arrears) in [(699, 1), (700, 0)] {
        let mut world = world.clone();
        // The visited network in arrears cannot state: the other direction's statement is the creditor's own.
        world
            .chain
            .refuse(deal.state(Side::Second, 1, usage(1, 1, total)), InArrears);
        world
            .chain
            .accept(deal.state(Side::First, 1, usage(1, 0, 0)));
        world.chain.accept(deal.accept_statement(Side::First, 1));
        world.chain.accept(deal.redeem(Side::Second, 1, total));
        assert_eq!(world.books(Side::First).arrears, arrears);
        assert_eq!(world.books(Side::First).balance, 0);
    }
    // More than its debt.
    turned.chain.accept(deal.redeem(Side::Second, 1, 1_000));
    assert_eq!(turned.books(Side::First).arrears, 0);
    assert_eq!(turned.books(Side::First).balance, 300);
}

/// A statement stated before its network fell behind nets against the arrears.
#[test]
fn arrears_are_netted_too() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    for &home in Side::ALL {
        for period in [0, 1] {
            let total = match (home, period) {
                (Side::First, 0) => DEPOSIT + 500,
                (Side::Second, 1) => 2_000,
                _ => 0,
            };
            let records = u64::from(total > 0);
            let first = u64::from(period == 1 && home == Side::First);
            world
                .chain
                .accept(deal.state(home, period, usage(first, records, total)));
            world.chain.accept(deal.accept_statement(home, period));
        }
    }
    world.chain.accept(deal.settle(0));
    assert_eq!(world.books(Side::First).arrears, 500);
    let Event::PeriodSettled(event) = world.chain.accept(deal.settle(1)).hub_event() else {
        panic!("another event");
    };
    assert_eq!(
        (event.netting.first_owed, event.netting.second_owed),
        (500, 2_000)
    );
    assert_eq!(
        (event.netting.payer, event.netting.moved),
        (Side::Second, 1_500)
    );
    assert_eq!(world.books(Side::First).arrears, 0);
    assert_eq!(world.books(Side::First).balance, 1_500 - fee(1_500));
}

/// Nobody settles gross by leaving the other direction out.
#[test]
fn without_a_statement_that_was_made() {
    let mut world = matched([1_000, 700], [0, 0]);
    let deal = world.deal.clone();
    let [first, second] = [Side::First, Side::Second].map(|home| Some(deal.statement(home, 0)));
    let chain = &mut world.chain;
    chain.refuse(deal.settle_with(0, first, None), MissingStatement);
    chain.refuse(deal.settle_with(0, None, second), MissingStatement);
    chain.refuse(deal.settle_with(0, None, None), MissingStatement);
    // In each other's place, and one in both.
    chain.refuse(deal.settle_with(0, second, first), MissingStatement);
    chain.refuse(deal.settle_with(0, first, first), MissingStatement);
    chain.refuse(deal.settle_with(0, second, second), MissingStatement);
    // Another period's.
    chain.accept(deal.state(Side::First, 1, usage(1, 1, 5)));
    chain.accept(deal.accept_statement(Side::First, 1));
    let later = Some(deal.statement(Side::First, 1));
    chain.refuse(deal.settle_with(0, later, second), MissingStatement);
    chain.refuse(deal.settle_with(1, first, None), MissingStatement);
    chain.refuse(deal.settle_with(1, None, None), MissingStatement);
    chain.refuse(deal.settle_with(2, None, None), NothingToSettle);
    chain.accept(deal.settle_with(1, later, None));
    chain.accept(deal.settle_with(0, first, second));
}

#[test]
fn while_one_waits_for_its_answer() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    world.chain.refuse(deal.settle(0), WaitsForAnswer);
    world.chain.accept(deal.accept_statement(Side::First, 0));
    world.chain.refuse(deal.settle(0), WaitsForAnswer);
    world.chain.accept(deal.return_statement(Side::Second, 0));
    world.chain.refuse(deal.settle(0), WaitsForAnswer);
    world
        .chain
        .accept(deal.restate(Side::Second, 0, usage(0, RECORDS, 5)));
    world.chain.accept(deal.accept_statement(Side::Second, 0));
    world.chain.accept(deal.settle(0));
}

#[test]
fn with_statements_and_vaults_of_others() {
    let mut world = world(Stage::Resolved);
    let other = world.add_hub("elsewhere", Stage::Resolved);
    let deal = world.deal.clone();
    let theirs = other.statement(Side::First, 0);
    let chain = &mut world.chain;
    chain.refuse(
        deal.settle(0)
            .swap(&deal.statement(Side::First, 0), &theirs),
        WrongAgreement,
    );
    chain.refuse(deal.settle(0).swap(&deal.vault, &other.vault), WrongVault);
    chain.refuse(
        deal.settle(0).swap(&deal.hub.address, &other.hub.address),
        WrongHub,
    );
    chain.accept(deal.settle(0));
}

/// However absurd the totals, a settlement is possible: see `Agreement::net`.
#[test]
fn totals_that_nobody_could_pay() {
    for &home in Side::ALL {
        let mut world = world(Stage::Funded);
        let deal = world.deal.clone();
        for period in 0..3 {
            let first = u64::from(period);
            world
                .chain
                .accept(deal.state(home, period, usage(first, 1, u64::MAX)));
            world.chain.accept(deal.accept_statement(home, period));
            let statement = Some(deal.statement(home, period));
            world.chain.accept(match home {
                Side::First => deal.settle_with(period, statement, None),
                Side::Second => deal.settle_with(period, None, statement),
            });
        }
        assert_eq!(world.books(home).arrears, u64::MAX);
        world.chain.accept(deal.close(home.other()));
        world.chain.pass(WITHDRAWAL_NOTICE);
        world.chain.accept(deal.withdraw(home.other()));
    }
}

/// Nor by what the other direction's vouchers moved too much, on top of such a total.
#[test]
fn totals_that_nobody_could_pay_and_vouchers_to_give_back() {
    for &home in Side::ALL {
        let (totals, vouchers) = match home {
            Side::First => ([u64::MAX, 100], [0, 500]),
            Side::Second => ([100, u64::MAX], [500, 0]),
        };
        let mut world = matched(totals, vouchers);
        let deal = world.deal.clone();
        world.chain.accept(deal.settle(0));
        let books = world.books(home);
        let had = DEPOSIT + 500;
        assert_eq!((books.balance, books.arrears), (0, u64::MAX - had));
    }
}
