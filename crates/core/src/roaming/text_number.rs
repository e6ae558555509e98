//! For `#[serde(with = "text_number")]`: whole numbers as strings, because many readers of JSON round above 2^53.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use std::{fmt::Display, str::FromStr};

pub fn serialize<T: Display, S: Serializer>(number: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

/// Accepts only the form that it is written in.
pub fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Display + FromStr,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    match text.parse::<T>() {
        Ok(number) if number.to_string() == text => Ok(number),
        _ => Err(D::Error::custom(format!("{text:?} is not a whole number"))),
    }
}
