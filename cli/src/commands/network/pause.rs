use anyhow::{Result, bail};
use wayfare_client::rewards::instruction;

use crate::cli::{NetworkPauseArgs, OfflineArgs, PauseEnd};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::{Moment, Shown};

impl NetworkPauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.guardian.as_ref(),
            "the guardian",
        )?;
        let until = self.end.moment(ctx, &self.transaction.offline)?;
        draft.describe(
            format!("pause the network {}", self.network.name),
            vec![("paused until", Shown::of(Moment(until)))],
        );
        draft.add(instruction::governed(self.network.address()?).pause(draft.signer, until));
        draft.finish(Some(&self.confirm))
    }
}

impl PauseEnd {
    /// When the pause ends, in Unix seconds.
    pub fn moment(&self, ctx: &Context, offline: &OfflineArgs) -> Result<i64> {
        match (self.until, self.span) {
            (Some(until), _) => Ok(until.0),
            (None, Some(span)) if offline.blockhash.is_none() => {
                // By the cluster's clock, which the program goes by.
                Ok(ctx.cluster()?.unix_time()?.saturating_add_unsigned(span.0))
            }
            _ => bail!(Usage("with --blockhash every signer must sign the same time: give --until instead of --for".into())),
        }
    }
}
