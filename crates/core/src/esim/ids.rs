//! The numbers of eSIMs: the chip's EID, and the profile's ICCID.
//!
//! Both are personal: they stay with seller and buyer, and never appear on the chain.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The start of both: 89, telecommunications (ITU-T E.118).
const PREFIX: &str = "89";

/// The number of an eSIM chip: 32 digits that start with 89, and are 1 modulo 97 (ISO 7064 MOD 97-10; GSMA SGP.29
/// §3.3).
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Eid(String);

/// Why a text is not an EID. No message shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EidError {
    /// Not 32 characters, or some are not digits.
    #[error("an EID has 32 digits, without spaces")]
    NotDigits,
    /// It does not start with 89.
    #[error("an EID starts with 89")]
    Prefix,
    /// A digit is wrong, or two have changed places.
    #[error("the EID's last two digits do not fit the others: one of its digits is wrong")]
    CheckDigits,
}

/// The number of a profile: 19 or 20 digits that start with 89 (ITU-T E.118).
///
/// The last is a check digit by Luhn's rule (ISO/IEC 7812-1). Some operators issue numbers whose check digit does
/// not fit, so these are accepted too, and [`Iccid::check_digit`] tells whether it fits.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Iccid(String);

/// Whether an ICCID's check digit fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    /// It does.
    Fits,
    /// It does not: a digit is wrong, or the operator does not follow the rule. Worth a warning.
    DoesNotFit,
}

/// Why a text is not an ICCID. No message shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IccidError {
    /// Not 19 or 20 characters, or some are not digits.
    #[error(
        "an ICCID has 19 or 20 digits, without spaces and without the F that fills it up on a chip"
    )]
    NotDigits,
    /// It does not start with 89.
    #[error("an ICCID starts with 89")]
    Prefix,
}

impl Eid {
    /// Its 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Eid {
    type Err = EidError;

    fn from_str(text: &str) -> Result<Self, EidError> {
        if text.len() != 32 || !is_digits(text) {
            return Err(EidError::NotDigits);
        }
        if !text.starts_with(PREFIX) {
            return Err(EidError::Prefix);
        }
        // Digit by digit: at most 96 × 10 + 9.
        let rest = digits(text).fold(0u32, |rest, digit| {
            rest.saturating_mul(10).saturating_add(digit) % 97
        });
        if rest != 1 {
            return Err(EidError::CheckDigits);
        }
        Ok(Self(text.to_owned()))
    }
}

impl Iccid {
    /// Its 19 or 20 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its last digit fits the others by Luhn's rule.
    pub fn check_digit(&self) -> CheckDigit {
        let sum = digits(&self.0)
            .rev()
            .zip([false, true].into_iter().cycle())
            .fold(0u32, |sum, (digit, doubled)| {
                // Every second from the end counts double, less 9 above 9.
                let digit = match (doubled, digit.saturating_mul(2)) {
                    (false, _) => digit,
                    (true, twice) if twice > 9 => twice.saturating_sub(9),
                    (true, twice) => twice,
                };
                sum.saturating_add(digit)
            });
        if sum.is_multiple_of(10) {
            CheckDigit::Fits
        } else {
            CheckDigit::DoesNotFit
        }
    }
}

impl FromStr for Iccid {
    type Err = IccidError;

    fn from_str(text: &str) -> Result<Self, IccidError> {
        if !matches!(text.len(), 19 | 20) || !is_digits(text) {
            return Err(IccidError::NotDigits);
        }
        if !text.starts_with(PREFIX) {
            return Err(IccidError::Prefix);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Eid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Eid").finish_non_exhaustive()
    }
}

impl fmt::Debug for Iccid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iccid").finish_non_exhaustive()
    }
}

