use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::esim::find::find_market;
use crate::esim::market::args::{MarketAuthorityArgs, MarketNameArgs};
use crate::views;

#[derive(Args)]
pub struct MarketNominateArgs {
    #[command(flatten)]
    pub market: MarketNameArgs,

    /// Whom to nominate
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub nominee: Option<Pubkey>,

    /// Withdraw the nomination
    #[arg(long, conflicts_with = "nominee")]
    pub withdraw: bool,

    #[command(flatten)]
    pub by: MarketAuthorityArgs,
}

impl MarketNominateArgs {
    /// `clap` sees to it that there is either a nominee or `--withdraw`.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.market.name;
        match self.nominee {
            Some(nominee) => draft.describe(
                format!("nominate the next authority of the market {name}"),
                vec![("pending authority", nominee.into())],
            ),
            None => draft.describe(
                format!("withdraw the nomination for the authority of the market {name}"),
                vec![("pending authority", "none".into())],
            ),
        }
        draft.describe_before(|| {
            let (_, market) = find_market(ctx, name)?;
            let nominee = views::or_none(&views::key(&market.pending_authority));
            Ok(vec![("pending authority", nominee.into())])
        })?;
        draft.add(instruction::nominate_authority(
            self.market.address()?,
            draft.signer,
            self.nominee,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
