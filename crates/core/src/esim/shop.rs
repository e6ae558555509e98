//! Plans as a shop shows them: data, prices per gigabyte, durations. Integer arithmetic only.

use crate::amount;
use thiserror::Error;

/// Megabytes in a gigabyte, as sellers of travel eSIMs count: Airalo's partner API has 1024 as the `amount` of a
/// package of 1 GB.
pub const MB_PER_GB: u64 = 1_024;

/// Digits after the point of a price: exactly for a price per gigabyte, at least for other prices.
const CENT_DIGITS: u8 = 2;

/// The text is not an amount of data.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DataError {
    /// Not a number with a unit.
    #[error("\"{0}\" is not an amount of data: write 500MB, 5GB or \"unlimited\"")]
    NotData(String),
    /// A fraction of a megabyte.
    #[error("\"{0}\" is not a whole number of megabytes; a gigabyte has {MB_PER_GB}")]
    NotWhole(String),
    /// No data, which a plan cannot have: 0 means unlimited.
    #[error("a plan has some data, or \"unlimited\"")]
    None,
}

/// Reads an amount of data into megabytes: `500MB`, `1.5 GB`, or `unlimited`, which is 0.
///
/// # Errors
///
/// [`DataError`].
pub fn parse_data(text: &str) -> Result<u64, DataError> {
    let not_data = || DataError::NotData(text.to_owned());
    let lower = text.trim().to_ascii_lowercase();
    if lower == "unlimited" {
        return Ok(0);
    }
    let (number, mb_per_unit) = if let Some(number) = lower.strip_suffix("gb") {
        (number, MB_PER_GB)
    } else {
        (lower.strip_suffix("mb").ok_or_else(not_data)?, 1)
    };
    // A gigabyte has 2¹⁰ megabytes: a whole number of them has at most ten digits after the point.
    let number = amount::parse(number.trim_end(), 10).map_err(|_| not_data())?;
    let parts = u128::from(number).saturating_mul(u128::from(mb_per_unit));
    let ten_digits = 10_u128.pow(10);
    if parts == 0 {
        return Err(DataError::None);
    }
    if !parts.is_multiple_of(ten_digits) {
        return Err(DataError::NotWhole(text.to_owned()));
    }
    u64::try_from(parts.div_euclid(ten_digits)).map_err(|_| not_data())
}

/// An amount of data in words: `500 MB`, `1.5 GB`; 0 is `unlimited`. An amount with more than two digits after the
/// point stays in megabytes, so that nothing is rounded.
pub fn data(mb: u64) -> String {
    let whole = mb.div_euclid(MB_PER_GB);
    // Below 102,400.
    let hundredths = mb.rem_euclid(MB_PER_GB).saturating_mul(100);
    if mb == 0 {
        "unlimited".to_owned()
    } else if whole == 0 || !hundredths.is_multiple_of(MB_PER_GB) {
        format!("{mb} MB")
    } else {
        let hundredths = hundredths.div_euclid(MB_PER_GB);
        let text = format!("{whole}.{hundredths:02}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        format!("{text} GB")
    }
}

/// The price of a gigabyte in tokens, with two digits after the point, rounded half up: `2.49`. One that rounds to
/// zero is `<0.01`.
///
/// `price` is in base units of a mint with `decimals`. `None` for unlimited data.
pub fn price_per_gb(price: u64, decimals: u8, data_mb: u64) -> Option<String> {
    if data_mb == 0 {
        return None;
    }
    // At most 2⁶⁴ × 2¹⁰ × 100 × 2, and 2⁶⁴ × 10³⁸ below the line: past that the price is zero.
    let twice_cents = u128::from(price)
        .saturating_mul(u128::from(MB_PER_GB))
        .saturating_mul(200);
    let per = 10_u128
        .checked_pow(u32::from(decimals))
        .and_then(|unit| unit.checked_mul(u128::from(data_mb)));
    // Half up: the floor of twice the quotient, plus one, halved.
    let cents = per.map_or(0, |per| {
        twice_cents.div_euclid(per).saturating_add(1).div_euclid(2)
    });
    if cents == 0 && price != 0 {
        return Some("<0.01".to_owned());
    }
    let (whole, rest) = (cents.div_euclid(100), cents.rem_euclid(100));
    Some(format!(
        "{whole}.{rest:0>width$}",
        width = usize::from(CENT_DIGITS)
    ))
}

/// A price in tokens, exact, with at least two digits after the point where the mint has them: `4.50`, `2.345`.
///
/// `units` is in base units of a mint with `decimals`.
pub fn price(units: u64, decimals: u8) -> String {
    let text = amount::format(units, decimals);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    match usize::from(decimals.min(CENT_DIGITS)) {
        0 => text,
        digits => format!("{whole}.{fraction:0<digits$}"),
    }
}

/// Days in words: `1 day`, `30 days`.
pub fn days(days: u16) -> String {
    counted(days.into(), "day")
}

/// A duration in words, exactly: `1 day 12 hours`, `90 seconds` is `1 minute 30 seconds`.
pub fn duration(seconds: u64) -> String {
    let parts = [
        (seconds.div_euclid(86_400), "day"),
        (seconds.rem_euclid(86_400).div_euclid(3_600), "hour"),
        (seconds.rem_euclid(3_600).div_euclid(60), "minute"),
        (seconds.rem_euclid(60), "second"),
    ];
    let words: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count != 0)
        .map(|(count, unit)| counted(count, unit))
        .collect();
    if words.is_empty() {
        counted(0, "second")
    } else {
        words.join(" ")
    }
}

