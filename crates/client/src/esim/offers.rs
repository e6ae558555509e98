//! Whether a plan can be bought now, and for how much.

use anchor_lang::error::Error as AnchorError;
use esim_market::state::{Market, Plan, Quote, Seller, SellerStatus};
use thiserror::Error;

/// Why nobody can buy a plan now.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Hindrance {
    /// Until then, in Unix seconds.
    #[error("the market is paused")]
    Paused { until: i64 },
    #[error("its seller is not approved by the market")]
    SellerNotApproved,
    #[error("it is off sale")]
    OffSale,
    #[error("it is sold out")]
    SoldOut,
    /// The market changed its terms since the plan was made.
    #[error("the market does not allow its terms any more: {message}")]
    Terms {
        /// The program's error by name.
        name: String,
        message: String,
    },
}

/// What a purchase costs at a time in Unix seconds, in base units.
///
/// # Errors
///
/// [`Hindrance`], in the order in which the program looks.
pub fn quote(plan: &Plan, market: &Market, seller: &Seller, now: i64) -> Result<Quote, Hindrance> {
    if now < market.paused_until {
        return Err(Hindrance::Paused {
            until: market.paused_until,
        });
    }
    if !matches!(seller.status(), Ok(SellerStatus::Approved)) {
        return Err(Hindrance::SellerNotApproved);
    }
    let quote = plan.terms.validate(market).map_err(|error| match error {
        AnchorError::AnchorError(error) => Hindrance::Terms {
            name: error.error_name,
            message: error.error_msg,
        },
        AnchorError::ProgramError(error) => Hindrance::Terms {
            name: String::new(),
            message: error.program_error.to_string(),
        },
    })?;
    if !plan.on_sale {
        return Err(Hindrance::OffSale);
    }
    if plan.stock == 0 {
        return Err(Hindrance::SoldOut);
    }
    Ok(quote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esim::account::examples;

    #[test]
    fn what_stands_in_the_way_of_a_purchase() {
        type Change = fn(&mut Plan, &mut Market, &mut Seller);
        let quoted = |change: Change| {
            let (_, mut market) = examples::market();
            let (_, mut seller) = examples::seller();
            let (_, mut plan) = examples::plan();
            market.max_delivery_window = 600;
            market.min_release_window = 86_400;
            market.max_release_window = 86_400;
            change(&mut plan, &mut market, &mut seller);
            quote(&plan, &market, &seller, 1_000)
        };
        let paid = quoted(|_, _, _| {}).unwrap();
        assert_eq!((paid.paid, paid.discount), (10_000_000, 0));
        assert_eq!(
            quoted(|_, m, _| m.paused_until = 1_001),
            Err(Hindrance::Paused { until: 1_001 })
        );
        assert!(quoted(|_, m, _| m.paused_until = 1_000).is_ok());
        for status in [SellerStatus::Pending, SellerStatus::Suspended] {
            let (_, market) = examples::market();
            let (_, mut seller) = examples::seller();
            seller.status = status as u8;
            assert_eq!(
                quote(&examples::plan().1, &market, &seller, 0),
                Err(Hindrance::SellerNotApproved)
            );
        }
        assert_eq!(quoted(|p, _, _| p.on_sale = false), Err(Hindrance::OffSale));
        assert_eq!(quoted(|p, _, _| p.stock = 0), Err(Hindrance::SoldOut));
        for (change, expected) in [
            ((|_, m, _| m.mint_count = 0) as Change, "MintNotAccepted"),
            (|p, _, _| p.terms.floor_price = 10_000_000, "BelowFloor"),
            (|_, m, _| m.max_delivery_window = 599, "BadDeliveryWindow"),
        ] {
            let Err(Hindrance::Terms { name, .. }) = quoted(change) else {
                panic!("{expected}")
            };
            assert_eq!(name, expected);
        }
    }
}
