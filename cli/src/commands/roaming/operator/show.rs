use anyhow::Result;

use crate::cli::roaming::OperatorArg;
use crate::commands::roaming::{find_hub, find_operator, tadig};
use crate::context::Context;
use crate::views::roaming::OperatorView;

pub fn run(args: &OperatorArg, ctx: &Context) -> Result<OperatorView> {
    let (hub, _) = find_hub(ctx, &args.hub.hub)?;
    let (address, operator) = find_operator(ctx, &hub, tadig(ctx, &args.operator))?;
    Ok(OperatorView::new(&address, &operator))
}
