use esim_market::errors::EsimMarketError::{BadSplit, NotArbiter, TooLate, WrongState};
use esim_market::state::{OrderState, PlanChange};
use wayfare_tests::esim::market::{FEE_BPS, PAID};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// What a split is due to be: to the buyer, the seller and the market. Each side's share is rounded down.
pub fn split(paid: u64, bps: u16, fee_bps: u16) -> [u64; 3] {
    let part = |amount: u128, bps: u16| amount * u128::from(bps) / 10_000;
    let refund = part(paid.into(), bps);
    let share = part(paid.into(), 10_000 - bps);
    let release = share - part(share, fee_bps);
    [refund, release, u128::from(paid) - refund - release].map(|part| part.try_into().unwrap())
}

#[test]
fn any_split() {
    for token in TokenProgram::ALL {
        let world = World::at(Stage::Contested, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        for bps in [0, 1, 3_333, 5_000, 9_999, 10_000] {
            let mut world = world.clone();
            world.chain.accept(market.resolve(&order, bps));
            let is = world.order();
            assert_eq!(is.state().unwrap(), OrderState::Resolved);
            let due = split(PAID, bps, FEE_BPS);
            assert_eq!([is.refunded, is.released, is.fee], due);
            assert_eq!(
                world.balances(),
                [BUYER_TOKENS - PAID + due[0], due[1], due[2]]
            );
            assert_eq!(world.seller().refunded_count, u64::from(bps > 0));
            world.chain.refuse(market.resolve(&order, bps), WrongState);
        }
        let World {
            mut chain,
            market,
            order,
        } = world;
        for bps in [10_001, u16::MAX] {
            chain.refuse(market.resolve(&order, bps), BadSplit);
        }
    }
}

/// The unit that two rounded shares leave over is nobody's but the market's.
#[test]
fn one_unit_is_not_lost() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let mut terms = market.plan_terms();
    (terms.price, terms.floor_price, terms.discount_bps) = (1, 0, 0);
    let change = PlanChange {
        terms: Some(terms),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, change));
    world.buy(0);
    let reason = esim_market::state::DisputeReason::Other;
    for call in [
        market.deliver(&order),
        market.dispute(&order, reason),
        market.answer(&order),
    ] {
        world.chain.accept(call);
    }
    world.chain.accept(market.resolve(&order, 5_000));
    assert_eq!(world.balances(), [BUYER_TOKENS - 1, 0, 1]);
}

#[test]
fn until_the_deadline_by_the_arbiter() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::Contested, TokenProgram::Spl);
    let by = chain
        .read::<esim_market::state::Order>(&order.address)
        .resolve_by;
    for (now, allowed) in [(by - 1, true), (by, false), (by + 1, false)] {
        let mut chain = chain.clone();
        chain.set_time(now);
        for key in [
            stranger(),
            order.buyer,
            market.seller.authority,
            market.authority,
        ] {
            let call = market.resolve(&order, 5_000).swap(&market.arbiter, &key);
            chain.refuse(call, NotArbiter);
        }
        if allowed {
            chain.accept(market.resolve(&order, 5_000));
        } else {
            chain.refuse(market.resolve(&order, 5_000), TooLate);
            chain.accept(market.resolve_by_default(&order));
        }
    }
}

#[test]
fn only_what_is_contested() {
    for stage in [
        Stage::Paid,
        Stage::Delivered,
        Stage::Disputed,
        Stage::Resolved,
    ] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        chain.refuse(market.resolve(&order, 5_000), WrongState);
    }
}
