//! What a program that talks to Wayfare's networks needs: addresses ([`address`]), instructions ([`instruction`]),
//! accounts ([`account`]) and events ([`event`]); a cluster to read from ([`cluster`]) and its refusals explained
//! ([`error`]); transactions ([`send`]) and jobs of many ([`bulk`], [`journal`]), sent so that nothing is done twice;
//! published epochs ([`published`]), claims from them ([`claims`]), and a network's books ([`books`]).
//!
//! Nothing here prints, and no key material is kept or logged.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]
#![forbid(unsafe_code)]

pub mod account;
pub mod address;
pub mod books;
pub mod bulk;
pub mod claims;
pub mod cluster;
pub mod error;
pub mod event;
#[cfg(test)]
mod fake_chain;
pub mod instruction;
pub mod journal;
pub mod published;
pub mod send;
#[cfg(test)]
mod test_server;

pub use error::ClientError;
