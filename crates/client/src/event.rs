//! The programs' events, out of the instructions that they send to themselves.
//!
//! `emit_cpi!` records an event as an inner instruction of the program: eight bytes that mark an event
//! (`EVENT_IX_TAG_LE` of anchor-lang), eight that name it, and the fields in Borsh. Events tell what happened; balances
//! are always read from accounts.

use anchor_lang::event::EVENT_IX_TAG_LE;
use solana_pubkey::Pubkey;
use thiserror::Error;

/// An event of one program: an enum with a variant for each kind.
pub trait ProgramEvent: Sized {
    /// The program that emits them.
    const PROGRAM: Pubkey;

    /// The event with this discriminator; `None` when the program has none such, the event's name where its fields do
    /// not decode.
    fn from_fields(discriminator: &[u8], fields: &[u8]) -> Option<Result<Self, &'static str>>;
}

/// An enum of events, each of which has the account that it is about and a sequence number.
macro_rules! program_events {
    (
        $(#[$doc:meta])*
        $enum:ident of $program:path, about $scope:ident: $($name:ident),* $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($name(events::$name),)*
        }

        impl $enum {
            /// As the IDL has it.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                }
            }

            /// The account that it is about.
            pub fn $scope(&self) -> ::solana_pubkey::Pubkey {
                match self {
                    $(Self::$name(event) => event.$scope,)*
                }
            }

            /// Its number in that account's sequence: a gap shows a missed event.
            pub fn sequence(&self) -> u64 {
                match self {
                    $(Self::$name(event) => event.sequence,)*
                }
            }
        }

        impl $crate::event::ProgramEvent for $enum {
            const PROGRAM: ::solana_pubkey::Pubkey = $program;

            fn from_fields(
                discriminator: &[u8],
                fields: &[u8],
            ) -> Option<Result<Self, &'static str>> {
                use ::anchor_lang::{AnchorDeserialize as _, Discriminator as _};
                $(if discriminator == events::$name::DISCRIMINATOR {
                    let event = events::$name::try_from_slice(fields);
                    return Some(event.map(Self::$name).map_err(|_| stringify!($name)));
                })*
                None
            }
        }
    };
}
pub(crate) use program_events;

/// The address whose signature proves that an event comes from a program.
pub fn event_authority(program: &Pubkey) -> Pubkey {
    // The seed of anchor-lang's `#[event_cpi]`.
    Pubkey::find_program_address(&[b"__event_authority"], program).0
}

/// An instruction is marked as an event, but this release cannot read it.
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

/// The event in an inner instruction; `None` when the instruction is not an event of the program.
///
/// Only inner instructions of transactions that succeeded count, and only those whose first account is the program's
/// [`event_authority`]: only the program can sign for it, and the program refuses an event that it did not sign. A
/// top-level instruction with the same bytes proves nothing.
///
/// # Errors
///
/// [`EventError`] when the instruction is marked as an event but cannot be read. Any bytes end in a result.
pub fn decode<E: ProgramEvent>(program_id: &Pubkey, data: &[u8]) -> Option<Result<E, EventError>> {
    if *program_id != E::PROGRAM {
        return None;
    }
    let event = data.strip_prefix(EVENT_IX_TAG_LE)?;
    let Some((discriminator, fields)) = event.split_at_checked(8) else {
        return Some(Err(EventError::Unknown(event.to_vec())));
    };
    Some(match E::from_fields(discriminator, fields) {
        Some(result) => result.map_err(EventError::Malformed),
        None => Err(EventError::Unknown(discriminator.to_vec())),
    })
}
