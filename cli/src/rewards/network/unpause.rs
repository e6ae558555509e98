use anyhow::Result;
use clap::Args;
use wayfare_client::rewards::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::args::NetworkNameArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NetworkUnpauseArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

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
        draft.add(instruction::unpause(self.network.address()?, draft.signer));
        draft.finish(Some(&self.confirm))
    }
}
