use esim_market::errors::EsimMarketError::{NotAuthority, ZeroKey};
use esim_market::events::AuthorityNominated;
use solana_pubkey::Pubkey;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn nominated_replaced_and_withdrawn() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let (heir, other) = (person("heir"), person("other heir"));
    let mut old = None;
    for new in [Some(heir), Some(other), None, None] {
        let event = world.touches(market.nominate(new), &[]);
        let state = world.market();
        assert_eq!(state.scope.pending_authority, new.unwrap_or_default());
        assert_eq!(state.scope.authority, market.authority);
        let sequence = state.scope.sequence;
        let market = market.address;
        let due = AuthorityNominated {
            market,
            sequence,
            old,
            new,
        };
        assert_eq!(event, Event::AuthorityNominated(due));
        old = new;
    }
}

#[test]
fn not_the_zero_key_and_not_by_others() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    chain.refuse(market.nominate(Some(Pubkey::default())), ZeroKey);
    for key in [
        stranger(),
        market.guardian,
        market.arbiter,
        market.seller.authority,
    ] {
        let call = market.nominate(Some(key)).swap(&market.authority, &key);
        chain.refuse(call, NotAuthority);
    }
}
