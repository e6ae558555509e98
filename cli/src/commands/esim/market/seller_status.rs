use anyhow::{Result, bail};
use clap::ValueEnum;
use esim_market::state::Seller;
use wayfare_client::esim::instruction;

use crate::cli::esim::SellerStatusArgs;
use crate::context::Context;
use crate::draft::Receipt;
use crate::views::esim::seller_status;

impl SellerStatusArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let market = self.market.address()?;
        // None of the statuses is hidden, so each has a name.
        let status = self
            .status
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        draft.describe(
            format!("decide about a seller of the market {}", self.market.name),
            vec![("seller", self.seller.into()), ("status", status.into())],
        );
        draft.describe_before(|| {
            let seller: Seller = ctx.cluster()?.state(&self.seller)?;
            if seller.market != market {
                bail!("{} sells in another market, {}", self.seller, seller.market);
            }
            Ok(vec![("status", seller_status(&seller).into())])
        })?;
        draft.add(instruction::set_seller_status(
            market,
            draft.signer,
            self.seller,
            self.status.into(),
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
