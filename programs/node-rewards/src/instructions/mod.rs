//! What may happen, by who may make it happen. Each file reads top to bottom as the operation that it performs:
//! accounts, checks, effects, transfers, books.

mod anyone;
mod authority;
mod guardian;
mod owner;
mod publisher;

pub use {anyone::*, authority::*, guardian::*, owner::*, publisher::*};
