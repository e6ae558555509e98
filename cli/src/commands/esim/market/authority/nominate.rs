use anyhow::Result;

use crate::cli::esim::MarketNominateArgs;
use crate::commands::esim::find_market;
use crate::context::Context;
use crate::draft::Receipt;
use crate::views;

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
            let nominee = views::or_none(&views::key(&market.scope.pending_authority));
            Ok(vec![("pending authority", nominee.into())])
        })?;
        draft.add(
            self.market
                .governed()?
                .nominate_authority(draft.signer, self.nominee),
        );
        draft.finish(Some(&self.by.confirm))
    }
}
