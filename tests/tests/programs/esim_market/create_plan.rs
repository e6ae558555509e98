use esim_market::constants::UNLIMITED_STOCK;
use esim_market::errors::EsimMarketError::{self, *};
use esim_market::events::PlanCreated;
use esim_market::state::{Plan, PlanTerms, StockChange};
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_tests::esim::address;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{MarketFixture, PlanFixture};
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// Terms that no plan of the market may have, and why.
pub fn impossible_terms(market: &MarketFixture) -> Vec<(PlanTerms, EsimMarketError)> {
    let with = |change: &dyn Fn(&mut PlanTerms)| {
        let mut terms = market.plan_terms();
        change(&mut terms);
        terms
    };
    let limits = market.terms();
    let mut all = vec![
        (
            with(&|terms| terms.mint = Pubkey::default()),
            MintNotAccepted,
        ),
        (with(&|terms| terms.mint = market.vault), MintNotAccepted),
        (with(&|terms| terms.price = 0), BadPrice),
        // 8,999,000 less the fee of 299,666 remains for the seller.
        (with(&|terms| terms.floor_price = 8_699_335), BelowFloor),
        (with(&|terms| terms.floor_price = u64::MAX), BelowFloor),
        (with(&|terms| terms.default_split_bps = 10_001), BadSplit),
        (with(&|terms| terms.countries = [0; 85]), BadCountries),
        // Bit 676, behind ZZ.
        (with(&|terms| terms.countries[84] |= 0x10), BadCountries),
        (with(&|terms| terms.countries[84] |= 0x80), BadCountries),
    ];
    for bps in [10_000, 10_001, u16::MAX] {
        all.push((with(&|terms| terms.discount_bps = bps), BadDiscount));
    }
    for days in [0, 367, u16::MAX] {
        all.push((with(&|terms| terms.validity_days = days), BadValidity));
    }
    for seconds in [0, limits.max_delivery_window + 1, u32::MAX] {
        all.push((
            with(&|terms| terms.delivery_window = seconds),
            BadDeliveryWindow,
        ));
    }
    for seconds in [
        0,
        limits.min_release_window - 1,
        limits.max_release_window + 1,
        u32::MAX,
    ] {
        all.push((
            with(&|terms| terms.release_window = seconds),
            BadReleaseWindow,
        ));
    }
    all
}

/// Terms at the limits of what a plan may have.
pub fn extreme_terms(market: &MarketFixture) -> [PlanTerms; 3] {
    let limits = market.terms();
    [
        PlanTerms {
            price: 1,
            floor_price: 1,
            discount_bps: 9_999,
            data_mb: 0,
            validity_days: 1,
            delivery_window: 1,
            release_window: limits.min_release_window,
            default_split_bps: 0,
            ..market.plan_terms()
        },
        PlanTerms {
            price: u64::MAX,
            floor_price: 0,
            discount_bps: 0,
            data_mb: u64::MAX,
            validity_days: 366,
            delivery_window: limits.max_delivery_window,
            release_window: limits.max_release_window,
            default_split_bps: 10_000,
            ..market.plan_terms()
        },
        PlanTerms {
            floor_price: 8_699_334,
            ..market.plan_terms()
        },
    ]
}

#[test]
fn offered() {
    let mut world = World::at(Stage::Approved, TokenProgram::Spl);
    let market = world.market.clone();
    let plan = &market.plan;
    let event = world.touches(
        market.create_plan(plan),
        &[plan.address, market.seller.address, market.operator],
    );
    let sequence = world.market().scope.sequence;
    let args = market.create_plan_args(plan);
    let due = Plan {
        market: market.address,
        seller: market.seller.address,
        rent_payer: market.operator,
        version: 1,
        terms_version: sequence,
        sold: 0,
        stock: 100,
        on_sale: true,
        terms: args.terms,
        bump: address::plan(&market.seller.address, &plan.id).1,
        spare: [0; 16],
        id: plan.id.clone(),
    };
    assert_eq!(world.plan(), due);
    assert_eq!(world.seller().plan_count, 1);
    assert_eq!(
        event,
        Event::PlanCreated(PlanCreated {
            market: market.address,
            sequence,
            seller: market.seller.address,
            plan: plan.address,
            id: plan.id.clone(),
            terms: args.terms,
            stock: 100,
            on_sale: true,
        })
    );
    world
        .chain
        .refuse(market.create_plan(plan), SystemError::AccountAlreadyInUse);
}

#[test]
fn with_possible_terms() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Approved, TokenProgram::Spl);
    let with = |terms| market.create_plan_with(&market.plan, |args| args.terms = terms);
    for (terms, why) in impossible_terms(&market) {
        chain.refuse(with(terms), why);
    }
    for terms in extreme_terms(&market) {
        chain.clone().accept(with(terms));
    }
}

#[test]
fn with_a_possible_id() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Approved, TokenProgram::Spl);
    let named = |id: &str| market.create_plan(&PlanFixture::new(&market.seller, id));
    for id in ["", "A", "a_b", "-a", "a-", "é", "a\0"] {
        chain.refuse(named(id), BadName);
    }
    for id in ["a", "0", "a--b", &"z".repeat(32)] {
        chain.accept(named(id));
    }
}

#[test]
fn with_a_stock() {
    let World { chain, market, .. } = World::at(Stage::Approved, TokenProgram::Spl);
    for (stock, is) in [
        (StockChange::Unlimited, Some(UNLIMITED_STOCK)),
        (StockChange::Set(0), Some(0)),
        (StockChange::Set(u32::MAX - 1), Some(u32::MAX - 1)),
        (StockChange::Add(3), Some(3)),
        (StockChange::Set(u32::MAX), None),
        (StockChange::Add(u32::MAX), None),
    ] {
        let mut chain = chain.clone();
        let call = market.create_plan_with(&market.plan, |args| args.stock = stock);
        match is {
            Some(is) => {
                chain.accept(call);
                assert_eq!(chain.read::<Plan>(&market.plan.address).stock, is);
            }
            None => chain.refuse(call, BadStock),
        }
    }
}

#[test]
fn by_the_seller_and_not_while_paused() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Approved, TokenProgram::Spl);
    let call = market.create_plan(&market.plan);
    for key in [stranger(), market.authority, market.seller.attester] {
        chain.refuse(call.clone().swap(&market.seller.authority, &key), NotSeller);
    }
    let until = chain.now() + 1;
    chain.accept(market.pause(until));
    chain.refuse(call.clone(), Paused);
    chain.set_time(until);
    chain.accept(call);
}
