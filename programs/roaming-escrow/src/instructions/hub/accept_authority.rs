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
    /// Whom the authority nominated last.
    pub nominee: Signer<'info>,
}

impl AcceptAuthority<'_> {
    fn validate(&self) -> Result<()> {
        require_keys_eq!(
            self.hub.load()?.pending_authority,
            self.nominee.key(),
            RoamingEscrowError::NotNominee
        );
        Ok(())
    }

    /// Takes the authority over. The second step of a hand-over: a key that nobody holds can never become authority.
    ///
    /// 1. the signer is the nominee
    /// 2. the nominee becomes the authority, and nobody is nominated
    pub fn accept_authority(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.validate()?;
        let nominee = ctx.accounts.nominee.key();

        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub.authority;
            hub.authority = nominee;
            hub.pending_authority = Pubkey::default();
            AuthorityChanged {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                operator: None,
                old,
                new: nominee,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
