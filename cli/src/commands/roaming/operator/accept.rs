use anyhow::Result;
use wayfare_client::roaming::instruction;

use super::Place;
use crate::cli::roaming::OperatorAcceptArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

impl OperatorAcceptArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.nominee.as_ref(), "the nominee")?;
        let Place {
            hub,
            tadig,
            operator,
        } = self.operator.place(ctx)?;
        draft.describe(
            format!("take over {tadig}"),
            vec![("authority", draft.signer.into())],
        );
        draft.add(instruction::accept_operator(hub, operator, draft.signer));
        draft.finish(Some(&self.confirm))
    }
}
