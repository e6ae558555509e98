//! What Wayfare's Anchor programs do alike on chain, written once: events ([`events`]), token accounts and transfers
//! ([`token`]), derived addresses ([`address`]) and zero-copy accounts ([`account`]).
//!
//! Nothing here names a program's own errors: what can fail for a reason that a program must name returns an
//! [`Option`].

pub mod account;
pub mod address;
pub mod events;
pub mod token;
pub mod vault;
