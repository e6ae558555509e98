//! A closed, frozen, given-away or memo-requiring account holds up only its own part.

use esim_market::errors::EsimMarketError::{StillOwes, WrongDestination, WrongState};
use esim_market::events::DuesPaid;
use esim_market::state::Division;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::extension::ExtensionType;
use spl_token_2022_interface::extension::memo_transfer;
use spl_token_2022_interface::instruction::{self as token_instruction, AuthorityType};
use wayfare_tests::chain::Chain;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{FEE_BPS, MarketFixture, OrderFixture, PAID};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World, buyer};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::{TokenProgram, set_authority};

use super::resolve::split;

/// A way in which an account cannot take money, and how it can again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    Closed,
    Frozen,
    GivenAway,
    WantsMemo,
}

const TROUBLES: [Trouble; 4] = [
    Trouble::Closed,
    Trouble::Frozen,
    Trouble::GivenAway,
    Trouble::WantsMemo,
];

/// Whether the token program lets the owner of an associated token account do so.
fn is_possible(trouble: Trouble, token: TokenProgram) -> bool {
    match trouble {
        Trouble::Closed | Trouble::Frozen => true,
        // Token-2022's associated accounts have an immutable owner; SPL Token has no extensions.
        Trouble::GivenAway => token == TokenProgram::Spl,
        Trouble::WantsMemo => token == TokenProgram::Token2022,
    }
}

fn begin(chain: &mut Chain, market: &MarketFixture, wallet: &Pubkey, trouble: Trouble) {
    let (token, account) = (market.token, market.tokens_of(wallet));
    match trouble {
        Trouble::Closed => {
            let rest = chain.tokens(&account);
            let mut calls = vec![];
            if rest > 0 {
                calls.push(
                    token_instruction::burn(&token.id(), &account, &market.mint, wallet, &[], rest)
                        .unwrap(),
                );
            }
            calls.push(
                token_instruction::close_account(&token.id(), &account, wallet, wallet, &[])
                    .unwrap(),
            );
            chain.accept(calls);
        }
        Trouble::Frozen => chain.freeze(token, &market.mint, &account),
        Trouble::GivenAway => {
            chain.accept(set_authority(
                token,
                &account,
                AuthorityType::AccountOwner,
                wallet,
                Some(&stranger()),
            ));
        }
        Trouble::WantsMemo => {
            let sizes = [ExtensionType::MemoTransfer];
            chain.accept([
                token_instruction::reallocate(
                    &token.id(),
                    &account,
                    &Chain::fee_payer(),
                    wallet,
                    &[],
                    &sizes,
                )
                .unwrap(),
                memo_transfer::instruction::enable_required_transfer_memos(
                    &token.id(),
                    &account,
                    wallet,
                    &[],
                )
                .unwrap(),
            ]);
        }
    }
}

fn end(chain: &mut Chain, market: &MarketFixture, wallet: &Pubkey, trouble: Trouble) {
    let (token, account) = (market.token, market.tokens_of(wallet));
    match trouble {
        Trouble::Closed => {
            chain.create_associated(token, &market.mint, wallet);
        }
        Trouble::Frozen => chain.thaw(token, &market.mint, &account),
        Trouble::GivenAway => {
            chain.accept(set_authority(
                token,
                &account,
                AuthorityType::AccountOwner,
                &stranger(),
                Some(wallet),
            ));
        }
        Trouble::WantsMemo => {
            chain.accept(
                memo_transfer::instruction::disable_required_transfer_memos(
                    &token.id(),
                    &account,
                    wallet,
                    &[],
                )
                .unwrap(),
            );
        }
    }
}

/// Base units at a wallet's associated token account, as far as it is the wallet's.
fn has(chain: &Chain, market: &MarketFixture, wallet: &Pubkey) -> u64 {
    match chain.account(&market.tokens_of(wallet)) {
        Some(account) if !account.data.is_empty() => chain.tokens(&market.tokens_of(wallet)),
        _ => 0,
    }
}

