//! Tariffs: the price of a unit of a service, for usage without a charge.
//!
//! ```toml
//! currency = "EUR"
//!
//! [[price]]
//! service = "MTC"
//! unit = "min"
//! per_unit = "0.0019"   # a string, so that it stays exact
//!
//! [[price]]
//! service = "MTC"
//! unit = "min"
//! home = "BELMO"        # optional: only this network's subscribers
//! visited = "DEUD1"     # optional: only on this network
//! per_unit = "0.0018"
//! ```
//!
//! The price that names most of a row's networks applies; between one that names only `home` and one that names only
//! `visited`, the latter. An agreement's terms name the hash of the file.

use super::currency::{Currency, MAX_SERVICE_LEN, MAX_UNIT_LEN, is_name};
use super::decimal::{Decimal, DecimalError};
use super::tadig::Tadig;
use super::usage::Row;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use thiserror::Error;

/// Most digits after the point that a price can have.
pub const MAX_PRICE_SCALE: u32 = 12;

/// A tariff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tariff {
    /// The currency of its prices.
    pub currency: Currency,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    prices: HashMap<Key, Decimal>,
}

/// The usage that a price is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    service: String,
    unit: String,
    home: Option<Tadig>,
    visited: Option<Tadig>,
}

/// Why a text is not a tariff.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TariffError {
    /// Not TOML, a key is missing or unknown, or a value has the wrong type.
    #[error("the tariff cannot be read: {0}")]
    Syntax(String),
    /// A price is not a valid number.
    #[error("the tariff's price for {key}: \"{text}\" {error}")]
    Price {
        /// The usage it is for.
        key: Key,
        /// The text in its place.
        text: String,
        /// What is wrong with it.
        error: DecimalError,
    },
    /// A price has too many digits.
    #[error("the tariff's price for {0} has more than {MAX_PRICE_SCALE} digits after the point")]
    TooFine(Key),
    /// No row can have a name like that.
    #[error(
        "the tariff's price for {0}: service and unit are printable ASCII characters that start with a letter or a \
         digit"
    )]
    Name(Key),
    /// Two prices for the same.
    #[error("the tariff has two prices for {0}")]
    Twice(Key),
}

/// The tariff as written in its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TariffText {
    currency: Currency,
    #[serde(default)]
    price: Vec<PriceText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceText {
    service: String,
    unit: String,
    home: Option<Tadig>,
    visited: Option<Tadig>,
    per_unit: String,
}

impl Tariff {
    /// Reads a tariff.
    ///
    /// # Errors
    ///
    /// [`TariffError`] names the price, and for syntax the line.
    pub fn parse(text: &str) -> Result<Self, TariffError> {
        let tariff: TariffText =
            toml::from_str(text).map_err(|e| TariffError::Syntax(e.to_string()))?;
        let mut prices = HashMap::new();
        for price in tariff.price {
            let key = Key {
                service: price.service,
                unit: price.unit,
                home: price.home,
                visited: price.visited,
            };
            if !is_name(&key.service, MAX_SERVICE_LEN) || !is_name(&key.unit, MAX_UNIT_LEN) {
                return Err(TariffError::Name(key));
            }
            let per_unit = Decimal::parse(&price.per_unit).map_err(|error| TariffError::Price {
                key: key.clone(),
                text: price.per_unit,
                error,
            })?;
            if per_unit.scale() > MAX_PRICE_SCALE {
                return Err(TariffError::TooFine(key));
            }
            if prices.contains_key(&key) {
                return Err(TariffError::Twice(key));
            }
            prices.insert(key, per_unit);
        }
        Ok(Self {
            currency: tariff.currency,
            sha256: Sha256::digest(text.as_bytes()).into(),
            prices,
        })
    }

