use esim_market::errors::EsimMarketError::*;
use esim_market::events::OrderPaid;
use esim_market::state::{
    DisputeReason, MarketTermsChange, Order, OrderState, PlanChange, StockChange,
};
use solana_instruction::error::InstructionError;
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use spl_token_2022_interface::error::TokenError;
use spl_token_2022_interface::instruction::approve;
use wayfare_program::stored::Stored;
use wayfare_tests::esim::address;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::{
    ANSWER_WINDOW, ARBITER_WINDOW, DELIVERY_WINDOW, FEE_BPS, OrderFixture, PAID, PRICE,
    PlanFixture, RETENTION, encryption_key,
};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World, buyer};
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn paid_and_every_term_taken_along() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::OnSale, token);
        let patron = world.add_buyer("patron");
        world.order = OrderFixture::new(&world.market.plan, buyer(), 7).paid_by(patron);
        let (market, order) = (world.market.clone(), world.order.clone());
        let version = world.plan().terms_version;
        let event = world.touches(
            market.purchase(&order, version, PAID),
            &[
                order.address,
                order.payer,
                market.seller.address,
                market.plan.address,
                market.vault,
                market.tokens,
                market.tokens_of(&order.payer),
            ],
        );
        let now = world.chain.now();
        let terms = market.plan_terms();
        let mut due: Order = bytemuck::Zeroable::zeroed();
        due.version = 1;
        due.market = market.address;
        due.seller = market.seller.address;
        due.plan = market.plan.address;
        due.buyer = order.buyer;
        due.payer = patron;
        due.seller_authority = market.seller.authority;
        due.payout = market.seller.payout;
        due.treasury = market.treasury;
        due.arbiter = market.arbiter;
        due.attester = market.seller.attester;
        due.encryption_key = encryption_key();
        due.terms = terms.to_stored();
        due.order_id = 7;
        due.plan_version = version;
        due.market_version = market.terms_version;
        due.discount = PRICE - PAID;
        due.paid = PAID;
        due.purchased_at = now;
        due.deliver_by = now + DELIVERY_WINDOW;
        due.answer_window = ANSWER_WINDOW as u32;
        due.arbiter_window = ARBITER_WINDOW as u32;
        due.retention = RETENTION as u32;
        due.fee_bps = FEE_BPS;
        due.state = OrderState::Paid as u8;
        due.reason = DisputeReason::None as u8;
        due.bump = address::order(&market.plan.address, &order.buyer, 7).1;
        assert_eq!(world.order(), due);

        assert_eq!(world.tokens_of(&patron), BUYER_TOKENS - PAID);
        assert_eq!(world.vault().held, PAID);
        assert_eq!((world.plan().sold, world.plan().stock), (1, 99));
        assert_eq!(world.seller().order_count, 1);
        assert_eq!(
            event,
            Event::OrderPaid(OrderPaid {
                market: market.address,
                sequence: world.market().scope.sequence,
                order: order.address,
                plan: market.plan.address,
                plan_version: version,
                market_version: market.terms_version,
                buyer: order.buyer,
                payer: patron,
                parent: Pubkey::default(),
                paid: PAID,
                discount: PRICE - PAID,
                deliver_by: now + DELIVERY_WINDOW,
                stock: 99,
                held: PAID,
                vault_balance: PAID,
            })
        );
    }
}

#[test]
fn at_most_for_what_the_buyer_allows_and_as_quoted() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let plan: esim_market::state::Plan = chain.read(&market.plan.address);
    let version = plan.terms_version;
    for limit in [0, 1, PAID - 1] {
        chain.refuse(market.purchase(&order, version, limit), AbovePriceLimit);
    }
    for other in [0, version - 1, version + 1, u64::MAX] {
        chain.refuse(market.purchase(&order, other, PAID), WrongPlanVersion);
    }
    for other in [0, 2, u64::MAX] {
        let mut shown = market.clone();
        shown.terms_version = other;
        chain.refuse(shown.purchase(&order, version, PAID), WrongMarketVersion);
    }
    chain.accept(market.purchase(&order, version, PAID));
}

/// The market changes its terms between the quote and the purchase, and puts them back.
#[test]
fn the_market_changed_after_the_quote() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let market = world.market.clone();
    let next = OrderFixture::new(&market.plan, buyer(), 1);
    let version = world.plan().terms_version;
    let top_up = next.clone().topping_up(&world.order);
    let quoted = [
        market.purchase(&next, version, PAID),
        market.top_up(&top_up, version, PAID),
    ];
    for answer_window in [1, ANSWER_WINDOW as u32] {
        let change = market.update_market(MarketTermsChange {
            answer_window: Some(answer_window),
            ..Default::default()
        });
        for call in &quoted {
            let both = [change.clone(), call.clone()];
            world.chain.refuse(both, WrongMarketVersion);
        }
        world.chain.accept(change);
        for call in &quoted {
            world.chain.refuse(call.clone(), WrongMarketVersion);
        }
    }
    let shown = market.as_of_now(&world.chain);
    assert_eq!(shown.terms_version, world.market().scope.sequence);
    world.chain.accept(shown.purchase(&next, version, PAID));
    let is: Order = world.chain.read(&next.address);
    assert_eq!(is.market_version, shown.terms_version);
}

