use anchor_lang::error::ErrorCode;
use esim_market::errors::EsimMarketError::*;
use esim_market::state::{MarketVault, Order};
use solana_system_interface::error::SystemError;
use solana_system_interface::instruction::transfer;
use wayfare_tests::chain::Chain;
use wayfare_tests::esim::market::OrderFixture;
use wayfare_tests::esim::world::{Stage, World, buyer, raise};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// Whoever comes first has the name, and nothing of anybody else's: who is who stands in the market.
#[test]
fn life_cycle_1_a_stranger_initialises_first() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Minted, TokenProgram::Spl);
    chain.give_lamports(&stranger(), 10_000_000_000);
    chain.accept(
        market
            .create()
            .swap(&market.operator, &stranger())
            .swap(&market.authority, &wayfare_tests::keys::person("squatter")),
    );
    chain.refuse(market.create(), SystemError::AccountAlreadyInUse);
    chain.refuse(market.accept_mint(), NotAuthority);
}

#[test]
fn life_cycle_2_initialise_twice() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let version = chain
        .read::<esim_market::state::Plan>(&market.plan.address)
        .terms_version;
    for call in [
        market.create(),
        market.accept_mint(),
        market.apply(&market.seller),
        market.create_plan(&market.plan),
        market.purchase(&order, version, u64::MAX),
        market.deliver(&order),
    ] {
        chain.refuse(call, SystemError::AccountAlreadyInUse);
    }
}

/// A closed order stays closed, whoever sends it lamports in the same transaction.
#[test]
fn life_cycle_3_close_fund_again_and_use_in_one_transaction() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    chain.accept(market.confirm(&order));
    chain.give_lamports(&stranger(), 10_000_000_000);
    let revive = transfer(&stranger(), &order.address, 10_000_000);
    for (use_it, why) in [
        (
            market.pay_out(&order),
            ErrorCode::AccountOwnedByWrongProgram,
        ),
        (market.refund(&order), ErrorCode::AccountOwnedByWrongProgram),
        (market.close(&order), ErrorCode::AccountOwnedByWrongProgram),
    ] {
        chain.refuse([market.close(&order), revive.clone(), use_it], why);
    }
    chain.accept([market.close(&order), revive]);
    assert_eq!(
        chain.account(&order.address).unwrap().owner,
        solana_sdk_ids::system_program::ID
    );
}

#[test]
fn life_cycle_4_close_while_money_remains() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Contested, TokenProgram::Spl);
    for delivered in [true, false] {
        chain.refuse(market.close_by(&order, order.buyer, delivered), WrongState);
    }
    chain.freeze(
        market.token,
        &market.mint,
        &market.tokens_of(&market.treasury),
    );
    chain.accept(market.resolve(&order, 5_000));
    chain.refuse(market.close(&order), StillOwes);
    // A plan and a seller hold no money: a plan may go while orders are open, and a seller never goes.
    chain.accept(market.retire_plan(&market.plan));
}

/// Lamports at an address, and a token account for the vault made beforehand, keep nothing from being created.
#[test]
fn life_cycle_5_prefunded_addresses() {
    for token in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Minted, token);
        for address in [
            market.address,
            market.vault,
            market.tokens,
            market.seller.address,
            market.plan.address,
            order.address,
            order.delivery(),
        ] {
            chain.give_lamports(&address, 1);
        }
        chain.create_associated(token, &market.mint, &market.vault);
        raise(&mut chain, &market, &order, Stage::Resolved);
    }
}

/// A seller who applied cannot apply anew, and a plan that comes back counts from its market's sequence.
#[test]
fn life_cycle_6_re_creation_never_resets_a_counter() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let version = |chain: &Chain| {
        chain
            .read::<esim_market::state::Plan>(&market.plan.address)
            .terms_version
    };
    let old = version(&chain);
    chain.accept([
        market.retire_plan(&market.plan),
        market.create_plan(&market.plan),
    ]);
    assert!(version(&chain) > old);
    chain.refuse(
        market.apply(&market.seller),
        SystemError::AccountAlreadyInUse,
    );
    let seller: esim_market::state::Seller = chain.read(&market.seller.address);
    assert_eq!(
        (
            seller.order_count,
            seller.delivered_count,
            seller.plan_count
        ),
        (1, 1, 1)
    );
    chain.accept(market.confirm(&order));
}

/// An order that is closed and bought once more shows nothing of the first.
#[test]
fn life_cycle_7_no_stale_bytes() {
    let mut world = World::at(Stage::Resolved, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let fresh = world.buy(1);
    let due: Order = world.chain.read(&fresh.address);
    let version = world.plan().terms_version;
    let again = [
        market.close(&order),
        market.purchase(&order, version, u64::MAX),
    ];
    world.chain.accept(again);
    let mut is = world.order();
    assert_eq!(is.purchased_at, due.purchased_at);
    (is.order_id, is.bump) = (due.order_id, due.bump);
    assert_eq!(is, due);
    assert!(world.chain.account(&order.delivery()).is_none());
}

#[test]
fn life_cycle_8_rent_goes_only_to_who_paid_it() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let patron = world.add_buyer("patron");
    let order = OrderFixture::new(&world.market.plan, buyer(), 3).paid_by(patron);
    let purchase = world.purchase(&order);
    let World {
        mut chain, market, ..
    } = world;
    chain.accept(purchase);
    chain.accept(market.deliver(&order));
    chain.accept(market.refund(&order));
    let vault: MarketVault = chain.read(&market.vault);
    assert_eq!(vault.held, 0);
    let has = chain.lamports(&patron);
    for thief in [order.buyer, market.seller.authority, stranger()] {
        let mut call = market.close(&order);
        call.accounts[3].pubkey = thief;
        chain.refuse(call, WrongRentReceiver);
    }
    let rent = chain.lamports(&order.address);
    chain.accept(market.close(&order));
    assert_eq!(chain.lamports(&patron), has + rent);
    assert_eq!(
        chain.tokens(&market.tokens_of(&patron)),
        wayfare_tests::esim::world::BUYER_TOKENS
    );
}
