use esim_market::errors::EsimMarketError::NotAuthority;
use esim_market::events::PauseChanged;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn before_its_time() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let until = world.chain.now() + 100;
    world.chain.accept(market.pause(until));
    let event = world.touches(market.unpause(), &[]);
    assert_eq!(
        event,
        Event::PauseChanged(PauseChanged {
            market: market.address,
            sequence: world.market().scope.sequence,
            old: until,
            new: 0,
            by: market.authority,
        })
    );
    world.buy(0);
}

#[test]
fn by_nobody_else() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    for key in [stranger(), market.guardian, market.arbiter] {
        chain.refuse(market.unpause().swap(&market.authority, &key), NotAuthority);
    }
}
