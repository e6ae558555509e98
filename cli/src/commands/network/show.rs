use anyhow::Result;

use crate::cli::NetworkNameArgs;
use crate::context::Context;
use crate::views::rewards::NetworkView;

pub fn run(args: &NetworkNameArgs, ctx: &Context) -> Result<NetworkView> {
    let (address, network) = ctx.network(&args.name)?;
    Ok(NetworkView::new(&address, &network))
}
