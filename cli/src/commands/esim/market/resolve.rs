use anyhow::Result;
use esim_market::state::{Action, Division};
use wayfare_client::esim::instruction;

use crate::cli::esim::ResolveArgs;
use crate::commands::esim::find_to_settle;
use crate::commands::esim::settled::{self, Settled};
use crate::context::Context;
use crate::draft::Draft;
use crate::output::{Amount, Shown};
use crate::views::esim::percent;

impl ResolveArgs {
    pub fn run(&self, ctx: &Context) -> Result<Settled> {
        let mut draft = Draft::new(ctx, &self.transaction, self.arbiter.as_ref(), "the arbiter")?;
        let (order, settle, decimals) = find_to_settle(ctx, draft.is_offline(), &self.order)?;
        settled::require_possible(ctx, &order, Action::Resolve, &draft.signer)?;
        let division = Division::split(order.paid, self.split, order.fee_bps)?;
        let amount = |units| Shown::of(Amount::new(units, decimals, &order.terms.mint));
        draft.describe(
            "resolve a contested order".to_owned(),
            vec![
                ("order", self.order.into()),
                ("buyer's share", Shown::new(percent(self.split), self.split)),
                ("to who paid", amount(division.refund)),
                ("to the seller", amount(division.release)),
                ("fee", amount(division.fee)),
            ],
        );
        settled::warn_of_accounts(ctx, &order, &settle, &division)?;
        draft.add(instruction::resolve(&settle, draft.signer, self.split));
        settled::finish(ctx, draft, &self.confirm, &self.order)
    }
}
