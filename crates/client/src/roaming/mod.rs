//! Settlement between networks: the program roaming-escrow.

pub mod account;
pub mod address;
pub mod audit;
pub mod books;
pub mod error;
pub mod event;
pub mod instruction;
pub mod jobs;
mod read;
pub mod replay;
pub mod settlement;
pub mod statements;
pub mod voucher;

pub use read::{AgreementFilter, AgreementParts, StatementKey};
