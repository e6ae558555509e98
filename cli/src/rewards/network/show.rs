use anyhow::Result;

use crate::context::Context;
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::views::NetworkView;

pub fn run(args: &NetworkNameArgs, ctx: &Context) -> Result<NetworkView> {
    let (address, network) = ctx.network(&args.name)?;
    Ok(NetworkView::new(&address, &network))
}
