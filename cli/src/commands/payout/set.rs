use anyhow::Result;
use wayfare_client::rewards::instruction;

use crate::cli::PayoutSetArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

impl PayoutSetArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        draft.describe(
            format!(
                "set the payout wallet in the network {}",
                self.network.network
            ),
            vec![
                ("owner", draft.signer.into()),
                ("wallet", self.wallet.into()),
            ],
        );
        draft.add(instruction::set_payout(
            self.network.address()?,
            draft.payer,
            draft.signer,
            self.wallet,
        ));
        draft.finish(None)
    }
}
