//! Currencies, and how the texts of a book are judged and shown.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};
use thiserror::Error;

/// Longest name of a service, in bytes.
pub const MAX_SERVICE_LEN: usize = 64;

/// Longest name of a unit, in bytes.
pub const MAX_UNIT_LEN: usize = 16;

/// An ISO 4217 code: three letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// The text is not a currency.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a currency; write three capital letters, such as EUR")]
pub struct CurrencyError(
    /// What was given.
    pub String,
);

impl Currency {
    /// The three letters.
    pub fn as_bytes(&self) -> &[u8; 3] {
        &self.0
    }
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let code: Option<[u8; 3]> = text.as_bytes().try_into().ok();
        code.filter(|code| code.iter().all(u8::is_ascii_uppercase))
            .map(Self)
            .ok_or_else(|| CurrencyError(excerpt(text)))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only ASCII gets in.
        f.pad(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Whether a text is 1 to `most` printable ASCII characters, the first a letter or digit, the last no space.
pub(super) fn is_name(text: &str, most: usize) -> bool {
    text.len() <= most
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !text.ends_with(' ')
}

/// A field for a message: readable and short.
pub(super) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 48;
    let mut excerpt: String = text
        .chars()
        .take(MAX_CHARS)
        .flat_map(|c| c.escape_debug())
        .collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies() {
        for text in ["EUR", "USD", "XDR"] {
            assert_eq!(text.parse::<Currency>().unwrap().to_string(), text);
        }
        for text in ["", "EU", "eur", "EURO", "E1R", "€UR", "€"] {
            assert_eq!(
                text.parse::<Currency>(),
                Err(CurrencyError(text.to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn names_do_nothing_where_they_are_shown() {
        for text in [
            "MOC International",
            "GPRS",
            "4G, \"data\"",
            "a",
            &"x".repeat(64),
        ] {
            assert!(is_name(text, 64), "{text}");
        }
        for text in [
            "",
            " ",
            "=1+1",
            "+1",
            "-1",
            "@x",
            "MOC\u{202e}",
            "a\nb",
            "a\tb",
            "\u{1b}[31m",
            "é",
            "MOC ",
            " MOC",
            &"x".repeat(65),
        ] {
            assert!(!is_name(text, 64), "{text}");
        }
    }
}
