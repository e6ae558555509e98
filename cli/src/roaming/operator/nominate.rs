use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::governance::NomineeArgs;
use crate::roaming::args::{OperatorArg, OperatorAuthorityArgs};
use crate::roaming::find::find_operator;
use crate::roaming::operator::place::Place;

#[derive(Args)]
pub struct OperatorNominateArgs {
    #[command(flatten)]
    pub operator: OperatorArg,
    #[command(flatten)]
    pub nominee: NomineeArgs,
    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

impl OperatorNominateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let Place {
            hub,
            tadig,
            operator,
        } = self.operator.place(ctx)?;
        self.nominee.describe(&mut draft, tadig.as_str(), || {
            let (_, state) = find_operator(ctx, &hub, tadig)?;
            Ok(state.pending_authority)
        })?;
        draft.add(instruction::nominate_operator(
            hub,
            operator,
            draft.signer,
            self.nominee.nominee,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
