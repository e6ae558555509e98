//! What a voucher moves. Who may forge one: the hostile suite.

use roaming_escrow::errors::RoamingEscrowError::*;
use roaming_escrow::events::{Balances, VoucherRedeemed};
use roaming_escrow::state::{OperatorProfile, Side};
use wayfare_tests::keys::person;
use wayfare_tests::roaming::event::Event;
use wayfare_tests::roaming::hub::usage;
use wayfare_tests::roaming::voucher::verification;
use wayfare_tests::roaming::world::{DEPOSIT, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

#[test]
fn moves_what_it_adds_to_the_ones_before() {
    for token in TokenProgram::ALL {
        for &home in Side::ALL {
            let mut world = World::at(Stage::Funded, token);
            let deal = world.deal.clone();
            let mut before = 0;
            for cumulative in [1, 2, 1_000, DEPOSIT] {
                let event = world.touches(deal.redeem(home, 0, cumulative), &[deal.address]);
                let (first, second) = match home {
                    Side::First => (DEPOSIT - cumulative, DEPOSIT + cumulative),
                    Side::Second => (DEPOSIT + cumulative, DEPOSIT - cumulative),
                };
                assert_eq!(
                    event,
                    Event::VoucherRedeemed(VoucherRedeemed {
                        hub: deal.hub.address,
                        sequence: world.hub().scope.sequence,
                        agreement: deal.address,
                        home,
                        period: 0,
                        cumulative,
                        amount: cumulative - before,
                        balances: Balances {
                            first,
                            second,
                            first_arrears: 0,
                            second_arrears: 0,
                            fees: 0,
                            vault: 2 * DEPOSIT,
                        },
                    })
                );
                assert_eq!(world.books(home).vouchers, cumulative);
                before = cumulative;
            }
            world
                .chain
                .refuse(deal.redeem(home, 0, DEPOSIT + 1), AboveBalance);
        }
    }
}

/// The costs that the project promises.
#[test]
fn within_15_000_compute_units() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let call = world.deal.redeem(Side::First, 0, 5);
    let units = world.chain.accept(call).compute_units;
    assert!(units <= 15_000, "{units}");
}

#[test]
fn each_period_begins_at_zero() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let deal = world.deal.clone();
    world.chain.accept(deal.redeem(Side::First, 0, 500));
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, 900)));
    world
        .chain
        .refuse(deal.redeem(Side::First, 0, 600), WrongVoucher);
    world.chain.accept(deal.redeem(Side::First, 1, 300));
    assert_eq!(world.books(Side::First).balance, DEPOSIT - 800);
}

#[test]
fn with_the_vault_of_another_agreement() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let other = world.add_hub("elsewhere", Stage::Funded);
    let deal = world.deal.clone();
    let [verified, redemption] = deal.redeem(Side::First, 0, 500);
    let elsewhere = redemption.clone().swap(&deal.vault, &other.vault);
    world
        .chain
        .refuse([verified.clone(), elsewhere], WrongVault);
    world.chain.accept([verified, redemption]);
}

/// Vouchers go on when nothing is covered any more: what was signed was used.
#[test]
fn takes_what_is_left_beside_open_statements() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let deal = world.deal.clone();
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, DEPOSIT)));
    world.chain.accept(deal.redeem(Side::First, 1, DEPOSIT));
    world.chain.accept(deal.accept_statement(Side::First, 0));
    world
        .chain
        .accept(deal.settle_with(0, Some(deal.statement(Side::First, 0)), None));
    assert_eq!(world.books(Side::First).arrears, DEPOSIT);
    // The home network has nothing: nothing can be taken.
    world
        .chain
        .refuse(deal.redeem(Side::First, 1, DEPOSIT + 1), AboveBalance);
}

#[test]
fn the_signer_of_now_signs() {
    let mut world = World::at(Stage::Funded, TokenProgram::Spl);
    let deal = world.deal.clone();
    let old = deal.redeem(Side::First, 0, 10);
    let profile = OperatorProfile {
        voucher_signer: person("another signer"),
        ..deal.first.profile()
    };
    world
        .chain
        .accept(deal.hub.update_operator(&deal.first, profile));
    world.chain.refuse(old, WrongVoucherSigner);
    let message = deal.voucher(Side::First, 0, 10).message();
    world.chain.accept([
        verification(&person("another signer"), &message),
        deal.redemption(Side::First, 0, 10),
    ]);
}
