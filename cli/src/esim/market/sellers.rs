use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::esim::find::find_market;
use crate::esim::market::args::MarketNameArgs;
use crate::esim::views::SellerView;
use crate::output::{Output, table};

/// The sellers of a market.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Sellers(Vec<SellerView>);

impl Output for Sellers {}

impl Display for Sellers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no sellers");
        }
        let mut sellers = table([
            "seller",
            "status",
            "plans",
            "orders",
            "delivered",
            "disputed",
            "refunded",
        ]);
        for seller in &self.0 {
            sellers.add_row([
                seller.address.clone(),
                seller.status.to_owned(),
                seller.plans.to_string(),
                seller.orders.to_string(),
                seller.delivered.to_string(),
                seller.disputed.to_string(),
                seller.refunded.to_string(),
            ]);
        }
        sellers.fmt(f)
    }
}

pub fn run(args: &MarketNameArgs, ctx: &Context) -> Result<Sellers> {
    let (market, _) = find_market(ctx, &args.name)?;
    let mut sellers: Vec<_> = ctx.cluster()?.sellers(&market)?.into_iter().collect();
    sellers.sort_by_key(|(address, _)| *address);
    Ok(Sellers(
        sellers
            .iter()
            .map(|(address, seller)| SellerView::new(address, seller))
            .collect(),
    ))
}
