use anyhow::Result;

use crate::context::Context;
use crate::esim::seller::args::SellerShowArgs;
use crate::esim::views::SellerView;

pub fn run(args: &SellerShowArgs, ctx: &Context) -> Result<SellerView> {
    let (_, _, at, seller) = args.find(ctx)?;
    Ok(SellerView::new(&at, &seller))
}
