//! Records: rows with a price in the mint's base units, as a statement commits to them.

use super::currency::{Currency, MAX_SERVICE_LEN, MAX_UNIT_LEN, is_name};
use super::decimal::Decimal;
use super::month::Month;
use super::sum_proof::Sum;
use super::tadig::{Tadig, TadigError};
use super::text_number;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{collections::BTreeSet, fmt};
use thiserror::Error;

/// The networks that one operator settles for.
///
/// An operator is registered under one TADIG code, and can run networks under several: all their traffic with the
/// partner goes into one agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    code: Tadig,
    networks: BTreeSet<Tadig>,
}

/// A party as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldedParty {
    /// The party, its codes in upper case.
    pub party: Party,
    /// Whether any of them was in lower case, which the reader must report.
    pub was_lower_case: bool,
}

/// Why a text is not a party, or two parties cannot have an agreement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PartyError {
    /// A code is not valid.
    #[error(transparent)]
    Tadig(#[from] TadigError),
    /// A code is repeated.
    #[error("{0} is named twice")]
    Twice(Tadig),
    /// An agreement with oneself.
    #[error("{0} is on both sides; an operator cannot settle with itself")]
    BothSides(Tadig),
}

/// The source of a record's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pricing {
    /// The book.
    Stated,
    /// The tariff, because the book does not.
    Tariff,
    /// Nobody: it is carried at zero.
    Unpriced,
}

/// A row with its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The month.
    pub month: Month,
    /// The subscribers' home network.
    pub home: Tadig,
    /// The visited network.
    pub visited: Tadig,
    /// The service used.
    pub service: String,
    /// The quantity used.
    pub usage: Decimal,
    /// The unit of the quantity.
    pub unit: String,
    /// The currency of the charge.
    pub currency: Currency,
    /// The source of its price.
    pub pricing: Pricing,
    /// Its exact price.
    pub charge: Decimal,
    /// Its price in base units: the charge, rounded half to even.
    #[serde(with = "text_number")]
    pub amount: u64,
}

impl Record {
    /// The canonical bytes that the record's leaf covers, besides its amount:
    ///
    /// `sequence as u64 LE ‖ year as u16 LE ‖ month as u8 ‖ home, 5 bytes ‖ visited, 5 bytes ‖ currency, 3 bytes ‖ pricing
    /// as u8 (0 stated, 1 tariff, 2 unpriced) ‖ service ‖ unit ‖ usage ‖ charge`, where each of the last four is its length
    /// as u8 and its text, and a number's text has no trailing zeros.
    ///
    /// `sequence` is the record's number in its direction: it makes equal records different leaves.
    pub fn canonical_bytes(&self, sequence: u64) -> Vec<u8> {
        let mut bytes = sequence.to_le_bytes().to_vec();
        bytes.extend(self.sort_key());
        bytes
    }

    /// The record's leaf.
    pub fn leaf(&self, sequence: u64) -> Sum {
        Sum::leaf(&self.canonical_bytes(sequence), self.amount)
    }

