use esim_market::errors::EsimMarketError::*;
use esim_market::state::DisputeReason;
use wayfare_tests::esim::market::DELIVERY_WINDOW;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

/// The clock an hour back opens what was open then, and pays nobody twice.
#[test]
fn time_2_the_clock_an_hour_back() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let at = world.order().release_at;
    world.chain.set_time(at);
    let dispute = market.dispute(&order, DisputeReason::Other);
    world.chain.refuse(dispute.clone(), TooLate);
    world.chain.set_time(at - 3_600);
    world.chain.refuse(market.release(&order), TooEarly);
    let mut disputed = world.chain.clone();
    disputed.accept(dispute.clone());
    world.chain.set_time(at);
    world.chain.accept(market.release(&order));
    world.chain.set_time(at - 3_600);
    world.chain.refuse(dispute, WrongState);
    world.chain.refuse(market.release(&order), WrongState);
}

/// The end of time: what would pass it is refused, and nothing wraps around.
#[test]
fn time_3_the_end_of_time() {
    for early in [0, DELIVERY_WINDOW - 1] {
        let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
        world.chain.set_time(i64::MAX - early);
        let purchase = world.purchase(&world.order);
        world.chain.refuse(purchase, Overflow);
    }
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    world.chain.set_time(i64::MAX);
    world.chain.refuse(market.deliver(&order), TooLate);
    world.chain.accept(market.refund_undelivered(&order));
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    world.chain.set_time(i64::MAX - 1);
    // The order would be kept beyond the end of time.
    world
        .chain
        .refuse(world.market.release(&world.order), Overflow);
    world.chain.accept(world.market.refund(&world.order));
}
