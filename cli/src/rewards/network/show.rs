use anyhow::Result;

use crate::context::Context;
use crate::rewards::args::NetworkNameArgs;
use crate::rewards::find::find_network;
use crate::rewards::views::NetworkView;

pub fn run(args: &NetworkNameArgs, ctx: &Context) -> Result<NetworkView> {
    let (address, network) = find_network(ctx, &args.name)?;
    Ok(NetworkView::new(&address, &network))
}
