//! The program's events, out of the instructions that it sends to itself.
//!
//! `emit_cpi!` records an event as an inner instruction of the program: eight bytes that mark an event
//! (`EVENT_IX_TAG_LE` of anchor-lang), eight that name it, and the fields in Borsh. Events tell what happened; balances
//! are always read from accounts.

use anchor_lang::{AnchorDeserialize, Discriminator, event::EVENT_IX_TAG_LE};
use node_rewards::events;
use solana_pubkey::Pubkey;
use thiserror::Error;

use crate::address::PROGRAM;

macro_rules! events {
    ($($name:ident),* $(,)?) => {
        /// An event of node-rewards.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($name(events::$name),)*
        }

        impl Event {
            /// As the IDL has it.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                }
            }

            /// The network that it is about.
            pub fn network(&self) -> Pubkey {
                match self {
                    $(Self::$name(event) => event.network,)*
                }
            }

            /// Its number in the network's sequence: a gap shows a missed event.
            pub fn sequence(&self) -> u64 {
                match self {
                    $(Self::$name(event) => event.sequence,)*
                }
            }

            fn from_fields(discriminator: &[u8], fields: &[u8]) -> Option<Result<Self, &'static str>> {
                $(if discriminator == events::$name::DISCRIMINATOR {
                    let event = events::$name::try_from_slice(fields);
                    return Some(event.map(Self::$name).map_err(|_| stringify!($name)));
                })*
                None
            }
        }
    };
}

events!(
    NetworkCreated,
    NetworkTermsChanged,
    PublishersChanged,
    GuardianChanged,
    AuthorityNominated,
    AuthorityChanged,
    PauseChanged,
    Funded,
    PageCreated,
    EpochProposed,
    EpochApproved,
    EpochVetoed,
    EpochActivated,
    Claimed,
    PayoutChanged,
    NodeRegistered,
    NodeMoved,
    NodeOffered,
    NodeOwnerChanged,
    NodeRetired,
);

/// An instruction is marked as an event, but is none that this release knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EventError {
    /// A newer release of the program may have written it.
    #[error(
        "an event with the unknown discriminator {0:02x?}: this release of wayfare may be too old"
    )]
    Unknown(Vec<u8>),
    /// Fields are missing, out of range, or left over.
    #[error("the fields of a {0} event do not decode")]
    Malformed(&'static str),
}

/// The event in an inner instruction; `None` when the instruction is none.
///
/// Only inner instructions of transactions that succeeded count: there, an account that nobody but the program can sign
/// for has signed. A top-level instruction with the same bytes proves nothing.
///
/// # Errors
///
/// [`EventError`] when the instruction is marked as an event but cannot be read. Any bytes end in a result.
pub fn decode(program_id: &Pubkey, data: &[u8]) -> Option<Result<Event, EventError>> {
    if *program_id != PROGRAM {
        return None;
    }
    let event = data.strip_prefix(EVENT_IX_TAG_LE)?;
    let Some((discriminator, fields)) = event.split_at_checked(8) else {
        return Some(Err(EventError::Unknown(event.to_vec())));
    };
    Some(match Event::from_fields(discriminator, fields) {
        Some(result) => result.map_err(EventError::Malformed),
        None => Err(EventError::Unknown(discriminator.to_vec())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::Event as _;
    use proptest::prelude::*;

    fn instruction(event: &impl anchor_lang::Event) -> Vec<u8> {
        [EVENT_IX_TAG_LE, &event.data()].concat()
    }

    fn funded() -> events::Funded {
        events::Funded {
            network: Pubkey::new_from_array([1; 32]),
            sequence: 2,
            funder: Pubkey::new_from_array([3; 32]),
            amount: 4,
            funded_total: 5,
            vault_balance: 6,
        }
    }

    #[test]
    fn an_event_of_the_program() {
        let event = decode(&PROGRAM, &instruction(&funded())).unwrap().unwrap();
        assert_eq!(event, Event::Funded(funded()));
        assert_eq!(event.name(), "Funded");
        assert_eq!(event.network(), funded().network);
        assert_eq!(event.sequence(), 2);
    }

    #[test]
    fn what_is_no_event() {
        let bytes = instruction(&funded());
        assert_eq!(decode(&Pubkey::default(), &bytes), None);
        assert_eq!(decode(&PROGRAM, &funded().data()), None);
        assert_eq!(decode(&PROGRAM, &[]), None);
    }

    #[test]
    fn a_mark_without_its_event() {
        let bytes = instruction(&funded());
        for length in 8..16 {
            assert!(matches!(
                decode(&PROGRAM, &bytes[..length]),
                Some(Err(EventError::Unknown(_)))
            ));
        }
        for length in 16..bytes.len() {
            let cut = decode(&PROGRAM, &bytes[..length]);
            assert_eq!(cut, Some(Err(EventError::Malformed("Funded"))));
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(
            decode(&PROGRAM, &longer),
            Some(Err(EventError::Malformed("Funded")))
        );
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_a_result(fields in proptest::collection::vec(any::<u8>(), 0..300), which in 0usize..3) {
            let discriminator = [
                events::NetworkCreated::DISCRIMINATOR,
                events::NodeOffered::DISCRIMINATOR,
                &[7; 8],
            ][which];
            let bytes = [EVENT_IX_TAG_LE, discriminator, &fields].concat();
            prop_assert!(decode(&PROGRAM, &bytes).is_some());
        }
    }
}
