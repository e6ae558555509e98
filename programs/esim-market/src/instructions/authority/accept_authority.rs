use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{AuthorityChanged, emit},
    state::Market,
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptAuthority<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    /// Whom the authority nominated last.
    pub nominee: Signer<'info>,
}

impl AcceptAuthority<'_> {
    fn validate(&self) -> Result<()> {
        require_keys_eq!(
            self.market.load()?.pending_authority,
            self.nominee.key(),
            EsimMarketError::NotNominee
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
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market.authority;
            market.authority = nominee;
            market.pending_authority = Pubkey::default();
            AuthorityChanged {
                market: ctx.accounts.market.key(),
                sequence: market.next_sequence()?,
                old,
                new: nominee,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
