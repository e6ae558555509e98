use esim_market::errors::EsimMarketError::*;
use spl_token_2022_interface::error::TokenError;
use wayfare_tests::esim::market::{
    FEE, MarketFixture, OrderFixture, PAID, RELEASED, SellerFixture,
};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World, buyer, raise};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// Source equals destination: the vault pays for no order of its own.
#[test]
fn duplicates_1_the_vault_as_source() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Paid, token);
        let next = OrderFixture::new(&world.market.plan, buyer(), 1);
        let version = world.plan().terms_version;
        let World { market, chain, .. } = &mut world;
        let call = market.purchase(&next, version, u64::MAX);
        let theft = call
            .clone()
            .swap(&market.tokens_of(&next.payer), &market.tokens);
        chain.refuse(theft, TokenError::OwnerMismatch);
        chain.accept(call);
    }
}

/// One person is everybody: buyer, seller, payout, treasury and arbiter. The parts still add up.
#[test]
fn duplicates_1_payer_equals_payee() {
    for token in TokenProgram::ALL {
        let World {
            mut chain, market, ..
        } = World::at(Stage::Minted, token);
        let mut own = MarketFixture::new("own", market.mint, token);
        let me = buyer();
        (own.arbiter, own.treasury, own.guardian, own.authority) = (me, me, me, me);
        own.seller = SellerFixture {
            address: wayfare_tests::esim::address::seller(&own.address, &me).0,
            authority: me,
            attester: me,
            payout: me,
        };
        own.plan = wayfare_tests::esim::market::PlanFixture::new(&own.seller, "a");
        let order = OrderFixture::new(&own.plan, me, 0);
        raise(&mut chain, &own, &order, Stage::Delivered);
        let mine = own.tokens_of(&me);
        assert_eq!(chain.tokens(&mine), BUYER_TOKENS - PAID);
        chain.accept(own.confirm(&order));
        assert_eq!(chain.tokens(&mine), BUYER_TOKENS);
        chain.accept(own.close(&order));
    }
}

/// The same account for two of those who are paid: each part goes where it belongs, or nowhere.
#[test]
fn duplicates_2_the_same_unchecked_account_twice() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Contested, TokenProgram::Spl);
    let wallets = [order.payer, market.seller.payout, market.treasury];
    for honest in wallets {
        for other in wallets {
            if honest == other {
                continue;
            }
            let call = market
                .resolve(&order, 5_000)
                .swap(&market.tokens_of(&honest), &market.tokens_of(&other));
            chain.refuse(call, WrongDestination);
        }
        let call = market
            .resolve(&order, 5_000)
            .swap(&market.tokens_of(&honest), &market.tokens);
        chain.refuse(call, WrongDestination);
    }
    chain.accept(market.resolve(&order, 5_000));
}

/// The same ending twice in a transaction pays once.
#[test]
fn duplicates_4_the_same_deed_twice_in_a_transaction() {
    for (stage, payment) in [(Stage::Delivered, RELEASED), (Stage::Contested, RELEASED)] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        let call = market.confirm(&order);
        chain.refuse([call.clone(), call.clone()], WrongState);
        chain.accept(call);
        assert_eq!(
            chain.tokens(&market.tokens_of(&market.seller.payout)),
            payment
        );
        assert_eq!(chain.tokens(&market.tokens_of(&market.treasury)), FEE);
    }
}
