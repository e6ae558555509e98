//! The errors of esim-market, by their numbers.

use esim_market::errors::EsimMarketError;

/// What to do about a refusal, where the error's message does not say it.
pub(crate) fn next_step(number: u32) -> Option<&'static str> {
    use EsimMarketError as E;
    const STEPS: &[(&[E], &str)] = &[
        (&[E::NotAuthority], "sign with the market's authority"),
        (
            &[E::NotNominee],
            "sign with the nominated key, or have the authority nominate this one",
        ),
        (&[E::NotGuardian], "sign with the market's guardian"),
        (
            &[E::NotSeller],
            "sign with the key that the seller applied with",
        ),
        (&[E::NotBuyer], "sign with the key that bought the order"),
        (
            &[E::NotArbiter],
            "sign with the arbiter that the order names",
        ),
        (
            &[E::NotAttester],
            "sign with the attester that the order names",
        ),
        (
            &[E::MintNotAccepted],
            "choose a plan in a mint that the market accepts",
        ),
        (
            &[E::SellerNotApproved],
            "choose another seller's plan, or ask the market's authority about this one",
        ),
        (&[E::OffSale, E::SoldOut], "choose another plan"),
        (
            &[E::WrongPlanVersion],
            "look at the plan again, and buy it if its terms still suit you",
        ),
        (
            &[E::WrongMarketVersion],
            "look at the plan and the market again, and buy it if their terms still suit you",
        ),
        (
            &[E::AbovePriceLimit],
            "look at the price again, and raise --max-price if it suits you",
        ),
        (
            &[E::BelowFloor],
            "the market's fee and the seller's floor do not go together: ask the seller",
        ),
        (
            &[E::WrongState],
            "see what can be done with the order now: `wayfare esim show`",
        ),
        (
            &[E::TooEarly, E::TooLate],
            "see when what can be done: `wayfare esim show`",
        ),
        (&[E::StillOwes], "pay out what is due first"),
        (
            &[E::InvariantBroken, E::WrongVaultDelta],
            "stop, and tell the market's authority: its books do not balance",
        ),
    ];
    STEPS
        .iter()
        .find(|(errors, _)| errors.iter().any(|error| u32::from(*error) == number))
        .map(|(_, step)| *step)
}
