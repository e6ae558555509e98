use esim_market::errors::EsimMarketError::{NotAuthority, NotNominee};
use esim_market::events::AuthorityChanged;
use solana_pubkey::Pubkey;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn the_nominee_takes_over() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let heir = person("heir");
    world.chain.accept(market.nominate(Some(heir)));
    let event = world.touches(market.accept_authority(heir), &[]);
    let state = world.market();
    assert_eq!(
        (state.scope.authority, state.scope.pending_authority),
        (heir, Pubkey::default())
    );
    assert_eq!(
        event,
        Event::AuthorityChanged(AuthorityChanged {
            market: market.address,
            sequence: state.scope.sequence,
            old: market.authority,
            new: heir,
        })
    );
    // The old authority is nobody any more, and the new one everything.
    world.chain.refuse(market.unpause(), NotAuthority);
    world
        .chain
        .accept(market.unpause().swap(&market.authority, &heir));
    world
        .chain
        .refuse(market.accept_authority(heir), NotNominee);
}

#[test]
fn nobody_else() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let (heir, other) = (person("heir"), person("other heir"));
    chain.refuse(market.accept_authority(heir), NotNominee);
    chain.accept(market.nominate(Some(heir)));
    for key in [other, market.authority, market.guardian] {
        chain.refuse(market.accept_authority(key), NotNominee);
    }
    chain.accept(market.nominate(Some(other)));
    chain.refuse(market.accept_authority(heir), NotNominee);
    chain.accept(market.nominate(None));
    chain.refuse(market.accept_authority(other), NotNominee);
}
