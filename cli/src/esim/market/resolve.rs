use anyhow::Result;
use clap::Args;
use esim_market::state::{Action, Division};
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs, basis_points};
use crate::context::Context;
use crate::draft::Draft;
use crate::esim::find::find_to_settle;
use crate::esim::settled;
use crate::esim::settled::Settled;
use crate::esim::views::percent;
use crate::output::{Amount, Shown};
use crate::signers::SignerSource;

#[derive(Args)]
pub struct ResolveArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// The buyer's share in basis points: 10000 is all. The seller gets the rest, less the fee
    #[arg(long, value_name = "BPS", value_parser = basis_points)]
    pub split: u16,

    /// The arbiter that the order names [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub arbiter: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
                ("to the payer", amount(division.refund)),
                ("to the seller", amount(division.release)),
                ("fee", amount(division.fee)),
            ],
        );
        settled::warn_of_accounts(ctx, &order, &settle, &division)?;
        draft.add(instruction::resolve(&settle, draft.signer, self.split));
        settled::finish(ctx, draft, &self.confirm, &self.order)
    }
}
