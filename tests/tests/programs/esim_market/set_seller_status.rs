use esim_market::errors::EsimMarketError::{NotAuthority, SellerNotApproved, WrongMarket};
use esim_market::events::SellerStatusChanged;
use esim_market::state::SellerStatus::{Approved, Pending, Suspended};
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::OrderFixture;
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn only_the_approved_sell_and_open_orders_go_on() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let market = world.market.clone();
    let mut old = Approved;
    for (id, new) in (1..).zip([Suspended, Pending, Approved]) {
        let call = market.set_seller_status(&market.seller, new);
        let event = world.touches(call, &[market.seller.address]);
        assert_eq!(world.seller().status, new as u8);
        assert_eq!(
            event,
            Event::SellerStatusChanged(SellerStatusChanged {
                market: market.address,
                sequence: world.market().scope.sequence,
                seller: market.seller.address,
                old,
                new,
            })
        );
        old = new;
        let order = OrderFixture::new(&market.plan, buyer(), id);
        let purchase = world.purchase(&order);
        if new == Approved {
            world.chain.accept(purchase);
        } else {
            world.chain.refuse(purchase, SellerNotApproved);
        }
        if new == Suspended {
            // What was paid before is delivered, and paid for.
            let mut chain = world.chain.clone();
            chain.accept(market.deliver(&world.order));
            chain.accept(market.confirm(&world.order));
        }
    }
}

#[test]
fn by_the_authority_of_its_market() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let (other, _) = world.add_market("harbour", Stage::OnSale);
    let World {
        mut chain, market, ..
    } = world;
    let call = market.set_seller_status(&market.seller, Suspended);
    for key in [
        stranger(),
        market.guardian,
        other.authority,
        market.seller.authority,
    ] {
        chain.refuse(call.clone().swap(&market.authority, &key), NotAuthority);
    }
    chain.refuse(
        other.set_seller_status(&market.seller, Suspended),
        WrongMarket,
    );
}
