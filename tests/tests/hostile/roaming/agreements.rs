//! Arrears, cover, and who decides what.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::state::{HubTermsChange, OperatorProfile, Side, StatementState};
use solana_pubkey::Pubkey;
use wayfare_tests::idl::ROAMING_ESCROW;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::crowd::honest;
use wayfare_tests::roaming::hub::{
    DISPUTE_WINDOW, HubFixture, REQUEST_LASTS, STATEMENT_WINDOW, WITHDRAWAL_NOTICE, usage,
};
use wayfare_tests::roaming::world::{DEPOSIT, RECORDS, Stage, TOKENS, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// The longest pause: seven days.
const MAX_PAUSE: i64 = 7 * 86_400;

fn world(stage: Stage) -> World {
    World::at(stage, TokenProgram::Spl)
}

/// Agreements: an old request is a way out without a notice, of what is deposited long after it.
#[test]
fn agreements_1_an_old_request() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.accept(deal.request(Side::First, DEPOSIT));
    world.chain.pass(WITHDRAWAL_NOTICE + REQUEST_LASTS);
    world.chain.accept(deal.deposit(Side::First, DEPOSIT));
    world.chain.refuse(deal.withdraw(Side::First), NoRequest);
    world.chain.accept(deal.request(Side::First, 1));
    world.chain.pass(WITHDRAWAL_NOTICE);
    world.chain.accept(deal.withdraw(Side::First));
}

/// Agreements: a returned statement is restated behind the next one, so that records count twice; and two returned ones
/// hide behind one flag, so that the agreement ends with one unsettled.
#[test]
fn agreements_2_records_restated_under_the_next_statement() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 10, 100)));
    world
        .chain
        .accept(deal.state(Side::First, 1, usage(10, 10, 100)));
    world
        .chain
        .refuse(deal.return_statement(Side::First, 0), NotLast);
    world.chain.accept(deal.return_statement(Side::First, 1));
    world
        .chain
        .refuse(deal.restate(Side::First, 0, usage(0, 5, 100)), WrongState);
    world
        .chain
        .accept(deal.restate(Side::First, 1, usage(10, 5, 100)));
    assert_eq!(world.books(Side::First).next_record, 15);
}

/// Agreements: a side that cannot pay strips what it has before the settlement, or states on credit.
#[test]
fn agreements_3_arrears() {
    let mut world = world(Stage::Funded);
    let deal = world.deal.clone();
    world.chain.accept(deal.request(Side::First, DEPOSIT));
    world.chain.pass(WITHDRAWAL_NOTICE);
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, DEPOSIT + 9)));
    // The withdrawal goes first in the same transaction as the acceptance.
    world.chain.refuse_at(
        vec![
            deal.withdraw(Side::First),
            deal.accept_statement(Side::First, 0),
        ],
        0,
        NothingFree,
    );
    world.chain.refuse(
        vec![
            deal.accept_statement(Side::First, 0),
            deal.withdraw(Side::First),
        ],
        NothingFree,
    );
    world.chain.accept(deal.accept_statement(Side::First, 0));
    world
        .chain
        .accept(deal.settle_with(0, Some(deal.statement(Side::First, 0)), None));
    // Deposited and withdrawn in one go: the debt comes first.
    world.chain.refuse(
        vec![deal.deposit(Side::First, 8), deal.withdraw(Side::First)],
        InArrears,
    );
    world
        .chain
        .refuse(deal.state(Side::Second, 0, usage(0, 1, 1)), InArrears);
    world.chain.refuse(
        vec![deal.deposit(Side::First, 9), deal.withdraw(Side::First)],
        NothingFree,
    );
    world.chain.accept(deal.deposit(Side::First, 9));
    assert_eq!(world.books(Side::First).arrears, 0);
}

