use esim_market::errors::EsimMarketError::{TooEarly, WrongState};
use esim_market::state::{OrderState, PlanChange};
use wayfare_tests::esim::market::{DEFAULT_SPLIT_BPS, FEE_BPS, PAID};
use wayfare_tests::esim::world::{BUYER_TOKENS, Stage, World};
use wayfare_tests::token::TokenProgram;

use super::resolve::split;

/// An arbiter who stays silent: the plan's published split counts, as it was at the purchase.
#[test]
fn from_the_deadline_by_anyone() {
    for token in TokenProgram::ALL {
        let mut world = World::at(Stage::Contested, token);
        let (market, order) = (world.market.clone(), world.order.clone());
        let mut terms = market.plan_terms();
        terms.default_split_bps = 10_000 - DEFAULT_SPLIT_BPS;
        let change = PlanChange {
            terms: Some(terms),
            ..Default::default()
        };
        world.chain.accept(market.update_plan(&market.plan, change));
        let by = world.order().resolve_by;
        world.chain.set_time(by - 1);
        world
            .chain
            .refuse(market.resolve_by_default(&order), TooEarly);
        for now in [by, by + 1, by + 1_000_000_000] {
            let mut world = world.clone();
            world.chain.set_time(now);
            world.chain.accept(market.resolve_by_default(&order));
            assert_eq!(world.order().state().unwrap(), OrderState::Resolved);
            let due = split(PAID, DEFAULT_SPLIT_BPS, FEE_BPS);
            assert_eq!(
                world.balances(),
                [BUYER_TOKENS - PAID + due[0], due[1], due[2]]
            );
        }
    }
}

#[test]
fn only_what_is_contested() {
    for stage in [
        Stage::Paid,
        Stage::Delivered,
        Stage::Disputed,
        Stage::Resolved,
    ] {
        let World {
            mut chain,
            market,
            order,
        } = World::at(stage, TokenProgram::Spl);
        chain.pass(1_000_000_000);
        chain.refuse(market.resolve_by_default(&order), WrongState);
    }
}
