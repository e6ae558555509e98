use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;
use wayfare_client::esim::{OrderFilter, orders};

use crate::cli::esim::seller::SellerOrdersArgs;
use crate::context::Context;
use crate::output::{Output, table};
use crate::views::esim::OrderView;

/// A seller's orders.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Orders(Vec<OrderView>);

impl Output for Orders {}

impl Display for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no orders");
        }
        let mut orders = table(["order", "plan", "paid", "state", "what can be done"]);
        for order in &self.0 {
            let steps: Vec<String> = order
                .steps
                .iter()
                .filter(|step| step.by != "buyer")
                .map(ToString::to_string)
                .collect();
            orders.add_row([
                order.address.clone(),
                order.plan.clone(),
                order.paid.to_string(),
                order.state.to_owned(),
                steps.join("\n"),
            ]);
        }
        writeln!(f, "{orders}")?;
        write!(f, "{} orders", self.0.len())
    }
}

impl SellerOrdersArgs {
    pub fn run(&self, ctx: &Context) -> Result<Orders> {
        let (market, _, seller, _) = self.seller.find(ctx)?;
        let cluster = ctx.cluster()?;
        let vaults = cluster.vaults(&market)?;
        let now = cluster.unix_time()?;
        let filter = OrderFilter {
            market: Some(market),
            seller: Some(seller),
            ..OrderFilter::default()
        };
        let orders = cluster.orders(&filter)?.into_iter().filter(|(_, order)| {
            !self.open
                || orders::outcome(order).is_some()
                || order.owes().is_ok_and(|units| units > 0)
        });
        Ok(Orders(
            orders
                .filter_map(|(at, order)| {
                    // An order's mint was accepted once, and its vault is never closed.
                    let (_, vault) = vaults.get(&order.terms.mint)?;
                    Some(OrderView::new(&at, &order, vault.decimals, now))
                })
                .collect(),
        ))
    }
}
