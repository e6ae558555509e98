use anyhow::Result;
use wayfare_client::esim::instruction;

use super::buy::Bought;
use super::find_order;
use super::purchase::Offer;
use crate::cli::esim::TopUpArgs;
use crate::context::Context;
use crate::draft::Draft;

impl TopUpArgs {
    pub fn run(&self, ctx: &Context) -> Result<Bought> {
        let buyer = self.args.buyer.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, buyer, "the buyer")?;
        let offer = Offer::find(ctx, &mut draft, &self.plan, &self.args)?;
        let parent = find_order(ctx, &self.order)?;
        offer.check_parent(&self.order, &parent)?;
        let mut details = vec![("tops up", self.order.into())];
        details.extend(offer.details());
        draft.describe(
            "top up an eSIM: the money waits until it is delivered",
            details,
        );
        draft.add(instruction::top_up(&offer.purchase, self.order));
        let receipt = draft.finish(Some(&self.confirm))?;
        Ok(Bought::new(receipt, &offer.purchase.order()))
    }
}
