//! Accounts, addresses, life-cycle, duplicates and tokens.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::state::{Agreement, Side};
use spl_token_2022_interface::error::TokenError;
use wayfare_tests::roaming::address;
use wayfare_tests::roaming::hub::{WITHDRAWAL_NOTICE, usage};
use wayfare_tests::roaming::world::{DEPOSIT, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

/// Accounts: a self-consistent fake chain of hub, operators, agreement and vault, made by a thief.
#[test]
fn accounts_5_a_hub_of_ones_own() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let thief = world.add_hub("thieves", Stage::Stated);
    let chain = &mut world.chain;
    // Its arbiter and authority have no say here.
    let (mine, theirs) = (deal.hub.address, thief.hub.address);
    for call in [
        deal.accept_statement(Side::First, 0),
        deal.withdraw(Side::First),
        deal.collect_fees(),
        deal.close(Side::First),
    ] {
        chain.refuse(call.swap(&mine, &theirs), WrongHub);
    }
    // Its agreement with this one's vault, and the other way round.
    chain.accept(thief.request(Side::First, 5));
    chain.pass(WITHDRAWAL_NOTICE);
    chain.refuse(
        thief.withdraw(Side::First).swap(&thief.vault, &deal.vault),
        WrongVault,
    );
    // Its statement with this one's agreement.
    let statement = thief.statement(Side::First, 0);
    chain.refuse(
        deal.deem_accepted(Side::First, 0)
            .swap(&deal.statement(Side::First, 0), &statement),
        WrongAgreement,
    );
    chain.accept(deal.deem_accepted(Side::First, 0));
}

/// Addresses: names and codes that concatenate alike.
#[test]
fn addresses_2_seeds_that_concatenate_alike() {
    let mut world = world(Stage::Registered);
    let deal = world.deal.clone();
    // An agreement's seeds are five keys of one length: any other split names other accounts.
    let swapped = address::agreement(
        &deal.hub.address,
        &deal.second.address,
        &deal.first.address,
        &deal.mint,
    );
    assert_ne!(swapped.0, deal.address);
    // Period 256 of the first direction is not period 1 of another: four bytes each.
    let all: std::collections::BTreeSet<_> = Side::ALL
        .iter()
        .flat_map(|&home| {
            [0, 1, 256, 1 << 16, 1 << 24, u32::MAX].map(|period| (home as u8, period))
        })
        .map(|(home, period)| {
            address::statement(&deal.address, Side::ALL[usize::from(home)], period).0
        })
        .collect();
    assert_eq!(all.len(), 12);
    world.chain.accept(deal.propose());
}

/// Life-cycle: addresses that somebody put lamports on block nothing.
#[test]
fn life_cycle_5_prefunded_addresses() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Minted, token);
        let (hub, deal) = (world.hub.clone(), world.deal.clone());
        for key in [
            hub.address,
            deal.first.address,
            deal.second.address,
            deal.address,
            deal.vault,
            deal.statement(Side::First, 0),
        ] {
            world.chain.give_lamports(&key, 1);
        }
        let chain = &mut world.chain;
        chain.accept(hub.create());
        chain.accept(hub.register(&deal.first));
        chain.accept(hub.register(&deal.second));
        chain.accept(deal.propose());
        chain.accept(deal.accept());
        chain.accept(deal.state(Side::First, 0, usage(0, 1, 5)));
    }
}

/// Life-cycle: close, fund again and use in one transaction.
#[test]
fn life_cycle_3_a_closed_statement_stays_closed() {
    let mut world = world(Stage::WoundUp);
    let deal = world.deal.clone();
    let statement = deal.statement(Side::First, 0);
    let fund = solana_system_interface::instruction::transfer(
        &wayfare_tests::chain::Chain::fee_payer(),
        &statement,
        10_000_000,
    );
    world.chain.refuse(
        vec![
            deal.close_statement(Side::First, 0),
            fund.clone(),
            deal.close_statement(Side::First, 0),
        ],
        anchor_lang::error::ErrorCode::AccountOwnedByWrongProgram,
    );
    world.chain.refuse(
        vec![
            deal.close_statement(Side::First, 0),
            fund,
            deal.state(Side::First, 0, usage(0, 1, 5)),
        ],
        AgreementClosed,
    );
    world.chain.accept(deal.close_statement(Side::First, 0));
}

/// Duplicates: source equals destination, payer equals payee, one statement for both directions.
#[test]
fn duplicates_1_one_account_in_two_places() {
    let mut world = world(Stage::Resolved);
    let deal = world.deal.clone();
    let chain = &mut world.chain;
    chain.refuse(
        deal.deposit_from(deal.first.payout, deal.vault, Side::First, 5),
        TokenError::OwnerMismatch,
    );
    chain.refuse(deal.withdraw_to(Side::First, deal.vault), NoRequest);
    let [first, second] = [Side::First, Side::Second].map(|home| Some(deal.statement(home, 0)));
    chain.refuse(deal.settle_with(0, first, first), MissingStatement);
    chain.refuse(deal.settle_with(0, second, second), MissingStatement);
    chain.accept(deal.settle(0));
}

