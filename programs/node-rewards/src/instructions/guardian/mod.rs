mod pause;
mod veto_epoch;

pub use {pause::*, veto_epoch::*};
