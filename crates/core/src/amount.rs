//! Token amounts as people write them, exactly: decimal strings against base units.
//!
//! A mint with 6 decimals has 1,000,000 base units in a token. Everything else in Wayfare counts base
//! units; only files and command lines use tokens. No floats are involved.

use thiserror::Error;

/// The text is not an amount of this mint.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Not just digits with at most one point between them.
    #[error("\"{text}\" is not a decimal amount: write digits, and at most one point between them")]
    NotDecimal {
        /// The text given.
        text: String,
    },
    /// Finer than the mint's base unit. Zeros count too: they show that other decimals were expected.
    #[error("\"{text}\" has {digits} digits after the point, but the mint has {decimals} decimals")]
    TooFine {
        /// The text given.
        text: String,
        /// Digits after the point.
        digits: usize,
        /// The mint's decimals.
        decimals: u8,
    },
    /// More base units than 64 bits hold, which no mint can have.
    #[error("\"{text}\" is more than a mint with {decimals} decimals can have")]
    TooLarge {
        /// The text given.
        text: String,
        /// The mint's decimals.
        decimals: u8,
    },
}

/// Reads a decimal amount of tokens, such as `125000.5`, into base units.
///
/// # Errors
///
/// [`AmountError`]. Signs, exponents, separators and spaces are refused.
pub fn parse(text: &str, decimals: u8) -> Result<u64, AmountError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let ends_in_point = fraction.is_empty() && whole.len() != text.len();
    if whole.is_empty() || ends_in_point || !is_digits(whole) || !is_digits(fraction) {
        return Err(AmountError::NotDecimal {
            text: text.to_owned(),
        });
    }
    let Some(missing_zeros) = usize::from(decimals).checked_sub(fraction.len()) else {
        return Err(AmountError::TooFine {
            text: text.to_owned(),
            digits: fraction.len(),
            decimals,
        });
    };
    whole
        .bytes()
        .chain(fraction.bytes())
        .chain(std::iter::repeat_n(b'0', missing_zeros))
        .try_fold(0u64, |units, digit| {
            units
                .checked_mul(10)?
                .checked_add(u64::from(digit.saturating_sub(b'0')))
        })
        .ok_or_else(|| AmountError::TooLarge {
            text: text.to_owned(),
            decimals,
        })
}

/// Base units as a decimal amount of tokens, without trailing zeros. [`parse`] reads it back.
pub fn format(units: u64, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let width = decimals.saturating_add(1);
    let digits = format!("{units:0>width$}");
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(decimals));
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// Lamports are billionths of a SOL (`LAMPORTS_PER_SOL` in `solana-native-token`).
const SOL_DECIMALS: u8 = 9;

/// Lamports as SOL.
pub fn sol(lamports: u64) -> String {
    format(lamports, SOL_DECIMALS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts() {
        for (text, decimals, units) in [
            ("0", 6, 0),
            ("0.000000", 6, 0),
            ("1", 0, 1),
            ("1", 6, 1_000_000),
            ("125000.5", 6, 125_000_500_000),
            ("0.000001", 6, 1),
            ("0001.5", 1, 15),
            ("18446744073709551615", 0, u64::MAX),
            ("18446744073.709551615", 9, u64::MAX),
            ("0.00000000000000000018446744073709551615", 38, u64::MAX),
            ("0", 255, 0),
        ] {
            assert_eq!(parse(text, decimals), Ok(units), "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_amounts() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1_000", " 1", "1 ", "1.2.3", "0x1",
            "NaN", "١",
        ] {
            assert_eq!(
                parse(text, 6),
                Err(AmountError::NotDecimal { text: text.into() }),
                "{text}"
            );
        }
        assert_eq!(
            parse("1.1234567", 6).unwrap_err().to_string(),
            "\"1.1234567\" has 7 digits after the point, but the mint has 6 decimals"
        );
        assert!(matches!(
            parse("1.0", 0),
            Err(AmountError::TooFine { digits: 1, .. })
        ));
        for (text, decimals) in [
            ("18446744073709551616", 0),
            ("18446744073.709551616", 9),
            ("99999999999999999999999", 0),
            ("1", 20),
            ("1", 255),
        ] {
            assert!(
                matches!(parse(text, decimals), Err(AmountError::TooLarge { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn shown() {
        for (units, decimals, text) in [
            (0, 0, "0"),
            (0, 9, "0"),
            (1, 6, "0.000001"),
            (1_500_000, 6, "1.5"),
            (10_000_000, 6, "10"),
            (100, 0, "100"),
            (u64::MAX, 9, "18446744073.709551615"),
            (7, 25, "0.0000000000000000000000007"),
        ] {
            assert_eq!(format(units, decimals), text);
        }
    }

    proptest! {
        #[test]
        fn there_and_back(units: u64, decimals: u8) {
            prop_assert_eq!(parse(&format(units, decimals), decimals), Ok(units));
        }

        #[test]
        fn the_model_in_u128_agrees(whole in 0u64..20_000_000_000, fraction in 0u32..1_000_000_000) {
            let units = u128::from(whole) * 1_000_000_000 + u128::from(fraction);
            let parsed = parse(&format!("{whole}.{fraction:09}"), 9).ok();
            prop_assert_eq!(parsed, u64::try_from(units).ok());
        }
    }
}
