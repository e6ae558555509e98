use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::roaming::args::{HubAuthorityArgs, HubNameArgs};

#[derive(Args)]
pub struct HubUnpauseArgs {
    #[command(flatten)]
    pub hub: HubNameArgs,
    #[command(flatten)]
    pub by: HubAuthorityArgs,
}

impl HubUnpauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        draft.describe(
            format!("end the pause of the hub {}", self.hub.name),
            vec![],
        );
        draft.add(instruction::unpause(self.hub.address()?, draft.signer));
        draft.finish(Some(&self.by.confirm))
    }
}
