//! Limits of the program. Times are in seconds, shares in basis points.

pub use wayfare_core::esim::MAX_VALIDITY_DAYS;

/// The whole, in basis points.
pub const WHOLE_BPS: u16 = 10_000;

/// Highest fee that a market can take: 10 %.
pub const MAX_FEE_BPS: u16 = 1_000;

/// Most mints that a market accepts at a time.
pub const MAX_MINTS: usize = 8;

/// Longest name of a market and longest id of a plan, in bytes: what one seed of a program-derived address holds
/// (`MAX_SEED_LEN` of Solana's runtime).
pub const MAX_NAME_LEN: usize = 32;

/// Longest window of a market or a plan: 90 days.
pub const MAX_WINDOW: u32 = 90 * DAY;

/// Longest that an order is kept for its buyer: 366 days.
pub const MAX_RETENTION: u32 = 366 * DAY;

/// Longest pause that a guardian can set at a time: 7 days.
pub const MAX_PAUSE: i64 = 7 * 86_400;

/// A plan with this stock never sells out.
pub const UNLIMITED_STOCK: u32 = u32::MAX;

const DAY: u32 = 86_400;