/// A number with its unit.
fn counted(count: u64, unit: &str) -> String {
    match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_of_data() {
        for (mb, text) in [
            (0, "unlimited"),
            (1, "1 MB"),
            (500, "500 MB"),
            (1_023, "1023 MB"),
            (1_024, "1 GB"),
            (1_025, "1025 MB"),
            (1_280, "1.25 GB"),
            (1_536, "1.5 GB"),
            (5_000, "5000 MB"),
            (5_120, "5 GB"),
            (102_400, "100 GB"),
        ] {
            assert_eq!(data(mb), text);
            assert_eq!(parse_data(text), Ok(mb), "{text}");
        }
        assert_eq!(data(u64::MAX), "18446744073709551615 MB");
        for (text, mb) in [
            ("5gb", 5_120),
            (" 5  Gb ", 5_120),
            ("0.5GB", 512),
            ("500mb", 500),
            ("500.0 MB", 500),
            ("0.0009765625 GB", 1),
            ("UNLIMITED", 0),
        ] {
            assert_eq!(parse_data(text), Ok(mb), "{text}");
        }
        for text in [
            "",
            "5",
            "GB",
            "5 TB",
            "5 G B",
            "-5GB",
            "5e3MB",
            "1,5 GB",
            "unlimited GB",
            "0.00097656250 GB",
            "99999999999999999999 MB",
        ] {
            assert_eq!(
                parse_data(text),
                Err(DataError::NotData(text.into())),
                "{text}"
            );
        }
        assert!(matches!(parse_data("0.1GB"), Err(DataError::NotWhole(_))));
        assert!(matches!(parse_data("1.5MB"), Err(DataError::NotWhole(_))));
        for text in ["0MB", "0.0 GB"] {
            assert_eq!(parse_data(text), Err(DataError::None));
        }
    }

    #[test]
    fn prices_per_gigabyte() {
        for (price, decimals, mb, text) in [
            (4_500_000, 6, 1_024, "4.50"),
            (13_000_000, 6, 5_120, "2.60"),
            (10_000_000, 6, 3_072, "3.33"),
            (20_000_000, 6, 3_072, "6.67"),
            // 0.005 and just below it.
            (5_000, 6, 1_024, "0.01"),
            (4_999, 6, 1_024, "<0.01"),
            (1, 0, 1, "1024.00"),
            (1_015_000, 6, 1_024, "1.02"),
            (1_014_999, 6, 1_024, "1.01"),
            (0, 6, 1_024, "0.00"),
            (u64::MAX, 0, 1, "18889465931478580853760.00"),
            (u64::MAX, 255, 1, "<0.01"),
            (u64::MAX, 38, u64::MAX, "<0.01"),
        ] {
            assert_eq!(price_per_gb(price, decimals, mb).as_deref(), Some(text));
        }
        assert_eq!(price_per_gb(1, 6, 0), None);
    }

    #[test]
    fn prices() {
        for (units, decimals, text) in [
            (0, 6, "0.00"),
            (4_500_000, 6, "4.50"),
            (4_000_000, 6, "4.00"),
            (2_345_000, 6, "2.345"),
            (1, 6, "0.000001"),
            (45, 1, "4.5"),
            (40, 1, "4.0"),
            (45, 0, "45"),
            (u64::MAX, 2, "184467440737095516.15"),
        ] {
            assert_eq!(price(units, decimals), text);
            assert_eq!(amount::parse(text, decimals), Ok(units));
        }
    }

    #[test]
    fn durations() {
        for (seconds, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (90, "1 minute 30 seconds"),
            (3_600, "1 hour"),
            (86_400, "1 day"),
            (129_600, "1 day 12 hours"),
            (604_800, "7 days"),
            (86_700, "1 day 5 minutes"),
        ] {
            assert_eq!(duration(seconds), text);
        }
        assert_eq!((days(1), days(30)), ("1 day".into(), "30 days".into()));
        assert!(duration(u64::MAX).starts_with("213503982334601 days "));
    }

    proptest! {
        #[test]
        fn data_is_read_back(mb in 0u64..1 << 30) {
            prop_assert_eq!(parse_data(&data(mb)), Ok(mb));
            prop_assert_eq!(parse_data(&data(mb * 1_024)), Ok(mb * 1_024));
        }

        #[test]
        fn a_price_per_gigabyte_is_off_by_at_most_half_a_cent(
            price in 0u64..1 << 40, decimals in 0u8..10, mb in 1u64..1 << 30
        ) {
            let text = price_per_gb(price, decimals, mb).unwrap();
            let cents: u128 = match text.as_str() {
                "<0.01" => 0,
                text => text.replace('.', "").parse().unwrap(),
            };
            // Twice the exact price in cents times the divisor: between 2c - 1 and 2c + 1.
            let per = u128::from(mb) * 10u128.pow(decimals.into());
            let exact = u128::from(price) * 1_024 * 200;
            prop_assert!(exact + per >= 2 * cents * per);
            prop_assert!(exact < (2 * cents + 1) * per);
        }

        #[test]
        fn a_duration_names_every_second(seconds in 0u64..10_000_000) {
            let words = duration(seconds);
            let words: Vec<_> = words.split(' ').collect();
            let sum: u64 = words
                .chunks(2)
                .map(|pair| {
                    let unit = match pair[1].trim_end_matches('s') {
                        "day" => 86_400,
                        "hour" => 3_600,
                        "minute" => 60,
                        _ => 1,
                    };
                    pair[0].parse::<u64>().unwrap() * unit
                })
                .sum();
            prop_assert_eq!(sum, seconds);
        }
    }
}
