use anyhow::Result;
use wayfare_client::rewards::address;

use crate::context::Context;
use crate::rewards::node::args::NodeDeviceArgs;
use crate::rewards::views::NodeView;

pub fn run(args: &NodeDeviceArgs, ctx: &Context) -> Result<NodeView> {
    let node = args.find(ctx)?;
    Ok(NodeView::new(
        &address::node(&node.network, &node.device),
        &node,
    ))
}
