use anyhow::Result;

use crate::cli::esim::MarketPauseArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Shown};

impl MarketPauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.guardian.as_ref(),
            "the guardian",
        )?;
        let until = self.end.moment(ctx, &self.transaction.offline)?;
        draft.describe(
            format!("pause the market {}", self.market.name),
            vec![("paused until", Shown::of(Moment(until)))],
        );
        draft.add(self.market.governed()?.pause(draft.signer, until));
        draft.finish(Some(&self.confirm))
    }
}
