//! The networks' program as a subject of the generated tests.

use node_rewards::state::{ClaimPage, Epoch, Network, Node, Payout};

use crate::idl::NODE_REWARDS;
use crate::rewards::crowd::honest;
use crate::subject::{Legitimate, Subject, Substitution, TOKEN_ACCOUNT_SPACE, fields_of};

/// The program, and what the generated tests and the benchmark must know of it.
pub fn subject() -> Subject {
    Subject {
        id: node_rewards::ID,
        idl: &NODE_REWARDS,
        honest,
        legitimate,
        reasons: &[
            Legitimate::Payer,
            Legitimate::PayerOfNothing,
            Legitimate::AuthorityOfItsOwn,
            Legitimate::Mint,
            Legitimate::NodeOwner,
            Legitimate::Publisher,
            Legitimate::Source,
            Legitimate::ProgramNamedTwice,
        ],
        is_unpaid: |_, _, _| false,
        is_pinned: |instruction, slot| {
            // No other program can ever own a vault: this one made it, and never closes it.
            matches!((instruction, slot), ("activate_epoch", "vault"))
        },
        is_free: |instruction, slot| {
            matches!(
                (instruction, slot),
                ("create_network", "mint") | ("fund", "source")
            )
        },
        kinds: 5,
        // An epoch has room for approvals that were not given.
        needed_bytes: fields_of::<Epoch>,
        spaces: || {
            vec![
                ("network", Network::SPACE),
                ("vault", TOKEN_ACCOUNT_SPACE),
                ("epoch", Epoch::SPACE),
                ("claim_page", ClaimPage::SPACE),
                ("payout", Payout::SPACE),
                ("node", Node::SPACE),
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
    match (name, case, slot.name.as_str(), label) {
        ("propose_epoch", "in place of another", "payer", _)
        | ("set_payout", "another", "payer", _)
            if signs =>
        {
            Some(Legitimate::PayerOfNothing)
        }
        (_, _, "payer", _) if pays => Some(Legitimate::Payer),
        ("create_network", _, "authority", _) if signs => Some(Legitimate::AuthorityOfItsOwn),
        ("create_network", _, "mint", "another mint") => Some(Legitimate::Mint),
        ("register_node", _, "owner", _) if signs => Some(Legitimate::NodeOwner),
        ("propose_epoch", _, "publisher", "publisher 1 of metro" | "publisher 2 of metro")
        | ("approve_epoch", _, "publisher", "publisher 2 of metro") => Some(Legitimate::Publisher),
        ("fund", _, "source", "second account of the operator") => Some(Legitimate::Source),
        ("activate_epoch", "the first epoch", "program", _) => Some(Legitimate::ProgramNamedTwice),
        _ => None,
    }
}
