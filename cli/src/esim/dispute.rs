use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use esim_market::state::{Action, DisputeReason};
use wayfare_client::esim::instruction;

use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::args::OrderArgs;
use crate::esim::find::{find_order, require_online};
use crate::esim::settled;
use crate::output::{Moment, Shown, Span};

#[derive(Args)]
pub struct DisputeArgs {
    #[command(flatten)]
    pub order: OrderArgs,

    /// What is wrong
    #[arg(long, value_enum)]
    pub reason: Reason,
}

/// Why a buyer complains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reason {
    /// The delivery does not decrypt, or not to what the seller committed to
    Unreadable,
    /// The profile does not install
    NotInstallable,
    /// The profile installs, but brings no service
    NoService,
    /// The profile is not the plan that was bought
    NotAsDescribed,
    /// Somebody used the profile before
    UsedBefore,
    /// It is unused, and the plan gives the money back
    Unused,
    Other,
}

impl From<Reason> for DisputeReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Unreadable => Self::Unreadable,
            Reason::NotInstallable => Self::NotInstallable,
            Reason::NoService => Self::NoService,
            Reason::NotAsDescribed => Self::NotAsDescribed,
            Reason::UsedBefore => Self::UsedBefore,
            Reason::Unused => Self::Unused,
            Reason::Other => Self::Other,
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_the_programs() {
        let reasons: Vec<u8> = Reason::value_variants()
            .iter()
            .map(|reason| DisputeReason::from(*reason) as u8)
            .collect();
        let all: Vec<u8> = DisputeReason::ALL
            .iter()
            .map(|reason| *reason as u8)
            .collect();
        // All but `None`, which is not a complaint.
        assert_eq!(reasons, all[1..]);
    }
}
