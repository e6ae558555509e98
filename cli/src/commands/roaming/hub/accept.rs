use anyhow::Result;
use wayfare_client::roaming::instruction;

use crate::cli::roaming::HubAcceptArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

impl HubAcceptArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.nominee.as_ref(), "the nominee")?;
        draft.describe(
            format!("take over the authority of the hub {}", self.hub.name),
            vec![("authority", draft.signer.into())],
        );
        draft.add(instruction::accept_authority(
            self.hub.address()?,
            draft.signer,
        ));
        draft.finish(Some(&self.confirm))
    }
}
