use esim_market::errors::EsimMarketError::{TooEarly, WrongState};
use esim_market::state::OrderState;
use wayfare_tests::esim::market::PAID;
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::token::TokenProgram;

/// A seller who never delivers: the refund needs nobody's goodwill.
#[test]
fn from_the_deadline_by_anyone() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Paid, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        let by = world.order().deliver_by;
        world.chain.set_time(by - 1);
        world
            .chain
            .refuse(market.refund_undelivered(&order), TooEarly);
        for now in [by, by + 1, by + 1_000_000_000] {
            let mut world = world.clone();
            world.chain.set_time(now);
            world.chain.accept(market.refund_undelivered(&order));
            let is = world.order();
            assert_eq!(is.state().unwrap(), OrderState::Refunded);
            assert_eq!((is.refunded, is.closable_at), (PAID, now));
            assert_eq!(world.balances(), [BUYER_TOKENS, 0, 0]);
            assert_eq!(world.seller().refunded_count, 1);
            // Kept for nobody: anyone closes it.
            let cranker = wayfare_tests::esim::market::cranker();
            world.chain.accept(market.close_by(&order, cranker, false));
        }
    }
}

#[test]
fn not_what_was_delivered() {
    for stage in [
        Stage::Delivered,
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
        chain.refuse(market.refund_undelivered(&order), WrongState);
    }
}
