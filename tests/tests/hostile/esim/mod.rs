//! The catalogue's rows for the eSIM market.

mod accounts;
mod addresses;
mod arithmetic;
mod duplicates;
mod governance;
mod life_cycle;
mod orders;
mod resources;
mod time;
mod tokens;
