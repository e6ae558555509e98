use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{Balances, Deposited};
use roaming_escrow::state::Side;
use spl_token_2022_interface::error::TokenError;
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::{FEE_BPS, usage};
use wayfare_tests::roaming::world::{DEPOSIT, Stage, TOKENS, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn goes_to_the_side_that_is_named() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Funded, token);
        let deal = world.deal.clone();
        // Anyone may, for either side: the second side's tokens for the first.
        let payer = deal.second.payout;
        let source = deal.tokens_of(&payer);
        let event = world.touches(
            deal.deposit_from(payer, source, Side::First, 77),
            &[deal.address, deal.vault, source],
        );
        assert_eq!(
            event,
            Event::Deposited(Deposited {
                hub: deal.hub.address,
                sequence: world.hub().scope.sequence,
                agreement: deal.address,
                side: Side::First,
                amount: 77,
                balances: Balances {
                    first: DEPOSIT + 77,
                    second: DEPOSIT,
                    first_arrears: 0,
                    second_arrears: 0,
                    fees: 0,
                    vault: 2 * DEPOSIT + 77,
                },
            })
        );
        assert_eq!(world.tokens_of(&payer), TOKENS - DEPOSIT - 77);
    }
}

#[test]
fn of_nothing_or_of_more_than_there_is() {
    let mut world = World::at(Stage::Accepted, TokenProgram::Spl);
    let deal = world.deal.clone();
    world.chain.refuse(deal.deposit(Side::First, 0), ZeroAmount);
    for amount in [TOKENS + 1, u64::MAX] {
        world.chain.refuse(
            deal.deposit(Side::First, amount),
            TokenError::InsufficientFunds,
        );
    }
    world.chain.accept(deal.deposit(Side::First, TOKENS));
    assert_eq!(world.balances(), [TOKENS, 0, 0]);
    world
        .chain
        .refuse(deal.deposit(Side::First, u64::MAX), Overflow);
}

#[test]
fn before_the_agreement_is_accepted() {
    let mut world = World::at(Stage::Proposed, TokenProgram::Spl);
    let deal = world.deal.clone();
    world
        .chain
        .refuse(deal.deposit(Side::First, 1), NotAccepted);
    world.chain.accept(deal.accept());
    world.chain.accept(deal.deposit(Side::First, 1));
}

/// What a side is behind with goes to the other side first, less the hub's fee.
#[test]
fn pays_arrears_first() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let deal = world.deal.clone();
    let owes = DEPOSIT + 500_000;
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, owes)));
    world.chain.accept(deal.accept_statement(Side::First, 0));
    world
        .chain
        .accept(deal.settle_with(0, Some(deal.statement(Side::First, 0)), None));
    let fee = |amount: u64| amount * u64::from(FEE_BPS) / 10_000;
    let mut fees = fee(DEPOSIT);
    let mut second = 2 * DEPOSIT - fees;
    assert_eq!(world.balances(), [0, second, fees]);
    assert_eq!(world.books(Side::First).arrears, 500_000);
    for (amount, part, arrears, left) in [
        (1, 1, 499_999, 0),
        (400_000, 400_000, 99_999, 0),
        (100_000, 99_999, 0, 1),
        (7, 0, 0, 8),
    ] {
        world.chain.accept(deal.deposit(Side::First, amount));
        fees += fee(part);
        second += part - fee(part);
        assert_eq!(world.balances(), [left, second, fees]);
        assert_eq!(world.books(Side::First).arrears, arrears);
    }
    // A deposit for the other side pays nobody's arrears.
    assert_eq!(world.books(Side::Second).arrears, 0);
}

#[test]
fn from_or_to_the_wrong_account() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let other = world.add_hub("elsewhere", Stage::Funded);
    let deal = world.deal.clone();
    let deposit = || deal.deposit(Side::First, 5);
    let source = deal.tokens_of(&deal.first.payout);
    let chain = &mut world.chain;
    chain.refuse(deposit().swap(&deal.vault, &other.vault), WrongVault);
    chain.refuse(
        deposit().swap(&deal.hub.address, &other.hub.address),
        WrongHub,
    );
    chain.refuse(
        deposit().swap(&deal.token.id(), &deal.token.other().id()),
        WrongTokenProgram,
    );
    chain.refuse(
        deposit().swap(&source, &deal.tokens_of(&deal.second.payout)),
        TokenError::OwnerMismatch,
    );
    // The vault pays itself.
    chain.refuse(
        deposit().swap(&source, &deal.vault),
        TokenError::OwnerMismatch,
    );
    chain.accept(deposit());
}
