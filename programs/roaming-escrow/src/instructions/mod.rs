//! What may happen, by what it happens to. Each file reads top to bottom as the operation that it performs: accounts,
//! checks, effects, transfers, books.
//!
//! `dup` turns off Anchor's search for one account passed as two, which hashes keys: no instruction has two writable
//! accounts of one kind, but for `settle`, whose two statements must have different home sides.

mod agreement;
mod hub;
mod operator;
mod statement;

pub use {agreement::*, hub::*, operator::*, statement::*};
