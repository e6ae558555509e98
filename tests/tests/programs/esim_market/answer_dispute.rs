use esim_market::errors::EsimMarketError::*;
use esim_market::events::DisputeAnswered;
use esim_market::state::{DisputeReason, OrderState};
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{ANSWER_WINDOW, ARBITER_WINDOW, PAID};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn contested() {
    let mut world = World::at(Stage::Disputed, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let mut due = world.order();
    world.chain.pass(9);
    let event = world.touches(market.answer(&order), &[order.address]);
    due.state = OrderState::Contested as u8;
    due.answer_hash = [0xaa; 32];
    due.resolve_by = world.chain.now() + ARBITER_WINDOW;
    assert_eq!(world.order(), due);
    assert_eq!(
        event,
        Event::DisputeAnswered(DisputeAnswered {
            market: market.address,
            sequence: world.market().scope.sequence,
            order: order.address,
            answer_hash: due.answer_hash,
            resolve_by: due.resolve_by,
        })
    );
    world.chain.refuse(market.answer(&order), WrongState);
}

#[test]
fn until_the_deadline_by_the_seller() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::Disputed, TokenProgram::Spl);
    let by = chain
        .read::<esim_market::state::Order>(&order.address)
        .answer_by;
    for (now, allowed) in [(by - 1, true), (by, false), (by + 1, false)] {
        let mut chain = chain.clone();
        chain.set_time(now);
        for key in [stranger(), order.buyer, market.arbiter] {
            chain.refuse(market.answer_by(&order, key), NotSeller);
        }
        if allowed {
            chain.refuse(market.refund_unanswered(&order), TooEarly);
            chain.accept(market.answer(&order));
        } else {
            chain.refuse(market.answer(&order), TooLate);
            chain.accept(market.refund_unanswered(&order));
        }
    }
}

/// Who wants the money for an unused plan back gets it, unless its use was reported.
#[test]
fn an_unused_plan() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    world
        .chain
        .accept(market.dispute(&order, DisputeReason::Unused));
    world.chain.refuse(market.answer(&order), RefundRightHolds);
    let mut reported = world.chain.clone();
    reported.accept(market.report_installed(&order));
    reported.accept(market.answer(&order));
    world.chain.pass(ANSWER_WINDOW);
    world.chain.accept(market.refund_unanswered(&order));
    assert_eq!(world.balances(), [BUYER_TOKENS, 0, 0]);
    assert_eq!(world.order().refunded, PAID);
}

#[test]
fn of_its_own_market_and_seller() {
    let mut world = World::at(Stage::Disputed, TokenProgram::Spl);
    let second = world.add_seller("second");
    let (other, _) = world.add_market("harbour", Stage::Paid);
    let World {
        mut chain,
        market,
        order,
    } = world;
    let call = market.answer(&order);
    chain.refuse(
        call.clone().swap(&market.address, &other.address),
        WrongMarket,
    );
    chain.refuse(
        call.clone()
            .swap(&market.seller.address, &second.seller.address),
        WrongSeller,
    );
    chain.refuse(
        call.swap(&market.seller.authority, &second.seller.authority),
        NotSeller,
    );
}
