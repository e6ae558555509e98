use anyhow::Result;
use clap::Args;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::market::args::MarketNameArgs;
use crate::output::{Moment, Shown};
use crate::rewards::network::pause::PauseEnd;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct MarketPauseArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    #[command(flatten)]
    pub end: PauseEnd,

    /// The market's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
        draft.add(instruction::pause(
            self.market.address()?,
            draft.signer,
            until,
        ));
        draft.finish(Some(&self.confirm))
    }
}
