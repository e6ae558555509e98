use esim_market::errors::EsimMarketError::{Paused, SellerNotApproved, ZeroKey};
use esim_market::events::SellerApplied;
use esim_market::state::{Seller, SellerStatus};
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_tests::esim::address;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::SellerFixture;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

#[test]
fn waits_for_approval() {
    let mut world = World::at(Stage::Accepted, TokenProgram::Spl);
    let market = world.market.clone();
    let seller = &market.seller;
    let event = world.touches(market.apply(seller), &[seller.address, market.operator]);
    let due = Seller {
        version: 1,
        market: market.address,
        authority: seller.authority,
        payout: seller.payout,
        attester: seller.attester,
        contact: seller.profile().contact,
        status: SellerStatus::Pending as u8,
        plan_count: 0,
        order_count: 0,
        delivered_count: 0,
        disputed_count: 0,
        refunded_count: 0,
        bump: address::seller(&market.address, &seller.authority).1,
        padding: 0,
        delivery_times: [0; 8],
        spare: [0; 16],
    };
    assert_eq!(world.seller(), due);
    assert_eq!(
        event,
        Event::SellerApplied(SellerApplied {
            market: market.address,
            sequence: world.market().scope.sequence,
            seller: seller.address,
            authority: seller.authority,
            profile: seller.profile(),
        })
    );
    // Plans can be prepared, and not be sold.
    world.chain.accept(market.create_plan(&market.plan));
    let purchase = world.purchase(&world.order);
    world.chain.refuse(purchase, SellerNotApproved);
    world
        .chain
        .refuse(market.apply(seller), SystemError::AccountAlreadyInUse);
}

#[test]
fn with_keys_that_can_be_paid_and_sign() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Accepted, TokenProgram::Spl);
    let seller = SellerFixture::new(&market.address, "other");
    let fields: [fn(&mut SellerFixture) -> &mut Pubkey; 2] =
        [|seller| &mut seller.payout, |seller| &mut seller.attester];
    for field in fields {
        let mut broken = seller.clone();
        *field(&mut broken) = Pubkey::default();
        chain.refuse(market.apply(&broken), ZeroKey);
    }
    chain.accept(market.apply(&seller));
}

#[test]
fn not_while_paused() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Accepted, TokenProgram::Spl);
    let until = chain.now() + 100;
    chain.accept(market.pause(until));
    chain.refuse(market.apply(&market.seller), Paused);
    chain.set_time(until);
    chain.accept(market.apply(&market.seller));
}
