use anyhow::Result;
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::roaming::args::OperatorArg;
use crate::roaming::operator::place::Place;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct OperatorAcceptArgs {
    #[command(flatten)]
    pub operator: OperatorArg,

    /// The nominee [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub nominee: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
