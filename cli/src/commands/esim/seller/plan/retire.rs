use anyhow::Result;
use wayfare_client::esim::instruction;

use super::super::find_seller;
use super::find_plan;
use crate::cli::esim::seller::PlanRetireArgs;
use crate::commands::esim::{find_market, require_online};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;

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
