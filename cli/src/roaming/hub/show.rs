use anyhow::Result;

use crate::context::Context;
use crate::roaming::args::HubNameArgs;
use crate::roaming::find::find_hub;
use crate::roaming::views::HubView;

pub fn run(args: &HubNameArgs, ctx: &Context) -> Result<HubView> {
    let (address, hub) = find_hub(ctx, &args.name)?;
    Ok(HubView::new(&address, &hub))
}