/// Agreements: each side alone leaves with its own, whatever the other does not do.
#[test]
fn agreements_4_each_leaves_alone() {
    for (token, &alone) in TokenProgram::ALL.into_iter().zip(Side::ALL) {
        for &state in StatementState::ALL {
            let mut world = World::in_state(state, token);
            let deal = world.deal.clone();
            let chain = &mut world.chain;
            chain.accept(deal.close(alone));
            // Everybody else stops. What anyone may do is due at last.
            chain.pass(1_000_000_000);
            for &home in Side::ALL {
                for call in [
                    deal.deem_accepted(home, 0),
                    deal.lapse(home, 0),
                    deal.award_by_default(home, 0),
                ] {
                    let _ = chain.attempt(call);
                }
            }
            let _ = chain.attempt(deal.settle(0));
            let own = {
                let [first, second, _] = world.balances();
                match alone {
                    Side::First => first,
                    Side::Second => second,
                }
            };
            world.chain.accept(deal.withdraw(alone));
            assert_eq!(world.books(alone).balance, 0);
            let payout = deal.side(alone).payout;
            assert_eq!(world.tokens_of(&payout), TOKENS - DEPOSIT + own);
        }
    }
}

/// Governance: the hub's people decide nothing but what is theirs.
#[test]
fn governance_3_the_hubs_keys_move_nothing() {
    let mut world = world(Stage::Countered);
    let deal = world.deal.clone();
    let hub = deal.hub.clone();
    for key in [hub.authority, hub.guardian, hub.treasury, hub.clerk] {
        let chain = &mut world.chain;
        chain.pass(1);
        chain.refuse(
            deal.award(Side::First, 0, 1).swap(&hub.arbiter, &key),
            NotArbiter,
        );
        for &side in Side::ALL {
            let authority = deal.side(side).authority;
            chain.refuse(deal.withdraw(side).swap(&authority, &key), NotAuthority);
            chain.refuse(deal.close(side).swap(&authority, &key), NotAuthority);
            chain.refuse(
                deal.offer(side, Some(deal.terms())).swap(&authority, &key),
                NotAuthority,
            );
            chain.refuse(deal.request(side, 5).swap(&authority, &key), NotAuthority);
            // Its payout wallet would be theirs.
            let operator = deal.side(side);
            let profile = OperatorProfile {
                payout: key,
                ..operator.profile()
            };
            chain.refuse(
                hub.update_operator(operator, profile)
                    .swap(&authority, &key),
                NotAuthority,
            );
            chain.refuse(
                hub.nominate_operator(operator, Some(key))
                    .swap(&authority, &key),
                NotAuthority,
            );
            chain.refuse(
                deal.state(side.other(), 1, usage(RECORDS, 1, 5))
                    .swap(&authority, &key),
                NotAuthority,
            );
            let why = match side {
                Side::First => NotHome,
                Side::Second => NotVisited,
            };
            chain.refuse(
                deal.concede(Side::First, 0, side).swap(&authority, &key),
                why,
            );
        }
    }
    // The arbiter awards what is disputed, and not before its time.
    world.chain.refuse(deal.award(Side::First, 0, 1), TooEarly);
    world
        .chain
        .refuse(deal.award(Side::Second, 0, 1), WrongState);
    world.chain.pass(DISPUTE_WINDOW);
    world.chain.accept(deal.award(Side::First, 0, 1));
}

/// Governance: a replaced nominee accepts; the default key is nominated; a fee above its cap.
#[test]
fn governance_1_2_7_hand_overs_and_fees() {
    let mut world = world(Stage::Registered);
    let (hub, deal) = (world.hub.clone(), world.deal.clone());
    let (old, new) = (person("old nominee"), person("new nominee"));
    let chain = &mut world.chain;
    chain.accept(hub.nominate(Some(old)));
    chain.accept(hub.nominate(Some(new)));
    chain.refuse(hub.accept_authority(old), NotNominee);
    chain.refuse(hub.nominate(Some(Pubkey::default())), ZeroKey);
    chain.accept(hub.nominate_operator(&deal.first, Some(old)));
    chain.accept(hub.nominate_operator(&deal.first, Some(new)));
    chain.refuse(hub.accept_operator(&deal.first, old), NotNominee);
    for fee_bps in [101, 10_000, u16::MAX] {
        chain.refuse(
            hub.update(HubTermsChange {
                fee_bps: Some(fee_bps),
                ..Default::default()
            }),
            BadFee,
        );
    }
    chain.accept(hub.accept_authority(new));
    chain.accept(hub.accept_operator(&deal.first, new));
}

