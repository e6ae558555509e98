use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{AuthorityNominated, HubTermsChanged, PauseChanged, emit},
    state::{Hub, HubTermsChange},
};

/// What the authority does to its hub, but for operators and the hand-over's second step. None of it moves a token.
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    #[account(mut, has_one = authority @ RoamingEscrowError::NotAuthority)]
    pub hub: AccountLoader<'info, Hub>,
    pub authority: Signer<'info>,
}

impl Govern<'_> {
    /// Changes the hub's terms.
    ///
    /// 1. the terms after the change are possible ones
    /// 2. they are in force at once, but for the fee: an agreement keeps the one that it was accepted under
    pub fn update_hub(ctx: Context<Self>, change: HubTermsChange) -> Result<()> {
        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = hub.terms();
            let new = change.applied_to(old);
            new.validate()?;
            hub.set_terms(&new);
            HubTermsChanged {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                old,
                new,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Nominates the next authority; `None` withdraws the nomination. Whoever was nominated before is not any more.
    pub fn nominate_authority(ctx: Context<Self>, nominee: Option<Pubkey>) -> Result<()> {
        // The zero key stands for "nobody" in the account: nominating it would look like a withdrawal.
        require!(
            nominee != Some(Pubkey::default()),
            RoamingEscrowError::ZeroKey
        );

        let event = {
            let mut hub = ctx.accounts.hub.load_mut()?;
            let old = Some(hub.pending_authority).filter(|key| *key != Pubkey::default());
            hub.pending_authority = nominee.unwrap_or_default();
            AuthorityNominated {
                hub: ctx.accounts.hub.key(),
                sequence: hub.next_sequence()?,
                operator: None,
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
            let old = hub.paused_until;
            hub.paused_until = 0;
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
