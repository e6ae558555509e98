//! What the hub's program tells, read from the bytes of its inner instructions.

use anchor_lang::event::EVENT_IX_TAG_LE;
use anchor_lang::{AnchorDeserialize, Discriminator};
use roaming_escrow::events::*;
use solana_pubkey::Pubkey;

macro_rules! events {
    ($($name:ident),* $(,)?) => {
        /// An event of roaming-escrow.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant)] // A test has a handful of them.
        pub enum Event {
            $($name($name)),*
        }

        impl Event {
            pub fn hub(&self) -> Pubkey {
                match self {
                    $(Self::$name(event) => event.hub),*
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
            let data = data.strip_prefix(EVENT_IX_TAG_LE).expect("an event");
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

events!(
    HubCreated,
    HubTermsChanged,
    GuardianChanged,
    AuthorityNominated,
    AuthorityChanged,
    PauseChanged,
    OperatorRegistered,
    OperatorChanged,
    OperatorNominated,
    OperatorHandedOver,
    OperatorStatusChanged,
    AgreementProposed,
    TermsOffered,
    TermsAccepted,
    AgreementClosing,
    Deposited,
    WithdrawalRequested,
    Withdrawn,
    FeesCollected,
    UsageStated,
    StatementChanged,
    PeriodSettled,
    VoucherRedeemed,
    StatementClosed,
);
