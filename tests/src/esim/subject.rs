//! The market's program as a subject of the generated tests.

use esim_market::state::{Delivery, Market, MarketVault, Order, Plan, Seller};
use wayfare_core::esim::MAX_CIPHERTEXT;

use crate::esim::crowd::honest;
use crate::idl::ESIM_MARKET;
use crate::subject::{Legitimate, Subject, Substitution, TOKEN_ACCOUNT_SPACE, fields_of};

/// The program, and what the generated tests and the benchmark must know of it.
pub fn subject() -> Subject {
    Subject {
        id: esim_market::ID,
        idl: &ESIM_MARKET,
        honest,
        legitimate,
        reasons: &[
            Legitimate::Payer,
            Legitimate::AuthorityOfItsOwn,
            Legitimate::Source,
            Legitimate::ProgramNamedTwice,
            Legitimate::Anyone,
            Legitimate::UnaskedSigner,
            Legitimate::NothingDue,
            Legitimate::OtherOrder,
            Legitimate::OtherPlan,
            Legitimate::OtherSeller,
        ],
        is_unpaid,
        is_pinned: |_, slot| {
            // What a market cannot pay to an account that holds no tokens stays owed.
            matches!(slot, "refund_to" | "release_to" | "fee_to")
        },
        is_free: |instruction, slot| {
            matches!((instruction, slot), ("purchase" | "top_up", "source"))
        },
        kinds: 6,
        // A plan has room for a longer id.
        needed_bytes: fields_of::<Plan>,
        spaces: || {
            vec![
                ("market", Market::SPACE),
                ("market_vault", MarketVault::SPACE),
                ("tokens", TOKEN_ACCOUNT_SPACE),
                ("seller", Seller::SPACE),
                ("plan", Plan::SPACE),
                ("order", Order::SPACE),
                ("delivery", Delivery::space(MAX_CIPHERTEXT)),
            ]
        },
    }
}

fn legitimate(other: &Substitution) -> Option<Legitimate> {
    let Substitution {
        instruction,
        case,
        slot,
        ..
    } = *other;
    let (signs, pays) = (other.signs(), other.pays());
    let (name, label) = (instruction.name.as_str(), other.candidate.label.as_str());
    match (name, slot.name.as_str(), label) {
        ("create_market" | "accept_mint" | "apply" | "create_plan", "payer", _) if pays => {
            Some(Legitimate::Payer)
        }
        ("create_market", "authority", _) if signs => Some(Legitimate::AuthorityOfItsOwn),
        ("purchase" | "top_up", "source", "second account of the patron") => {
            Some(Legitimate::Source)
        }
        (_, "program", _) if other.names_program_twice() => Some(Legitimate::ProgramNamedTwice),
        (
            "refund_undelivered" | "refund_unanswered" | "release" | "resolve_by_default"
            | "pay_out",
            "actor",
            _,
        ) if signs => Some(Legitimate::Anyone),
        // What was never delivered is kept for nobody.
        ("close_order", "actor", _) if signs && case != "by the buyer" => Some(Legitimate::Anyone),
        (_, "buyer", _) if signs && slot.optional && name != "refund_part" => {
            Some(Legitimate::UnaskedSigner)
        }
        (_, slot, _) if is_unpaid(name, case, slot) => Some(Legitimate::NothingDue),
        (
            "confirm_delivery" | "dispute" | "report_installed" | "report_activated" | "refund"
            | "refund_part",
            "order",
            "second order",
        )
        | ("top_up", "parent", "second order") => Some(Legitimate::OtherOrder),
        ("update_plan" | "retire_plan", "plan", "second plan") => Some(Legitimate::OtherPlan),
        ("set_seller_status", "seller", "second seller") => Some(Legitimate::OtherSeller),
        _ => None,
    }
}

/// Slots in which something would be paid, if anything were due there.
fn is_unpaid(instruction: &str, case: &str, slot: &str) -> bool {
    match (instruction, slot) {
        ("confirm_delivery" | "release", "refund_to") => true,
        (
            "refund" | "refund_undelivered" | "refund_unanswered" | "pay_out",
            "release_to" | "fee_to",
        ) => true,
        ("close_order", "rent_payer") => case == "never delivered",
        _ => false,
    }
}
