use std::collections::HashMap;
use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;
use wayfare_client::esim::{OrderFilter, orders};
use wayfare_core::esim::shop;

use super::{find_market, find_vault};
use crate::cli::esim::OrdersArgs;
use crate::context::Context;
use crate::output::{Output, table};
use crate::views::esim::OrderView;

/// A buyer's orders.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Orders(Vec<OrderView>);

impl Output for Orders {}

impl Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no orders");
        }
        let mut orders = table(["order", "what", "paid", "state", "what you can do"]);
        for order in &self.0 {
            let what = order.terms.as_ref().map_or_else(String::new, |terms| {
                format!(
                    "{}, {}, {}",
                    terms.countries_in_short(),
                    shop::data(terms.data_mb),
                    shop::days(terms.validity_days)
                )
            });
            let mine = |by: &str| by == "buyer" || by == "anyone";
            let steps: Vec<String> = order
                .steps
                .iter()
                .filter(|step| mine(step.by))
                .map(|step| match (step.now, step.from, step.until) {
                    (true, _, Some(until)) => format!("{} until {until}", step.action),
                    (false, Some(from), _) => format!("{} from {from}", step.action),
                    _ => step.action.to_owned(),
                })
                .collect();
            orders.add_row([
                order.address.clone(),
                what,
                order.paid.to_string(),
                order.state.to_owned(),
                steps.join("\n"),
            ]);
        }
        orders.fmt(f)
    }
}

impl OrdersArgs {
    pub fn run(&self, ctx: &Context) -> Result<Orders> {
        let buyer = match self.buyer {
            Some(buyer) => buyer,
            None => ctx.party(None, "the buyer")?.pubkey(),
        };
        let market = match &self.market.market {
            Some(name) => Some(find_market(ctx, name)?.0),
            None => None,
        };
        let cluster = ctx.cluster()?;
        let now = cluster.unix_time()?;
        let filter = OrderFilter {
            market,
            buyer: Some(buyer),
            ..OrderFilter::default()
        };
        let mut decimals = HashMap::new();
        let mut views = Vec::new();
        for (at, order) in cluster.orders(&filter)? {
            let is_open = orders::outcome(&order).is_some() || orders::crank(&order, now).is_some();
            if self.open && !is_open {
                continue;
            }
            let vault = (order.market, order.terms.mint);
            let decimals = match decimals.get(&vault) {
                Some(decimals) => *decimals,
                None => {
                    let (_, state) = find_vault(ctx, &order.market, &order.terms.mint)?;
                    decimals.insert(vault, state.decimals);
                    state.decimals
                }
            };
            views.push(OrderView::new(&at, &order, decimals, now));
        }
        Ok(Orders(views))
    }
}
