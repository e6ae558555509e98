use anchor_lang::Event as _;
use anchor_lang::error::ErrorCode;
use anchor_lang::event::EVENT_IX_TAG_LE;
use esim_market::errors::EsimMarketError::*;
use esim_market::events::DuesPaid;
use esim_market::state::{Division, MarketVault, Order, Plan, PlanChange};
use solana_account::Account;
use solana_instruction::{AccountMeta, Instruction};
use wayfare_tests::esim::address;
use wayfare_tests::esim::market::{MarketFixture, OrderFixture, PAID, PlanFixture};
use wayfare_tests::esim::world::{Stage, World, buyer, endow, raise};
use wayfare_tests::honest::stranger;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// A vault of another market, whose books would allow it.
#[test]
fn accounts_4_a_vault_of_another_market() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Delivered, token);
        let (other, _) = world.add_market("harbour", Stage::Delivered);
        let World {
            mut chain,
            market,
            order,
        } = world;
        for call in [market.confirm(&order), market.refund(&order)] {
            let both = call
                .swap(&market.vault, &other.vault)
                .swap(&market.tokens, &other.tokens);
            chain.refuse(both, WrongMarket);
        }
        chain.accept(market.confirm(&order));
    }
}

/// The vault of another mint of the same market: what is bought with worthless tokens is not paid back in dear ones, and
/// what costs dear tokens is not bought with worthless ones.
#[test]
fn accounts_4_a_vault_of_another_mint() {
    for token in TokenProgram::ALL {
        let World {
            mut chain,
            market: dear,
            ..
        } = World::at(Stage::Delivered, token);
        let mint = chain.create_mint(token, "worthless mint");
        let worthless = dear.in_mint(mint, token);
        let plan = PlanFixture::new(&dear.seller, "worthless");
        chain.accept(worthless.accept_mint());
        chain.accept(worthless.create_plan(&plan));
        endow(&mut chain, &worthless, &buyer());
        let order = OrderFixture::new(&plan, buyer(), 0);
        let version = chain.read::<Plan>(&plan.address).terms_version;
        chain.accept(worthless.purchase(&order, version, u64::MAX));

        chain.refuse(dear.refund(&order), WrongVault);
        let next = OrderFixture::new(&dear.plan, buyer(), 1);
        let version = chain.read::<Plan>(&dear.plan.address).terms_version;
        let with = |market: &MarketFixture| market.purchase(&next, version, u64::MAX);
        chain.refuse(with(&worthless), WrongVault);

        chain.accept(with(&dear));
        chain.accept(worthless.refund(&order));
    }
}

/// Whoever makes a market, and is its arbiter, buys nobody's plan there but what is sold there.
#[test]
fn accounts_5_a_market_of_the_buyers_own() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::OnSale, token);
        let (own, _) = world.add_market("own", Stage::Accepted);
        let version = world.plan().terms_version;
        let World {
            mut chain,
            market,
            order,
        } = world;
        let call = market.purchase(&order, version, u64::MAX);
        let theft = call
            .clone()
            .swap(&market.address, &own.address)
            .swap(&market.vault, &own.vault)
            .swap(&market.tokens, &own.tokens);
        chain.refuse(theft, WrongMarket);
        chain.accept(call);
    }
}

/// A stranger's market, which fits together and in which the stranger is everything, settles no order of another.
#[test]
fn accounts_5_a_self_consistent_fake_chain() {
    for token in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Delivered, token);
        let mint = chain.create_mint(token, "counterfeit mint");
        let mut fake = MarketFixture::new("fake", mint, token);
        fake.authority = stranger();
        fake.arbiter = stranger();
        let fake_order = OrderFixture::new(&fake.plan, buyer(), 0);
        raise(&mut chain, &fake, &fake_order, Stage::Delivered);
        let honest = market.confirm(&order);
        let forged = fake.confirm(&fake_order);
        // One account of the true chain among the fake one's, and the other way round.
        for at in [0, 1, 2, 3, 4] {
            let mut mixed = forged.clone();
            mixed.accounts[at].pubkey = honest.accounts[at].pubkey;
            assert!(chain.attempt(mixed).is_err(), "{at}");
            let mut mixed = honest.clone();
            mixed.accounts[at].pubkey = forged.accounts[at].pubkey;
            assert!(chain.attempt(mixed).is_err(), "{at}");
        }
        chain.accept(forged);
        chain.accept(honest);
        assert_eq!(chain.read::<MarketVault>(&market.vault).held, 0);
    }
}

