//! `report_installed` and `report_activated`.

use esim_market::errors::EsimMarketError::{NotAttester, ReportedTwice, WrongState};
use esim_market::events::UseReported;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn installed_then_activated() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let mut due = world.order();
    for (call, activated) in [
        (market.report_installed(&order), false),
        (market.report_activated(&order), true),
    ] {
        world.chain.pass(10);
        let now = world.chain.now();
        if activated {
            due.activated_at = now;
        } else {
            due.installed_at = now;
        }
        let event = world.touches(call.clone(), &[order.address]);
        assert_eq!(world.order(), due);
        assert_eq!(
            event,
            Event::UseReported(UseReported {
                market: market.address,
                sequence: world.market().scope.sequence,
                order: order.address,
                installed_at: due.installed_at,
                activated_at: due.activated_at,
            })
        );
        world.chain.refuse(call, ReportedTwice);
    }
}

/// What is used is installed.
#[test]
fn activated_at_once() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    chain.accept(market.report_activated(&order));
    let is: esim_market::state::Order = chain.read(&order.address);
    assert_eq!(
        (is.installed_at, is.activated_at),
        (chain.now(), chain.now())
    );
    chain.refuse(market.report_installed(&order), ReportedTwice);
}

#[test]
fn by_the_attester_of_a_delivered_order() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    for call in [
        market.report_installed(&order),
        market.report_activated(&order),
    ] {
        chain.refuse(call, WrongState);
    }
    chain.accept(market.deliver(&order));
    for call in [
        market.report_installed(&order),
        market.report_activated(&order),
    ] {
        for key in [
            stranger(),
            order.buyer,
            market.seller.authority,
            market.authority,
        ] {
            chain.refuse(
                call.clone().swap(&market.seller.attester, &key),
                NotAttester,
            );
        }
        chain.clone().accept(call);
    }
}
