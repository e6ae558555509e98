use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use esim_market::state::{Action, DisputeReason};
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::find::{find_order, require_online};
use crate::esim::seller::find::hash_of;
use crate::esim::settled;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct AnswerArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// File with what the seller says, for the arbiter: its SHA-256 goes on the chain
    #[arg(long, value_name = "FILE")]
    pub evidence: PathBuf,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl AnswerArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let authority = self.authority.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, authority, "the seller")?;
        require_online(draft.is_offline())?;
        let hash = hash_of(&self.evidence)?;
        let order = find_order(ctx, &self.order)?;
        if matches!(order.reason(), Ok(DisputeReason::Unused)) && order.refund_right_holds()? {
            bail!(
                "the plan's refund policy gives the money of an unused plan back, and nobody reported its use: \
                 refund it with `wayfare esim seller refund`, or report its use first"
            );
        }
        settled::require_possible(ctx, &order, Action::Answer, &draft.signer)?;
        draft.describe(
            "contest a dispute: the arbiter decides",
            vec![
                ("order", self.order.into()),
                ("evidence", self.evidence.display().to_string().into()),
                ("SHA-256", hex::encode(hash).into()),
            ],
        );
        draft.add(instruction::answer_dispute(self.order, &order, hash));
        draft.finish(Some(&self.confirm))
    }
}
