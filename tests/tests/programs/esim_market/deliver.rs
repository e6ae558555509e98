use esim_market::errors::EsimMarketError::*;
use esim_market::events::OrderDelivered;
use esim_market::instructions::DeliverArgs;
use esim_market::state::{Delivery, OrderState, PlanChange};
use solana_system_interface::error::SystemError;
use wayfare_tests::esim::address;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{RELEASE_WINDOW, delivery_args};
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn delivered() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let mut due = world.order();
    world.chain.pass(7);
    let event = world.touches(
        market.deliver(&order),
        &[
            order.address,
            order.delivery(),
            market.seller.address,
            market.seller.authority,
        ],
    );
    let now = world.chain.now();
    due.state = OrderState::Delivered as u8;
    due.commitment = delivery_args().commitment;
    due.delivered_at = now;
    due.release_at = now + RELEASE_WINDOW;
    assert_eq!(world.order(), due);
    let delivery: Delivery = world.chain.read(&order.delivery());
    assert_eq!(
        delivery,
        Delivery {
            version: 1,
            order: order.address,
            rent_payer: market.seller.authority,
            bump: address::delivery(&order.address).1,
            spare: [0; 8],
            ciphertext: delivery_args().ciphertext,
        }
    );
    let seller = world.seller();
    assert_eq!(seller.delivered_count, 1);
    assert_eq!(seller.delivery_times, [1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(
        event,
        Event::OrderDelivered(OrderDelivered {
            market: market.address,
            sequence: world.market().scope.sequence,
            order: order.address,
            commitment: due.commitment,
            release_at: due.release_at,
        })
    );
    world
        .chain
        .refuse(market.deliver(&order), SystemError::AccountAlreadyInUse);
}

#[test]
fn a_ciphertext_of_possible_length() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    let with = |length| {
        let args = DeliverArgs {
            ciphertext: vec![7; length],
            ..delivery_args()
        };
        market.deliver_with(&order, args)
    };
    for length in [0, 1, 80, 513, 514] {
        chain.refuse(with(length), BadCiphertext);
    }
    for length in [81, 512] {
        let mut chain = chain.clone();
        chain.accept(with(length));
        // Not a byte of rent more than it takes.
        let account = chain.account(&order.delivery()).unwrap();
        assert_eq!(account.data.len(), 8 + 1 + 32 + 32 + 1 + 8 + 4 + length);
        assert_eq!(account.lamports, chain.rent(account.data.len()));
    }
}

#[test]
fn until_the_deadline() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    let by = chain
        .read::<esim_market::state::Order>(&order.address)
        .deliver_by;
    for (now, allowed) in [(by - 1, true), (by, false), (by + 1, false)] {
        let mut chain = chain.clone();
        chain.set_time(now);
        if allowed {
            chain.accept(market.deliver(&order));
        } else {
            chain.refuse(market.deliver(&order), TooLate);
            chain.accept(market.refund_undelivered(&order));
        }
    }
}

/// The seller's record tells how long deliveries took, from the payment on.
#[test]
fn counted_by_its_time() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let mut terms = market.plan_terms();
    terms.delivery_window = 3 * 86_400;
    let change = PlanChange {
        terms: Some(terms),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, change));
    let limits = [60, 300, 900, 3_600, 14_400, 43_200, 86_400];
    let mut due = [0; 8];
    for (number, (bucket, limit)) in (0..).zip(limits.into_iter().enumerate()) {
        for (id, took, bucket) in [
            (2 * number, limit, bucket),
            (2 * number + 1, limit + 1, bucket + 1),
        ] {
            let order = world.buy(id);
            world.chain.pass(took);
            world.chain.accept(market.deliver(&order));
            due[bucket] += 1;
            assert_eq!(world.seller().delivery_times, due, "after {took} s");
        }
    }
    assert_eq!(world.seller().delivered_count, 14);
}

#[test]
fn by_the_seller_of_the_order() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let second = world.add_seller("second");
    let (other, other_order) = world.add_market("harbour", Stage::Paid);
    let World {
        mut chain,
        market,
        order,
    } = world;
    chain.give_lamports(&stranger(), 1_000_000_000);
    let call = market.deliver(&order);
    for key in [
        stranger(),
        order.buyer,
        second.seller.authority,
        other.seller.authority,
    ] {
        chain.refuse(call.clone().swap(&market.seller.authority, &key), NotSeller);
    }
    chain.refuse(
        call.clone().swap(&market.address, &other.address),
        WrongMarket,
    );
    chain.refuse(
        call.clone()
            .swap(&market.seller.address, &second.seller.address),
        WrongSeller,
    );
    chain.refuse(
        call.clone()
            .swap(&order.address, &other_order.address)
            .swap(&order.delivery(), &other_order.delivery()),
        WrongMarket,
    );
    chain.accept(call);
}

/// Lamports that somebody put there do not keep the delivery away.
#[test]
fn to_a_prefunded_address() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    chain.give_lamports(&order.delivery(), 1_000_000);
    chain.accept(market.deliver(&order));
}

#[test]
fn goes_on_while_paused_and_suspended() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    let until = chain.now() + 1_000;
    chain.accept(market.pause(until));
    let status = esim_market::state::SellerStatus::Suspended;
    chain.accept(market.set_seller_status(&market.seller, status));
    chain.accept(market.deliver(&order));
}
