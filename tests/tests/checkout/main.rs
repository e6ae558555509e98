//! The shop on the web, in a real browser and over plain HTTP, against the embedded local network: a person who buys, a
//! seller who delivers, and all that goes wrong between them. `cargo xtask test` brings the browser and says where the rest
//! is.

mod access;
mod browser;
mod buying;
mod changes;
mod contract;
mod endings;
mod faults;
mod limits;
mod load;
mod phone;
mod qr;
mod service;
mod shop;
mod wallets;
mod web;