/// The seller raises the price between the quote and the purchase, and puts it back.
#[test]
fn a_price_changed_after_the_quote() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let quoted = world.plan();
    for price in [PRICE + 1, PRICE] {
        let mut terms = quoted.terms;
        terms.price = price;
        let change = PlanChange {
            terms: Some(terms),
            ..Default::default()
        };
        let purchase = market.purchase(&order, quoted.terms_version, u64::MAX);
        let both = [market.update_plan(&market.plan, change), purchase];
        world.chain.refuse(both, WrongPlanVersion);
        world.chain.accept(market.update_plan(&market.plan, change));
        world.chain.refuse(
            market.purchase(&order, quoted.terms_version, u64::MAX),
            WrongPlanVersion,
        );
    }
}

#[test]
fn sold_out_and_off_sale() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    let stock = |left| PlanChange {
        stock: Some(left),
        ..Default::default()
    };
    world
        .chain
        .accept(market.update_plan(&market.plan, stock(StockChange::Set(2))));
    world.buy(0);
    world.buy(1);
    let next = OrderFixture::new(&market.plan, buyer(), 2);
    let purchase = world.purchase(&next);
    world.chain.refuse(purchase.0, SoldOut);
    world
        .chain
        .accept(market.update_plan(&market.plan, stock(StockChange::Unlimited)));
    world.buy(2);
    assert_eq!(world.plan().stock, u32::MAX);
    let off = PlanChange {
        on_sale: Some(false),
        ..Default::default()
    };
    world.chain.accept(market.update_plan(&market.plan, off));
    let purchase = world.purchase(&OrderFixture::new(&market.plan, buyer(), 3));
    world.chain.refuse(purchase, OffSale);
}

/// The fee was raised since the plan was made.
#[test]
fn the_seller_never_gets_below_the_floor() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let plan: esim_market::state::Plan = chain.read(&market.plan.address);
    let purchase = market.purchase(&order, plan.terms_version, u64::MAX);
    // 8,999,000 less 1,000 basis points is 8,099,100; the floor becomes one unit more, then exactly that.
    let fee = MarketTermsChange {
        fee_bps: Some(1_000),
        ..Default::default()
    };
    for (floor, allowed) in [(8_099_101, false), (8_099_100, true)] {
        let mut terms = plan.terms;
        terms.floor_price = floor;
        let mut chain = chain.clone();
        let change = PlanChange {
            terms: Some(terms),
            ..Default::default()
        };
        chain.accept(market.update_plan(&market.plan, change));
        chain.accept(market.update_market(fee));
        let version = chain
            .read::<esim_market::state::Plan>(&market.plan.address)
            .terms_version;
        let purchase = market.as_of_now(&chain).purchase(&order, version, u64::MAX);
        if allowed {
            chain.accept(purchase);
            chain.accept(market.deliver(&order));
            chain.accept(market.confirm(&order));
            assert_eq!(
                chain.tokens(&market.tokens_of(&market.seller.payout)),
                floor
            );
        } else {
            chain.refuse(purchase, BelowFloor);
        }
    }
    chain.accept(purchase);
}

/// The market shortened what it allows since the plan was made.
#[test]
fn the_market_still_allows_the_terms() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let plan: esim_market::state::Plan = chain.read(&market.plan.address);
    for (change, why) in [
        (
            MarketTermsChange {
                max_delivery_window: Some(1),
                ..Default::default()
            },
            BadDeliveryWindow,
        ),
        (
            MarketTermsChange {
                max_release_window: Some(3_600),
                ..Default::default()
            },
            BadReleaseWindow,
        ),
        (
            MarketTermsChange {
                min_release_window: Some(86_401),
                ..Default::default()
            },
            BadReleaseWindow,
        ),
    ] {
        let mut chain = chain.clone();
        chain.accept(market.update_market(change));
        let shown = market.as_of_now(&chain);
        chain.refuse(shown.purchase(&order, plan.terms_version, u64::MAX), why);
    }
}

#[test]
fn with_a_key_that_can_be_encrypted_to() {
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let plan: esim_market::state::Plan = chain.read(&market.plan.address);
    let with = |key| market.purchase_with_key(&order, plan.terms_version, u64::MAX, key);
    let mut one = [0; 32];
    one[0] = 1;
    for key in [[0; 32], one, [0xff; 32]] {
        chain.refuse(with(key), BadEncryptionKey);
    }
    chain.accept(with(encryption_key()));
}

#[test]
fn an_id_in_use_and_one_used_before() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let (market, order) = (world.market.clone(), world.order.clone());
    let again = world.purchase(&order);
    world.chain.refuse(again, SystemError::AccountAlreadyInUse);
    world.chain.accept(market.confirm(&order));
    world.chain.accept(market.close(&order));
    // Closed, the id is free, and nothing is left of what was there.
    let again = world.purchase(&order);
    world.chain.accept(again);
    let is = world.order();
    assert_eq!(is.state().unwrap(), OrderState::Paid);
    assert_eq!(
        (is.delivered_at, is.commitment, is.released),
        (0, [0; 32], 0)
    );
    world.chain.accept(market.deliver(&order));
}

