//! Limits of the program. Times are in seconds, shares in basis points.

/// Highest fee that a hub can take of what is paid: 1 %.
pub const MAX_FEE_BPS: u16 = 100;

/// Longest display name of an operator, in bytes.
pub const MAX_DISPLAY_NAME_LEN: usize = 64;

/// Longest window of an agreement: 180 days.
pub const MAX_WINDOW: u32 = 180 * 86_400;

/// How long an announced withdrawal stays possible after its notice: 7 days.
pub const REQUEST_LASTS: u32 = 7 * 86_400;

/// How often the home network can return the statement of one period.
pub const MAX_RETURNS: u8 = 3;
