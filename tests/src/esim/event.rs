//! What the market's program tells, read from the bytes of its inner instructions.

use esim_market::events::*;

use crate::event::events;

events!(
    /// An event of esim-market.
    about market:
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
