//! The errors of esim-market, by their numbers.

use esim_market::errors::EsimMarketError;

use crate::error::all_variants;

/// The error of esim-market with a number.
pub fn esim_market_error(number: u32) -> Option<EsimMarketError> {
    all_variants!(
        EsimMarketError:
        NotAuthority,
        NotNominee,
        NotGuardian,
        NotSeller,
        NotBuyer,
        NotArbiter,
        NotAttester,
        ZeroKey,
        BadName,
        BadFee,
        BadWindow,
        MintRefused,
        TooManyMints,
        AcceptedTwice,
        MintNotAccepted,
        Paused,
        BadPause,
        BadPrice,
        BadDiscount,
        BelowFloor,
        BadValidity,
        BadCountries,
        BadDeliveryWindow,
        BadReleaseWindow,
        BadSplit,
        BadStock,
        SellerNotApproved,
        OffSale,
        SoldOut,
        WrongPlanVersion,
        AbovePriceLimit,
        BadEncryptionKey,
        WrongParent,
        NoTopUp,
        WrongState,
        TooEarly,
        TooLate,
        BadCiphertext,
        RefundRightEnded,
        RefundRightHolds,
        ReportedTwice,
        BadDisputeReason,
        BadPart,
        StillOwes,
        MissingDelivery,
        WrongMarket,
        WrongSeller,
        WrongOrder,
        WrongVault,
        WrongTokenProgram,
        WrongDestination,
        WrongRentReceiver,
        WrongVaultDelta,
        Overflow,
        InvariantBroken,
    )
    .into_iter()
    .find(|error| u32::from(*error) == number)
}

/// What to do about a refusal, where the error's message does not say it.
pub(crate) fn next_step(error: EsimMarketError) -> Option<&'static str> {
    use EsimMarketError as E;
    Some(match error {
        E::NotAuthority => "sign with the market's authority",
        E::NotNominee => "sign with the nominated key, or have the authority nominate this one",
        E::NotGuardian => "sign with the market's guardian",
        E::NotSeller => "sign with the key that the seller applied with",
        E::NotBuyer => "sign with the key that bought the order",
        E::NotArbiter => "sign with the arbiter that the order names",
        E::NotAttester => "sign with the attester that the order names",
        E::MintNotAccepted => "choose a plan in a mint that the market accepts",
        E::SellerNotApproved => {
            "choose another seller's plan, or ask the market's authority about this one"
        }
        E::OffSale | E::SoldOut => "choose another plan",
        E::WrongPlanVersion => "look at the plan again, and buy it if its terms still suit you",
        E::AbovePriceLimit => "look at the price again, and raise --max-price if it suits you",
        E::BelowFloor => {
            "the market's fee and the seller's floor do not go together: ask the seller"
        }
        E::WrongState => "see what can be done with the order now: `wayfare esim show`",
        E::TooEarly | E::TooLate => "see when what can be done: `wayfare esim show`",
        E::StillOwes => "pay out what is due first",
        E::InvariantBroken | E::WrongVaultDelta => {
            "stop, and tell the market's authority: its books do not balance"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_its_variants() {
        let count = 6000 + 55;
        for number in 6000..count {
            assert_eq!(u32::from(esim_market_error(number).unwrap()), number);
        }
        assert!(esim_market_error(count).is_none());
        assert!(esim_market_error(5999).is_none());
    }
}
