use anyhow::Result;
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::args::NetworkArg;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct PayoutSetArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The wallet, not its token account
    #[arg(value_name = "PUBKEY")]
    pub wallet: Pubkey,

    /// The owner of the nodes [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl PayoutSetArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        draft.describe(
            format!(
                "set the payout wallet in the network {}",
                self.network.network
            ),
            vec![
                ("owner", draft.signer.into()),
                ("wallet", self.wallet.into()),
            ],
        );
        draft.add(instruction::set_payout(
            self.network.address()?,
            draft.payer,
            draft.signer,
            self.wallet,
        ));
        draft.finish(None)
    }
}
