//! What people read of amounts, times and terms.

use std::time::{Duration, UNIX_EPOCH};

use esim_market::state::{Order, OrderState, PlanTerms, RefundPolicy};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::esim::orders;
use wayfare_core::{amount, esim::shop};

/// The last second of the year 9999, the last one that can be formatted.
const LAST_SECOND: u64 = 253_402_300_799;

/// An amount of a mint's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Base units, as text: they can be more than a double holds.
    pub units: String,
    pub decimals: u8,
    /// Tokens.
    pub text: String,
    pub mint: String,
}

impl Amount {
    pub fn new(units: u64, decimals: u8, mint: &Pubkey) -> Self {
        Self {
            units: units.to_string(),
            decimals,
            text: shop::price(units, decimals),
            mint: mint.to_string(),
        }
    }
}

/// A moment in Unix seconds, in RFC 3339: `2026-11-27T07:05:00Z`.
pub fn rfc3339(unix: i64) -> String {
    let seconds = u64::try_from(unix).unwrap_or(0).min(LAST_SECOND);
    let time = UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .unwrap_or(UNIX_EPOCH);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// A moment in Unix seconds for people: `2026-11-27 07:05:00 UTC`.
pub fn moment(unix: i64) -> String {
    rfc3339(unix).replace('T', " ").replace('Z', " UTC")
}

/// Basis points as a percentage: `2.5 %`.
pub fn percent(bps: u16) -> String {
    let text = amount::format(bps.into(), 2);
    format!("{text} %")
}

/// What becomes of the money if something goes wrong, in sentences.
pub fn refund_terms(terms: &PlanTerms, answer_window: u32) -> Vec<String> {
    let duration = |seconds: u32| shop::duration(seconds.into());
    let unused = |what: &str, reported: &str| {
        format!(
            "Not {what} yet: ask for all your money back within {} of the delivery. It can be fetched {} later, unless the seller \
             agrees before, or {reported} is reported meanwhile.",
            duration(terms.release_window),
            duration(answer_window),
        )
    };
    vec![
        format!(
            "Nothing delivered within {}: you, or anybody for you, can fetch all your money back. Nobody can refuse it.",
            duration(terms.delivery_window)
        ),
        format!(
            "Delivered, but something is wrong: complain within {} of the delivery. If the seller does not answer within {}, you \
             can fetch all of it back. If the seller contests, the market's arbiter decides; if the arbiter stays silent, {} is yours.",
            duration(terms.release_window),
            duration(answer_window),
            percent(terms.default_split_bps)
        ),
        match terms.refund_policy {
            RefundPolicy::UntilDelivery => {
                "Delivered and working: there is no refund for a change of mind.".to_owned()
            }
            RefundPolicy::UntilInstalled => unused("installed", "its installation"),
            RefundPolicy::UntilActivated => unused("used", "its use"),
        },
    ]
}

/// Where an order stands, and what comes next.
pub fn summary(order: &Order, decimals: u8, now: i64) -> String {
    let tokens = |units| shop::price(units, decimals);
    let state = match order.state() {
        Ok(state) => state,
        Err(_) => return "This order is in a state that this shop does not know.".to_owned(),
    };
    let text = match state {
        OrderState::Paid if now < order.deliver_by => format!(
            "Paid. The seller has until {} to deliver; if nothing comes by then, you can fetch all your money back.",
            moment(order.deliver_by)
        ),
        OrderState::Paid => {
            "The seller did not deliver in time: your refund is due, and nobody can refuse it."
                .to_owned()
        }
        OrderState::Delivered if now < order.release_at => format!(
            "Delivered. If something is wrong, complain before {}; after that the seller is paid.",
            moment(order.release_at)
        ),
        OrderState::Delivered => "Delivered, and the time to complain is over.".to_owned(),
        OrderState::Disputed => {
            let why = order
                .reason()
                .ok()
                .and_then(orders::reason_name)
                .map_or_else(String::new, |reason| format!(" ({reason})"));
            if now < order.answer_by {
                format!(
                    "You complained{why}. The seller has until {} to answer; if nothing comes by then, you can fetch all your money back.",
                    moment(order.answer_by)
                )
            } else {
                format!(
                    "You complained{why}, and the seller did not answer: your refund is due, and nobody can refuse it."
                )
            }
        }
        OrderState::Contested if now >= order.resolve_by => format!(
            "The arbiter did not decide in time: {} of the money is yours, and anybody can have it divided.",
            percent(order.terms.default_split_bps)
        ),
        OrderState::Contested => format!(
            "The seller contests your complaint. The market's arbiter decides until {}; without a decision {} is yours.",
            moment(order.resolve_by),
            percent(order.terms.default_split_bps)
        ),
        OrderState::Completed => "Completed: the seller is paid.".to_owned(),
        OrderState::Refunded => format!("Refunded: {} tokens.", tokens(order.refunded)),
        OrderState::Resolved => format!(
            "Decided: {} tokens come back, {} go to the seller.",
            tokens(order.refunded),
            tokens(order.released)
        ),
    };
    if order.refund_due == 0 {
        return text;
    }
    format!(
        "{text} {} tokens are still due to the wallet that paid: its token account could not take them.",
        tokens(order.refund_due)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_shares() {
        assert_eq!(moment(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(rfc3339(i64::MIN), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(i64::MAX), "9999-12-31T23:59:59Z");
        assert_eq!(percent(0), "0 %");
        assert_eq!(percent(250), "2.5 %");
        assert_eq!(percent(10_000), "100 %");
    }
}
