use anyhow::{Result, bail};
use esim_market::state::{Action, Order, OrderState};
use wayfare_client::esim::instruction;
use wayfare_client::esim::orders::{self, state_name};
use wayfare_client::token;

use super::find_to_settle;
use super::settled::{self, RefundAccount, Settled};
use crate::cli::esim::RefundArgs;
use crate::context::Context;
use crate::draft::Draft;
use crate::output::{Amount, Moment, Shown};
use crate::views::esim::deed;

impl RefundArgs {
    /// Anyone can: the money goes to who paid, whoever asks.
    pub fn run(&self, ctx: &Context) -> Result<Settled> {
        let mut draft = Draft::paid_only(ctx, &self.transaction)?;
        let (order, settle, decimals) = find_to_settle(ctx, draft.is_offline(), &self.order)?;
        let action = due(&order, ctx.cluster()?.unix_time()?).map_err(anyhow::Error::msg)?;
        let refund = match action {
            Action::PayOut => order.refund_due,
            _ => order.paid,
        };
        draft.describe(
            deed(action),
            vec![
                ("order", self.order.into()),
                (
                    "refund",
                    Shown::of(Amount::new(refund, decimals, &order.terms.mint)),
                ),
                ("to", order.payer.into()),
                ("token account", settle.refund_to.into()),
            ],
        );
        match settled::refund_account(ctx, &order, &settle)? {
            RefundAccount::Ready => {}
            RefundAccount::Missing => {
                ctx.note(format_args!(
                    "note: {} has no token account for this mint: it is made, and the fee payer pays its rent",
                    order.payer
                ));
                let vault = &settle.vault;
                draft.add(token::create_token_account(
                    &draft.payer,
                    &order.payer,
                    &vault.mint,
                    &vault.token_program,
                ));
            }
            RefundAccount::Refuses(reason) => ctx.note(format_args!(
                "note: the token account {} {reason}: the order ends, and the refund stays due until it can be paid",
                settle.refund_to
            )),
        }
        match instruction::crank(&settle, draft.payer, action) {
            Some(crank) => draft.add(crank),
            None => bail!("the order allows nobody to {}", deed(action)),
        }
        settled::finish(ctx, draft, &self.confirm, &self.order)
    }
}

/// The refund that anyone can bring about now, or what stands in its way.
fn due(order: &Order, now: i64) -> Result<Action, String> {
    match orders::crank(order, now) {
        Some(action @ (Action::RefundUndelivered | Action::RefundUnanswered)) => return Ok(action),
        Some(action @ Action::PayOut) if order.refund_due > 0 => return Ok(action),
        Some(Action::PayOut) => {
            return Err(
                "nothing is due to who paid; what is still due to the seller and the market is paid by `wayfare esim sweep`"
                    .into(),
            );
        }
        _ => {}
    }
    if let Some(at) = orders::refund_at(order) {
        return Err(format!(
            "the order is {}: a refund is certain from {} on, unless the seller acts before",
            state_name(order),
            Moment(at)
        ));
    }
    Err(match order.state() {
        Ok(OrderState::Delivered) => format!(
            "the order is delivered: to have the money back, complain until {} with `wayfare esim dispute`, or ask the seller",
            Moment(order.release_at)
        ),
        Ok(OrderState::Contested) => format!(
            "the order is contested: its arbiter decides until {}, then the plan's own split counts",
            Moment(order.resolve_by)
        ),
        _ => format!(
            "the order is {} and owes nobody any more",
            state_name(order)
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_before_its_time_says_when() {
        let mut order: Order = bytemuck::Zeroable::zeroed();
        (order.paid, order.deliver_by) = (5, 1_000);
        let error = due(&order, 999).unwrap_err();
        assert!(error.contains("1970-01-01T00:16:40Z"), "{error}");
        assert_eq!(due(&order, 1_000), Ok(Action::RefundUndelivered));
        order.set_state(OrderState::Delivered);
        order.release_at = 2_000;
        assert!(due(&order, 1_500).unwrap_err().contains("dispute"));
        // The seller's to be paid, which is no refund.
        assert!(due(&order, 2_500).is_err());
        order.set_state(OrderState::Disputed);
        order.answer_by = 3_000;
        assert_eq!(due(&order, 3_000), Ok(Action::RefundUnanswered));
        order.set_state(OrderState::Refunded);
        assert!(due(&order, 4_000).unwrap_err().contains("owes nobody"));
        order.fee_due = 1;
        assert!(due(&order, 4_000).unwrap_err().contains("sweep"));
        order.refund_due = 5;
        assert_eq!(due(&order, 4_000), Ok(Action::PayOut));
    }
}
