use anyhow::{Result, bail};
use esim_market::state::{Action, DisputeReason};
use wayfare_client::esim::instruction;

use super::hash_of;
use crate::cli::esim::seller::AnswerArgs;
use crate::commands::esim::{find_order, require_online, settled};
use crate::context::Context;
use crate::draft::{Draft, Receipt};

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
