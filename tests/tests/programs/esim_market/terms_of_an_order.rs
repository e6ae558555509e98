//! No later change by market, seller or plan reaches an open order: neither its terms, nor who acts, nor who is paid.

use esim_market::errors::EsimMarketError::{NotArbiter, NotAttester, WrongDestination};
use esim_market::state::{MarketTermsChange, OrderState, PlanChange, SellerProfile, SellerStatus};
use wayfare_tests::esim::market::{FEE, PAID, RELEASED, cranker};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// Everything that can change, changes; then the plan goes, too.
fn change_everything(world: &mut World) {
    let market = world.market.clone();
    let other = |role: &str| person(&format!("another {role}"));
    let chain = &mut world.chain;
    for wallet in [other("treasury"), other("payout")] {
        chain.create_associated(market.token, &market.mint, &wallet);
    }
    let mut terms = market.plan_terms();
    terms.price = 1;
    terms.floor_price = 0;
    terms.discount_bps = 0;
    terms.delivery_window = 1;
    terms.release_window = 7 * 86_400;
    terms.default_split_bps = 10_000;
    terms.top_up = false;
    terms.refund_policy = esim_market::state::RefundPolicy::UntilDelivery;
    let change = PlanChange {
        terms: Some(terms),
        stock: None,
        on_sale: Some(false),
    };
    chain.accept(market.update_plan(&market.plan, change));
    chain.accept(market.retire_plan(&market.plan));
    chain.accept(market.create_plan_with(&market.plan, |args| args.terms = terms));
    let profile = SellerProfile {
        payout: other("payout"),
        attester: other("attester"),
        contact: [1; 32],
    };
    chain.accept(market.update_seller(&market.seller, profile));
    chain.accept(market.set_seller_status(&market.seller, SellerStatus::Suspended));
    let change = MarketTermsChange {
        arbiter: Some(other("arbiter")),
        treasury: Some(other("treasury")),
        fee_bps: Some(1_000),
        max_delivery_window: Some(1),
        min_release_window: Some(1),
        max_release_window: Some(1),
        answer_window: Some(1),
        arbiter_window: Some(1),
        retention: Some(0),
    };
    chain.accept(market.update_market(change));
    chain.accept(market.set_guardian(other("guardian")));
    chain.accept(market.drop_mint());
    let until = chain.now() + 1_000;
    chain.accept(
        market
            .pause(until)
            .swap(&market.guardian, &other("guardian")),
    );
}

#[test]
fn an_order_goes_on_as_it_was_bought() {
    for token in TokenProgram::ALL {
        for stage in [
            Stage::Paid,
            Stage::Delivered,
            Stage::Disputed,
            Stage::Contested,
        ] {
            let mut plain = World::at(stage, token);
            let mut changed = plain.clone();
            change_everything(&mut changed);
            assert_eq!(changed.order(), plain.order());
            let now = plain.chain.now();
            let ends: Vec<_> = [&mut plain, &mut changed]
                .into_iter()
                .map(|world| {
                    let (market, order) = (world.market.clone(), world.order.clone());
                    let chain = &mut world.chain;
                    if stage == Stage::Paid {
                        chain.accept(market.deliver(&order));
                    }
                    if stage <= Stage::Delivered {
                        let reason = esim_market::state::DisputeReason::Unused;
                        chain.accept(market.dispute(&order, reason));
                        let wrong = market
                            .report_installed(&order)
                            .swap(&market.seller.attester, &person("another attester"));
                        chain.refuse(wrong, NotAttester);
                        chain.accept(market.report_installed(&order));
                    }
                    if stage <= Stage::Disputed {
                        chain.accept(market.answer(&order));
                    }
                    let wrong = market
                        .resolve(&order, 1)
                        .swap(&market.arbiter, &person("another arbiter"));
                    chain.refuse(wrong, NotArbiter);
                    let at = chain
                        .read::<esim_market::state::Order>(&order.address)
                        .resolve_by;
                    chain.set_time(at);
                    for role in ["treasury", "payout"] {
                        let honest = match role {
                            "treasury" => market.treasury,
                            _ => market.seller.payout,
                        };
                        chain.create_associated(token, &market.mint, &honest);
                        let wrong = market.resolve_by_default(&order).swap(
                            &market.tokens_of(&honest),
                            &market.tokens_of(&person(&format!("another {role}"))),
                        );
                        chain.refuse(wrong, WrongDestination);
                    }
                    chain.accept(market.resolve_by_default(&order));
                    (world.order(), world.balances())
                })
                .collect();
            assert!(now < ends[0].0.ended_at);
            assert_eq!(ends[0], ends[1]);
        }
    }
}

#[test]
fn the_fee_and_the_windows_are_those_of_the_purchase() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    change_everything(&mut world);
    let (market, order) = (world.market.clone(), world.order.clone());
    world.chain.pass(3_000);
    world.chain.accept(market.deliver(&order));
    let at = world.order().release_at;
    assert_eq!(at, world.chain.now() + 86_400);
    world.chain.set_time(at);
    world.chain.accept(market.release(&order));
    let is = world.order();
    assert_eq!(is.state().unwrap(), OrderState::Completed);
    assert_eq!(world.balances(), [BUYER_TOKENS - PAID, RELEASED, FEE]);
    assert_eq!(is.closable_at, is.ended_at + 2_592_000);
    let call = market.close_by(&order, cranker(), true);
    world.chain.set_time(is.closable_at);
    world.chain.accept(call);
}
