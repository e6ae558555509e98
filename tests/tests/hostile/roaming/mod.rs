//! The catalogue's rows for the roaming escrow.

mod accounts;
mod agreements;
mod arithmetic;
mod time;
mod vouchers;