/// Whether these are the digits 0 to 9 and nothing else.
fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The values of digits.
fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> {
    text.bytes()
        .map(|byte| u32::from(byte.saturating_sub(b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The EID of the example in GSMA SGP.02 and of its test cards.
    const EID: &str = "89049032123451234512345678901235";

    #[test]
    fn eids() {
        assert_eq!(EID.parse::<Eid>().unwrap().as_str(), EID);
        // By long division, not the way the code does it.
        assert_eq!(EID.parse::<u128>().unwrap() % 97, 1);
        assert_eq!(format!("{:?}", EID.parse::<Eid>().unwrap()), "Eid(..)");
        for (text, error) in [
            ("", EidError::NotDigits),
            (&EID[1..], EidError::NotDigits),
            (&EID.replace('4', " "), EidError::NotDigits),
            (&format!("{EID}0"), EidError::NotDigits),
            (&format!("{}é", &EID[..30]), EidError::NotDigits),
            (&format!("79{}", &EID[2..]), EidError::Prefix),
            (&EID.replace("35", "36"), EidError::CheckDigits),
        ] {
            assert_eq!(text.parse::<Eid>(), Err(error), "{text}");
        }
    }

    #[test]
    fn iccids() {
        // Their check digits were computed without this code.
        for (text, check) in [
            ("8944500102198304826", CheckDigit::Fits),
            ("8944500102198304827", CheckDigit::DoesNotFit),
            ("89014103211118510720", CheckDigit::Fits),
            ("89014103211118510721", CheckDigit::DoesNotFit),
        ] {
            let iccid: Iccid = text.parse().unwrap();
            assert_eq!((iccid.as_str(), iccid.check_digit()), (text, check));
            assert_eq!(format!("{iccid:?}"), "Iccid(..)");
        }
        for text in [
            "",
            "894450010219830482",
            "894450010219830482612",
            "8944500102198304826F",
            "89 44500102198304826",
            "894450010219830482é",
        ] {
            assert_eq!(text.parse::<Iccid>(), Err(IccidError::NotDigits), "{text}");
        }
        assert_eq!(
            "8844500102198304826".parse::<Iccid>(),
            Err(IccidError::Prefix)
        );
    }

    proptest! {
        #[test]
        fn every_eid_has_one_pair_of_check_digits(body in "89[0-9]{28}") {
            // ISO 7064: 98 less the number with 00 in the check digits' place, modulo 97.
            let check = 98 - format!("{body}00").parse::<u128>().unwrap() % 97;
            for pair in 0..100u128 {
                let is_eid = format!("{body}{pair:02}").parse::<Eid>().is_ok();
                // 01 and 98 are the same modulo 97, as are 00 and 97, 02 and 99: the rule writes 02 to 98.
                prop_assert_eq!(is_eid, pair % 97 == check % 97);
            }
        }

        #[test]
        fn a_wrong_or_swapped_digit_is_noticed(
            body in "89[0-9]{28}", place in 3usize..32, wrong in 1u8..10
        ) {
            let check = 98 - format!("{body}00").parse::<u128>().unwrap() % 97;
            let right = format!("{body}{check:02}").into_bytes();
            let parse = |digits: Vec<u8>| String::from_utf8(digits).unwrap().parse::<Eid>();
            prop_assert!(parse(right.clone()).is_ok());

            let mut changed = right.clone();
            changed[place] = b'0' + (right[place] - b'0' + wrong) % 10;
            prop_assert_eq!(parse(changed), Err(EidError::CheckDigits));

            let mut swapped = right.clone();
            swapped.swap(place, place - 1);
            prop_assert_eq!(parse(swapped.clone()).is_ok(), swapped == right);
        }

        #[test]
        fn one_check_digit_in_ten_fits(body in "89[0-9]{16,17}") {
            let fitting = (0..10)
                .filter(|digit| {
                    let iccid: Iccid = format!("{body}{digit}").parse().unwrap();
                    iccid.check_digit() == CheckDigit::Fits
                })
                .count();
            prop_assert_eq!(fitting, 1);
        }

        #[test]
        fn any_text_ends_in_a_result(text in ".{0,40}") {
            let _ = text.parse::<Eid>();
            let _ = text.parse::<Iccid>();
        }
    }
}
