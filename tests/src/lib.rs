//! Fixtures of the test suites: a chain in process ([`chain`]), tokens on it ([`token`]), and for each program its people
//! and every stage of what they do: a network of hotspots ([`rewards`]), a market of eSIM plans ([`esim`]), a hub where
//! operators settle their roaming ([`roaming`]). And the embedded local network ([`localnet`]), with an RPC node before it
//! that fails as real ones do ([`proxy`]).
//!
//! [`Chain::accept`](chain::Chain::accept) and [`Chain::refuse`](chain::Chain::refuse) are how a test sends a
//! transaction. The one checks the books of every network, market and agreement after it, and that no event is missing
//! ([`rewards::books`], [`esim::books`], [`roaming::books`]); the other checks that a refused transaction cost its fee and changed nothing
//! else. A test adds what it is about.
//!
//! [`rpc`] puts an RPC node before such a chain, which fails as real ones do.

pub mod call;
pub mod chain;
pub mod esim;
pub mod event;
pub mod governance;
pub mod honest;
pub mod idl;
pub mod keys;
pub mod localnet;
pub mod proxy;
pub mod refusal;
pub mod rewards;
pub mod roaming;
pub mod rpc;
pub mod snapshot;
pub mod subject;
pub mod tamper;
pub mod token;

use std::path::PathBuf;

/// A file or folder of the checkout.
///
/// Found when a test runs: cargo does not rebuild a target folder that was copied along with its checkout, and a path
/// that was fixed when the test was compiled would lead to the original.
pub fn checkout(path: &str) -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    PathBuf::from(package).join("..").join(path)
}
