//! A storefront for one market of eSIM plans: what a person with a wallet and a browser needs to buy a plan, to receive it and
//! to have the money back.
//!
//! [`Shop`] reads the market (`shop`), builds transactions for others to sign (`purchase`, `orders`) and passes signed
//! ones on (`relay`). The routes are in `routes`, what people see in `pages`, and what a public server owes to the
//! network it stands in (limits, time limits, headers, logs, an orderly end) in `server`.
//!
//! It holds no key and keeps nothing of its customers: a delivery is encrypted to a key that only the buyer's page or wallet
//! has, and decrypted there.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]
#![forbid(unsafe_code)]

mod descriptions;
mod log;
mod orders;
mod pages;
mod problem;
mod purchase;
mod relay;
mod routes;
mod server;
mod shop;
mod words;

pub use descriptions::{Descriptions, DescriptionsError};
pub use server::{ServerOptions, serve};
pub use shop::{Shop, ShopOptions};
