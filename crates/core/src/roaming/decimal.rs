//! Exact decimal numbers, as in usage files: charges, quantities and prices never pass through a float.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{cmp::Ordering, fmt};
use thiserror::Error;

/// Most digits after the point that a number in a file can have. Charges of the BWRP books have up to 18.
pub const MAX_PARSED_SCALE: u32 = 24;

/// Most digits after the point that a computed number can have: `10^38` still fits 128 bits.
const MAX_SCALE: u32 = 38;

/// A number of 0 or more, exactly. Trailing zeros are never kept, so that each number has one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: u128,
    /// Digits after the point: at most [`MAX_SCALE`].
    scale: u32,
}

/// Why a text is not a number that can be computed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecimalError {
    /// Not a JSON number.
    #[error("is not a number; write digits, and at most one point between them")]
    NotANumber,
    /// Below zero.
    #[error("is negative; it must be 0 or more")]
    Negative,
    /// More digits than can be kept exactly.
    #[error(
        "has more digits than can be kept exactly (38 in all, {MAX_PARSED_SCALE} of them after the point)"
    )]
    TooLong,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };

    /// Reads a number as JSON writes it (RFC 8259, section 6): `12`, `0.053999150796000005`, `1.5e-7`. Leading zeros
    /// are accepted.
    ///
    /// # Errors
    ///
    /// [`DecimalError`]. A zero with a minus is zero.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let number = Self::parse_computed(text)?;
        if number.scale > MAX_PARSED_SCALE {
            return Err(DecimalError::TooLong);
        }
        Ok(number)
    }

    /// As [`Decimal::parse`], with as many digits after the point as a computed number can have.
    fn parse_computed(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (number, exponent) = match digits.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, read_exponent(exponent)?),
            None => (digits, 0),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((_, "")) => return Err(DecimalError::NotANumber),
            Some(parts) => parts,
            None => (number, ""),
        };
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return Err(DecimalError::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let mantissa = whole
            .bytes()
            .chain(fraction.bytes())
            .try_fold(0u128, |number, digit| {
                number
                    .checked_mul(10)?
                    .checked_add(u128::from(digit.saturating_sub(b'0')))
            })
            .ok_or(DecimalError::TooLong)?;
        if mantissa == 0 {
            return Ok(Self::ZERO);
        }
        if negative {
            return Err(DecimalError::Negative);
        }
        let scale = i64::try_from(fraction.len())
            .ok()
            .and_then(|digits| digits.checked_sub(i64::from(exponent)))
            .ok_or(DecimalError::TooLong)?;
        let number = match u32::try_from(scale) {
            Ok(scale) => Some(Self::new(mantissa, scale)),
            Err(_) => u32::try_from(scale.unsigned_abs())
                .ok()
                .and_then(power)
                .and_then(|factor| mantissa.checked_mul(factor))
                .map(|whole| Self::new(whole, 0)),
        };
        number
            .filter(|number| number.scale <= MAX_SCALE)
            .ok_or(DecimalError::TooLong)
    }

    /// This many units, of which a whole has `10^decimals`. `None` if that has more digits than can be kept.
    pub fn from_units(units: u128, decimals: u8) -> Option<Self> {
        let number = Self::new(units, u32::from(decimals));
        (number.scale <= MAX_SCALE).then_some(number)
    }

    /// The number in its one form.
    fn new(mut mantissa: u128, mut scale: u32) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        while scale > 0 && mantissa.is_multiple_of(10) {
            mantissa /= 10;
            scale = scale.saturating_sub(1);
        }
        Self { mantissa, scale }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// Digits after the point.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// The sum. `None` if it has more digits than can be kept.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        Some(Self::new(a.checked_add(b)?, scale))
    }

    /// The difference. `None` if it is below zero, or has more digits than can be kept.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let (a, b, scale) = self.aligned(other)?;
        Some(Self::new(a.checked_sub(b)?, scale))
    }

    /// The product. `None` if it has more digits than can be kept.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let product = Self::new(
            self.mantissa.checked_mul(other.mantissa)?,
            self.scale.checked_add(other.scale)?,
        );
        (product.scale <= MAX_SCALE).then_some(product)
    }

    /// The nearest number of units of which a whole has `10^decimals`; of two equally near, the even one. `None` if
    /// that exceeds 64 bits.
    pub fn round_to_units(&self, decimals: u8) -> Option<u64> {
        let decimals = u32::from(decimals);
        let units = match self.scale.checked_sub(decimals) {
            None | Some(0) => {
                let missing = decimals.saturating_sub(self.scale);
                match self.mantissa {
                    0 => 0,
                    mantissa => mantissa.checked_mul(power(missing)?)?,
                }
            }
            Some(surplus) => {
                let divisor = power(surplus)?;
                let quotient = self.mantissa.checked_div(divisor)?;
                let rest = self.mantissa.checked_rem(divisor)?;
                // A power of ten above 1 is even.
                let up = match rest.cmp(&(divisor / 2)) {
                    Ordering::Less => false,
                    Ordering::Equal => !quotient.is_multiple_of(2),
                    Ordering::Greater => true,
                };
                quotient.checked_add(u128::from(up))?
            }
        };
        u64::try_from(units).ok()
    }

    /// Both mantissas at the finer scale.
    fn aligned(self, other: Self) -> Option<(u128, u128, u32)> {
        let scale = self.scale.max(other.scale);
        let at_scale = |number: Self| {
            power(scale.saturating_sub(number.scale))
                .and_then(|factor| number.mantissa.checked_mul(factor))
        };
        Some((at_scale(self)?, at_scale(other)?, scale))
    }

    /// The digits before the point, and those after it as a number of `10^-38`.
    fn parts(&self) -> (u128, u128) {
        // `scale` is at most 38: both powers exist, and the fraction is below `10^38`.
        let unit = power(self.scale).unwrap_or(1);
        let factor = power(MAX_SCALE.saturating_sub(self.scale)).unwrap_or(1);
        (
            self.mantissa.checked_div(unit).unwrap_or_default(),
            self.mantissa
                .checked_rem(unit)
                .unwrap_or_default()
                .saturating_mul(factor),
        )
    }
}

