//! Proving from accounts alone that the books of the programs balance.
//!
//! Every account of a program is read at one slot ([`reading`]), decoded, and proved to stand where its content says.
//! Then every rule of `docs/invariants.md` that can be seen in accounts is checked ([`Rule`]), and all that does not hold
//! is reported ([`Checks`]), not only the first.

mod checks;
mod rule;
pub mod vault;

pub use checks::{Checks, Finding, Part, Relation, Side, Sum, Tally};
pub use rule::Rule;
