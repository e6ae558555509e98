//! Pure logic shared by Wayfare's programs and clients.
//!
//! Without features the crate holds the code that programs run on chain: Merkle leaves and proofs
//! ([`merkle`]), H3 cell indices ([`h3cell`]), the outflow limiter ([`limiter`]), token mints and
//! accounts read from bytes ([`mint`]), names that people type ([`name`]), program-derived addresses ([`pda`]), the
//! rules of eSIM plans and deliveries ([`esim`]), and the messages that roaming operators sign ([`roaming`]). All of it
//! is integer arithmetic on the stack: no heap, no floats, no panics, no signed 64-bit division (the SBF back end
//! has none).
//!
//! Feature `host` (on by default) adds the code that only clients need: trees with their proofs ([`tree`]),
//! amounts and keys as text ([`amount`], [`key`]), H3 cells of places ([`h3`]), and the computation
//! and publication of an epoch's rewards ([`rewards`]).

#![cfg_attr(not(any(feature = "host", test)), no_std)]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)
)]
#![forbid(unsafe_code)]

#[cfg(feature = "host")]
pub mod amount;
pub mod esim;
#[cfg(feature = "host")]
pub mod h3;
pub mod h3cell;
#[cfg(feature = "host")]
pub mod key;
pub mod limiter;
pub mod merkle;
pub mod mint;
pub mod name;
pub mod pda;
#[cfg(feature = "host")]
pub mod rewards;
pub mod roaming;
#[cfg(feature = "host")]
pub mod tree;
