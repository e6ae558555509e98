use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Shown};
use crate::rewards::network::pause::PauseEnd;
use crate::roaming::args::HubNameArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct HubPauseArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,

    #[command(flatten)]
    pub end: PauseEnd,

    /// The hub's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
        draft.add(instruction::pause(self.hub.address()?, draft.signer, until));
        draft.finish(Some(&self.confirm))
    }
}
