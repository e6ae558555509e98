use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::governance::AcceptedByArgs;
use crate::roaming::args::OperatorArg;
use crate::roaming::operator::place::Place;

#[derive(Args)]
pub struct OperatorAcceptArgs {
    #[command(flatten)]
    pub operator: OperatorArg,
    #[command(flatten)]
    pub by: AcceptedByArgs,
}

impl OperatorAcceptArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
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
        draft.finish(Some(&self.by.confirm))
    }
}
