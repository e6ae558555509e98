use esim_market::errors::EsimMarketError::*;
use esim_market::events::OrderDisputed;
use esim_market::state::{DisputeReason, OrderState, PlanChange, RefundPolicy};
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{ANSWER_WINDOW, PAID};
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn for_each_reason() {
    for &reason in DisputeReason::ALL {
        let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
        let (market, order) = (world.market.clone(), world.order.clone());
        let call = market.dispute(&order, reason);
        if reason == DisputeReason::None {
            world.chain.refuse(call, BadDisputeReason);
            continue;
        }
        let mut due = world.order();
        let event = world.touches(call, &[order.address, market.seller.address]);
        due.state = OrderState::Disputed as u8;
        due.reason = reason as u8;
        due.disputed_at = world.chain.now();
        due.answer_by = due.disputed_at + ANSWER_WINDOW;
        assert_eq!(world.order(), due);
        assert_eq!(world.seller().disputed_count, 1);
        assert_eq!(world.vault().held, PAID);
        assert_eq!(
            event,
            Event::OrderDisputed(OrderDisputed {
                market: market.address,
                sequence: world.market().scope.sequence,
                order: order.address,
                reason,
                answer_by: due.answer_by,
            })
        );
        world
            .chain
            .refuse(market.dispute(&order, reason), WrongState);
    }
}

#[test]
fn until_the_release() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let at = chain
        .read::<esim_market::state::Order>(&order.address)
        .release_at;
    let dispute = market.dispute(&order, DisputeReason::Other);
    for (now, allowed) in [(at - 1, true), (at, false), (at + 1, false)] {
        let mut chain = chain.clone();
        chain.set_time(now);
        if allowed {
            chain.refuse(market.release(&order), TooEarly);
            chain.accept(dispute.clone());
            chain.set_time(at);
            chain.refuse(market.release(&order), WrongState);
        } else {
            chain.refuse(dispute.clone(), TooLate);
            chain.accept(market.release(&order));
        }
    }
}

/// The right to a plain refund, by policy and by what was reported.
#[test]
fn an_unused_plan() {
    for (policy, holds, holds_installed, holds_activated) in [
        (RefundPolicy::UntilDelivery, false, false, false),
        (RefundPolicy::UntilInstalled, true, false, false),
        (RefundPolicy::UntilActivated, true, true, false),
    ] {
        let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
        let (market, order) = (world.market.clone(), world.order.clone());
        let mut terms = market.plan_terms();
        terms.refund_policy = policy;
        let change = PlanChange {
            terms: Some(terms),
            ..Default::default()
        };
        world.chain.accept(market.update_plan(&market.plan, change));
        world.buy(0);
        world.chain.accept(market.deliver(&order));
        let call = market.dispute(&order, DisputeReason::Unused);
        let check = |chain: &wayfare_tests::chain::Chain, holds| {
            let mut chain = chain.clone();
            if holds {
                chain.accept(call.clone());
            } else {
                chain.refuse(call.clone(), RefundRightEnded);
                // Any other reason is one.
                chain.accept(market.dispute(&order, DisputeReason::NoService));
            }
        };
        check(&world.chain, holds);
        world.chain.accept(market.report_installed(&order));
        check(&world.chain, holds_installed);
        world.chain.accept(market.report_activated(&order));
        check(&world.chain, holds_activated);
    }
}

#[test]
fn by_the_buyer_alone() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let patron = world.add_buyer("patron");
    let market = world.market.clone();
    let order = world.order.clone().paid_by(patron);
    let purchase = world.purchase(&order);
    world.chain.accept(purchase);
    world.chain.accept(market.deliver(&order));
    let call = market.dispute(&order, DisputeReason::Other);
    for key in [stranger(), patron, market.seller.authority, market.arbiter] {
        world
            .chain
            .refuse(call.clone().swap(&order.buyer, &key), NotBuyer);
    }
    world.chain.accept(call);
}
