//! The market for eSIM plans: the program esim-market.

pub mod account;
pub mod address;
pub mod books;
pub mod error;
pub mod event;
pub mod instruction;
pub mod offers;
pub mod orders;
mod read;

pub use read::OrderFilter;
