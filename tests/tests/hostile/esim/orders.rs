use esim_market::errors::EsimMarketError::*;
use esim_market::state::{DisputeReason, OrderState};
use solana_system_interface::error::SystemError;
use wayfare_tests::esim::market::{DELIVERY_WINDOW, OrderFixture, PAID, RELEASED};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World, buyer};
use wayfare_tests::token::TokenProgram;

/// Refund and delivery in one transaction: after a refund nothing is delivered.
#[test]
fn orders_1_refund_then_delivery() {
    for token in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Paid, token);
        chain.refuse([market.refund(&order), market.deliver(&order)], WrongState);
        chain.refuse_at(
            [market.refund(&order), market.confirm(&order)],
            1,
            WrongState,
        );
        chain.accept(market.deliver(&order));
    }
}

/// A delivery and then a refund in one transaction gives the money back once, and to the buyer.
#[test]
fn orders_1_delivery_then_refund() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Paid, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        world
            .chain
            .accept([market.deliver(&order), market.refund(&order)]);
        assert_eq!(world.order().state().unwrap(), OrderState::Refunded);
        assert_eq!(world.balances(), [BUYER_TOKENS, 0, 0]);
        for call in [
            market.confirm(&order),
            market.refund(&order),
            market.refund_part(&order, 1),
        ] {
            world.chain.refuse(call, WrongState);
        }
    }
}

/// In the second of the deadline, the one excludes the other in either order.
#[test]
fn orders_1_at_the_deadline_delivery_or_refund() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    let by = chain
        .read::<esim_market::state::Order>(&order.address)
        .deliver_by;
    for (now, delivers) in [(by - 1, true), (by, false)] {
        let mut chain = chain.clone();
        chain.set_time(now);
        let (deliver, refund) = (market.deliver(&order), market.refund_undelivered(&order));
        if delivers {
            chain.refuse_at([refund.clone(), deliver.clone()], 0, TooEarly);
            chain.refuse_at([deliver.clone(), refund.clone()], 1, WrongState);
            chain.accept(deliver);
        } else {
            chain.refuse_at([deliver.clone(), refund.clone()], 0, TooLate);
            chain.refuse_at([refund.clone(), deliver], 1, WrongState);
            chain.accept(refund);
        }
    }
}

/// Two parts that together pass the price: there is no second part.
#[test]
fn orders_2_partial_refunds_past_the_price() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let half = PAID / 2 + 1;
    let part = market.refund_part(&order, half);
    chain.refuse([part.clone(), part.clone()], WrongState);
    chain.refuse([part.clone(), market.refund(&order)], WrongState);
    chain.refuse(market.refund_part(&order, PAID + 1), BadPart);
    chain.accept(part.clone());
    chain.refuse(part, WrongState);
}

/// A seller who never delivers keeps nobody's money, and cannot take it by refunding a unit.
#[test]
fn orders_3_a_seller_who_never_delivers() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Paid, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        world.chain.refuse(market.release(&order), WrongState);
        let alone = market.settle(
            &order,
            market.seller.authority,
            None,
            esim_market::instruction::RefundPart { amount: 1 },
        );
        world.chain.refuse(alone, NotBuyer);
        world.chain.pass(DELIVERY_WINDOW);
        world.chain.refuse(market.deliver(&order), TooLate);
        world.chain.accept(market.refund_undelivered(&order));
        assert_eq!(world.balances(), [BUYER_TOKENS, 0, 0]);
    }
}

/// A buyer cannot both have the delivery confirmed and complain, in one transaction or in two.
#[test]
fn orders_4_confirm_and_dispute() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let dispute = market.dispute(&order, DisputeReason::NoService);
    chain.refuse([market.confirm(&order), dispute.clone()], WrongState);
    chain.accept([dispute, market.confirm(&order)]);
    assert_eq!(
        chain.tokens(&market.tokens_of(&market.seller.payout)),
        RELEASED
    );
}

/// Who sees a purchase and buys first takes from the stock, not the order's id.
#[test]
fn orders_5_a_front_run_order_id() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let rival = world.add_buyer("rival");
    let (market, order) = (world.market.clone(), world.order.clone());
    let purchase = world.purchase(&order);
    let first = world.purchase(&OrderFixture::new(&market.plan, rival, order.id));
    world.chain.accept(first);
    world.chain.accept(purchase);
    // The same purchase twice pays once.
    let again = world.purchase(&order);
    world.chain.refuse(again, SystemError::AccountAlreadyInUse);
    assert_eq!(world.tokens_of(&buyer()), BUYER_TOKENS - PAID);
}

/// Two buyers and one that is left.
#[test]
fn orders_5_the_last_one() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let rival = world.add_buyer("rival");
    let (market, order) = (world.market.clone(), world.order.clone());
    let change = esim_market::state::PlanChange {
        stock: Some(esim_market::state::StockChange::Set(1)),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, change));
    let second = world.purchase(&OrderFixture::new(&market.plan, rival, 0));
    let both = [world.purchase(&order).0, second.0.clone()].concat();
    world.chain.refuse(both, SoldOut);
    world.chain.accept(second);
    let late = world.purchase(&order);
    world.chain.refuse(late, SoldOut);
}

/// An order that was closed and bought once more, under the old address, is a new one: what was decided about the first
/// says nothing about it.
#[test]
fn orders_6_close_then_re_create() {
    let mut world = World::at(Stage::Resolved, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let version = world.plan().terms_version;
    let again = market.purchase(&order, version, u64::MAX);
    for stale in [
        market.resolve(&order, 10_000),
        market.confirm(&order),
        market.pay_out(&order),
        market.close(&order),
    ] {
        let calls = [market.close(&order), again.clone(), stale];
        assert!(world.chain.attempt(calls.to_vec()).is_err());
    }
    world.chain.accept([market.close(&order), again]);
    assert_eq!(world.vault().held, PAID);
    assert_eq!(world.order().state().unwrap(), OrderState::Paid);
}
