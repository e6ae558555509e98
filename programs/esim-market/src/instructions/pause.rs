use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{PauseChanged, emit},
    state::Market,
};

#[event_cpi]
#[derive(Accounts)]
pub struct Pause<'info> {
    #[account(
        mut,
        constraint = market.load()?.scope.guardian == guardian.key() @ EsimMarketError::NotGuardian
    )]
    pub market: AccountLoader<'info, Market>,
    pub guardian: Signer<'info>,
}

impl Pause<'_> {
    /// Refuses entries (applications, plans, purchases, top-ups) until a time.
    ///
    /// 1. the time is ahead, by at most 7 days: a lost guardian's pause lifts by itself
    /// 2. everything that concerns an order that exists goes on: deliveries, disputes, refunds, releases
    pub fn pause(ctx: Context<Self>, until: i64) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;

        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market
                .scope
                .pause(until, now)
                .map_err(EsimMarketError::from)?;
            PauseChanged {
                market: ctx.accounts.market.key(),
                sequence: market.next_sequence()?,
                old,
                new: until,
                by: ctx.accounts.guardian.key(),
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
