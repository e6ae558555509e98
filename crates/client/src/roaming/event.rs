//! The events of roaming-escrow.

use roaming_escrow::events;

use super::address::PROGRAM;
use crate::event::program_events;

program_events!(
    /// An event of roaming-escrow, about a hub.
    Event of PROGRAM, about hub:
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

#[cfg(test)]
mod tests {
    use anchor_lang::{Event as _, event::EVENT_IX_TAG_LE};
    use roaming_escrow::state::Side;
    use solana_pubkey::Pubkey;

    use super::*;
    use crate::{esim, event::decode};

    #[test]
    fn an_event_of_the_program_and_of_no_other() {
        let closed = events::StatementClosed {
            hub: Pubkey::new_from_array([1; 32]),
            sequence: 2,
            agreement: Pubkey::new_from_array([3; 32]),
            home: Side::Second,
            period: 4,
        };
        let data = [EVENT_IX_TAG_LE, &closed.data()].concat();
        let event: Event = decode(&PROGRAM, &data).unwrap().unwrap();
        assert_eq!(
            (event.name(), event.hub(), event.sequence()),
            ("StatementClosed", closed.hub, 2)
        );
        assert_eq!(event, Event::StatementClosed(closed));
        assert!(decode::<Event>(&esim::address::PROGRAM, &data).is_none());
        assert!(decode::<esim::event::Event>(&PROGRAM, &data).is_none());
        for length in 8..data.len() {
            assert!(decode::<Event>(&PROGRAM, &data[..length]).unwrap().is_err());
        }
    }
}
