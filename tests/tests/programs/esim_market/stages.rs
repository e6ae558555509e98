//! The honest way through: every stage of a market and of an order, and every state that an order can be in.

use esim_market::state::OrderState;
use wayfare_tests::esim::market::{FEE, PAID, RELEASED};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn an_order_in_every_state() {
    for token in TokenProgram::ALL {
        for &state in OrderState::ALL {
            let world = World::in_state(state, token);
            assert_eq!(world.order().state().unwrap(), state);
            let held = if state.is_terminal() { 0 } else { PAID };
            assert_eq!(world.vault().held, held);
            assert_eq!(world.chain.tokens(&world.market.tokens), held);
        }
    }
}

#[test]
fn from_the_market_to_the_closed_order() {
    for token in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Delivered, token);
        chain.accept(market.confirm(&order));
        chain.accept(market.close(&order));
        assert!(chain.account(&order.address).is_none());
        assert!(chain.account(&order.delivery()).is_none());
        let paid = |wallet| chain.tokens(&market.tokens_of(&wallet));
        assert_eq!(paid(order.buyer), BUYER_TOKENS - PAID);
        assert_eq!(paid(market.seller.payout), RELEASED);
        assert_eq!(paid(market.treasury), FEE);
    }
}
