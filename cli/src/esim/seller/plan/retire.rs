use anyhow::Result;
use clap::Args;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::find::{find_market, require_online};
use crate::esim::seller::args::SellerArg;
use crate::esim::seller::find::find_seller;
use crate::esim::seller::plan::find::find_plan;
use crate::output::Shown;

#[derive(Args)]
pub struct PlanRetireArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// Id of the plan
    pub id: String,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl PlanRetireArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let authority = self.seller.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        require_online(draft.is_offline())?;
        let name = &self.seller.market.market;
        let (market, _) = find_market(ctx, name)?;
        let (seller, _) = find_seller(ctx, &market, &draft.signer)?;
        let (at, plan) = find_plan(ctx, &seller, &self.id)?;
        draft.describe(
            format!("take a plan off the market {name} for good; its orders go on"),
            vec![
                ("plan", self.id.as_str().into()),
                ("address", at.into()),
                ("sold", Shown::of(plan.sold)),
                ("rent back to", plan.rent_payer.into()),
            ],
        );
        draft.add(instruction::retire_plan(
            market,
            draft.signer,
            at,
            plan.rent_payer,
        ));
        draft.finish(Some(&self.confirm))
    }
}
