//! The accounts of the program: one file each, with its seeds, its address and its layout test.

mod claim_page;
mod epoch;
mod network;
mod node;
mod payout;

pub use {claim_page::*, epoch::*, network::*, node::*, payout::*};
