use esim_market::errors::EsimMarketError::NotAuthority;
use esim_market::events::MarketTermsChanged;
use esim_market::state::{MarketTerms, MarketTermsChange};
use wayfare_tests::esim::event::Event;
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

use super::create_market::{extreme_terms, impossible_terms};

fn whole(terms: MarketTerms) -> MarketTermsChange {
    MarketTermsChange {
        arbiter: Some(terms.arbiter),
        treasury: Some(terms.treasury),
        fee_bps: Some(terms.fee_bps),
        max_delivery_window: Some(terms.max_delivery_window),
        min_release_window: Some(terms.min_release_window),
        max_release_window: Some(terms.max_release_window),
        answer_window: Some(terms.answer_window),
        arbiter_window: Some(terms.arbiter_window),
        retention: Some(terms.retention),
    }
}

#[test]
fn each_term_alone_and_all_together() {
    let mut world = World::at(Stage::Paid, TokenProgram::Spl);
    let market = world.market.clone();
    let new = MarketTerms {
        arbiter: person("another arbiter"),
        treasury: person("another treasury"),
        fee_bps: 1,
        max_delivery_window: 2,
        min_release_window: 3,
        max_release_window: 4,
        answer_window: 5,
        arbiter_window: 6,
        retention: 7,
    };
    let change = whole(new);
    let none = MarketTermsChange::default;
    let mut expected = market.terms();
    for (change, apply) in [
        (none(), (|_, _| {}) as fn(&mut MarketTerms, &MarketTerms)),
        (
            MarketTermsChange {
                arbiter: change.arbiter,
                ..none()
            },
            |terms, new| terms.arbiter = new.arbiter,
        ),
        (
            MarketTermsChange {
                treasury: change.treasury,
                ..none()
            },
            |terms, new| terms.treasury = new.treasury,
        ),
        (
            MarketTermsChange {
                fee_bps: change.fee_bps,
                ..none()
            },
            |terms, new| terms.fee_bps = new.fee_bps,
        ),
        (
            MarketTermsChange {
                max_delivery_window: change.max_delivery_window,
                ..none()
            },
            |terms, new| terms.max_delivery_window = new.max_delivery_window,
        ),
        (
            MarketTermsChange {
                min_release_window: change.min_release_window,
                ..none()
            },
            |terms, new| terms.min_release_window = new.min_release_window,
        ),
        (
            MarketTermsChange {
                max_release_window: change.max_release_window,
                ..none()
            },
            |terms, new| terms.max_release_window = new.max_release_window,
        ),
        (
            MarketTermsChange {
                answer_window: change.answer_window,
                ..none()
            },
            |terms, new| terms.answer_window = new.answer_window,
        ),
        (
            MarketTermsChange {
                arbiter_window: change.arbiter_window,
                ..none()
            },
            |terms, new| terms.arbiter_window = new.arbiter_window,
        ),
        (
            MarketTermsChange {
                retention: change.retention,
                ..none()
            },
            |terms, new| terms.retention = new.retention,
        ),
        (whole(market.terms()), |_, _| {}),
    ] {
        let old = expected;
        apply(&mut expected, &new);
        if change == whole(market.terms()) {
            expected = market.terms();
        }
        let event = world.touches(market.update_market(change), &[]);
        let state = world.market();
        assert_eq!(state.terms(), Ok(expected));
        assert_eq!(state.terms_version, state.scope.sequence);
        assert_eq!(
            event,
            Event::MarketTermsChanged(MarketTermsChanged {
                market: market.address,
                sequence: world.market().terms_version,
                old,
                new: expected,
            })
        );
    }
}

#[test]
fn to_possible_terms() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    for (terms, why) in impossible_terms(&market) {
        chain.refuse(market.update_market(whole(terms)), why);
    }
    for terms in extreme_terms(&market) {
        chain.accept(market.update_market(whole(terms)));
    }
}

#[test]
fn by_nobody_else() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let call = market.update_market(MarketTermsChange::default());
    for key in [
        stranger(),
        market.guardian,
        market.arbiter,
        market.seller.authority,
    ] {
        chain.refuse(call.clone().swap(&market.authority, &key), NotAuthority);
    }
}
