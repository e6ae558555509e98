//! Roaming between two operators: the rules that the escrow program and its clients share.
//!
//! Without features: the codes that name operators ([`tadig`]), the message that a voucher's signature covers
//! ([`voucher`]), and how a record is proved to belong to a statement ([`sum_proof`]).
//!
//! On the host, from files to settlements: an operator's book is read ([`usage`]) and becomes records in base units
//! ([`mod@import`], [`record`], with a [`tariff`] for rows without a charge); a month's records become a [`statement`]
//! over a [`sum_tree`]; two books are compared ([`mod@reconcile`]), and their expected settlement is computed
//! ([`settlement`]).

#[cfg(feature = "host")]
pub mod currency;
#[cfg(feature = "host")]
pub mod decimal;
#[cfg(all(test, feature = "host"))]
mod fixture;
#[cfg(feature = "host")]
pub mod import;
#[cfg(feature = "host")]
pub mod month;
#[cfg(feature = "host")]
pub mod reconcile;
#[cfg(feature = "host")]
pub mod record;
#[cfg(feature = "host")]
pub mod settlement;
#[cfg(feature = "host")]
pub mod statement;
pub mod sum_proof;
#[cfg(feature = "host")]
pub mod sum_tree;
pub mod tadig;
#[cfg(feature = "host")]
pub mod tariff;
#[cfg(feature = "host")]
mod text_number;
#[cfg(feature = "host")]
pub mod usage;
pub mod voucher;
