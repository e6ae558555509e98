use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{AuthorityChanged, emit},
    state::Network,
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    /// Whom the authority nominated last.
    pub nominee: Signer<'info>,
}

impl AcceptAuthority<'_> {
    /// Takes the authority over. The second step of a hand-over: a key that nobody holds can never become authority.
    ///
    /// 1. the signer is the nominee
    /// 2. the nominee becomes the authority, and nobody is nominated
    pub fn accept_authority(ctx: Context<Self>) -> Result<()> {
        let nominee = ctx.accounts.nominee.key();

        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let accepted = network.scope.accept(nominee);
            let old = accepted.map_err(NodeRewardsError::from)?;
            AuthorityChanged {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                old,
                new: nominee,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
