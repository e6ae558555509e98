//! Limits of the program. Times are in seconds.

/// Claim counters in one [`ClaimPage`](crate::state::ClaimPage).
pub const COUNTERS_PER_PAGE: usize = 512;

/// Most publishers that a network can have.
pub const MAX_PUBLISHERS: usize = 5;

/// Longest epoch: 366 days.
pub const MAX_EPOCH_LENGTH: u64 = 366 * DAY;

/// Longest challenge period: 30 days.
pub const MAX_CHALLENGE_PERIOD: u64 = 30 * DAY;

/// Finest resolution that H3 has (<https://h3geo.org/docs/core-library/restable>).
pub const MAX_LOCATION_RESOLUTION: u8 = 15;

const DAY: u64 = 86_400;
