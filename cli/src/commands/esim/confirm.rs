use anyhow::Result;
use esim_market::state::{Action, Division};
use wayfare_client::esim::instruction;

use super::find_to_settle;
use super::settled::{self, Settled};
use crate::cli::esim::OrderArgs;
use crate::context::Context;
use crate::draft::Draft;
use crate::output::{Amount, Shown};

pub fn run(args: &OrderArgs, ctx: &Context) -> Result<Settled> {
    let mut draft = Draft::new(ctx, &args.transaction, args.buyer.as_ref(), "the buyer")?;
    let (order, settle, decimals) = find_to_settle(ctx, draft.is_offline(), &args.order)?;
    settled::require_possible(ctx, &order, Action::Confirm, &draft.signer)?;
    let division = Division::part(order.paid, 0, order.fee_bps)?;
    let amount = |units| Shown::of(Amount::new(units, decimals, &order.terms.mint));
    draft.describe(
        "confirm a delivery: the seller is paid, and nothing can be disputed any more",
        vec![
            ("order", args.order.into()),
            ("to the seller", amount(division.release)),
            ("fee", amount(division.fee)),
        ],
    );
    settled::warn_of_accounts(ctx, &order, &settle, &division)?;
    draft.add(instruction::confirm_delivery(&settle, draft.signer));
    settled::finish(ctx, draft, &args.confirm, &args.order)
}
