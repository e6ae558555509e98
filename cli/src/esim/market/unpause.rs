use anyhow::Result;
use clap::Args;
use wayfare_client::esim::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::esim::market::args::{MarketAuthorityArgs, MarketNameArgs};

#[derive(Args)]
pub struct MarketUnpauseArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,
    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

impl MarketUnpauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        draft.describe(
            format!("end the pause of the market {}", self.market.name),
            vec![],
        );
        draft.add(instruction::unpause(self.market.address()?, draft.signer));
        draft.finish(Some(&self.by.confirm))
    }
}
