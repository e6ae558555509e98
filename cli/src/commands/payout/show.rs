use anyhow::Result;
use node_rewards::state::Payout;
use wayfare_client::rewards::address;

use crate::cli::PayoutShowArgs;
use crate::context::Context;
use crate::views::rewards::PayoutView;

impl PayoutShowArgs {
    pub fn run(&self, ctx: &Context) -> Result<PayoutView> {
        // Only a network that exists can pay anybody.
        let (network, _) = ctx.network(&self.network.network)?;
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
