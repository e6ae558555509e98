use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{PauseChanged, emit},
    state::Hub,
};

#[event_cpi]
#[derive(Accounts)]
pub struct Pause<'info> {
    #[account(
        mut,
        constraint = hub.load()?.scope.guardian == guardian.key() @ RoamingEscrowError::NotGuardian
    )]
    pub hub: AccountLoader<'info, Hub>,
    pub guardian: Signer<'info>,
}

impl Pause<'_> {
    /// Refuses entries (operators, agreements, deposits) until a time.
    ///
    /// 1. the time is ahead, by at most 7 days: a lost guardian's pause lifts by itself
    /// 2. everything else goes on: statements, answers, disputes, settlements, vouchers, withdrawals
    pub fn pause(ctx: Context<Self>, until: i64) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;

        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub
                .scope
                .pause(until, now)
                .map_err(RoamingEscrowError::from)?;
            PauseChanged {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                old,
                new: until,
                by: ctx.accounts.guardian.key(),
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
