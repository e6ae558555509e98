use anyhow::Result;
use wayfare_client::roaming::instruction;

use super::{details, disputed};
use crate::cli::roaming::ConcedeArgs;
use crate::commands::roaming::{require_online, tadig};
use crate::context::Context;
use crate::draft::Receipt;

impl ConcedeArgs {
    /// Either side may, as long as nothing is awarded.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        require_online(draft.is_offline())?;
        let (found, key) = self.statement.find(ctx)?;
        let operator = self.operator.as_ref().map(|given| tadig(ctx, given));
        let side = found.side_of_authority(&draft.signer, operator)?;
        let statement = disputed(ctx, &found, key)?;
        let (action, award) = if side == key.home {
            ("concede all of the difference", statement.disputed()?)
        } else {
            ("forgo the difference", 0)
        };
        draft.describe(action, details(&found, key, &statement, award)?);
        draft.add(instruction::concede(
            &found.statement_accounts(key),
            side,
            draft.signer,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
