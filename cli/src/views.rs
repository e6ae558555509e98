//! The programs' accounts as results: field for field, amounts with their mint, times readable.

pub mod findings;

use solana_pubkey::Pubkey;

/// A key as text; the all-zero one means that there is none.
pub fn key(key: &Pubkey) -> Option<String> {
    (*key != Pubkey::default()).then(|| key.to_string())
}

/// The text, or that there is none.
pub fn or_none(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "none".into())
}
