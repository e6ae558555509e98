//! A network of hotspots with its people, its owners' earnings and every stage of its life.

pub mod books;
pub mod crowd;
pub mod instruction;
pub mod ledger;
pub mod network;
pub mod world;
