use anchor_lang::error::ErrorCode;
use esim_market::errors::EsimMarketError::*;
use solana_pubkey::Pubkey;
use wayfare_tests::esim::market::{MarketFixture, OrderFixture, PlanFixture};
use wayfare_tests::esim::world::{Stage, World, buyer, raise};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// The next lower bump that gives an address, too.
fn other_bump(seeds: &[&[u8]]) -> Pubkey {
    let (canonical, bump) = Pubkey::find_program_address(seeds, &esim_market::ID);
    let lower = (0..bump).rev().find_map(|bump| {
        let bump = [bump];
        let seeds: Vec<&[u8]> = seeds.iter().copied().chain([&bump[..]]).collect();
        Pubkey::create_program_address(&seeds, &esim_market::ID).ok()
    });
    let lower = lower.expect("another bump");
    assert_ne!(lower, canonical);
    lower
}

#[test]
fn addresses_1_a_non_canonical_bump() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Paid, TokenProgram::Spl);
    let other = MarketFixture::new("other", market.mint, market.token);
    chain.give_lamports(&other.operator, 10_000_000_000);
    let wrong = other_bump(&[b"market", b"other"]);
    chain.refuse(
        other.create().swap(&other.address, &wrong),
        ErrorCode::ConstraintSeeds,
    );
    let wrong = other_bump(&[b"delivery", order.address.as_ref()]);
    chain.refuse(
        market.deliver(&order).swap(&order.delivery(), &wrong),
        ErrorCode::ConstraintSeeds,
    );
    let next = OrderFixture::new(&market.plan, buyer(), 1);
    let version = chain
        .read::<esim_market::state::Plan>(&market.plan.address)
        .terms_version;
    let wrong = other_bump(&[
        b"order",
        market.plan.address.as_ref(),
        next.buyer.as_ref(),
        &1u64.to_le_bytes(),
    ]);
    let call = market.purchase(&next, version, u64::MAX);
    chain.refuse(
        call.clone().swap(&next.address, &wrong),
        ErrorCode::ConstraintSeeds,
    );
    let plan = PlanFixture::new(&market.seller, "other");
    let wrong = other_bump(&[b"plan", market.seller.address.as_ref(), b"other"]);
    chain.refuse(
        market.create_plan(&plan).swap(&plan.address, &wrong),
        ErrorCode::ConstraintSeeds,
    );
    chain.accept(call);
    chain.accept(market.deliver(&order));
    chain.accept(market.create_plan(&plan));
    chain.accept(other.create());
}

/// The names "ab" and "a" + "b" are seeds of different accounts: no two seeds of free length stand side by side.
#[test]
fn addresses_2_names_that_concatenate_alike() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Approved, TokenProgram::Spl);
    let plans: Vec<_> = ["a", "ab", "abc", "a-b-c"]
        .map(|id| PlanFixture::new(&market.seller, id))
        .into();
    for plan in &plans {
        chain.accept(market.create_plan(plan));
    }
    let mut addresses: Vec<_> = plans.iter().map(|plan| plan.address).collect();
    addresses.sort();
    addresses.dedup();
    assert_eq!(addresses.len(), plans.len());
    // One plan's address for another's id.
    let other = PlanFixture::new(&market.seller, "abcd");
    let call = market
        .create_plan(&other)
        .swap(&other.address, &plans[2].address);
    assert!(chain.attempt(call).is_err());
}

/// An order's id is chosen by its buyer, and stands in its address beside the buyer's key: nobody can take it away.
#[test]
fn addresses_3_one_buyer_for_another() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let thief = world.add_buyer("thief");
    let World {
        mut chain,
        market,
        order,
    } = world;
    let version = chain
        .read::<esim_market::state::Plan>(&market.plan.address)
        .terms_version;
    let call = market.purchase(&order, version, u64::MAX);
    // The thief pays and names the victim as buyer, who does not sign.
    let theft = market
        .purchase(&order.clone().paid_by(thief), version, u64::MAX)
        .unsigned(&order.buyer);
    chain.refuse(theft, ErrorCode::AccountNotSigner);
    // The thief's own order of the same number is another account.
    let own = OrderFixture::new(&market.plan, thief, order.id);
    chain.accept(market.purchase(&own, version, u64::MAX));
    let at_victims = market
        .purchase(
            &OrderFixture::new(&market.plan, thief, 1),
            version,
            u64::MAX,
        )
        .swap(
            &OrderFixture::new(&market.plan, thief, 1).address,
            &order.address,
        );
    chain.refuse(at_victims, ErrorCode::ConstraintSeeds);
    chain.accept(call);
}

/// The address of one market signs for its own vaults alone.
#[test]
fn addresses_3_one_vault_signing_for_another() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let (other, other_order) = world.add_market("harbour", Stage::Delivered);
    let World {
        mut chain,
        market,
        order,
    } = world;
    chain.refuse(
        market.confirm(&order).swap(&market.tokens, &other.tokens),
        WrongVault,
    );
    let mut fresh = MarketFixture::new("fresh", market.mint, market.token);
    fresh.authority = stranger();
    let fresh_order = OrderFixture::new(&fresh.plan, buyer(), 0);
    raise(&mut chain, &fresh, &fresh_order, Stage::Delivered);
    chain.refuse(
        fresh
            .confirm(&fresh_order)
            .swap(&fresh.tokens, &market.tokens),
        WrongVault,
    );
    chain.accept(market.confirm(&order));
    chain.accept(other.confirm(&other_order));
}
