use esim_market::errors::EsimMarketError::{NotSeller, WrongDestination, WrongState};
use esim_market::state::OrderState;
use wayfare_tests::esim::market::PAID;
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn all_of_it_from_each_open_state() {
    for token in TokenProgram::ALL {
        for stage in [
            Stage::Paid,
            Stage::Delivered,
            Stage::Disputed,
            Stage::Contested,
        ] {
            let mut world = World::at(stage, token);
            let (market, order) = (world.market.clone(), world.order.clone());
            world.touches(
                market.refund(&order),
                &[
                    order.address,
                    market.seller.address,
                    market.vault,
                    market.tokens,
                    market.tokens_of(&order.payer),
                ],
            );
            let is = world.order();
            assert_eq!(is.state().unwrap(), OrderState::Refunded);
            assert_eq!((is.refunded, is.released, is.fee), (PAID, 0, 0));
            assert_eq!(world.balances(), [BUYER_TOKENS, 0, 0]);
            assert_eq!(world.seller().refunded_count, 1);
            world.chain.refuse(market.refund(&order), WrongState);
        }
    }
}

/// A gift is refunded to who paid, not to whose order it is.
#[test]
fn to_who_paid() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let patron = world.add_buyer("patron");
    let market = world.market.clone();
    let order = world.order.clone().paid_by(patron);
    let purchase = world.purchase(&order);
    world.chain.accept(purchase);
    let to_buyer = market
        .refund(&order)
        .swap(&market.tokens_of(&patron), &market.tokens_of(&order.buyer));
    world.chain.refuse(to_buyer, WrongDestination);
    world.chain.accept(market.refund(&order));
    assert_eq!(world.tokens_of(&patron), BUYER_TOKENS);
    assert_eq!(world.tokens_of(&order.buyer), BUYER_TOKENS);
}

#[test]
fn by_the_seller_alone() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    for key in [
        stranger(),
        order.buyer,
        market.authority,
        market.arbiter,
        market.seller.payout,
    ] {
        let call = market.refund(&order).swap(&market.seller.authority, &key);
        chain.refuse(call, NotSeller);
    }
}
