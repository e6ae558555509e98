use esim_market::errors::EsimMarketError::{TooEarly, WrongState};
use esim_market::state::OrderState;
use wayfare_tests::esim::market::PAID;
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn from_the_deadline_by_anyone() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Disputed, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        let by = world.order().answer_by;
        world.chain.set_time(by - 1);
        world
            .chain
            .refuse(market.refund_unanswered(&order), TooEarly);
        for now in [by, by + 1, by + 1_000_000_000] {
            let mut world = world.clone();
            world.chain.set_time(now);
            world.chain.accept(market.refund_unanswered(&order));
            let is = world.order();
            assert_eq!(is.state().unwrap(), OrderState::Refunded);
            assert_eq!((is.refunded, is.closable_at), (PAID, now));
            assert_eq!(world.balances(), [BUYER_TOKENS, 0, 0]);
        }
    }
}

#[test]
fn not_what_was_answered_or_not_disputed() {
    for stage in [
        Stage::Paid,
        Stage::Delivered,
        Stage::Contested,
        Stage::Resolved,
    ] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        chain.pass(1_000_000_000);
        chain.refuse(market.refund_unanswered(&order), WrongState);
    }
}