/// Governance: a pause stops what brings something new into the hub, and nothing that concerns what there is.
#[test]
fn governance_5_while_paused() {
    for instruction in &ROAMING_ESCROW.instructions {
        for honest in honest(&instruction.name, TokenProgram::Spl) {
            let stopped = match (instruction.name.as_str(), honest.case) {
                ("register_operator" | "propose_agreement" | "deposit", _)
                | ("accept_terms", "the first") => true,
                // There is no hub yet that could be paused.
                ("create_hub", _) => continue,
                ("accept_terms", "others")
                | (
                    "accept_authority"
                    | "accept_operator"
                    | "accept_statement"
                    | "award"
                    | "award_by_default"
                    | "close_agreement"
                    | "close_statement"
                    | "collect_fees"
                    | "concede"
                    | "counter_statement"
                    | "deem_accepted"
                    | "lapse_statement"
                    | "nominate_authority"
                    | "nominate_operator"
                    | "offer_terms"
                    | "pause"
                    | "redeem_voucher"
                    | "request_withdrawal"
                    | "restate"
                    | "return_statement"
                    | "set_guardian"
                    | "set_operator_status"
                    | "settle"
                    | "submit_statement"
                    | "unpause"
                    | "update_hub"
                    | "update_operator"
                    | "withdraw",
                    _,
                ) => false,
                other => panic!("is {other:?} an entry or an exit?"),
            };
            let call = honest.tx(honest.call.clone());
            let mut chain = honest.chain;
            let until = chain.now() + MAX_PAUSE;
            chain.accept(HubFixture::new("interconnect").pause(until));
            if stopped {
                chain.refuse(call.clone(), Paused);
                chain.set_time(until);
            }
            chain.accept(call);
        }
    }
}

/// Governance: a release that was rolled back changes nothing of a hub that a newer one wrote, nor of one that none wrote.
#[test]
fn governance_6_a_hub_of_a_newer_release() {
    for instruction in &ROAMING_ESCROW.instructions {
        // There is no hub yet.
        if instruction.name == "create_hub" {
            continue;
        }
        for honest in honest(&instruction.name, TokenProgram::Spl) {
            let call = honest.tx(honest.call.clone());
            let mut chain = honest.chain;
            let hub = HubFixture::new("interconnect").address;
            for version in [2, u8::MAX, 0] {
                chain.edit(&hub, |account| account.data[8] = version);
                chain.refuse(call.clone(), NewerVersion);
            }
            chain.edit(&hub, |account| account.data[8] = 1);
            chain.accept(call);
        }
    }
}

/// Agreements: nobody answers for the other.
#[test]
fn agreements_5_answers_of_the_wrong_side() {
    let mut world = world(Stage::Stated);
    let deal = world.deal.clone();
    let (home, visited) = (deal.first.clone(), deal.second.clone());
    let chain = &mut world.chain;
    for call in [
        deal.accept_statement(Side::First, 0),
        deal.counter(Side::First, 0, 5),
        deal.return_statement(Side::First, 0),
    ] {
        // The visited network in its own name, and in the home network's.
        chain.refuse(
            call.clone()
                .swap(&home.address, &visited.address)
                .swap(&home.authority, &visited.authority),
            NotHome,
        );
        chain.refuse(call.swap(&home.authority, &visited.authority), NotHome);
    }
    chain.refuse(deal.deem_accepted(Side::First, 0), TooEarly);
    chain.pass(STATEMENT_WINDOW);
    chain.refuse(deal.accept_statement(Side::First, 0), TooLate);
    chain.accept(deal.deem_accepted(Side::First, 0));
}
