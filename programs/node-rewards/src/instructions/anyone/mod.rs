mod activate_epoch;
mod claim;
mod create_page;
mod fund;

pub use {activate_epoch::*, claim::*, create_page::*, fund::*};
