use anyhow::Result;
use clap::Args;
use node_rewards::state::Payout;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::address;

use crate::context::Context;
use crate::rewards::args::NetworkArg;
use crate::rewards::find::find_network;
use crate::rewards::views::PayoutView;

#[derive(Args)]
pub struct PayoutShowArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// The owner [default: the public key of --keypair]
    #[arg(value_name = "PUBKEY")]
    pub owner: Option<Pubkey>,
}

impl PayoutShowArgs {
    pub fn run(&self, ctx: &Context) -> Result<PayoutView> {
        // Only a network that exists can pay anybody.
        let (network, _) = find_network(ctx, &self.network.network)?;
        let owner = match self.owner {
            Some(owner) => owner,
            None => ctx.party(None, "the owner")?.pubkey(),
        };
        let at = address::payout(&network, &owner);
        Ok(match ctx.cluster()?.find_state::<Payout>(&at)? {
            Some(payout) => PayoutView::new(&at, &payout),
            None => PayoutView::none(&network, &owner),
        })
    }
}
