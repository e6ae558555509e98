use anchor_lang::error::ErrorCode;
use esim_market::errors::EsimMarketError::{
    NotSeller, WrongPlanVersion, WrongRentReceiver, WrongSeller,
};
use esim_market::events::PlanRetired;
use solana_system_interface::error::SystemError;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::OrderFixture;
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn closed_and_its_orders_go_on() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let quoted = world.plan().terms_version;
    let has = world.chain.lamports(&market.operator);
    let rent = world.chain.lamports(&market.plan.address);
    let event = world.touches(
        market.retire_plan(&market.plan),
        &[market.plan.address, market.seller.address, market.operator],
    );
    assert!(world.chain.account(&market.plan.address).is_none());
    assert_eq!(world.chain.lamports(&market.operator), has + rent);
    assert_eq!(world.seller().plan_count, 0);
    assert_eq!(
        event,
        Event::PlanRetired(PlanRetired {
            market: market.address,
            sequence: world.market().scope.sequence,
            plan: market.plan.address,
        })
    );
    let next = OrderFixture::new(&market.plan, buyer(), 1);
    let purchase = market.purchase(&next, quoted, u64::MAX);
    world
        .chain
        .refuse(purchase.clone(), ErrorCode::AccountNotInitialized);

    // A new plan of the same id is another version, and the old order is in nobody's way but its own.
    world.chain.accept(market.create_plan(&market.plan));
    world.chain.refuse(purchase, WrongPlanVersion);
    assert!(world.plan().terms_version > quoted);
    let again = world.purchase(&order);
    world.chain.refuse(again, SystemError::AccountAlreadyInUse);
    world.buy(1);
    world.chain.accept(market.deliver(&order));
    world.chain.accept(market.confirm(&order));
}

#[test]
fn by_the_seller_and_for_who_paid() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let second = world.add_seller("second");
    let World {
        mut chain, market, ..
    } = world;
    let call = market.retire_plan(&market.plan);
    for key in [stranger(), market.authority, second.seller.authority] {
        chain.refuse(call.clone().swap(&market.seller.authority, &key), NotSeller);
    }
    for key in [stranger(), market.seller.authority] {
        chain.refuse(call.clone().swap_at(4, &key), WrongRentReceiver);
    }
    chain.refuse(
        call.clone().swap(&market.plan.address, &second.address),
        WrongSeller,
    );
    chain.accept(call);
}
