use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{PauseChanged, emit},
    state::Network,
};

#[event_cpi]
#[derive(Accounts)]
pub struct Pause<'info> {
    #[account(
        mut,
        constraint = network.load()?.scope.guardian == guardian.key() @ NodeRewardsError::NotGuardian
    )]
    pub network: AccountLoader<'info, Network>,
    pub guardian: Signer<'info>,
}

impl Pause<'_> {
    /// Refuses entries (funding, proposals, approvals, activations, registrations) until a time.
    ///
    /// 1. the time is ahead, by at most 7 days: a lost guardian's pause lifts by itself
    /// 2. exits stay open: claims, payouts, retiring a node
    pub fn pause(ctx: Context<Self>, until: i64) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;

        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let paused = network.scope.pause(until, now);
            let old = paused.map_err(NodeRewardsError::from)?;
            PauseChanged {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                old,
                new: until,
                by: ctx.accounts.guardian.key(),
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
