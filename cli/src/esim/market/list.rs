use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::esim::views::{MarketView, percent};
use crate::output::{Output, table};

/// All markets of the cluster.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Markets(Vec<MarketView>);

impl Output for Markets {}

impl Display for Markets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no markets");
        }
        let mut markets = table(["market", "address", "fee", "mints", "events"]);
        for market in &self.0 {
            markets.add_row([
                market.name.clone(),
                market.address.clone(),
                percent(market.terms.fee_bps),
                market.mints.len().to_string(),
                market.sequence.to_string(),
            ]);
        }
        markets.fmt(f)
    }
}

pub fn run(ctx: &Context) -> Result<Markets> {
    let markets = ctx.cluster()?.markets()?;
    Ok(Markets(
        markets
            .iter()
            .map(|(address, market)| MarketView::new(address, market))
            .collect(),
    ))
}
