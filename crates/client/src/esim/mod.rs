//! The market for eSIM plans: the program esim-market.

pub mod account;
pub mod address;
pub mod audit;
pub mod books;
pub mod catalogue;
pub mod deliveries;
pub mod error;
pub mod event;
pub mod instruction;
pub mod offers;
pub mod orders;
mod read;
pub mod sweep;

pub use read::OrderFilter;
