//! The errors of esim-market, by their numbers.

use esim_market::errors::EsimMarketError;
use solana_pubkey::Pubkey;

use super::address::PROGRAM;
use crate::programs::OurError;

impl OurError for EsimMarketError {
    const PROGRAM: Pubkey = PROGRAM;

    const NEXT_STEPS: &'static [(&'static [Self], &'static str)] = &[
        (&[Self::NotAuthority], "sign with the market's authority"),
        (
            &[Self::NotNominee],
            "sign with the nominated key, or have the authority nominate this one",
        ),
        (&[Self::NotGuardian], "sign with the market's guardian"),
        (
            &[Self::NotSeller],
            "sign with the key that the seller applied with",
        ),
        (&[Self::NotBuyer], "sign with the key that bought the order"),
        (
            &[Self::NotArbiter],
            "sign with the arbiter that the order names",
        ),
        (
            &[Self::NotAttester],
            "sign with the attester that the order names",
        ),
        (
            &[Self::MintNotAccepted],
            "choose a plan in a mint that the market accepts",
        ),
        (
            &[Self::SellerNotApproved],
            "choose another seller's plan, or ask the market's authority about this one",
        ),
        (&[Self::OffSale, Self::SoldOut], "choose another plan"),
        (
            &[Self::WrongPlanVersion],
            "look at the plan again, and buy it if its terms still suit you",
        ),
        (
            &[Self::WrongMarketVersion],
            "look at the plan and the market again, and buy it if their terms still suit you",
        ),
        (
            &[Self::AbovePriceLimit],
            "look at the price again, and raise --max-price if it suits you",
        ),
        (
            &[Self::BelowFloor],
            "the market's fee and the seller's floor do not go together: ask the seller",
        ),
        (
            &[Self::WrongState],
            "see what can be done with the order now: `wayfare esim show`",
        ),
        (
            &[Self::TooEarly, Self::TooLate],
            "see when what can be done: `wayfare esim show`",
        ),
        (&[Self::StillOwes], "pay out what is due first"),
        (
            &[Self::InvariantBroken, Self::WrongVaultDelta],
            "stop, and tell the market's authority: its books do not balance",
        ),
    ];
}
