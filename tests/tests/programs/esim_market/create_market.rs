use esim_market::constants::{MAX_RETENTION, MAX_WINDOW};
use esim_market::errors::EsimMarketError::{self, BadFee, BadName, BadWindow, ZeroKey};
use esim_market::events::MarketCreated;
use esim_market::state::MarketTerms;
use solana_pubkey::Pubkey;
use solana_system_interface::error::SystemError;
use wayfare_tests::esim::address;
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::market::MarketFixture;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

/// Terms that no market may have, and why.
pub fn impossible_terms(market: &MarketFixture) -> Vec<(MarketTerms, EsimMarketError)> {
    let with = |change: &dyn Fn(&mut MarketTerms)| {
        let mut terms = market.terms();
        change(&mut terms);
        terms
    };
    let zero = Pubkey::default();
    let mut all = vec![
        (with(&|terms| terms.arbiter = zero), ZeroKey),
        (with(&|terms| terms.treasury = zero), ZeroKey),
        (with(&|terms| terms.fee_bps = 1_001), BadFee),
        (with(&|terms| terms.fee_bps = 10_000), BadFee),
        (with(&|terms| terms.fee_bps = u16::MAX), BadFee),
        (
            with(&|terms| terms.min_release_window = terms.max_release_window + 1),
            BadWindow,
        ),
        (
            with(&|terms| terms.retention = MAX_RETENTION + 1),
            BadWindow,
        ),
    ];
    let windows: [fn(&mut MarketTerms) -> &mut u32; 5] = [
        |terms| &mut terms.max_delivery_window,
        |terms| &mut terms.min_release_window,
        |terms| &mut terms.max_release_window,
        |terms| &mut terms.answer_window,
        |terms| &mut terms.arbiter_window,
    ];
    for window in windows {
        for seconds in [0, MAX_WINDOW + 1, u32::MAX] {
            all.push((with(&|terms| *window(terms) = seconds), BadWindow));
        }
    }
    all
}

/// The widest and the narrowest terms that a market may have.
pub fn extreme_terms(market: &MarketFixture) -> [MarketTerms; 2] {
    [
        MarketTerms {
            fee_bps: 1_000,
            max_delivery_window: MAX_WINDOW,
            min_release_window: MAX_WINDOW,
            max_release_window: MAX_WINDOW,
            answer_window: MAX_WINDOW,
            arbiter_window: MAX_WINDOW,
            retention: MAX_RETENTION,
            ..market.terms()
        },
        MarketTerms {
            fee_bps: 0,
            max_delivery_window: 1,
            min_release_window: 1,
            max_release_window: 1,
            answer_window: 1,
            arbiter_window: 1,
            retention: 0,
            ..market.terms()
        },
    ]
}

#[test]
fn created() {
    let mut world = World::at(Stage::Minted, TokenProgram::Spl);
    let market = world.market.clone();
    let event = world.touches(market.create(), &[market.operator]);
    let state = world.market();
    assert_eq!(state.scope.name(), market.name);
    assert_eq!(state.terms(), Ok(market.terms()));
    assert_eq!(state.scope.authority, market.authority);
    assert_eq!(state.scope.pending_authority, Pubkey::default());
    assert_eq!(state.scope.guardian, market.guardian);
    assert_eq!((state.scope.paused_until, state.scope.sequence), (0, 1));
    assert_eq!(state.terms_version, 1);
    assert_eq!((state.mints(), state.padding), (&[][..], [0; 3]));
    assert_eq!((state.scope.version, state.scope.spare), (1, [0; 40]));
    assert_eq!(state.spare, [0; 64]);
    assert_eq!(state.scope.bump, address::market(&market.name).1);
    assert_eq!(
        event,
        Event::MarketCreated(MarketCreated {
            market: market.address,
            sequence: 1,
            authority: market.authority,
            guardian: market.guardian,
            terms: market.terms(),
        })
    );
    world
        .chain
        .refuse(market.create(), SystemError::AccountAlreadyInUse);
}

#[test]
fn with_possible_terms() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Minted, TokenProgram::Spl);
    for (terms, why) in impossible_terms(&market) {
        chain.refuse(market.create_with(terms), why);
    }
    for terms in extreme_terms(&market) {
        chain.clone().accept(market.create_with(terms));
    }
    let mut unguarded = market.clone();
    unguarded.guardian = Pubkey::default();
    chain.refuse(unguarded.create(), ZeroKey);
}

#[test]
fn with_a_possible_name() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::Minted, TokenProgram::Spl);
    let named = |name: &str| {
        let mut other = MarketFixture::new(name, market.mint, market.token);
        other.operator = market.operator;
        other.create()
    };
    for name in ["A", "a_b", "-a", "a-", "a b", "é", "a.b", "a\0"] {
        chain.refuse(named(name), BadName);
    }
    // The empty seed is one, but the empty name is none.
    chain.refuse(named(""), BadName);
    for name in ["a", "0", "a--b", &"z".repeat(32)] {
        chain.accept(named(name));
    }
}
