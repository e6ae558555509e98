use anyhow::Result;
use wayfare_client::esim::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::esim::market::args::MarketMintArgs;

pub fn run(args: &MarketMintArgs, ctx: &Context) -> Result<Receipt> {
    let mut draft = args.by.draft(ctx)?;
    draft.describe(
        format!("stop accepting a mint in the market {}", args.market.name),
        vec![("mint", args.mint.into())],
    );
    draft.add(instruction::drop_mint(
        args.market.address()?,
        draft.signer,
        args.mint,
    ));
    draft.finish(Some(&args.by.confirm))
}
