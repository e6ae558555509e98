//! What Wayfare's Anchor programs share on chain, written once: governance ([`scope`]), lives as tables ([`mod@life_cycle`]),
//! layouts and their versions ([`version`], [`mod@stored`], [`account`]), events ([`events`]), vaults, token accounts and
//! transfers ([`vault`], [`token`]), derived addresses ([`address`]), signatures that the runtime verified ([`ed25519`]), and
//! the arithmetic of money and time ([`numbers`]).
//!
//! Nothing here names a program's own errors: what can fail for a reason that a program must name returns an [`Option`], or
//! an error that each program maps to its own.

pub mod account;
pub mod address;
pub mod ed25519;
pub mod events;
pub mod life_cycle;
pub mod numbers;
pub mod scope;
pub mod stored;
pub mod token;
pub mod vault;
pub mod version;
