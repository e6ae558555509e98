use anyhow::Result;

use crate::cli::esim::seller::SellerShowArgs;
use crate::context::Context;
use crate::views::esim::SellerView;

pub fn run(args: &SellerShowArgs, ctx: &Context) -> Result<SellerView> {
    let (_, _, at, seller) = args.find(ctx)?;
    Ok(SellerView::new(&at, &seller))
}
