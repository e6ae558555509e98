use esim_market::errors::EsimMarketError::{NotAuthority, NotGuardian, ZeroKey};
use esim_market::events::GuardianChanged;
use solana_pubkey::Pubkey;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn the_new_one_pauses_and_the_old_one_does_not() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let new = person("another guardian");
    let event = world.touches(market.set_guardian(new), &[]);
    let state = world.market();
    assert_eq!(state.scope.guardian, new);
    // A quote is still valid: the guardian is not one of the terms.
    assert_eq!(state.terms_version, 1);
    assert_eq!(
        event,
        Event::GuardianChanged(GuardianChanged {
            market: market.address,
            sequence: state.scope.sequence,
            old: market.guardian,
            new,
        })
    );
    let pause = market.pause(world.chain.now() + 10);
    world.chain.refuse(pause.clone(), NotGuardian);
    world.chain.accept(pause.swap(&market.guardian, &new));
}

#[test]
fn not_the_zero_key_and_not_by_others() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    chain.refuse(market.set_guardian(Pubkey::default()), ZeroKey);
    let call = market.set_guardian(person("another guardian"));
    for key in [stranger(), market.guardian, market.arbiter] {
        chain.refuse(call.clone().swap(&market.authority, &key), NotAuthority);
    }
}
