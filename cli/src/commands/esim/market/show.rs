use anyhow::Result;

use crate::cli::esim::MarketNameArgs;
use crate::commands::esim::find_market;
use crate::context::Context;
use crate::views::esim::MarketView;

pub fn run(args: &MarketNameArgs, ctx: &Context) -> Result<MarketView> {
    let (address, market) = find_market(ctx, &args.name)?;
    Ok(MarketView::new(&address, &market))
}
