use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::output::{Output, table};
use crate::rewards::views::NetworkView;

/// All networks of the cluster.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Networks(Vec<NetworkView>);

impl Output for Networks {}

impl Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no networks");
        }
        let mut networks = table([
            "network",
            "address",
            "mint",
            "active epoch",
            "nodes",
            "granted",
            "claimed",
        ]);
        for network in &self.0 {
            networks.add_row([
                network.name.clone(),
                network.address.clone(),
                network.mint.clone(),
                network.active_epoch.to_string(),
                network.node_count.to_string(),
                network.lifetime_total.to_string(),
                network.claimed_total.to_string(),
            ]);
        }
        networks.fmt(f)
    }
}

pub fn run(ctx: &Context) -> Result<Networks> {
    let networks = ctx.cluster()?.networks()?;
    Ok(Networks(
        networks
            .iter()
            .map(|(address, network)| NetworkView::new(address, network))
            .collect(),
    ))
}
