use anchor_lang::prelude::*;

use crate::{
    constants::MAX_PAUSE,
    errors::EsimMarketError,
    events::{PauseChanged, emit},
    state::Market,
};

#[event_cpi]
#[derive(Accounts)]
pub struct Pause<'info> {
    #[account(mut, has_one = guardian @ EsimMarketError::NotGuardian)]
    pub market: AccountLoader<'info, Market>,
    pub guardian: Signer<'info>,
}

impl Pause<'_> {
    fn validate(until: i64, now: i64) -> Result<()> {
        require!(
            until > now && until <= now.saturating_add(MAX_PAUSE),
            EsimMarketError::BadPause
        );
        Ok(())
    }

    /// Refuses entries (applications, plans, purchases, top-ups) until a time.
    ///
    /// 1. the time is ahead, by at most 7 days: a lost guardian's pause lifts by itself
    /// 2. everything that concerns an order that exists goes on: deliveries, disputes, refunds, releases
    pub fn pause(ctx: Context<Self>, until: i64) -> Result<()> {
        Self::validate(until, Clock::get()?.unix_timestamp)?;

        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market.paused_until;
            market.paused_until = until;
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
