//! Roaming between two operators: what the escrow program and its clients must agree on.
//!
//! Without features: the codes that name operators ([`tadig`]) and what a voucher's signature covers ([`voucher`]).

pub mod tadig;
pub mod voucher;
