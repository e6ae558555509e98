use anyhow::Result;
use wayfare_client::rewards::instruction;

use crate::cli::AuthorityNominateArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::views;

impl AuthorityNominateArgs {
    /// `clap` sees to it that there is either a nominee or `--withdraw`.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        let name = &self.network.name;
        match self.nominee {
            Some(nominee) => draft.describe(
                format!("nominate the next authority of the network {name}"),
                vec![("pending authority", nominee.into())],
            ),
            None => draft.describe(
                format!("withdraw the nomination for the authority of the network {name}"),
                vec![("pending authority", "none".into())],
            ),
        }
        draft.describe_before(|| {
            let (_, network) = ctx.network(name)?;
            let nominee = views::or_none(&views::key(&network.scope.pending_authority));
            Ok(vec![("pending authority", nominee.into())])
        })?;
        draft.add(
            instruction::governed(self.network.address()?)
                .nominate_authority(draft.signer, self.nominee),
        );
        draft.finish(Some(&self.confirm))
    }
}
