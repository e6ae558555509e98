use esim_market::errors::EsimMarketError::{MintNotAccepted, NotAuthority};
use esim_market::events::MintDropped;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{OrderFixture, RELEASE_WINDOW};
use wayfare_tests::esim::world::{Stage, World, buyer};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn nothing_is_sold_for_it_and_open_orders_go_on() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Delivered, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        let event = world.touches(market.drop_mint(), &[]);
        let sequence = world.market().scope.sequence;
        assert_eq!(
            event,
            Event::MintDropped(MintDropped {
                market: market.address,
                sequence,
                mint: market.mint,
            })
        );
        assert!(world.market().mints().is_empty());
        let next = OrderFixture::new(&order.plan, buyer(), 1);
        let purchase = world.purchase(&next);
        world.chain.refuse(purchase, MintNotAccepted);
        world.chain.pass(RELEASE_WINDOW);
        world.chain.accept(market.release(&order));
    }
}

#[test]
fn the_last_one_takes_its_place() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Accepted, TokenProgram::Spl);
    let mints: Vec<_> = (1..4)
        .map(|n| chain.create_mint(TokenProgram::Spl, &format!("mint {n}")))
        .collect();
    for mint in &mints {
        chain.accept(market.in_mint(*mint, TokenProgram::Spl).accept_mint());
    }
    chain.accept(market.drop_mint());
    let state: esim_market::state::Market = chain.read(&market.address);
    assert_eq!(state.mints(), [mints[2], mints[0], mints[1]]);
    chain.refuse(market.drop_mint(), MintNotAccepted);
}

#[test]
fn by_nobody_else() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Accepted, TokenProgram::Spl);
    for key in [stranger(), market.guardian] {
        chain.refuse(
            market.drop_mint().swap(&market.authority, &key),
            NotAuthority,
        );
    }
}
