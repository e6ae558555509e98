use anyhow::Result;
use wayfare_client::governance::Governed;
use wayfare_client::roaming::address::PROGRAM;

use crate::cli::roaming::HubUnpauseArgs;
use crate::context::Context;
use crate::draft::Receipt;

impl HubUnpauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        draft.describe(
            format!("end the pause of the hub {}", self.hub.name),
            vec![],
        );
        draft.add(
            Governed {
                program: PROGRAM,
                address: self.hub.address()?,
            }
            .unpause(draft.signer),
        );
        draft.finish(Some(&self.by.confirm))
    }
}
