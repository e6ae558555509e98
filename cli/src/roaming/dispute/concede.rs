use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;
use wayfare_core::roaming::tadig::{Folded, Tadig};

use crate::context::Context;
use crate::draft::Receipt;
use crate::roaming::args::{OperatorAuthorityArgs, StatementArg};
use crate::roaming::dispute::difference::{details, disputed};
use crate::roaming::find::{require_online, tadig};

#[derive(Args)]
pub struct ConcedeArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// TADIG code of the operator that concedes, where the key is the authority of both
    #[arg(long, value_name = "TADIG", value_parser = Tadig::fold)]
    pub operator: Option<Folded>,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

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
