//! What a program that talks to Wayfare's programs needs. By program: networks that reward their owners ([`rewards`]),
//! the market for eSIM plans ([`esim`]), settlement between roaming partners ([`roaming`]); each with its addresses,
//! instructions, accounts, events and errors, and with its books.
//!
//! What they share: decoding of accounts ([`account`]) and events ([`event`]), and these by name, for people ([`interface`],
//! [`history`]); token accounts ([`token`]); a cluster to read from ([`cluster`]) and its refusals explained ([`error`]);
//! transactions ([`send`]) and jobs of many ([`bulk`], [`journal`]), sent so that nothing is done twice; the proof that
//! the books balance ([`books`], [`audit`]). [`programs`] expands the list of programs; nothing else here has a line for
//! each of them.
//!
//! Nothing here prints, and no key material is kept or logged.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]
#![forbid(unsafe_code)]

pub mod account;
mod anchor_error;
pub mod audit;
pub mod books;
pub mod bulk;
pub mod cluster;
pub mod error;
pub mod esim;
pub mod event;
#[cfg(test)]
mod fake_chain;
pub mod governance;
pub mod history;
pub mod interface;
pub mod journal;
pub mod programs;
pub mod rewards;
pub mod roaming;
pub mod send;
#[cfg(test)]
mod test_server;
pub mod token;

pub use error::ClientError;
