//! The events of node-rewards.

use node_rewards::events;

use super::address::PROGRAM;
use crate::event::program_events;

program_events!(
    /// An event of node-rewards, about a network.
    Event of PROGRAM, about network:
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EventError, decode as decode_any};
    use anchor_lang::{Discriminator, Event as _, event::EVENT_IX_TAG_LE};
    use proptest::prelude::*;
    use solana_pubkey::Pubkey;

    fn decode(program: &Pubkey, data: &[u8]) -> Option<Result<Event, EventError>> {
        decode_any(program, data)
    }

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
