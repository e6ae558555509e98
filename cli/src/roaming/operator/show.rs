use anyhow::Result;

use crate::context::Context;
use crate::roaming::args::OperatorArg;
use crate::roaming::find::{find_hub, find_operator, tadig};
use crate::roaming::views::OperatorView;

pub fn run(args: &OperatorArg, ctx: &Context) -> Result<OperatorView> {
    let (hub, _) = find_hub(ctx, &args.hub.hub)?;
    let (address, operator) = find_operator(ctx, &hub, tadig(ctx, &args.operator))?;
    Ok(OperatorView::new(&address, &operator))
}