/// Duplicates: the same deed twice in a transaction.
#[test]
fn duplicates_4_the_same_deed_twice() {
    let mut world = world(Stage::Resolved);
    let deal = world.deal.clone();
    world
        .chain
        .refuse(vec![deal.settle(0), deal.settle(0)], NothingToSettle);
    world.chain.accept(deal.settle(0));
    world
        .chain
        .refuse(vec![deal.collect_fees(), deal.collect_fees()], NothingFree);
    world.chain.accept(deal.request(Side::First, 5));
    world.chain.pass(WITHDRAWAL_NOTICE);
    world.chain.refuse(
        vec![deal.withdraw(Side::First), deal.withdraw(Side::First)],
        NoRequest,
    );
    world.chain.accept(deal.withdraw(Side::First));
}

/// Tokens: what is donated to a vault is nobody's, and changes nothing.
#[test]
fn tokens_4_donations() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Resolved, token);
        let deal = world.deal.clone();
        world
            .chain
            .mint_to(token, &deal.mint, &deal.vault, 1_000_000);
        let [first, second, fees] = world.balances();
        assert_eq!([first, second, fees], [DEPOSIT, DEPOSIT, 0]);
        world.chain.accept(deal.settle(0));
        world.chain.accept(deal.close(Side::First));
        world.chain.pass(WITHDRAWAL_NOTICE);
        for &side in Side::ALL {
            world.chain.accept(deal.withdraw(side));
        }
        world.chain.accept(deal.collect_fees());
        assert_eq!(world.chain.tokens(&deal.vault), 1_000_000);
        assert_eq!(world.balances(), [0, 0, 0]);
    }
}

/// Tokens: a frozen vault or destination stops what moves tokens, and nothing else.
#[test]
fn tokens_3_frozen() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Resolved, token);
        let deal = world.deal.clone();
        world.chain.accept(deal.request(Side::First, 5));
        world.chain.pass(WITHDRAWAL_NOTICE);
        let destination = deal.tokens_of(&deal.first.payout);
        for frozen in [deal.vault, destination] {
            world.chain.freeze(token, &deal.mint, &frozen);
            world
                .chain
                .refuse(deal.withdraw(Side::First), TokenError::AccountFrozen);
            world
                .chain
                .refuse(deal.deposit(Side::First, 5), TokenError::AccountFrozen);
            let mut settled = world.clone();
            settled.chain.accept(deal.settle(0));
            settled.chain.accept(deal.redeem(Side::First, 1, 5));
            world.chain.thaw(token, &deal.mint, &frozen);
        }
        world.chain.accept(deal.withdraw(Side::First));
    }
}

/// A vault that lost tokens past the program: nothing that moves value goes on, and nobody is paid with another's.
#[test]
fn tokens_2_a_vault_that_does_not_cover() {
    let mut world = world(Stage::Resolved);
    let deal = world.deal.clone();
    let lose = |world: &mut World, amount: u64| {
        world.chain.edit(&deal.vault, |account| {
            let left = 2 * DEPOSIT - amount;
            account.data[64..72].copy_from_slice(&left.to_le_bytes());
        });
    };
    let mut attacked = world.clone();
    lose(&mut attacked, 1);
    for call in [vec![deal.settle(0)], deal.redeem(Side::First, 1, 5).into()] {
        let last = call.len() - 1;
        let refused = attacked.chain.attempt_without_books(call).unwrap_err();
        let why = wayfare_tests::refusal::Refusal::from(InvariantBroken);
        assert!(why.is(&refused.error, last), "{:?}", refused.error);
    }
    world.chain.accept(deal.settle(0));
}

/// Accounts: bytes that the program never writes are refused, not read as something else.
#[test]
fn accounts_12_numbers_that_are_no_variant() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let state_at = 8 + std::mem::offset_of!(Agreement, state);
    let statement_state_at = 8 + std::mem::offset_of!(roaming_escrow::state::Statement, state);
    let home_at = 8 + std::mem::offset_of!(roaming_escrow::state::Statement, home);
    for (key, at, call) in [
        (
            deal.address,
            state_at,
            deal.state(Side::First, 1, usage(17, 1, 5)),
        ),
        (
            deal.statement(Side::First, 0),
            statement_state_at,
            deal.accept_statement(Side::First, 0),
        ),
        (
            deal.statement(Side::First, 0),
            home_at,
            deal.accept_statement(Side::First, 0),
        ),
    ] {
        let mut attacked = world.clone();
        attacked.chain.edit(&key, |account| account.data[at] = 9);
        let refused = attacked
            .chain
            .attempt_without_books(call.clone())
            .unwrap_err();
        let why = wayfare_tests::refusal::Refusal::from(InvariantBroken);
        assert!(why.is(&refused.error, 0), "{:?}", refused.error);
        world.clone().chain.accept(call);
    }
    world.chain.accept(deal.accept_statement(Side::First, 0));
}
