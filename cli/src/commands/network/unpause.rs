use anyhow::Result;
use wayfare_client::rewards::instruction;

use crate::cli::NetworkUnpauseArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

impl NetworkUnpauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        draft.describe(
            format!("end the pause of the network {}", self.network.name),
            vec![],
        );
        draft.add(instruction::governed(self.network.address()?).unpause(draft.signer));
        draft.finish(Some(&self.confirm))
    }
}
