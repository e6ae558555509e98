use esim_market::errors::EsimMarketError::*;
use esim_market::state::{MarketTermsChange, Plan};
use wayfare_program::scope::MAX_PAUSE;
use wayfare_tests::esim::crowd::honest;
use wayfare_tests::esim::market::{MarketFixture, PAID};
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::ESIM_MARKET;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// Authority, guardian, attester and treasury in the place of everybody who may move an order: none moves its money.
#[test]
fn governance_3_no_office_moves_money() {
    for stage in [
        Stage::Paid,
        Stage::Delivered,
        Stage::Disputed,
        Stage::Contested,
    ] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        for office in [
            market.authority,
            market.guardian,
            market.treasury,
            market.seller.attester,
        ] {
            for (call, honest) in [
                (market.refund(&order), market.seller.authority),
                (market.confirm(&order), order.buyer),
                (market.resolve(&order, 0), market.arbiter),
                (market.deliver(&order), market.seller.authority),
                (market.answer(&order), market.seller.authority),
            ] {
                assert!(chain.attempt(call.swap(&honest, &office)).is_err());
            }
        }
        assert_eq!(chain.tokens(&market.tokens), PAID);
        chain.accept(market.refund(&order));
    }
}

/// The arbiter divides contested orders, and does nothing else.
#[test]
fn governance_3_the_arbiter_before_a_contest() {
    for stage in [Stage::Paid, Stage::Delivered, Stage::Disputed] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        chain.refuse(market.resolve(&order, 10_000), WrongState);
        chain.accept(market.refund(&order));
    }
}

/// A pause stops what brings something new into the market, and nothing that concerns an order that exists.
#[test]
fn governance_5_while_paused() {
    for instruction in &ESIM_MARKET.instructions {
        for Honest {
            mut chain, call, ..
        } in honest(&instruction.name, TokenProgram::Spl)
        {
            let stopped = match instruction.name.as_str() {
                "apply" | "create_plan" | "purchase" | "top_up" => true,
                // There is no market yet that could be paused.
                "create_market" => continue,
                "accept_authority" | "accept_mint" | "answer_dispute" | "close_order"
                | "confirm_delivery" | "deliver" | "dispute" | "drop_mint"
                | "nominate_authority" | "pause" | "pay_out" | "readmit_mint" | "refund"
                | "refund_part" | "refund_unanswered" | "refund_undelivered" | "release"
                | "report_activated" | "report_installed" | "resolve" | "resolve_by_default"
                | "retire_plan" | "set_guardian" | "set_seller_status" | "unpause"
                | "update_market" | "update_plan" | "update_seller" => false,
                other => panic!("is {other} an entry or an exit?"),
            };
            let market = MarketFixture::new("travel", person("mint"), TokenProgram::Spl);
            let until = chain.now() + MAX_PAUSE;
            chain.accept(market.pause(until));
            if stopped {
                chain.refuse(call.clone(), Paused);
                chain.set_time(until);
            }
            chain.accept(call);
        }
    }
}

/// The market's terms change between the page and the payment, by one transaction or in one: nobody pays under terms that
/// they were not shown. The twin that names what is on the chain passes.
#[test]
fn governance_8_terms_changed_after_the_quote() {
    let World {
        chain,
        market,
        order,
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let version = chain.read::<Plan>(&market.plan.address).terms_version;
    let changes: [fn(&mut MarketTermsChange); 5] = [
        |change| change.fee_bps = Some(0),
        |change| change.answer_window = Some(1),
        |change| change.arbiter_window = Some(1),
        |change| change.retention = Some(0),
        |change| change.arbiter = Some(person("another arbiter")),
    ];
    for apply in changes {
        let mut change = MarketTermsChange::default();
        apply(&mut change);
        let mut chain = chain.clone();
        let change = market.update_market(change);
        let quoted = market.purchase(&order, version, PAID);
        chain.refuse([change.clone(), quoted.clone()], WrongMarketVersion);
        chain.accept(change);
        chain.refuse(quoted, WrongMarketVersion);
        let twin = market.as_of_now(&chain).purchase(&order, version, PAID);
        chain.accept(twin);
    }
}

/// A fee above its cap never comes, neither at once nor by steps.
#[test]
fn governance_7_a_fee_above_its_cap() {
    let World {
        mut chain, market, ..
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let fee = |bps| {
        market.update_market(MarketTermsChange {
            fee_bps: Some(bps),
            ..Default::default()
        })
    };
    for bps in [1_000, 999] {
        chain.accept(fee(bps));
    }
    for bps in [1_001, 9_999, 10_000, 10_001, u16::MAX] {
        chain.refuse(fee(bps), BadFee);
    }
}
