mod approve_epoch;
mod propose_epoch;

pub use {approve_epoch::*, propose_epoch::*};
