//! What may happen, by the role that makes it happen. Each file reads top to bottom as the operation that it performs:
//! accounts, checks, effects, transfers, books.
//!
//! `dup` turns off Anchor's search for one account passed as two, which hashes keys: no instruction has two writable
//! accounts of one kind, but for `activate_epoch`, whose two epochs must have different numbers.

mod anyone;
mod authority;
mod guardian;
mod owner;
mod publisher;

pub use {anyone::*, authority::*, guardian::*, owner::*, publisher::*};
