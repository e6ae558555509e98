use anyhow::Result;
use wayfare_client::rewards::instruction;

use crate::cli::AuthorityAcceptArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

impl AuthorityAcceptArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.nominee.as_ref(), "the nominee")?;
        draft.describe(
            format!(
                "take over the authority of the network {}",
                self.network.name
            ),
            vec![("authority", draft.signer.into())],
        );
        draft.add(instruction::governed(self.network.address()?).accept_authority(draft.signer));
        draft.finish(Some(&self.confirm))
    }
}
