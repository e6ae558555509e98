use anyhow::Result;
use wayfare_client::governance::Governed;
use wayfare_client::roaming::address::PROGRAM;

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
        draft.add(
            Governed {
                program: PROGRAM,
                address: self.hub.address()?,
            }
            .accept_authority(draft.signer),
        );
        draft.finish(Some(&self.confirm))
    }
}
