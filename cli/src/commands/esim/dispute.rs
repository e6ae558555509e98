use anyhow::{Result, bail};
use clap::ValueEnum;
use esim_market::state::{Action, DisputeReason};
use wayfare_client::esim::instruction;

use super::{find_order, require_online, settled};
use crate::cli::esim::DisputeArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Shown, Span};

impl DisputeArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let args = &self.order;
        let mut draft = Draft::new(ctx, &args.transaction, args.buyer.as_ref(), "the buyer")?;
        require_online(draft.is_offline())?;
        let order = find_order(ctx, &args.order)?;
        settled::require_possible(ctx, &order, Action::Dispute, &draft.signer)?;
        let reason = DisputeReason::from(self.reason);
        if reason == DisputeReason::Unused && !order.refund_right_holds()? {
            bail!(
                "the plan's right to a refund of what is unused has ended: complain for another reason, or ask the seller"
            );
        }
        // None of the reasons is hidden, so each has a name.
        let name = self
            .reason
            .to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned());
        let now = ctx.cluster()?.unix_time()?;
        draft.describe(
            "dispute a delivery: the money waits on",
            vec![
                ("order", args.order.into()),
                ("reason", name.into()),
                (
                    "the seller's time to answer",
                    Shown::of(Span(order.answer_window.into())),
                ),
                (
                    "refund if unanswered, from about",
                    Shown::of(Moment(now.saturating_add(order.answer_window.into()))),
                ),
            ],
        );
        draft.add(instruction::dispute(args.order, &order, reason));
        draft.finish(Some(&args.confirm))
    }
}