#[test]
fn without_tokens_or_from_others() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::OnSale, token);
        let friend = world.add_buyer("friend");
        let (market, order) = (world.market.clone(), world.order.clone());
        let source = market.tokens_of(&order.payer);
        let purchase = market.purchase(&order, world.plan().terms_version, u64::MAX);
        let chain = &mut world.chain;
        // Somebody gave the vault enough to pay for an order.
        chain.mint_to(token, &market.mint, &market.tokens, PAID);
        chain.refuse(
            purchase.clone().swap(&source, &market.tokens_of(&friend)),
            TokenError::OwnerMismatch,
        );
        chain.refuse(
            purchase.clone().swap(&source, &market.tokens),
            TokenError::OwnerMismatch,
        );
        let poor = person("poor");
        chain.give_lamports(&poor, 1_000_000_000);
        let order_of_poor = OrderFixture::new(&market.plan, poor, 0);
        let version = chain
            .read::<esim_market::state::Plan>(&market.plan.address)
            .terms_version;
        let call = market.purchase(&order_of_poor, version, u64::MAX);
        let missing = match token {
            TokenProgram::Spl => InstructionError::InvalidAccountData,
            TokenProgram::Token2022 => InstructionError::IncorrectProgramId,
        };
        chain.refuse(call.clone(), missing);
        chain.create_associated(token, &market.mint, &poor);
        chain.mint_to(token, &market.mint, &market.tokens_of(&poor), PAID - 1);
        chain.refuse(call.clone(), TokenError::InsufficientFunds);
        // What a friend lends is as good as one's own.
        let lend = approve(
            &token.id(),
            &market.tokens_of(&friend),
            &poor,
            &friend,
            &[],
            PAID,
        )
        .unwrap();
        chain.accept(lend);
        chain.accept(call.swap(&market.tokens_of(&poor), &market.tokens_of(&friend)));

        chain.freeze(token, &market.mint, &source);
        chain.refuse(purchase.clone(), TokenError::AccountFrozen);
        chain.thaw(token, &market.mint, &source);
        chain.accept(purchase);
    }
}

#[test]
fn of_the_right_seller_plan_and_vault() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let second = world.add_seller("second");
    let (other, _) = world.add_market("harbour", Stage::OnSale);
    let mint = world.chain.create_mint(TokenProgram::Spl, "another mint");
    let other_mint = world.market.in_mint(mint, TokenProgram::Spl);
    world.chain.accept(other_mint.accept_mint());
    let World {
        mut chain,
        market,
        order,
    } = world;
    let version = chain
        .read::<esim_market::state::Plan>(&market.plan.address)
        .terms_version;
    let call = market.purchase(&order, version, u64::MAX);
    chain.refuse(
        call.clone().swap(&market.address, &other.address),
        WrongMarket,
    );
    chain.refuse(call.clone().swap(&market.vault, &other.vault), WrongMarket);
    chain.refuse(call.clone().swap(&market.tokens, &other.tokens), WrongVault);
    chain.refuse(
        call.clone()
            .swap(&market.vault, &other_mint.vault)
            .swap(&market.tokens, &other_mint.tokens),
        WrongVault,
    );
    chain.refuse(
        call.clone()
            .swap(&market.seller.address, &second.seller.address),
        WrongSeller,
    );
    let moved = OrderFixture::new(
        &PlanFixture {
            seller: market.seller.clone(),
            ..second
        },
        buyer(),
        0,
    );
    chain.refuse(market.purchase(&moved, version, u64::MAX), WrongSeller);
    chain.refuse(
        call.clone()
            .swap(&market.token.id(), &market.token.other().id()),
        WrongTokenProgram,
    );
    chain.accept(call);
}

#[test]
fn a_purchase_has_no_parent() {
    let world = World::at(Stage::Delivered, TokenProgram::Spl);
    let (mut chain, market) = (world.chain.clone(), &world.market);
    let mut next = OrderFixture::new(&market.plan, buyer(), 1).topping_up(&world.order);
    let version = world.plan().terms_version;
    chain.refuse(market.purchase(&next, version, u64::MAX), WrongParent);
    next.parent = None;
    chain.accept(market.purchase(&next, version, u64::MAX));
}

/// Tokens that somebody gave to the vault are nobody's order.
#[test]
fn donations_count_for_nothing() {
    let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
    let market = world.market.clone();
    world
        .chain
        .mint_to(market.token, &market.mint, &market.tokens, 1_000);
    let order = world.buy(0);
    assert_eq!(world.vault().held, PAID);
    world.chain.accept(market.refund(&order));
    assert_eq!(world.chain.tokens(&market.tokens), 1_000);
    assert_eq!(world.vault().held, 0);
}
