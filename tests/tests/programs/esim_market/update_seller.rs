use esim_market::errors::EsimMarketError::{NotSeller, WrongMarket, ZeroKey};
use esim_market::events::SellerChanged;
use esim_market::state::SellerProfile;
use solana_pubkey::Pubkey;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn for_orders_to_come() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let market = world.market.clone();
    let new = SellerProfile {
        payout: person("another payout"),
        attester: person("another attester"),
        contact: [7; 32],
    };
    let old = world.seller();
    let event = world.touches(
        market.update_seller(&market.seller, new),
        &[market.seller.address],
    );
    let is = world.seller();
    assert_eq!(
        (is.payout, is.attester, is.contact),
        (new.payout, new.attester, new.contact)
    );
    assert_eq!(
        (is.authority, is.status, is.order_count),
        (old.authority, old.status, 1)
    );
    assert_eq!(
        event,
        Event::SellerChanged(SellerChanged {
            market: market.address,
            sequence: world.market().scope.sequence,
            seller: market.seller.address,
            old: old.profile(),
            new,
        })
    );
}

#[test]
fn with_keys_that_can_be_paid_and_sign() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let fields: [fn(&mut SellerProfile) -> &mut Pubkey; 2] = [
        |profile| &mut profile.payout,
        |profile| &mut profile.attester,
    ];
    for field in fields {
        let mut profile = market.seller.profile();
        *field(&mut profile) = Pubkey::default();
        chain.refuse(market.update_seller(&market.seller, profile), ZeroKey);
    }
}

#[test]
fn by_the_seller_alone() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let second = world.add_seller("second");
    let (other, _) = world.add_market("harbour", Stage::OnSale);
    let World {
        mut chain, market, ..
    } = world;
    let call = market.update_seller(&market.seller, market.seller.profile());
    for key in [
        stranger(),
        market.authority,
        market.seller.payout,
        market.seller.attester,
        second.seller.authority,
    ] {
        chain.refuse(call.clone().swap(&market.seller.authority, &key), NotSeller);
    }
    chain.refuse(call.swap(&market.address, &other.address), WrongMarket);
}
