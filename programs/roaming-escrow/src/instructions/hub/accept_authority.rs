use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{AuthorityChanged, emit},
    state::Hub,
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    /// The authority's last nominee.
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
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub
                .scope
                .accept(nominee)
                .map_err(RoamingEscrowError::from)?;
            AuthorityChanged {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                old,
                new: nominee,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
