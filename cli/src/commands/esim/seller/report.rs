use anyhow::{Result, bail};
use esim_market::state::Action;
use wayfare_client::esim::instruction;

use crate::cli::esim::seller::ReportArgs;
use crate::commands::esim::{find_order, require_online, settled};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Moment;

impl ReportArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let attester = self.attester.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, attester, "the attester")?;
        require_online(draft.is_offline())?;
        let order = find_order(ctx, &self.order)?;
        let (what, before, report) = if self.what.activated {
            let report = instruction::report_activated(self.order, &order);
            ("first used", order.activated_at, report)
        } else {
            let report = instruction::report_installed(self.order, &order);
            ("installed", order.installed_at, report)
        };
        if before != 0 {
            bail!(
                "that it was {what} was reported on {} already",
                Moment(before)
            );
        }
        settled::require_possible(ctx, &order, Action::Report, &draft.signer)?;
        draft.describe(
            format!("report that the profile of an order was {what}"),
            vec![("order", self.order.into())],
        );
        draft.add(report);
        draft.finish(None)
    }
}
