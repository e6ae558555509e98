//! The honest way through: every stage of a hub and of an agreement, and every state that a statement can be in.

use roaming_escrow::state::{Side, StatementState};
use wayfare_tests::roaming::hub::FEE_BPS;
use wayfare_tests::roaming::world::{
    AWARD, COUNTER, FIRST_TOTAL, SECOND_TOTAL, Stage, TOKENS, World,
};
use wayfare_tests::token::TokenProgram;

#[test]
fn a_statement_in_every_state() {
    for token in TokenProgram::ALL {
        for &state in StatementState::ALL {
            let world = World::in_state(state, token);
            let statement = world.statement(Side::First, 0);
            assert_eq!(statement.state(), Ok(state));
            let exposure = match state {
                StatementState::Stated | StatementState::Countered | StatementState::Matched => {
                    FIRST_TOTAL
                }
                StatementState::Resolved => COUNTER + AWARD,
                StatementState::Returned | StatementState::Settled => 0,
            };
            assert_eq!(world.books(Side::First).exposure, exposure);
        }
    }
}

#[test]
fn from_the_hub_to_the_end_of_an_agreement() {
    for token in TokenProgram::ALL {
        let World {
            mut chain, deal, ..
        } = World::at(Stage::WoundUp, token);
        chain.accept(deal.withdraw(Side::First));
        chain.accept(deal.withdraw(Side::Second));
        chain.accept(deal.collect_fees());
        for &home in Side::ALL {
            chain.accept(deal.close_statement(home, 0));
            assert!(chain.account(&deal.statement(home, 0)).is_none());
        }
        let net = COUNTER + AWARD - SECOND_TOTAL;
        let fee = net * u64::from(FEE_BPS) / 10_000;
        let has = |wallet| chain.tokens(&deal.tokens_of(wallet));
        assert_eq!(has(&deal.first.payout), TOKENS - net);
        assert_eq!(has(&deal.second.payout), TOKENS + net - fee);
        assert_eq!(has(&deal.hub.treasury), fee);
        assert_eq!(chain.tokens(&deal.vault), 0);
    }
}
