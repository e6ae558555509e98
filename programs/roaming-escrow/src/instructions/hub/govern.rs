use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    errors::RoamingEscrowError,
    events::{AuthorityNominated, GuardianChanged, HubTermsChanged, PauseChanged, emit},
    state::{Hub, HubTermsChange},
};

/// What the authority does to its hub, except for operators and the hand-over's second step. None of it moves a token.
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    #[account(
        mut,
        constraint = hub.load()?.scope.authority == authority.key() @ RoamingEscrowError::NotAuthority
    )]
    pub hub: AccountLoader<'info, Hub>,
    pub authority: Signer<'info>,
}

impl Govern<'_> {
    /// Changes the hub's terms.
    ///
    /// 1. the terms after the change are possible ones
    /// 2. they are in force at once, except for the fee: an agreement keeps the one that it was accepted under
    pub fn update_hub(ctx: Context<Self>, change: HubTermsChange) -> Result<()> {
        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub.terms()?;
            let new = change.applied_to(old);
            new.validate()?;
            hub.terms = new.to_stored();
            HubTermsChanged {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                old,
                new,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Replaces the guardian.
    pub fn set_guardian(ctx: Context<Self>, guardian: Pubkey) -> Result<()> {
        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub
                .scope
                .set_guardian(guardian)
                .map_err(RoamingEscrowError::from)?;
            GuardianChanged {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                old,
                new: guardian,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Nominates the next authority; `None` withdraws the nomination. Whoever was nominated before is not any more.
    pub fn nominate_authority(ctx: Context<Self>, nominee: Option<Pubkey>) -> Result<()> {
        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub
                .scope
                .nominate(nominee)
                .map_err(RoamingEscrowError::from)?;
            AuthorityNominated {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                old,
                new: nominee,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Ends a pause before its time.
    pub fn unpause(ctx: Context<Self>) -> Result<()> {
        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub.scope.unpause();
            PauseChanged {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                old,
                new: 0,
                by: ctx.accounts.authority.key(),
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