/// The digits of an exponent, with or without a sign.
fn read_exponent(text: &str) -> Result<i32, DecimalError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    text.parse().map_err(|_| DecimalError::TooLong)
}

fn power(exponent: u32) -> Option<u128> {
    10u128.checked_pow(exponent)
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Digits, and a point if there is a fraction: the one form in a record's canonical bytes.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = usize::try_from(self.scale).unwrap_or_default();
        let width = scale.saturating_add(1);
        let digits = format!("{:0>width$}", self.mantissa);
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
        if fraction.is_empty() {
            f.pad(whole)
        } else {
            f.pad(&format!("{whole}.{fraction}"))
        }
    }
}

/// As a string, because many readers of JSON round numbers.
impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Accepts only the form that it is written in.
impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match Self::parse_computed(&text) {
            Ok(number) if number.to_string() == text => Ok(number),
            _ => Err(D::Error::custom(format!(
                "{text:?} is not a decimal number"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn numbers_have_one_form() {
        for (text, shown) in [
            ("0", "0"),
            ("0.0", "0"),
            ("-0", "0"),
            ("-0.00e5", "0"),
            ("0e999", "0"),
            ("1010", "1010"),
            ("007.50", "7.5"),
            ("25.247600235", "25.247600235"),
            ("0.053999150796000005", "0.053999150796000005"),
            ("1e3", "1000"),
            ("1.5E+3", "1500"),
            ("1.5e-7", "0.00000015"),
            ("120e-1", "12"),
            ("0.000000000000000000000001", "0.000000000000000000000001"),
            ("0.5000000000000000000000000000000000000000000000000", "0.5"),
            (
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211455",
            ),
        ] {
            assert_eq!(decimal(text).to_string(), shown, "{text}");
            assert_eq!(decimal(shown), decimal(text), "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_numbers() {
        for text in [
            "", "-", ".", "1.", ".5", "+1", "--1", "1,5", "1 ", " 1", "0x1", "NaN", "1e", "1e+",
            "e5", "1e5.0", "1.2.3", "\"1\"", "null", "١",
        ] {
            assert_eq!(
                Decimal::parse(text),
                Err(DecimalError::NotANumber),
                "{text}"
            );
        }
        for text in ["-1", "-0.000000001", "-1e-3"] {
            assert_eq!(Decimal::parse(text), Err(DecimalError::Negative), "{text}");
        }
        for text in [
            "340282366920938463463374607431768211456",
            "1e39",
            "1e99999999999",
            "1e-25",
            "0.0000000000000000000000001",
        ] {
            assert_eq!(Decimal::parse(text), Err(DecimalError::TooLong), "{text}");
        }
    }

    #[test]
    fn rounding_is_half_even() {
        for (text, decimals, units) in [
            ("0", 0, 0),
            ("0", 255, 0),
            ("2.5", 0, 2),
            ("3.5", 0, 4),
            ("2.500000000000000000000001", 0, 3),
            ("2.499999999999999999999999", 0, 2),
            ("0.5", 0, 0),
            ("1.5", 0, 2),
            ("0.0000005", 6, 0),
            ("0.0000015", 6, 2),
            ("0.00000150001", 6, 2),
            ("25.247600235", 6, 25_247_600),
            ("25.2476005", 6, 25_247_600),
            ("25.2476015", 6, 25_247_602),
            ("7", 6, 7_000_000),
            ("18446744073709551615.4", 0, u64::MAX),
            ("18446744073709551614.5", 0, u64::MAX - 1),
        ] {
            assert_eq!(
                decimal(text).round_to_units(decimals),
                Some(units),
                "{text}"
            );
        }
        for (text, decimals) in [
            ("18446744073709551615.5", 0),
            ("18446744073709551616", 0),
            ("1", 20),
            ("1", 255),
            ("340282366920938463463374607431768211455", 1),
        ] {
            assert_eq!(decimal(text).round_to_units(decimals), None, "{text}");
        }
    }

    #[test]
    fn order_is_that_of_the_numbers() {
        let ordered = [
            "0",
            "0.000000000000000000000001",
            "0.09",
            "0.1",
            "0.11",
            "1",
            "9.99",
            "10",
        ];
        for (at, a) in ordered.iter().enumerate() {
            for (other, b) in ordered.iter().enumerate() {
                assert_eq!(decimal(a).cmp(&decimal(b)), at.cmp(&other), "{a} {b}");
            }
        }
        let most = Decimal::new(u128::MAX, 0);
        assert!(most > Decimal::new(u128::MAX, 38));
        assert!(Decimal::new(u128::MAX, 38) > decimal("3.4"));
    }

    #[test]
    fn results_that_cannot_be_kept_are_none() {
        let most = Decimal::new(u128::MAX, 0);
        assert_eq!(most.checked_add(decimal("1")), None);
        assert_eq!(most.checked_add(decimal("0.1")), None);
        assert_eq!(most.checked_mul(decimal("2")), None);
        assert_eq!(decimal("1").checked_sub(decimal("1.1")), None);
        let fine = decimal("0.000000000000000000000001");
        assert_eq!(fine.checked_mul(fine), None);
        assert_eq!(
            fine.checked_mul(decimal("1000")).unwrap(),
            decimal("0.000000000000000000001")
        );
        assert_eq!(Decimal::from_units(15, 1), Some(decimal("1.5")));
        assert_eq!(Decimal::from_units(1, 39), None);
        assert_eq!(Decimal::from_units(0, 255), Some(Decimal::ZERO));
    }

    proptest! {
        #[test]
        fn text_there_and_back(mantissa in 0..=10u128.pow(38), scale in 0u32..=24) {
            let number = Decimal::new(mantissa, scale);
            prop_assert_eq!(Decimal::parse(&number.to_string()), Ok(number));
        }

        /// In whole numbers of `10^-12`, where u128 is exact.
        #[test]
        fn arithmetic_is_that_of_whole_numbers(a in 0..10u128.pow(18), b in 0..10u128.pow(18)) {
            let [x, y] = [a, b].map(|n| Decimal::new(n, 12));
            prop_assert_eq!(x.checked_add(y), Some(Decimal::new(a + b, 12)));
            prop_assert_eq!(x.checked_sub(y), a.checked_sub(b).map(|n| Decimal::new(n, 12)));
            prop_assert_eq!(x.checked_mul(y), Some(Decimal::new(a * b, 24)));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }

        #[test]
        fn rounding_is_to_the_nearest(mantissa: u64, scale in 0u32..=24, decimals in 0u8..=12) {
            let number = Decimal::new(u128::from(mantissa), scale);
            if let Some(units) = number.round_to_units(decimals) {
                let back = Decimal::from_units(u128::from(units), decimals).unwrap();
                let moved = if back > number {
                    back.checked_sub(number).unwrap()
                } else {
                    number.checked_sub(back).unwrap()
                };
                let half = Decimal::new(5, u32::from(decimals) + 1);
                prop_assert!(moved <= half);
                prop_assert!(moved < half || units % 2 == 0);
            } else {
                prop_assert!(u32::from(decimals) > scale);
            }
        }

        #[test]
        fn any_text_gives_a_result(text in ".*") {
            let _ = Decimal::parse(&text);
        }
    }
}
