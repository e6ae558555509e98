//! An eSIM market with its people, plans and orders, and every stage of an order's life.

pub mod address;
pub mod books;
pub mod crowd;
pub mod event;
pub mod market;
mod subject;
pub mod world;

pub use subject::subject;
