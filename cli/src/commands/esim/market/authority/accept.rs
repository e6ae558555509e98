use anyhow::Result;

use crate::cli::esim::MarketAcceptArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

impl MarketAcceptArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.nominee.as_ref(), "the nominee")?;
        draft.describe(
            format!("take over the authority of the market {}", self.market.name),
            vec![("authority", draft.signer.into())],
        );
        draft.add(self.market.governed()?.accept_authority(draft.signer));
        draft.finish(Some(&self.confirm))
    }
}
