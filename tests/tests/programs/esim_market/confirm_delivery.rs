use esim_market::errors::EsimMarketError::*;
use esim_market::events::OrderEnded;
use esim_market::state::{Action, Division, OrderState};
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{FEE, PAID, RELEASED, RETENTION};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn the_seller_is_paid_at_once() {
    for token in TokenProgram::ALL {
        for stage in [Stage::Delivered, Stage::Disputed, Stage::Contested] {
            let mut world = World::at(stage, token);
            let (market, order) = (world.market.clone(), world.order.clone());
            let mut due = world.order();
            let event = world.touches(
                market.confirm(&order),
                &[
                    order.address,
                    market.vault,
                    market.tokens,
                    market.tokens_of(&market.seller.payout),
                    market.tokens_of(&market.treasury),
                ],
            );
            due.state = OrderState::Completed as u8;
            due.ended_at = world.chain.now();
            due.closable_at = due.ended_at + RETENTION;
            (due.released, due.fee) = (RELEASED, FEE);
            assert_eq!(world.order(), due);
            assert_eq!(world.balances(), [BUYER_TOKENS - PAID, RELEASED, FEE]);
            assert_eq!(world.seller().refunded_count, 0);
            assert_eq!(
                event,
                Event::OrderEnded(OrderEnded {
                    market: market.address,
                    sequence: world.market().scope.sequence,
                    order: order.address,
                    action: Action::Confirm,
                    by: order.buyer,
                    division: Division {
                        refund: 0,
                        release: RELEASED,
                        fee: FEE
                    },
                    due: Division::default(),
                    held: 0,
                    vault_balance: 0,
                })
            );
            world.chain.refuse(market.confirm(&order), WrongState);
        }
    }
}

#[test]
fn by_the_buyer_of_a_delivered_order() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    chain.refuse(market.confirm(&order), WrongState);
    chain.accept(market.deliver(&order));
    for key in [
        stranger(),
        market.seller.authority,
        market.arbiter,
        market.authority,
    ] {
        chain.refuse(market.confirm(&order).swap(&order.buyer, &key), NotBuyer);
    }
}

/// Nobody who sends the transaction has a say in where the money goes.
#[test]
fn to_no_account_but_the_right_ones() {
    for token in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Delivered, token);
        let thief = chain.create_associated(token, &market.mint, &stranger());
        let second = chain.create_token_account(
            token,
            "second account of the payout",
            &market.mint,
            &market.seller.payout,
        );
        let call = market.confirm(&order);
        for honest in [market.seller.payout, market.treasury] {
            for other in [thief, second, market.tokens_of(&order.buyer)] {
                let call = call.clone();
                let at = call
                    .accounts
                    .iter()
                    .position(|meta| meta.pubkey == market.tokens_of(&honest))
                    .unwrap();
                chain.refuse(call.swap_at(at, &other), WrongDestination);
            }
        }
        chain.accept(call);
    }
}

#[test]
fn out_of_the_right_vault() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let (other, other_order) = world.add_market("harbour", Stage::Delivered);
    let mint = world.chain.create_mint(TokenProgram::Spl, "another mint");
    let World {
        mut chain,
        market,
        order,
    } = world;
    let in_mint = market.in_mint(mint, TokenProgram::Spl);
    chain.accept(in_mint.accept_mint());
    let call = market.confirm(&order);
    chain.refuse(call.clone().swap(&market.vault, &other.vault), WrongMarket);
    chain.refuse(call.clone().swap(&market.tokens, &other.tokens), WrongVault);
    chain.refuse(
        call.clone().swap(&market.tokens, &in_mint.tokens),
        WrongVault,
    );
    chain.refuse(
        call.clone()
            .swap(&market.vault, &in_mint.vault)
            .swap(&market.tokens, &in_mint.tokens),
        WrongVault,
    );
    chain.refuse(
        call.clone().swap(&order.address, &other_order.address),
        WrongMarket,
    );
    chain.refuse(
        call.clone()
            .swap(&market.token.id(), &market.token.other().id()),
        WrongTokenProgram,
    );
    chain.accept(call);
}
