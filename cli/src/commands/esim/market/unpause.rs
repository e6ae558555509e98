use anyhow::Result;

use crate::cli::esim::MarketUnpauseArgs;
use crate::context::Context;
use crate::draft::Receipt;

impl MarketUnpauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        draft.describe(
            format!("end the pause of the market {}", self.market.name),
            vec![],
        );
        draft.add(self.market.governed()?.unpause(draft.signer));
        draft.finish(Some(&self.by.confirm))
    }
}
