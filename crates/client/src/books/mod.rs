//! What proves that books balance: rules, what checking them gives, and every account of a program read at one slot.

mod checks;
#[cfg(test)]
pub(crate) mod fixture;
mod reading;
mod rule;
pub mod vault;

pub use checks::{Checks, Finding, Part, Relation, Side, Sum, Tally};
pub(crate) use checks::{as_text, check_pause};
pub(crate) use reading::read;
pub use reading::{Audited, Reading};
pub use rule::Rule;
