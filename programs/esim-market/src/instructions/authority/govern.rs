use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    errors::EsimMarketError,
    events::{
        AuthorityNominated, GuardianChanged, MarketTermsChanged, MintDropped, PauseChanged, emit,
    },
    state::{Market, MarketTermsChange},
};

/// What the authority does to its market, except for mints, sellers and the hand-over's second step. None of it moves a
/// token, and none of it reaches an order that exists.
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    #[account(
        mut,
        constraint = market.load()?.scope.authority == authority.key() @ EsimMarketError::NotAuthority
    )]
    pub market: AccountLoader<'info, Market>,
    pub authority: Signer<'info>,
}

impl Govern<'_> {
    /// Changes the market's terms. A plan that does not fit them any more is not sold until its seller changes it.
    ///
    /// 1. the terms after the change are possible ones
    /// 2. they are in force at once, for orders to come; the version is the number of this event, so a quote under the terms
    ///    before is not valid any more
    pub fn update_market(ctx: Context<Self>, change: MarketTermsChange) -> Result<()> {
        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market.terms()?;
            let new = change.applied_to(old);
            new.validate()?;
            market.terms = new.to_stored();
            market.terms_version = market.next_sequence()?;
            MarketTermsChanged {
                market: ctx.accounts.market.key(),
                sequence: market.terms_version,
                old,
                new,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Accepts a mint no more: nothing is sold for it, and open orders go on.
    pub fn drop_mint(ctx: Context<Self>, mint: Pubkey) -> Result<()> {
        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            market.drop_mint(&mint)?;
            MintDropped {
                market: ctx.accounts.market.key(),
                sequence: market.next_sequence()?,
                mint,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Replaces the guardian.
    pub fn set_guardian(ctx: Context<Self>, guardian: Pubkey) -> Result<()> {
        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market
                .scope
                .set_guardian(guardian)
                .map_err(EsimMarketError::from)?;
            GuardianChanged {
                market: ctx.accounts.market.key(),
                sequence: market.next_sequence()?,
                old,
                new: guardian,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Nominates the next authority; `None` withdraws the nomination. Whoever was nominated before is not any more.
    pub fn nominate_authority(ctx: Context<Self>, nominee: Option<Pubkey>) -> Result<()> {
        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market
                .scope
                .nominate(nominee)
                .map_err(EsimMarketError::from)?;
            AuthorityNominated {
                market: ctx.accounts.market.key(),
                sequence: market.next_sequence()?,
                old,
                new: nominee,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Ends a pause before its time.
    pub fn unpause(ctx: Context<Self>) -> Result<()> {
        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market.scope.unpause();
            PauseChanged {
                market: ctx.accounts.market.key(),
                sequence: market.next_sequence()?,
                old,
                new: 0,
                by: ctx.accounts.authority.key(),
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
