use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::Receipt;
use crate::roaming::args::{NomineeArgs, OperatorArg, OperatorAuthorityArgs};
use crate::roaming::find::find_operator;
use crate::roaming::operator::place::Place;
use crate::views;

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
    /// `clap` sees to it that there is either a nominee or `--withdraw`.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let Place {
            hub,
            tadig,
            operator,
        } = self.operator.place(ctx)?;
        match self.nominee.nominee {
            Some(nominee) => draft.describe(
                format!("nominate the next authority of {tadig}"),
                vec![("pending authority", nominee.into())],
            ),
            None => draft.describe(
                format!("withdraw the nomination for the authority of {tadig}"),
                vec![("pending authority", "none".into())],
            ),
        }
        draft.describe_before(|| {
            let (_, state) = find_operator(ctx, &hub, tadig)?;
            let nominee = views::or_none(&views::key(&state.pending_authority));
            Ok(vec![("pending authority", nominee.into())])
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
