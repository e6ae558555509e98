use esim_market::errors::EsimMarketError::*;
use esim_market::events::OrderDelivered;
use esim_market::instructions::DeliverArgs;
use esim_market::state::{Delivery, OrderState};
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
            order: order.address,
            rent_payer: market.seller.authority,
            bump: address::delivery(&order.address).1,
            ciphertext: delivery_args().ciphertext,
        }
    );
    assert_eq!(world.seller().delivered_count, 1);
    assert_eq!(
        event,
        Event::OrderDelivered(OrderDelivered {
            market: market.address,
            sequence: world.market().sequence,
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
        assert_eq!(account.data.len(), 8 + 32 + 32 + 1 + 4 + length);
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
