use anyhow::{Result, bail};
use clap::Args;
use esim_market::state::{Action, Division};
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::Draft;
use crate::esim::find::find_to_settle;
use crate::esim::settled;
use crate::esim::settled::Settled;
use crate::output::{Amount, Shown};
use crate::signers::SignerSource;

#[derive(Args)]
pub struct SellerRefundArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// Only so many tokens; the rest is paid to the seller. The buyer signs too
    #[arg(long, value_name = "AMOUNT", requires = "buyer")]
    pub part: Option<String>,

    /// The order's buyer, who agrees to the part
    #[arg(long, value_name = "KEYPAIR", requires = "part")]
    pub buyer: Option<SignerSource>,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
                ("to the payer", amount(division.refund)),
                ("to the seller", amount(division.release)),
                ("fee", amount(division.fee)),
            ],
        );
        settled::warn_of_accounts(ctx, &order, &settle, &division)?;
        draft.add(refund);
        settled::finish(ctx, draft, &self.confirm, &self.order)
    }
}