/// An account with an order's bytes that another program owns, at a key of its own.
#[test]
fn accounts_2_a_forged_order() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let forged = OrderFixture {
        address: stranger(),
        ..order.clone()
    };
    let mut account = chain.account(&order.address).unwrap();
    account.owner = market.token.id();
    chain.put(&stranger(), account.clone());
    chain.refuse(
        market.confirm(&forged),
        ErrorCode::AccountOwnedByWrongProgram,
    );
    chain.accept(market.confirm(&order));
    let _: Order = chain.read(&order.address);
}

#[test]
fn accounts_6_the_right_market_and_a_foreign_authority() {
    let mut world = World::at(Stage::Contested, TokenProgram::Spl);
    let (other, _) = world.add_market("harbour", Stage::Contested);
    let World {
        mut chain,
        market,
        order,
    } = world;
    chain.refuse(
        market
            .resolve(&order, 1)
            .swap(&market.arbiter, &other.arbiter),
        NotArbiter,
    );
    chain.refuse(
        market
            .refund(&order)
            .swap(&market.seller.authority, &other.seller.authority),
        NotSeller,
    );
    chain.refuse(
        market
            .report_installed(&order)
            .swap(&market.seller.attester, &other.seller.attester),
        NotAttester,
    );
    chain.refuse(
        market.drop_mint().swap(&market.authority, &other.authority),
        NotAuthority,
    );
    chain.accept(market.resolve(&order, 1));
}

/// A plan is made, changed and retired in its seller's market: it takes neither terms nor versions from another.
#[test]
fn accounts_6_a_plan_in_another_market() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let (other, _) = world.add_market("harbour", Stage::OnSale);
    let World { chain, market, .. } = world;
    let change = PlanChange {
        terms: Some(market.plan_terms()),
        ..Default::default()
    };
    for call in [
        market.create_plan(&PlanFixture::new(&market.seller, "second")),
        market.update_plan(&market.plan, change),
        market.retire_plan(&market.plan),
    ] {
        let mut chain = chain.clone();
        let elsewhere = call.clone().swap(&market.address, &other.address);
        chain.refuse(elsewhere, WrongMarket);
        chain.accept(call);
    }
}

/// Another seller of the same market has no part in an order's end, and does not count it.
#[test]
fn accounts_6_an_order_of_another_seller() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let second = world.add_seller("second").seller;
    let World {
        mut chain,
        market,
        order,
    } = world;
    let call = market.refund(&order);
    let miscounted = call.clone().swap(&market.seller.address, &second.address);
    chain.refuse(miscounted, WrongSeller);
    chain.accept(call);
}

/// At the address of an associated token account, something that no token program would leave there: it is not paid,
/// and holds nobody else up.
#[test]
fn accounts_8_an_associated_address_with_other_contents() {
    for token in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Contested, token);
        let mint = chain.create_mint(token, "another mint");
        let refund_to = market.tokens_of(&order.payer);
        let sound = chain.account(&refund_to).unwrap();
        let forge = |change: &dyn Fn(&mut Account)| {
            let mut forged = sound.clone();
            change(&mut forged);
            forged
        };
        for forged in [
            forge(&|account| account.data[..32].copy_from_slice(mint.as_ref())),
            forge(&|account| account.owner = token.other().id()),
            forge(&|account| account.data[108] = 0),
        ] {
            let mut chain = chain.clone();
            chain.put(&refund_to, forged);
            chain.accept(market.resolve(&order, 5_000));
            let is: Order = chain.read(&order.address);
            assert_eq!(is.due().refund, is.division().refund);
            assert_eq!((is.release_due, is.fee_due), (0, 0));
            chain.put(&refund_to, sound.clone());
            chain.accept(market.pay_out(&order));
            let is: Order = chain.read(&order.address);
            assert_eq!(is.due(), Division::default());
        }
    }
}

/// An event that the program did not tell.
#[test]
fn accounts_11_forged_events() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::Delivered, TokenProgram::Spl);
    let event = DuesPaid {
        market: market.address,
        sequence: 1_000,
        order: order.address,
        due: Division::default(),
        held: 0,
        vault_balance: PAID,
    };
    let forged = Instruction {
        program_id: esim_market::ID,
        accounts: vec![AccountMeta::new_readonly(address::event_authority(), false)],
        data: [EVENT_IX_TAG_LE, &event.data()].concat(),
    };
    chain.refuse(forged.clone(), ErrorCode::ConstraintSigner);
    let mut signed = forged;
    signed.accounts[0] = AccountMeta::new_readonly(stranger(), true);
    chain.refuse(signed, ErrorCode::ConstraintSeeds);
    chain.accept(market.confirm(&order));
}
