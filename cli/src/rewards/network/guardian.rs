use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::args::NetworkNameArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NetworkGuardianArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// The new guardian
    #[arg(value_name = "PUBKEY")]
    pub guardian: Pubkey,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl NetworkGuardianArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        draft.describe(
            format!("replace the guardian of the network {}", self.network.name),
            vec![("guardian", self.guardian.into())],
        );
        draft.describe_before(|| {
            let (_, network) = ctx.network(&self.network.name)?;
            Ok(vec![("guardian", network.guardian.into())])
        })?;
        draft.add(instruction::set_guardian(
            self.network.address()?,
            draft.signer,
            self.guardian,
        ));
        draft.finish(Some(&self.confirm))
    }
}
