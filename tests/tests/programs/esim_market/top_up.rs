use esim_market::errors::EsimMarketError::{NoTopUp, NotBuyer, WrongParent};
use esim_market::state::{OrderState, PlanChange};
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{OrderFixture, PAID};
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::token::TokenProgram;

#[test]
fn under_the_parents_key() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::OnSale, token);
        // Another key than every other order has.
        let mut key = [0; 32];
        key[0] = 9;
        key[31] = 1;
        let (market, order) = (world.market.clone(), world.order.clone());
        let version = world.plan().terms_version;
        world
            .chain
            .accept(market.purchase_with_key(&order, version, PAID, key));
        world.chain.accept(market.deliver(&order));
        let child = OrderFixture::new(&market.plan, buyer(), 1).topping_up(&order);
        let event = world
            .chain
            .accept(market.top_up(&child, version, PAID))
            .market_event();
        let is: esim_market::state::Order = world.chain.read(&child.address);
        assert_eq!((is.parent, is.encryption_key), (order.address, key));
        assert_eq!((is.paid, is.state().unwrap()), (PAID, OrderState::Paid));
        let Event::OrderPaid(event) = event else {
            panic!("{event:?}");
        };
        assert_eq!(event.parent, order.address);
        // It is an order like any other.
        world.chain.accept(market.deliver(&child));
        world.chain.accept(market.confirm(&child));
    }
}

#[test]
fn of_a_delivered_order_alone() {
    for &state in OrderState::ALL {
        let mut world = World::in_state(state, TokenProgram::Spl);
        let child = OrderFixture::new(&world.market.plan, buyer(), 1).topping_up(&world.order);
        let call = world.purchase(&child);
        match state {
            OrderState::Delivered | OrderState::Completed => {
                world.chain.accept(call);
            }
            _ => world.chain.refuse(call, NoTopUp),
        }
    }
}

#[test]
fn where_its_plan_allows_it() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let mut terms = market.plan_terms();
    terms.top_up = false;
    let change = PlanChange {
        terms: Some(terms),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, change));
    let parent = world.buy(0);
    world.chain.accept(market.deliver(&parent));
    let child = OrderFixture::new(&market.plan, buyer(), 1).topping_up(&parent);
    let call = world.purchase(&child);
    world.chain.refuse(call, NoTopUp);
    // What counts are the terms under which the parent was bought.
    let change = PlanChange {
        terms: Some(market.plan_terms()),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, change));
    let call = world.purchase(&child);
    world.chain.refuse(call, NoTopUp);
}

#[test]
fn of_the_same_buyer_and_seller() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let second = world.add_seller("second");
    let friend = world.add_buyer("friend");
    let market = world.market.clone();
    let version = world.plan().terms_version;
    let child = |plan, buyer| OrderFixture::new(plan, buyer, 1).topping_up(&world.order);
    let of_friend = child(&market.plan, friend);
    let elsewhere = child(&second, buyer());
    let second_version = world
        .chain
        .read::<esim_market::state::Plan>(&second.address)
        .terms_version;
    let chain = &mut world.chain;
    chain.refuse(market.top_up(&of_friend, version, PAID), NotBuyer);
    chain.refuse(market.top_up(&elsewhere, second_version, PAID), NoTopUp);
    let mut orphan = OrderFixture::new(&market.plan, buyer(), 1);
    chain.refuse(market.top_up(&orphan, version, PAID), WrongParent);
    // Anybody may pay.
    orphan.parent = Some(world.order.address);
    chain.accept(market.top_up(&orphan.paid_by(friend), version, PAID));
}
