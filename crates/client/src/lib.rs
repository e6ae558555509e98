//! What a program that talks to Wayfare's networks needs: addresses ([`address`]), instructions ([`instruction`]) and
//! accounts ([`account`]).
//!
//! Nothing here prints, and no key material is kept or logged.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]
#![forbid(unsafe_code)]
// Anchor's generated account structs hand errors back by value.
#![allow(clippy::result_large_err)]

pub mod account;
pub mod address;
pub mod event;
pub mod instruction;
