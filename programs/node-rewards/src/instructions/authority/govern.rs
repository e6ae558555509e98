use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{
        AuthorityNominated, GuardianChanged, NetworkTermsChanged, PauseChanged, PublishersChanged,
        emit,
    },
    state::{Network, NetworkTermsChange, PublisherSet},
};

/// What the authority does to its network, but for the hand-over's second step. None of it moves a token.
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    #[account(
        mut,
        constraint = network.load()?.scope.authority == authority.key() @ NodeRewardsError::NotAuthority
    )]
    pub network: AccountLoader<'info, Network>,
    pub authority: Signer<'info>,
}

impl Govern<'_> {
    /// Changes the network's terms.
    ///
    /// 1. the terms after the change are possible ones
    /// 2. they are in force at once; when the open epoch ends, and what the limiter holds, stay as they are
    pub fn update_network(ctx: Context<Self>, change: NetworkTermsChange) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;

        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let old = network.terms()?;
            let new = change.applied_to(old);
            new.validate()?;
            network.set_terms(&new, now);
            NetworkTermsChanged {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                old,
                new,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Replaces the publishers and their threshold.
    ///
    /// 1. the set is a possible one
    /// 2. approvals given under the set before do not count any more: a proposal must be made again
    pub fn set_publishers(ctx: Context<Self>, set: PublisherSet) -> Result<()> {
        set.validate()?;

        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let old = network.publisher_set();
            network.set_publishers(&set)?;
            PublishersChanged {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                old,
                new: set,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Replaces the guardian.
    pub fn set_guardian(ctx: Context<Self>, guardian: Pubkey) -> Result<()> {
        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let set = network.scope.set_guardian(guardian);
            let old = set.map_err(NodeRewardsError::from)?;
            GuardianChanged {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                old,
                new: guardian,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Nominates the next authority; `None` withdraws the nomination. Whoever was nominated before is not any more.
    pub fn nominate_authority(ctx: Context<Self>, nominee: Option<Pubkey>) -> Result<()> {
        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let nominated = network.scope.nominate(nominee);
            let old = nominated.map_err(NodeRewardsError::from)?;
            AuthorityNominated {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                old,
                new: nominee,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Ends a pause before its time.
    pub fn unpause(ctx: Context<Self>) -> Result<()> {
        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            PauseChanged {
                network: ctx.accounts.network.key(),
                old: network.scope.unpause(),
                sequence: network.next_sequence()?,
                new: 0,
                by: ctx.accounts.authority.key(),
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
