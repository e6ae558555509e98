use esim_market::errors::EsimMarketError::*;
use esim_market::events::OrderClosed;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{DELIVERY_WINDOW, OrderFixture, RETENTION, cranker};
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// A gift that was delivered and confirmed.
fn confirmed() -> World {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let patron = world.add_buyer("patron");
    world.order = OrderFixture::new(&world.market.plan, buyer(), 0).paid_by(patron);
    let purchase = world.purchase(&world.order);
    world.chain.accept(purchase);
    world.chain.accept(world.market.deliver(&world.order));
    world.chain.accept(world.market.confirm(&world.order));
    world
}

#[test]
fn the_rent_goes_back_to_who_paid_it() {
    let mut world = confirmed();
    let (market, order) = (world.market.clone(), world.order.clone());
    let lamports = |world: &World, key| world.chain.lamports(&key);
    let (payer, seller) = (order.payer, market.seller.authority);
    let had = [lamports(&world, payer), lamports(&world, seller)];
    let rents = [
        lamports(&world, order.address),
        lamports(&world, order.delivery()),
    ];
    let event = world.touches(
        market.close(&order),
        &[order.address, order.delivery(), payer, seller],
    );
    assert_eq!(lamports(&world, payer), had[0] + rents[0]);
    assert_eq!(lamports(&world, seller), had[1] + rents[1]);
    assert_eq!(
        event,
        Event::OrderClosed(OrderClosed {
            market: market.address,
            sequence: world.market().scope.sequence,
            order: order.address,
            by: order.buyer,
        })
    );
}

#[test]
fn to_nobody_else() {
    let World {
        mut chain,
        market,
        order,
    } = confirmed();
    let call = market.close(&order);
    for other in [
        stranger(),
        order.buyer,
        market.seller.authority,
        market.operator,
    ] {
        let mut other_payer = call.clone();
        other_payer.accounts[3].pubkey = other;
        chain.refuse(other_payer, WrongRentReceiver);
    }
    for other in [stranger(), order.buyer, order.payer, market.operator] {
        let mut other_payer = call.clone();
        other_payer.accounts[4].pubkey = other;
        chain.refuse(other_payer, WrongRentReceiver);
    }
    chain.accept(call);
}

#[test]
fn by_others_when_it_is_kept_no_longer() {
    let World {
        mut chain,
        market,
        order,
    } = confirmed();
    let at = chain.now() + RETENTION;
    for key in [
        cranker(),
        order.payer,
        market.seller.authority,
        market.authority,
    ] {
        chain.set_time(at - 1);
        let call = market.close_by(&order, key, true);
        chain.refuse(call.clone(), TooEarly);
        for now in [at, at + 1] {
            let mut chain = chain.clone();
            chain.set_time(now);
            chain.accept(call.clone());
        }
    }
}

#[test]
fn not_while_open() {
    for stage in [
        Stage::Paid,
        Stage::Delivered,
        Stage::Disputed,
        Stage::Contested,
    ] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        chain.pass(1_000_000_000);
        for key in [order.buyer, cranker()] {
            let call = market.close_by(&order, key, stage != Stage::Paid);
            chain.refuse(call, WrongState);
        }
    }
}

#[test]
fn with_its_delivery() {
    let mut world = confirmed();
    let second = world.buy(1);
    world.chain.accept(world.market.deliver(&second));
    let (market, order) = (world.market.clone(), world.order.clone());
    let chain = &mut world.chain;
    chain.refuse(market.close_by(&order, order.buyer, false), MissingDelivery);
    let call = market
        .close(&order)
        .swap(&order.delivery(), &second.delivery());
    chain.refuse(call, WrongOrder);
    // One that was never delivered has none, and takes no other's.
    chain.pass(DELIVERY_WINDOW);
    let third = world.buy(2);
    let chain = &mut world.chain;
    chain.accept(market.refund(&third));
    let call = market
        .close(&third)
        .swap(&third.delivery(), &second.delivery());
    chain.refuse(call, WrongOrder);
    chain.accept(market.close_by(&third, buyer(), false));
    chain.accept(market.close(&order));
}

#[test]
fn of_its_own_market() {
    let mut world = confirmed();
    let (other, _) = world.add_market("harbour", Stage::Paid);
    let call = world
        .market
        .close(&world.order)
        .swap(&world.market.address, &other.address);
    world.chain.refuse(call, WrongMarket);
}

/// A refund in full keeps nothing for the buyer: anyone may close at once.
#[test]
fn a_refunded_delivery_is_kept_for_nobody() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    chain.accept(market.refund(&order));
    chain.accept(market.close_by(&order, cranker(), true));
    assert!(chain.account(&order.delivery()).is_none());
}
