//! The program's accounts, with their addresses and what must hold of each.

mod agreement;
mod hub;
mod life_cycle;
mod operator;
mod settlement;
mod statement;
mod terms;

pub use {agreement::*, hub::*, life_cycle::*, operator::*, settlement::*, statement::*, terms::*};
