use esim_market::errors::EsimMarketError::{TooEarly, WrongState};
use esim_market::state::OrderState;
use wayfare_tests::esim::market::{FEE, PAID, RELEASED};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn from_the_end_of_the_window_by_anyone() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Delivered, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        let at = world.order().release_at;
        world.chain.set_time(at - 1);
        world.chain.refuse(market.release(&order), TooEarly);
        for now in [at, at + 1, at + 1_000_000_000] {
            let mut world = world.clone();
            world.chain.set_time(now);
            world.chain.accept(market.release(&order));
            assert_eq!(world.order().state().unwrap(), OrderState::Completed);
            assert_eq!(world.balances(), [BUYER_TOKENS - PAID, RELEASED, FEE]);
            world.chain.refuse(market.release(&order), WrongState);
        }
    }
}

#[test]
fn only_what_was_delivered_and_not_disputed() {
    for stage in [
        Stage::Paid,
        Stage::Disputed,
        Stage::Contested,
        Stage::Resolved,
    ] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        chain.pass(1_000_000_000);
        chain.refuse(market.release(&order), WrongState);
    }
}
