//! What the programs told in a transaction.

use solana_message::inner_instruction::InnerInstructionsList;
use solana_pubkey::Pubkey;

/// A program calls itself for nothing but to tell an event.
pub fn calls_of_itself<'a>(
    program: &'a Pubkey,
    keys: &'a [Pubkey],
    inner: &'a InnerInstructionsList,
) -> impl Iterator<Item = &'a [u8]> {
    inner
        .iter()
        .flatten()
        .map(|inner| &inner.instruction)
        .filter(move |call| keys[usize::from(call.program_id_index)] == *program)
        .map(|call| call.data.as_slice())
}

/// The events of a program, read from the bytes of its inner instructions.
macro_rules! events {
    ($(#[$doc:meta])* about $scope:ident: $($name:ident),* $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant)] // A test has a handful of them.
        pub enum Event {
            $($name($name)),*
        }

        impl Event {
            pub fn $scope(&self) -> ::solana_pubkey::Pubkey {
                match self {
                    $(Self::$name(event) => event.$scope),*
                }
            }

            pub fn sequence(&self) -> u64 {
                match self {
                    $(Self::$name(event) => event.sequence),*
                }
            }
        }

        /// The event that an inner instruction's data tell.
        pub fn decode(data: &[u8]) -> Event {
            use ::anchor_lang::{AnchorDeserialize as _, Discriminator as _};
            let data = data
                .strip_prefix(::anchor_lang::event::EVENT_IX_TAG_LE).expect("an event");
            $(
                if let Some(mut fields) = data.strip_prefix($name::DISCRIMINATOR) {
                    let event = $name::deserialize(&mut fields).expect("the event's fields");
                    assert!(fields.is_empty(), "bytes behind an event");
                    return Event::$name(event);
                }
            )*
            panic!("an unknown event: {data:?}")
        }
    };
}
pub(crate) use events;
