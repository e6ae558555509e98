use anyhow::Result;
use wayfare_client::governance::Governed;
use wayfare_client::roaming::address::PROGRAM;

use crate::cli::roaming::HubPauseArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Shown};

impl HubPauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.guardian.as_ref(),
            "the guardian",
        )?;
        let until = self.end.moment(ctx, &self.transaction.offline)?;
        draft.describe(
            format!("pause the hub {}", self.hub.name),
            vec![("paused until", Shown::of(Moment(until)))],
        );
        draft.add(
            Governed {
                program: PROGRAM,
                address: self.hub.address()?,
            }
            .pause(draft.signer, until),
        );
        draft.finish(Some(&self.confirm))
    }
}
