use std::mem::offset_of;

use esim_market::errors::EsimMarketError::*;
use esim_market::state::{Market, MarketVault, PlanChange, Seller};
use solana_pubkey::Pubkey;
use wayfare_tests::chain::Chain;
use wayfare_tests::esim::crowd::honest;
use wayfare_tests::esim::market::{FEE_BPS, OrderFixture};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World, buyer};
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::ESIM_MARKET;
use wayfare_tests::token::TokenProgram;

fn set_u64(chain: &mut Chain, address: &Pubkey, offset: usize, value: u64) {
    chain.edit(address, |account| {
        account.data[8 + offset..][..8].copy_from_slice(&value.to_le_bytes());
    });
}

/// Prices at every edge, from the purchase to the release: the parts add up to the last unit.
#[test]
fn arithmetic_1_every_amount_as_a_price() {
    for price in [
        1,
        2,
        9_999,
        10_000,
        10_001,
        u64::from(u32::MAX),
        1 << 32,
        (1 << 32) + 1,
        u64::MAX - BUYER_TOKENS,
    ] {
        let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
        let (market, order) = (world.market.clone(), world.order.clone());
        let mut terms = market.plan_terms();
        (terms.price, terms.floor_price, terms.discount_bps) = (price, 0, 0);
        let change = PlanChange {
            terms: Some(terms),
            ..Default::default()
        };
        world.chain.accept(market.update_plan(&market.plan, change));
        if price > BUYER_TOKENS {
            let more = price - BUYER_TOKENS;
            let tokens = market.tokens_of(&buyer());
            world
                .chain
                .mint_to(market.token, &market.mint, &tokens, more);
        }
        let had = world.tokens_of(&buyer());
        world.buy(0);
        world.chain.accept(market.deliver(&order));
        let mut refunded = world.clone();
        refunded.chain.accept(market.refund(&order));
        assert_eq!(refunded.tokens_of(&buyer()), had);
        world.chain.accept(market.confirm(&order));
        let fee = u128::from(price) * u128::from(FEE_BPS) / 10_000;
        let [left, released, taken] = world.balances();
        assert_eq!(u128::from(taken), fee);
        assert_eq!((left, released), (had - price, price - taken));
    }
}

/// What a vault holds passes no limit: the purchase is refused before.
#[test]
fn arithmetic_1_the_sum_of_all_orders() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let held = offset_of!(MarketVault, held);
    set_u64(&mut world.chain, &market.vault, held, u64::MAX);
    let purchase = world.purchase(&world.order);
    let refused = world.chain.attempt_without_books(purchase).unwrap_err();
    assert!(wayfare_tests::refusal::Refusal::from(Overflow).is(&refused.error, 0));
}

/// Each share at the edges of basis points.
#[test]
fn arithmetic_1_basis_points() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::Contested, TokenProgram::Spl);
    for (bps, allowed) in [
        (0, true),
        (9_999, true),
        (10_000, true),
        (10_001, false),
        (u16::MAX, false),
    ] {
        let mut chain = chain.clone();
        if allowed {
            chain.accept(market.resolve(&order, bps));
        } else {
            chain.refuse(market.resolve(&order, bps), BadSplit);
        }
    }
}

/// Many small orders against one large one: nobody gains by cutting a purchase into pieces but by the fee's rounding,
/// which is the seller's, and less than a unit each.
#[test]
fn arithmetic_2_a_hundred_small_orders_against_one() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let mut terms = market.plan_terms();
    (terms.price, terms.floor_price, terms.discount_bps) = (10_001, 0, 9_999);
    let change = PlanChange {
        terms: Some(terms),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, change));
    for id in 0..100 {
        let order = world.buy(id);
        world
            .chain
            .accept([market.deliver(&order), market.confirm(&order)]);
    }
    // 10,001 less 9,999 basis points, rounded down, is 10,001 − 9,999.9 → 2 units each: 200, of which no fee is left.
    assert_eq!(world.balances(), [BUYER_TOKENS - 200, 200, 0]);
}

#[test]
fn arithmetic_4_the_last_sequence_number() {
    for instruction in &ESIM_MARKET.instructions {
        if instruction.name == "create_market" {
            continue;
        }
        for Honest {
            mut chain, call, ..
        } in honest(&instruction.name, TokenProgram::Spl)
        {
            let market = wayfare_tests::esim::address::market("travel").0;
            let sequence = offset_of!(Market, scope.sequence);
            set_u64(&mut chain, &market, sequence, u64::MAX);
            let refused = chain.attempt_without_books(call.clone()).unwrap_err();
            let due = wayfare_tests::refusal::Refusal::from(Overflow);
            assert!(
                due.is(&refused.error, 0),
                "{}: {refused:?}",
                instruction.name
            );
            set_u64(&mut chain, &market, sequence, u64::MAX - 1);
            assert!(chain.attempt_without_books(call).is_ok());
        }
    }
}

#[test]
fn arithmetic_4_the_last_of_each_counter() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let whole = chain.account(&market.seller.address).unwrap();
    let reason = esim_market::state::DisputeReason::Other;
    let next = OrderFixture::new(&market.plan, buyer(), 1);
    let version = chain
        .read::<esim_market::state::Plan>(&market.plan.address)
        .terms_version;
    for (offset, call) in [
        (
            offset_of!(Seller, order_count),
            market.purchase(&next, version, u64::MAX),
        ),
        (
            offset_of!(Seller, disputed_count),
            market.dispute(&order, reason),
        ),
        (offset_of!(Seller, refunded_count), market.refund(&order)),
    ] {
        set_u64(&mut chain, &market.seller.address, offset, u64::MAX);
        chain.refuse(call.clone(), Overflow);
        chain.put(&market.seller.address, whole.clone());
        chain.clone().accept(call);
    }
}
