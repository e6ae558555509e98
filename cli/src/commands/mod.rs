//! The commands of no program.

pub mod address;
pub mod audit;
pub mod completions;
pub mod config;
pub mod events;
pub mod keygen;
pub mod man;
pub mod migrate;
pub mod reference;
pub mod show;
