use std::fmt::{self, Display};

use anyhow::Result;
use esim_market::constants::UNLIMITED_STOCK;
use serde::Serialize;
use wayfare_core::esim::shop;

use crate::context::Context;
use crate::esim::seller::args::SellerShowArgs;
use crate::esim::views::{PlanView, stock};
use crate::output::{Output, table};

/// A seller's plans.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Plans(Vec<PlanView>);

impl Output for Plans {}

impl Display for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no plans");
        }
        let mut plans = table([
            "plan",
            "countries",
            "data",
            "days",
            "price",
            "on sale",
            "left",
            "sold",
            "version",
        ]);
        for plan in &self.0 {
            plans.add_row([
                plan.id.clone(),
                plan.terms.countries_in_short().to_owned(),
                shop::data(plan.terms.data_mb),
                plan.terms.validity_days.to_string(),
                plan.terms.paid.to_string(),
                if plan.on_sale { "yes" } else { "no" }.to_owned(),
                stock(plan.stock.unwrap_or(UNLIMITED_STOCK)),
                plan.sold.to_string(),
                plan.version.to_string(),
            ]);
        }
        writeln!(f, "{plans}")?;
        write!(f, "{} plans", self.0.len())
    }
}

pub fn run(args: &SellerShowArgs, ctx: &Context) -> Result<Plans> {
    let (market, _, seller, _) = args.find(ctx)?;
    let cluster = ctx.cluster()?;
    let vaults = cluster.vaults(&market)?;
    let mut plans: Vec<PlanView> = cluster
        .plans(&market, Some(&seller))?
        .iter()
        .filter_map(|(at, plan)| {
            // A plan's mint was accepted once, and its vault is never closed.
            let (_, vault) = vaults.get(&plan.terms.mint)?;
            Some(PlanView::new(at, plan, vault.decimals))
        })
        .collect();
    plans.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Plans(plans))
}
