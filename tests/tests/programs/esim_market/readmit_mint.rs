use esim_market::errors::EsimMarketError::{AcceptedTwice, NotAuthority, WrongMarket};
use esim_market::events::MintAccepted;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn with_the_vault_that_it_had() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let market = world.market.clone();
    world.chain.accept(market.drop_mint());
    let vault = world.vault();
    let event = world.touches(market.readmit_mint(), &[]);
    assert_eq!(
        event,
        Event::MintAccepted(MintAccepted {
            market: market.address,
            sequence: world.market().scope.sequence,
            mint: market.mint,
            vault: market.vault,
            tokens: market.tokens,
        })
    );
    assert_eq!(
        (world.vault(), world.market().mints()),
        (vault, &[market.mint][..])
    );
    world.buy(1);
    world.chain.refuse(market.readmit_mint(), AcceptedTwice);
}

#[test]
fn not_of_another_market_and_not_by_others() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let (other, _) = world.add_market("harbour", Stage::Accepted);
    let World {
        mut chain, market, ..
    } = world;
    chain.accept(market.drop_mint());
    chain.refuse(
        market.readmit_mint().swap(&market.vault, &other.vault),
        WrongMarket,
    );
    for key in [stranger(), market.guardian, other.authority] {
        chain.refuse(
            market.readmit_mint().swap(&market.authority, &key),
            NotAuthority,
        );
    }
    chain.accept(market.readmit_mint());
}
