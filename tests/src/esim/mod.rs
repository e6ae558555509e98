//! An eSIM market with its people, plans and orders, and every stage of an order's life.

pub mod address;
pub mod books;
pub mod crowd;
pub mod event;
pub mod market;
pub mod world;
