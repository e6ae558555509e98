//! Roaming between two operators: what the escrow program and its clients must agree on.
//!
//! Without features: the codes that name operators ([`tadig`]) and what a voucher's signature covers ([`voucher`]).

#[cfg(feature = "host")]
pub mod decimal;
#[cfg(feature = "host")]
pub mod month;
pub mod sum_proof;
#[cfg(feature = "host")]
pub mod sum_tree;
pub mod tadig;
pub mod voucher;
