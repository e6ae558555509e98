use anyhow::{Result, bail};
use esim_market::state::{Action, Division};
use wayfare_client::esim::instruction;

use crate::cli::esim::seller::SellerRefundArgs;
use crate::commands::esim::find_to_settle;
use crate::commands::esim::settled::{self, Settled};
use crate::context::Context;
use crate::draft::Draft;
use crate::output::{Amount, Shown};

impl SellerRefundArgs {
    pub fn run(&self, ctx: &Context) -> Result<Settled> {
        let authority = self.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        let (order, settle, decimals) = find_to_settle(ctx, draft.is_offline(), &self.order)?;
        let (action, division, what, refund) = match &self.part {
            None => (
                Action::Refund,
                Division::refund(order.paid),
                "refund an order whole",
                instruction::refund(&settle, draft.signer),
            ),
            Some(part) => {
                let part = Draft::units(part, "--part", decimals)?;
                if part == 0 || part >= order.paid {
                    bail!(
                        "--part must be above zero and below the {} that were paid: leave it out to refund all",
                        Amount::new(order.paid, decimals, &order.terms.mint)
                    );
                }
                let buyer = draft.also_signed_by(self.buyer.as_ref(), "the buyer")?;
                if buyer != order.buyer {
                    bail!(
                        "the order's buyer is {}, not {buyer}: only that key can agree",
                        order.buyer
                    );
                }
                (
                    Action::RefundPart,
                    Division::part(order.paid, part, order.fee_bps)?,
                    "refund a part of an order, and be paid for the rest",
                    instruction::refund_part(&settle, draft.signer, buyer, part),
                )
            }
        };
        settled::require_possible(ctx, &order, action, &draft.signer)?;
        let amount = |units| Shown::of(Amount::new(units, decimals, &order.terms.mint));
        draft.describe(
            what,
            vec![
                ("order", self.order.into()),
                ("to who paid", amount(division.refund)),
                ("to the seller", amount(division.release)),
                ("fee", amount(division.fee)),
            ],
        );
        settled::warn_of_accounts(ctx, &order, &settle, &division)?;
        draft.add(refund);
        settled::finish(ctx, draft, &self.confirm, &self.order)
    }
}
