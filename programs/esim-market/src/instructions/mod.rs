//! What may happen, by who may make it happen; what several may do stands here. Each file reads top to bottom as the
//! operation that it performs: accounts, checks, effects, transfers, books.
//!
//! `dup` turns off Anchor's search for one account passed as two, which hashes keys: no instruction has two writable
//! accounts of one kind.

mod authority;
mod change_order;
mod close_order;
mod pause;
mod purchase;
mod seller;
mod settle;

pub use {
    authority::*, change_order::*, close_order::*, pause::*, purchase::*, seller::*, settle::*,
};
