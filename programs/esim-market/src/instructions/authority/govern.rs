use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{AuthorityNominated, MarketTermsChanged, MintDropped, PauseChanged, emit},
    state::{Market, MarketTermsChange},
};

/// What the authority does to its market, but for mints, sellers and the hand-over's second step. None of it moves a
/// token, and none of it reaches an order that exists.
#[event_cpi]
#[derive(Accounts)]
pub struct Govern<'info> {
    #[account(mut, has_one = authority @ EsimMarketError::NotAuthority)]
    pub market: AccountLoader<'info, Market>,
    pub authority: Signer<'info>,
}

impl Govern<'_> {
    /// Changes the market's terms. A plan that does not fit them any more is not sold until its seller changes it.
    ///
    /// 1. the terms after the change are possible ones
    /// 2. they are in force at once, for orders to come
    pub fn update_market(ctx: Context<Self>, change: MarketTermsChange) -> Result<()> {
        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = market.terms();
            let new = change.applied_to(old);
            new.validate()?;
            market.set_terms(&new);
            MarketTermsChanged {
                market: ctx.accounts.market.key(),
                sequence: market.next_sequence()?,
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

    /// Nominates the next authority; `None` withdraws the nomination. Whoever was nominated before is not any more.
    pub fn nominate_authority(ctx: Context<Self>, nominee: Option<Pubkey>) -> Result<()> {
        // The zero key stands for "nobody" in the account: nominating it would look like a withdrawal.
        require!(nominee != Some(Pubkey::default()), EsimMarketError::ZeroKey);

        let event = {
            let mut market = ctx.accounts.market.load_mut()?;
            let old = Some(market.pending_authority).filter(|key| *key != Pubkey::default());
            market.pending_authority = nominee.unwrap_or_default();
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
            let old = market.paused_until;
            market.paused_until = 0;
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
