use esim_market::errors::EsimMarketError::{BadPause, NotGuardian, Paused};
use esim_market::events::PauseChanged;
use wayfare_program::scope::MAX_PAUSE;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::OrderFixture;
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn entries_are_refused_until_then() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let market = world.market.clone();
    let until = world.chain.now() + MAX_PAUSE;
    let event = world.touches(market.pause(until), &[]);
    assert_eq!(world.market().scope.paused_until, until);
    assert_eq!(
        event,
        Event::PauseChanged(PauseChanged {
            market: market.address,
            sequence: world.market().scope.sequence,
            old: 0,
            new: until,
            by: market.guardian,
        })
    );
    let next = OrderFixture::new(&market.plan, buyer(), 1);
    let purchase = market.purchase(&next, world.plan().terms_version, u64::MAX);
    for now in [until - 1, until] {
        world.chain.set_time(now);
        if now < until {
            world.chain.refuse(purchase.clone(), Paused);
        } else {
            world.chain.accept(purchase.clone());
        }
    }
}

#[test]
fn within_seven_days_and_ahead() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let now = chain.now();
    for until in [now + MAX_PAUSE + 1, now, now - 1, 0, -1, i64::MIN, i64::MAX] {
        chain.refuse(market.pause(until), BadPause);
    }
    for until in [now + 1, now + MAX_PAUSE] {
        chain.accept(market.pause(until));
    }
}

#[test]
fn by_the_guardian_alone() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let until = chain.now() + 1;
    for key in [stranger(), market.authority, market.arbiter] {
        chain.refuse(
            market.pause(until).swap(&market.guardian, &key),
            NotGuardian,
        );
    }
}
