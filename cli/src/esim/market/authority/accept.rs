use anyhow::Result;
use clap::Args;
use wayfare_client::esim::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::market::args::MarketNameArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct MarketAcceptArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// The nominee [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub nominee: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl MarketAcceptArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.nominee.as_ref(), "the nominee")?;
        draft.describe(
            format!("take over the authority of the market {}", self.market.name),
            vec![("authority", draft.signer.into())],
        );
        draft.add(instruction::accept_authority(
            self.market.address()?,
            draft.signer,
        ));
        draft.finish(Some(&self.confirm))
    }
}
