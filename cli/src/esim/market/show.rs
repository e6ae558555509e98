use anyhow::Result;

use crate::context::Context;
use crate::esim::find::find_market;
use crate::esim::market::args::MarketNameArgs;
use crate::esim::views::MarketView;

pub fn run(args: &MarketNameArgs, ctx: &Context) -> Result<MarketView> {
    let (address, market) = find_market(ctx, &args.name)?;
    Ok(MarketView::new(&address, &market))
}
