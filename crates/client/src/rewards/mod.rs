//! Networks whose owners are rewarded: the program node-rewards, and what is published for it.

pub mod account;
pub mod address;
pub mod audit;
pub mod books;
pub mod claims;
pub mod data_error;
pub mod error;
pub mod event;
pub mod instruction;
pub mod jobs;
pub mod published;
pub mod published_audit;
mod read;
