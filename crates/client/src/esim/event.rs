//! The events of esim-market.

use esim_market::events;

use super::address::PROGRAM;
use crate::event::program_events;

program_events!(
    /// An event of esim-market, about a market.
    Event of PROGRAM, about market:
    MarketCreated,
    MarketTermsChanged,
    MintAccepted,
    MintDropped,
    AuthorityNominated,
    AuthorityChanged,
    GuardianChanged,
    PauseChanged,
    SellerApplied,
    SellerChanged,
    SellerStatusChanged,
    PlanCreated,
    PlanChanged,
    PlanRetired,
    OrderPaid,
    OrderDelivered,
    UseReported,
    OrderDisputed,
    DisputeAnswered,
    OrderEnded,
    DuesPaid,
    OrderClosed,
);

#[cfg(test)]
mod tests {
    use anchor_lang::{Event as _, event::EVENT_IX_TAG_LE};
    use solana_pubkey::Pubkey;

    use super::*;
    use crate::{event::decode, rewards};

    #[test]
    fn an_event_of_the_program_and_of_no_other() {
        let closed = events::OrderClosed {
            market: Pubkey::new_from_array([1; 32]),
            sequence: 2,
            order: Pubkey::new_from_array([3; 32]),
            by: Pubkey::new_from_array([4; 32]),
        };
        let data = [EVENT_IX_TAG_LE, &closed.data()].concat();
        let event: Event = decode(&PROGRAM, &data).unwrap().unwrap();
        assert_eq!(
            (event.name(), event.market(), event.sequence()),
            ("OrderClosed", closed.market, 2)
        );
        assert_eq!(event, Event::OrderClosed(closed));
        assert!(decode::<Event>(&rewards::address::PROGRAM, &data).is_none());
        assert!(decode::<rewards::event::Event>(&PROGRAM, &data).is_none());
        for length in 8..data.len() {
            assert!(decode::<Event>(&PROGRAM, &data[..length]).unwrap().is_err());
        }
    }
}