#[test]
fn each_side_in_each_trouble() {
    let bps = 4_321;
    let parts = split(PAID, bps, FEE_BPS);
    let mut tried = 0;
    for token in TokenProgram::ALL {
        for trouble in TROUBLES
            .into_iter()
            .filter(|trouble| is_possible(*trouble, token))
        {
            for troubled in 0..3 {
                let mut world = World::at(Stage::Contested, token);
                let (market, order) = (world.market.clone(), world.order.clone());
                let wallets = [order.payer, market.seller.payout, market.treasury];
                for wallet in wallets {
                    world.chain.give_lamports(&wallet, 1_000_000_000);
                }
                begin(&mut world.chain, &market, &wallets[troubled], trouble);
                let before = wallets.map(|wallet| has(&world.chain, &market, &wallet));
                world.chain.accept(market.resolve(&order, bps));

                // The two others are paid.
                let after = wallets.map(|wallet| has(&world.chain, &market, &wallet));
                for at in 0..3 {
                    let due = if at == troubled { 0 } else { parts[at] };
                    assert_eq!(after[at] - before[at], due, "{trouble:?} {troubled}");
                }
                let is = world.order();
                let mut dues = [0; 3];
                dues[troubled] = parts[troubled];
                assert_eq!([is.refund_due, is.release_due, is.fee_due], dues);
                assert_eq!(world.vault().held, parts[troubled]);

                // As long as the trouble lasts nothing changes, and the order cannot be closed.
                let unchanged = world.order();
                let accepted = world.chain.accept(market.pay_out(&order));
                assert!(accepted.market_events.is_empty());
                assert_eq!(world.order(), unchanged);
                world.chain.refuse(market.close(&order), StillOwes);

                end(&mut world.chain, &market, &wallets[troubled], trouble);
                let had = has(&world.chain, &market, &wallets[troubled]);
                // To the associated token account, and no other.
                let thief = world
                    .chain
                    .create_associated(token, &market.mint, &stranger());
                let theft = market
                    .pay_out(&order)
                    .swap(&market.tokens_of(&wallets[troubled]), &thief);
                world.chain.refuse(theft, WrongDestination);
                let event = world.chain.accept(market.pay_out(&order)).market_event();
                assert_eq!(
                    event,
                    Event::DuesPaid(DuesPaid {
                        market: market.address,
                        sequence: world.market().scope.sequence,
                        order: order.address,
                        due: Division::default(),
                        held: 0,
                        vault_balance: 0,
                    })
                );
                assert_eq!(
                    has(&world.chain, &market, &wallets[troubled]) - had,
                    parts[troubled]
                );
                world.chain.accept(market.close(&order));
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 3 * 3 * 2);
}

#[test]
fn all_three_in_trouble_and_one_after_the_other() {
    let mut world = World::at(Stage::Contested, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let wallets = [order.payer, market.seller.payout, market.treasury];
    for wallet in wallets {
        begin(&mut world.chain, &market, &wallet, Trouble::Frozen);
    }
    world.chain.accept(market.resolve(&order, 5_000));
    assert_eq!(world.vault().held, PAID);
    let mut left = PAID;
    let parts = split(PAID, 5_000, FEE_BPS);
    for (wallet, part) in wallets.into_iter().zip(parts) {
        end(&mut world.chain, &market, &wallet, Trouble::Frozen);
        world.chain.accept(market.pay_out(&order));
        left -= part;
        assert_eq!(world.vault().held, left);
    }
    assert_eq!(
        world.balances(),
        [BUYER_TOKENS - PAID + parts[0], parts[1], parts[2]]
    );
}

/// The refund account is gone when the refund is due: the deadline still ends the order, and other orders are paid.
#[test]
fn other_orders_do_not_wait() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Paid, token);
        let friend = world.add_buyer("friend");
        let (market, order) = (world.market.clone(), world.order.clone());
        let other = OrderFixture::new(&market.plan, friend, 0);
        let purchase = world.purchase(&other);
        world.chain.accept(purchase);
        begin(&mut world.chain, &market, &buyer(), Trouble::Closed);
        let by = world.order().deliver_by;
        world.chain.set_time(by);
        world.chain.accept([
            market.refund_undelivered(&order),
            market.refund_undelivered(&other),
        ]);
        assert_eq!(world.tokens_of(&friend), BUYER_TOKENS);
        assert_eq!(world.order().refund_due, PAID);
        end(&mut world.chain, &market, &buyer(), Trouble::Closed);
        world.chain.accept(market.pay_out(&order));
        assert_eq!(world.tokens_of(&buyer()), PAID);
    }
}

#[test]
fn only_what_has_ended_and_once() {
    for stage in [
        Stage::Paid,
        Stage::Delivered,
        Stage::Disputed,
        Stage::Contested,
    ] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        chain.refuse(market.pay_out(&order), WrongState);
    }
    let mut world = World::at(Stage::Resolved, TokenProgram::Spl);
    // Another order's money is in the vault.
    world.buy(1);
    let (before, sequence) = (world.balances(), world.market().scope.sequence);
    let call = world.market.pay_out(&world.order);
    world.chain.accept([call.clone(), call]);
    assert_eq!(
        (world.balances(), world.market().scope.sequence),
        (before, sequence)
    );
}
