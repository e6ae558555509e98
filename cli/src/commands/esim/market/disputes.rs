use std::fmt::{self, Display};

use anyhow::Result;
use esim_market::state::OrderState;
use serde::Serialize;
use wayfare_client::esim::OrderFilter;

use crate::cli::esim::MarketNameArgs;
use crate::commands::esim::find_market;
use crate::context::Context;
use crate::output::{Output, table};
use crate::views::esim::OrderView;

/// The contested orders of a market, those first whose arbiter has least time, and those that may become so.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Disputes(Vec<OrderView>);

impl Output for Disputes {}

impl Display for Disputes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no disputes");
        }
        let mut disputes = table(["order", "state", "complaint", "paid", "arbiter", "until"]);
        for order in &self.0 {
            let until = order.resolve_by.or(order.answer_by);
            disputes.add_row([
                order.address.clone(),
                order.state.to_owned(),
                order.reason.unwrap_or_default().to_owned(),
                order.paid.to_string(),
                order.arbiter.clone(),
                until.map_or_else(String::new, |until| until.to_string()),
            ]);
        }
        disputes.fmt(f)
    }
}

pub fn run(args: &MarketNameArgs, ctx: &Context) -> Result<Disputes> {
    let (market, _) = find_market(ctx, &args.name)?;
    let cluster = ctx.cluster()?;
    let now = cluster.unix_time()?;
    let vaults = cluster.vaults(&market)?;
    let mut disputes = Vec::new();
    for state in [OrderState::Contested, OrderState::Disputed] {
        let mut orders = cluster.orders(&OrderFilter {
            market: Some(market),
            state: Some(state),
            ..OrderFilter::default()
        })?;
        orders.sort_by_key(|(_, order)| (order.resolve_by, order.answer_by));
        for (address, order) in orders {
            // An order's mint has a vault, which is never closed.
            let decimals = vaults
                .get(&order.terms.mint)
                .map_or(0, |(_, vault)| vault.decimals);
            disputes.push(OrderView::new(&address, &order, decimals, now));
        }
    }
    Ok(Disputes(disputes))
}
