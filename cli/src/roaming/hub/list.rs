use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::esim::views::percent;
use crate::output::{Output, table};
use crate::roaming::views::HubView;

/// All hubs of the cluster.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Hubs(Vec<HubView>);

impl Output for Hubs {}

impl Display for Hubs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no hubs");
        }
        let mut hubs = table(["hub", "address", "fee", "events"]);
        for hub in &self.0 {
            hubs.add_row([
                hub.name.clone(),
                hub.address.clone(),
                percent(hub.terms.fee_bps),
                hub.sequence.to_string(),
            ]);
        }
        hubs.fmt(f)
    }
}

pub fn run(ctx: &Context) -> Result<Hubs> {
    let hubs = ctx.cluster()?.hubs()?;
    Ok(Hubs(
        hubs.iter()
            .map(|(address, hub)| HubView::new(address, hub))
            .collect(),
    ))
}
