//! The programs' accounts as results: field for field, amounts with their mint, times readable.

pub mod findings;
pub mod step;
pub mod values;

use solana_pubkey::Pubkey;

use crate::output::Moment;

/// A key as text; the all-zero one means that there is none.
pub fn key(key: &Pubkey) -> Option<String> {
    (*key != Pubkey::default()).then(|| key.to_string())
}

/// The text, or that there is none.
pub fn or_none(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".into())
}

/// Until when entries are refused, if they are or were.
pub fn paused(until: Moment) -> String {
    match until {
        Moment(0) => "never".into(),
        until => format!("until {until}"),
    }
}