    /// Canonical bytes without the sequence: a statement orders its records by them.
    pub(super) fn sort_key(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(80);
        // A month's year is at most 9999, its month at most 12.
        let year = u16::try_from(self.month.year()).unwrap_or(u16::MAX);
        bytes.extend(year.to_le_bytes());
        bytes.push(u8::try_from(self.month.month()).unwrap_or(u8::MAX));
        bytes.extend(self.home.as_bytes());
        bytes.extend(self.visited.as_bytes());
        bytes.extend(self.currency.as_bytes());
        bytes.push(match self.pricing {
            Pricing::Stated => 0,
            Pricing::Tariff => 1,
            Pricing::Unpriced => 2,
        });
        let numbers = [self.usage.to_string(), self.charge.to_string()];
        for text in [&self.service, &self.unit, &numbers[0], &numbers[1]] {
            // At most 64 bytes for a name, and 40 for a number.
            bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    /// Whether the record could come from a usage file for a mint with these decimals.
    pub(super) fn is_consistent(&self, decimals: u8) -> bool {
        is_name(&self.service, MAX_SERVICE_LEN)
            && is_name(&self.unit, MAX_UNIT_LEN)
            && self.charge.round_to_units(decimals) == Some(self.amount)
            && (self.pricing != Pricing::Unpriced || self.charge.is_zero())
    }
}

impl Party {
    /// An operator with one network.
    pub fn new(code: Tadig) -> Self {
        Self {
            code,
            networks: BTreeSet::from([code]),
        }
    }

    /// The code that the operator is registered under.
    pub fn code(&self) -> Tadig {
        self.code
    }

    /// All its networks, in order.
    pub fn networks(&self) -> impl Iterator<Item = Tadig> {
        self.networks.iter().copied()
    }

    /// Whether the network is one of its networks.
    pub fn has(&self, network: Tadig) -> bool {
        self.networks.contains(&network)
    }

    /// Reads `DEUD1` or `DEUD1+AAZTD`, in upper or lower case: the code that the operator is registered under comes first.
    ///
    /// # Errors
    ///
    /// [`PartyError`].
    pub fn fold(text: &str) -> Result<FoldedParty, PartyError> {
        let mut codes = text.split('+').map(Tadig::fold);
        // `split` gives one part at least.
        let first = codes.next().unwrap_or_else(|| Tadig::fold(text))?;
        let mut party = Self::new(first.code);
        let mut was_lower_case = first.was_lower_case;
        for next in codes {
            let next = next?;
            if !party.networks.insert(next.code) {
                return Err(PartyError::Twice(next.code));
            }
            was_lower_case |= next.was_lower_case;
        }
        Ok(FoldedParty {
            party,
            was_lower_case,
        })
    }

    /// Refuses two parties with a network in common.
    ///
    /// # Errors
    ///
    /// [`PartyError::BothSides`].
    pub fn check_apart(&self, other: &Self) -> Result<(), PartyError> {
        match self.networks.intersection(&other.networks).next() {
            Some(common) => Err(PartyError::BothSides(*common)),
            None => Ok(()),
        }
    }
}

impl Serialize for Party {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Accepts only the form that it is written in.
impl<'de> Deserialize<'de> for Party {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let party = Self::fold(&text).map_err(D::Error::custom)?.party;
        if party.to_string() == text {
            Ok(party)
        } else {
            Err(D::Error::custom(format!("{text:?} is written as {party}")))
        }
    }
}

/// The form that [`Party::fold`] reads.
impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        for other in self.networks.iter().filter(|other| **other != self.code) {
            write!(f, "+{other}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> Record {
        Record {
            month: "2019-01".parse().unwrap(),
            home: "AAZOR".parse().unwrap(),
            visited: "DEUD1".parse().unwrap(),
            service: "MOC Local".to_owned(),
            usage: Decimal::parse("1010.50").unwrap(),
            unit: "min".to_owned(),
            currency: "EUR".parse().unwrap(),
            pricing: Pricing::Tariff,
            charge: Decimal::parse("25.2476005").unwrap(),
            amount: 25_247_600,
        }
    }

    #[test]
    fn canonical_bytes_are_as_documented() {
        let mut expected = vec![8, 7, 6, 5, 4, 3, 2, 1, 0xe3, 0x07, 1];
        expected.extend(b"AAZORDEUD1EUR\x01\x09MOC Local\x03min\x061010.5\x0a25.2476005");
        let bytes = record().canonical_bytes(0x0102_0304_0506_0708);
        assert_eq!(bytes, expected);
        assert_eq!(
            record().leaf(0x0102_0304_0506_0708),
            Sum::leaf(&expected, 25_247_600)
        );
    }

    #[test]
    fn every_field_counts() {
        let change: [fn(&mut Record); 10] = [
            |r| r.month = "2019-02".parse().unwrap(),
            |r| r.month = "2020-01".parse().unwrap(),
            |r| r.home = "BELMO".parse().unwrap(),
            |r| r.visited = "BELMO".parse().unwrap(),
            |r| r.service.push('x'),
            |r| r.usage = Decimal::ZERO,
            |r| r.unit.push('x'),
            |r| r.currency = "USD".parse().unwrap(),
            |r| r.pricing = Pricing::Stated,
            |r| r.charge = Decimal::parse("25.24760051").unwrap(),
        ];
        let bytes = record().canonical_bytes(0);
        for change in change {
            let mut other = record();
            change(&mut other);
            assert_ne!(other.canonical_bytes(0), bytes);
            assert_ne!(other.leaf(0), record().leaf(0));
        }
        assert_ne!(record().canonical_bytes(1), bytes);
        let mut other = record();
        other.amount += 1;
        assert_ne!(other.leaf(0), record().leaf(0));
    }

    #[test]
    fn consistency() {
        assert!(record().is_consistent(6));
        assert!(!record().is_consistent(7));
        let wrong: [fn(&mut Record); 4] = [
            |r| r.amount += 1,
            |r| r.service.clear(),
            |r| r.unit = "\u{202e}".to_owned(),
            |r| r.pricing = Pricing::Unpriced,
        ];
        for wrong in wrong {
            let mut record = record();
            wrong(&mut record);
            assert!(!record.is_consistent(6));
        }
    }

    #[test]
    fn parties() {
        let read = |text: &str| Party::fold(text).unwrap();
        let folded = read("DEUD1+aaztd");
        assert!(folded.was_lower_case);
        let party = folded.party;
        assert_eq!(
            read("DEUD1+AAZTD"),
            FoldedParty {
                party: party.clone(),
                was_lower_case: false
            }
        );
        assert!(read("deud1").was_lower_case);
        assert_eq!(party.code().as_str(), "DEUD1");
        assert!(party.has("AAZTD".parse().unwrap()));
        assert!(!party.has("BELMO".parse().unwrap()));
        assert_eq!(party.to_string(), "DEUD1+AAZTD");
        assert_eq!(party.networks().count(), 2);
        assert_eq!(party.check_apart(&read("BELMO").party), Ok(()));
        assert_eq!(
            party
                .check_apart(&read("FRAF1+AAZTD").party)
                .unwrap_err()
                .to_string(),
            "AAZTD is on both sides; an operator cannot settle with itself"
        );
        assert_eq!(
            Party::fold("DEUD1+deud1"),
            Err(PartyError::Twice("DEUD1".parse().unwrap()))
        );
        for text in ["", "+", "DEUD1+", "DEUD1,BELMO"] {
            assert!(Party::fold(text).is_err(), "{text}");
        }
    }

    proptest! {
        /// No two records share their bytes by moving a character from one text to the next.
        #[test]
        fn texts_do_not_run_into_each_other(
            a in "[a-z]{1,5}", b in "[a-z]{1,5}", c in "[a-z]{1,5}", d in "[a-z]{1,5}"
        ) {
            let with = |service: &str, unit: &str| Record {
                service: service.to_owned(),
                unit: unit.to_owned(),
                ..record()
            };
            prop_assert_eq!(
                with(&a, &b).canonical_bytes(0) == with(&c, &d).canonical_bytes(0),
                (a, b) == (c, d)
            );
        }
    }
}
