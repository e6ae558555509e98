//! The `wayfare` binary against the embedded local network, over real RPC. `cargo xtask test` builds both and says where
//! they are.

mod audit;
mod esim;
mod failures;
mod faults;
mod roaming;
mod story;
