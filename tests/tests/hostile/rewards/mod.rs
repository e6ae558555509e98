//! The catalogue's rows for networks whose owners are rewarded.

mod accounts;
mod addresses;
mod arithmetic;
mod claims;
mod duplicates;
mod governance;
mod life_cycle;
mod resources;
mod time;
pub mod tokens;
