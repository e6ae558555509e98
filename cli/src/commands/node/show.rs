use anyhow::Result;
use wayfare_client::rewards::address;

use crate::cli::NodeDeviceArgs;
use crate::context::Context;
use crate::views::rewards::NodeView;

pub fn run(args: &NodeDeviceArgs, ctx: &Context) -> Result<NodeView> {
    let node = args.find(ctx)?;
    Ok(NodeView::new(
        &address::node(&node.network, &node.device),
        &node,
    ))
}
