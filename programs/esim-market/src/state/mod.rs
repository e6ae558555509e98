//! The program's accounts, with their addresses and what must hold of each.

mod delivery;
mod life_cycle;
mod market;
mod market_vault;
mod order;
mod order_state;
mod plan;
mod seller;

pub use {
    delivery::*, life_cycle::*, market::*, market_vault::*, order::*, order_state::*, plan::*,
    seller::*,
};
