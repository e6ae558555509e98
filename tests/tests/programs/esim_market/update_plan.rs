use esim_market::constants::UNLIMITED_STOCK;
use esim_market::errors::EsimMarketError::{
    BadStock, NotSeller, OffSale, WrongPlanVersion, WrongSeller,
};
use esim_market::events::PlanChanged;
use esim_market::state::{PlanChange, StockChange};
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::OrderFixture;
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

use super::create_plan::{extreme_terms, impossible_terms};

#[test]
fn new_terms_are_a_new_version() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let market = world.market.clone();
    let quoted = world.plan().terms_version;
    let next = OrderFixture::new(&market.plan, buyer(), 1);
    for terms in extreme_terms(&market) {
        let mut due = world.plan();
        let change = PlanChange {
            terms: Some(terms),
            ..Default::default()
        };
        let event = world.touches(
            market.update_plan(&market.plan, change),
            &[market.plan.address],
        );
        due.terms = terms;
        due.terms_version = world.market().scope.sequence;
        assert_eq!(world.plan(), due);
        assert_eq!(
            event,
            Event::PlanChanged(PlanChanged {
                market: market.address,
                sequence: due.terms_version,
                plan: market.plan.address,
                version: due.terms_version,
                terms: Some(terms),
                stock: due.stock,
                on_sale: true,
            })
        );
        let old = market.purchase(&next, quoted, u64::MAX);
        world.chain.refuse(old, WrongPlanVersion);
    }
}

#[test]
fn stock_and_sale_leave_the_version() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let market = world.market.clone();
    let version = world.plan().terms_version;
    for (stock, is) in [
        (StockChange::Set(5), 5),
        (StockChange::Add(3), 8),
        (StockChange::Unlimited, UNLIMITED_STOCK),
        (StockChange::Set(0), 0),
        (StockChange::Add(u32::MAX - 1), u32::MAX - 1),
    ] {
        let change = PlanChange {
            stock: Some(stock),
            ..Default::default()
        };
        world.touches(
            market.update_plan(&market.plan, change),
            &[market.plan.address],
        );
        assert_eq!(
            (world.plan().stock, world.plan().terms_version),
            (is, version)
        );
    }
    let change = PlanChange {
        stock: Some(StockChange::Add(1)),
        ..Default::default()
    };
    world
        .chain
        .refuse(market.update_plan(&market.plan, change), BadStock);
    for on_sale in [false, true] {
        let change = PlanChange {
            on_sale: Some(on_sale),
            ..Default::default()
        };
        world.chain.accept(market.update_plan(&market.plan, change));
        assert_eq!(
            (world.plan().on_sale, world.plan().terms_version),
            (on_sale, version)
        );
        let order = OrderFixture::new(&market.plan, buyer(), 9);
        let purchase = world.purchase(&order);
        if on_sale {
            world.chain.accept(purchase);
        } else {
            world.chain.refuse(purchase, OffSale);
        }
    }
}

/// It would be limited by it.
#[test]
fn nothing_is_added_to_an_unlimited_stock() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let stock = |stock| {
        let change = PlanChange {
            stock: Some(stock),
            ..Default::default()
        };
        market.update_plan(&market.plan, change)
    };
    world.chain.accept(stock(StockChange::Unlimited));
    for more in [0, 1, u32::MAX] {
        world.chain.refuse(stock(StockChange::Add(more)), BadStock);
    }
    world.chain.accept(stock(StockChange::Set(3)));
    world.chain.accept(stock(StockChange::Add(1)));
    assert_eq!(world.plan().stock, 4);
}

/// A purchase in between is not undone.
#[test]
fn adding_to_the_stock_counts_from_what_is_left() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    for id in 0..3 {
        world.buy(id);
    }
    let change = PlanChange {
        stock: Some(StockChange::Add(10)),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, change));
    assert_eq!((world.plan().stock, world.plan().sold), (107, 3));
}

#[test]
fn to_possible_terms_by_the_seller() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let second = world.add_seller("second");
    let World {
        mut chain, market, ..
    } = world;
    let update = |terms| {
        let change = PlanChange {
            terms: Some(terms),
            ..Default::default()
        };
        market.update_plan(&market.plan, change)
    };
    for (terms, why) in impossible_terms(&market) {
        chain.refuse(update(terms), why);
    }
    let call = update(market.plan_terms());
    for key in [stranger(), market.authority, second.seller.authority] {
        chain.refuse(call.clone().swap(&market.seller.authority, &key), NotSeller);
    }
    let theft = call.swap(&market.plan.address, &second.address);
    chain.refuse(theft, WrongSeller);
    // A pause does not keep a seller from taking a plan off sale.
    let until = chain.now() + 10;
    chain.accept(market.pause(until));
    let change = PlanChange {
        on_sale: Some(false),
        ..Default::default()
    };
    chain.accept(market.update_plan(&market.plan, change));
}
