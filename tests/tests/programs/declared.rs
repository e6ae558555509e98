//! What Anchor's `declare_program!` makes of the interfaces in `idls/`: a client that knows nothing else compiles, reads an
//! account as the program wrote it, and writes an instruction as the program reads it.

use anchor_lang::prelude::*;
use anchor_lang::{AccountDeserialize, InstructionData};
use roaming_escrow::state::Side;
use wayfare_tests::roaming::world::{Stage, World};
use wayfare_tests::token::TokenProgram;

/// The macro looks for `anchor_lang` beside it, and makes a module that has the program's own name.
#[allow(
    clippy::single_component_path_imports,
    dead_code,
    unexpected_cfgs,
    unused_imports
)]
mod interface {
    use anchor_lang;

    anchor_lang::declare_program!(esim_market);
    anchor_lang::declare_program!(node_rewards);
    anchor_lang::declare_program!(roaming_escrow);
}

use interface::roaming_escrow as declared;

#[test]
fn a_hub_and_its_agreement() {
    let world = World::at(Stage::Stated, TokenProgram::Spl);
    let deal = &world.deal;
    let data = |address| world.chain.account(address).unwrap().data;
    let hub = declared::accounts::Hub::try_deserialize(&mut &data(&deal.hub.address)[..]).unwrap();
    let ours = world.hub();
    assert_eq!(
        (hub.scope.version, hub.scope.authority, hub.scope.sequence),
        (1, deal.hub.authority, ours.scope.sequence)
    );
    assert_eq!(
        (hub.terms.arbiter, hub.terms.fee_bps),
        (deal.hub.arbiter, ours.terms.fee_bps)
    );
    let agreement =
        declared::accounts::Agreement::try_deserialize(&mut &data(&deal.address)[..]).unwrap();
    let ours = world.agreement();
    assert_eq!(
        agreement.first_books.exposure,
        ours.books(Side::First).exposure
    );
    assert_eq!(
        (
            agreement.terms.statement_window,
            agreement.terms.tolerance_bps
        ),
        (ours.terms.statement_window, ours.terms.tolerance_bps)
    );
    let terms = deal.terms();
    let propose = declared::client::args::ProposeAgreement {
        terms: declared::types::AgreementTerms {
            first_tariff_hash: terms.first_tariff_hash,
            second_tariff_hash: terms.second_tariff_hash,
            statement_window: terms.statement_window,
            dispute_window: terms.dispute_window,
            arbitration_window: terms.arbitration_window,
            withdrawal_notice: terms.withdrawal_notice,
            tolerance_bps: terms.tolerance_bps,
            default_award_bps: terms.default_award_bps,
        },
    };
    assert_eq!(propose.data(), deal.propose().data);
}
