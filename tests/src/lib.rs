//! Fixtures of the test suites: a chain in process ([`chain`]), tokens on it ([`token`]), and a network of hotspots with
//! its people, its owners' earnings and every stage of its life ([`network`], [`ledger`], [`world`]).
//!
//! [`Chain::accept`](chain::Chain::accept) and [`Chain::refuse`](chain::Chain::refuse) are how a test sends a
//! transaction. The one checks the books of every network after it, and that no event is missing ([`books`]); the other
//! checks that a refused transaction cost its fee and changed nothing else. A test adds what it is about.

pub mod books;
pub mod chain;
pub mod crowd;
pub mod event;
pub mod idl;
pub mod keys;
pub mod ledger;
pub mod network;
pub mod refusal;
pub mod tamper;
pub mod token;
pub mod world;