    /// The price of a unit of a row's usage. `None` if the tariff has none.
    pub fn per_unit(&self, row: &Row) -> Option<Decimal> {
        let mut key = Key {
            service: row.service.clone(),
            unit: row.unit.clone(),
            home: None,
            visited: None,
        };
        let (home, visited) = (Some(row.home), Some(row.visited));
        [(home, visited), (None, visited), (home, None), (None, None)]
            .into_iter()
            .find_map(|(home, visited)| {
                (key.home, key.visited) = (home, visited);
                self.prices.get(&key).copied()
            })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {:?}", self.service, self.unit)?;
        if let Some(home) = self.home {
            write!(f, " of {home}")?;
        }
        if let Some(visited) = self.visited {
            write!(f, " on {visited}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::usage::UsageFile;
    use super::*;

    const TEXT: &str = r#"
        currency = "EUR"
        [[price]]
        service = "MTC"
        unit = "min"
        per_unit = "0.0019"
        [[price]]
        service = "MTC"
        unit = "min"
        visited = "DEUD1"
        per_unit = "0.002"
        [[price]]
        service = "MTC"
        unit = "min"
        home = "BELMO"
        per_unit = "0.003"
        [[price]]
        service = "MTC"
        unit = "min"
        home = "BELMO"
        visited = "DEUD1"
        per_unit = "0"
    "#;

    fn row(home: &str, visited: &str, service: &str, unit: &str) -> Row {
        let text = format!(
            "month,home,visited,service,usage,unit,charge,currency\n\
             2019-01,{home},{visited},{service},1,{unit},,EUR\n"
        );
        UsageFile::parse(text.as_bytes()).unwrap().books[0].rows[0].clone()
    }

    #[test]
    fn the_price_that_names_most_applies() {
        let tariff = Tariff::parse(TEXT).unwrap();
        assert_eq!(tariff.currency.to_string(), "EUR");
        assert_eq!(tariff.sha256, *Sha256::digest(TEXT));
        for (home, visited, per_unit) in [
            ("AAZOR", "FRAF1", "0.0019"),
            ("AAZOR", "DEUD1", "0.002"),
            ("BELMO", "FRAF1", "0.003"),
            ("BELMO", "DEUD1", "0"),
        ] {
            let found = tariff.per_unit(&row(home, visited, "MTC", "min"));
            assert_eq!(
                found,
                Some(Decimal::parse(per_unit).unwrap()),
                "{home} {visited}"
            );
        }
        // Without the price that names both, the one that names the visited network.
        let (without_both, _) = TEXT.rsplit_once("[[price]]").unwrap();
        let tariff = Tariff::parse(without_both).unwrap();
        assert_eq!(
            tariff.per_unit(&row("BELMO", "DEUD1", "MTC", "min")),
            Some(Decimal::parse("0.002").unwrap())
        );
        assert_eq!(tariff.per_unit(&row("BELMO", "DEUD1", "MTC", "s")), None);
        assert_eq!(tariff.per_unit(&row("BELMO", "DEUD1", "mtc", "min")), None);
    }

    #[test]
    fn a_wrong_tariff_says_what_is_wrong() {
        let error = |from: &str, to: &str| {
            assert!(TEXT.contains(from), "{from}");
            Tariff::parse(&TEXT.replacen(from, to, 1))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("\"0.0019\"", "\"-1\""),
            "the tariff's price for \"MTC\" in \"min\": \"-1\" is negative; it must be 0 or more"
        );
        assert_eq!(
            error("\"0.0019\"", "\"0.0000000000001\""),
            "the tariff's price for \"MTC\" in \"min\" has more than 12 digits after the point"
        );
        assert_eq!(
            error("visited = \"DEUD1\"", ""),
            "the tariff has two prices for \"MTC\" in \"min\""
        );
        assert!(error("\"0.0019\"", "0.0019").contains("expected a string"));
        assert!(error("\"0.0019\"", "\"a\"").contains("\"a\" is not a number"));
        assert!(error("\"MTC\"", "\"=MTC\"").contains("printable ASCII"));
        assert!(error("\"min\"", "\"\"").contains("printable ASCII"));
        assert!(error("\"DEUD1\"", "\"deud1\"").contains("is not a TADIG code"));
        assert!(error("\"EUR\"", "\"euro\"").contains("is not a currency"));
        assert!(error("currency", "# ").contains("missing field `currency`"));
        assert!(error("per_unit", "per_min").contains("unknown field `per_min`"));
        assert!(error("[[price]]", "[[price").contains("cannot be read"));
    }
}
