use anyhow::Result;

use crate::cli::roaming::HubNameArgs;
use crate::commands::roaming::find_hub;
use crate::context::Context;
use crate::views::roaming::HubView;

pub fn run(args: &HubNameArgs, ctx: &Context) -> Result<HubView> {
    let (address, hub) = find_hub(ctx, &args.name)?;
    Ok(HubView::new(&address, &hub))
}
