//! Fixtures of the roaming escrow.

pub mod address;
pub mod books;
pub mod crowd;
pub mod event;
pub mod hub;
mod subject;
pub mod voucher;
pub mod world;

pub use subject::subject;
