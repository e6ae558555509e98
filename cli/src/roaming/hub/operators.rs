use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::output::{Output, table};
use crate::roaming::args::HubNameArgs;
use crate::roaming::find::find_hub;
use crate::roaming::views::OperatorView;

/// The operators of a hub.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Operators(Vec<OperatorView>);

impl Output for Operators {}

impl Display for Operators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no operators");
        }
        let mut operators = table(["operator", "name", "status", "address", "authority"]);
        for operator in &self.0 {
            operators.add_row([
                operator.tadig.clone(),
                operator.display_name.clone(),
                operator.status.to_owned(),
                operator.address.clone(),
                operator.authority.clone(),
            ]);
        }
        operators.fmt(f)
    }
}

pub fn run(args: &HubNameArgs, ctx: &Context) -> Result<Operators> {
    let (hub, _) = find_hub(ctx, &args.name)?;
    let mut operators: Vec<_> = ctx.cluster()?.operators(&hub)?.into_iter().collect();
    operators.sort_by_key(|(_, operator)| operator.tadig);
    Ok(Operators(
        operators
            .iter()
            .map(|(address, operator)| OperatorView::new(address, operator))
            .collect(),
    ))
}
