use anyhow::{Result, bail};
use clap::Args;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::{address, instruction};

use crate::args::{OFFLINE, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::args::NetworkArg;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct PayoutClearArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The owner of the nodes [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub owner: Option<SignerSource>,

    /// Payer of the account's rent, where the network cannot be asked
    #[arg(long, value_name = "PUBKEY", requires = "blockhash", help_heading = OFFLINE)]
    pub rent_payer: Option<Pubkey>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl PayoutClearArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(ctx, &self.transaction, self.owner.as_ref(), "the owner")?;
        let (network, owner) = (self.network.address()?, draft.signer);
        let rent_payer = draft.given_or(self.rent_payer, "--rent-payer", || {
            let payout = address::payout(&network, &owner);
            match ctx
                .cluster()?
                .find_state::<node_rewards::state::Payout>(&payout)?
            {
                Some(payout) => Ok(payout.rent_payer),
                None => bail!(
                    "{owner} has set no payout wallet in the network {}: its claims pay it already",
                    self.network.network
                ),
            }
        })?;
        draft.describe(
            format!(
                "clear the payout wallet in the network {}",
                self.network.network
            ),
            vec![("owner", owner.into()), ("rent goes to", rent_payer.into())],
        );
        draft.add(instruction::clear_payout(network, owner, rent_payer));
        draft.finish(None)
    }
}
