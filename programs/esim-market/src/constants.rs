//! Limits of the program. Times are in seconds, shares in basis points.

pub use wayfare_core::esim::MAX_VALIDITY_DAYS;

/// Highest fee that a market can take: 10 %.
pub const MAX_FEE_BPS: u16 = 1_000;

/// Most mints that a market accepts at a time.
pub const MAX_MINTS: usize = 8;

/// Longest window of a market or a plan: 90 days.
pub const MAX_WINDOW: u32 = 90 * DAY;

/// Longest that an order is kept for its buyer: 366 days.
pub const MAX_RETENTION: u32 = 366 * DAY;

/// A plan with this stock never sells out.
pub const UNLIMITED_STOCK: u32 = u32::MAX;

/// The times from payment to delivery by which a seller's deliveries are counted, in seconds: within 1, 5 and 15 minutes,
/// 1, 4, 12 and 24 hours. What took longer counts behind the last.
pub const DELIVERY_TIMES: [i64; 7] = [60, 300, 900, 3_600, 14_400, 43_200, 86_400];

const DAY: u32 = 86_400;
