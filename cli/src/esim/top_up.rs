use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::Draft;
use crate::esim::buy::Bought;
use crate::esim::find::find_order;
use crate::esim::purchase::{Offer, PlanArgs};

#[derive(Args)]
pub struct TopUpArgs {
    /// Address of the delivered order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// Address of the plan to buy, or its id in the market
    #[arg(long)]
    pub plan: String,

    #[command(flatten)]
    pub args: PlanArgs,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
