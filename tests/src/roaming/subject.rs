//! The hub's program as a subject of the generated tests.

use roaming_escrow::state::{Agreement, Hub, Operator, Statement};

use crate::idl::ROAMING_ESCROW;
use crate::roaming::crowd::honest;
use crate::subject::{Legitimate, Subject, Substitution, TOKEN_ACCOUNT_SPACE, fields_of};

/// The program, and what the generated tests and the benchmark must know of it.
pub fn subject() -> Subject {
    Subject {
        id: roaming_escrow::ID,
        idl: &ROAMING_ESCROW,
        honest,
        legitimate,
        reasons: &[
            Legitimate::Payer,
            Legitimate::AuthorityOfItsOwn,
            Legitimate::Source,
            Legitimate::ProgramNamedTwice,
            Legitimate::Anyone,
            Legitimate::OtherStatement,
            Legitimate::OtherAgreement,
            Legitimate::OtherOperator,
            Legitimate::EitherSide,
            Legitimate::UnaskedOperator,
        ],
        is_unpaid: |_, _, _| false,
        is_pinned: |instruction, slot| {
            // No other program can ever own a vault: this one made it, and never closes it.
            matches!((instruction, slot), ("settle" | "redeem_voucher", "vault"))
        },
        is_free: |instruction, slot| matches!((instruction, slot), ("deposit", "source")),
        kinds: 4,
        // An operator has room for a longer name.
        needed_bytes: fields_of::<Operator>,
        spaces: || {
            vec![
                ("hub", Hub::SPACE),
                ("operator", Operator::SPACE),
                ("agreement", Agreement::SPACE),
                ("vault", TOKEN_ACCOUNT_SPACE),
                ("statement", Statement::SPACE),
            ]
        },
    }
}

fn legitimate(other: &Substitution) -> Option<Legitimate> {
    let Substitution {
        instruction, slot, ..
    } = *other;
    let (signs, pays) = (other.signs(), other.pays());
    let (name, label) = (instruction.name.as_str(), other.candidate.label.as_str());
    let anyone = matches!(
        name,
        "deem_accepted" | "lapse_statement" | "award_by_default"
    );
    match (name, slot.name.as_str(), label) {
        (
            "create_hub" | "register_operator" | "propose_agreement" | "submit_statement",
            "payer",
            _,
        ) if pays => Some(Legitimate::Payer),
        ("create_hub", "authority", _) | ("register_operator", "operator_authority", _)
            if signs =>
        {
            Some(Legitimate::AuthorityOfItsOwn)
        }
        ("propose_agreement", "authority", "authority of the second side") => {
            Some(Legitimate::EitherSide)
        }
        ("deposit", "source", "second account of the payout") => Some(Legitimate::Source),
        (_, "program", _) if other.names_program_twice() => Some(Legitimate::ProgramNamedTwice),
        (_, "actor", _) if anyone && signs => Some(Legitimate::Anyone),
        (_, "operator", label) if (anyone || name == "award") && is_operator(label) => {
            Some(Legitimate::UnaskedOperator)
        }
        (
            "accept_statement" | "counter_statement" | "return_statement",
            "statement",
            "second statement",
        )
        | (
            "deem_accepted",
            "statement",
            "second statement"
            | "statement of the second side"
            | "second statement of the second side",
        )
        | ("close_statement", "statement", "statement of the second side") => {
            Some(Legitimate::OtherStatement)
        }
        (
            "offer_terms" | "request_withdrawal" | "close_agreement",
            "agreement",
            "agreement in another mint",
        ) => Some(Legitimate::OtherAgreement),
        ("set_operator_status", "operator", "second operator" | "third operator") => {
            Some(Legitimate::OtherOperator)
        }
        _ => None,
    }
}

/// Whether it is an operator's account, of whichever hub.
fn is_operator(label: &str) -> bool {
    let here = label.trim_end_matches(" elsewhere");
    matches!(
        here,
        "first operator" | "second operator" | "third operator"
    )
}
