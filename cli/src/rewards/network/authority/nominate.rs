use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::args::NetworkNameArgs;
use crate::signers::SignerSource;
use crate::views;

#[derive(Args)]
pub struct AuthorityNominateArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    /// Whom to nominate
    #[arg(value_name = "PUBKEY", required_unless_present = "withdraw")]
    pub nominee: Option<Pubkey>,

    /// Withdraw the nomination
    #[arg(long, conflicts_with = "nominee")]
    pub withdraw: bool,

    /// The network's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl AuthorityNominateArgs {
    /// `clap` sees to it that there is either a nominee or `--withdraw`.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )?;
        let name = &self.network.name;
        match self.nominee {
            Some(nominee) => draft.describe(
                format!("nominate the next authority of the network {name}"),
                vec![("pending authority", nominee.into())],
            ),
            None => draft.describe(
                format!("withdraw the nomination for the authority of the network {name}"),
                vec![("pending authority", "none".into())],
            ),
        }
        draft.describe_before(|| {
            let (_, network) = ctx.network(name)?;
            let nominee = views::or_none(&views::key(&network.pending_authority));
            Ok(vec![("pending authority", nominee.into())])
        })?;
        draft.add(instruction::nominate_authority(
            self.network.address()?,
            draft.signer,
            self.nominee,
        ));
        draft.finish(Some(&self.confirm))
    }
}
