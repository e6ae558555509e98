use anchor_lang::prelude::*;

use crate::{
    constants::MAX_NAME_LEN,
    errors::EsimMarketError,
    events::{MarketCreated, emit},
    state::{Market, MarketTerms, check_name},
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(name: String)]
pub struct CreateMarket<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Becomes the market's authority.
    pub authority: Signer<'info>,
    #[account(
        init,
        payer = payer,
        space = Market::SPACE,
        seeds = [Market::SEED, name.as_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, Market>,
    pub system_program: Program<'info, System>,
}

impl CreateMarket<'_> {
    /// Creates a market.
    ///
    /// 1. name and terms are possible ones
    /// 2. the market accepts no mint yet, and has no sellers
    pub fn create_market(ctx: Context<Self>, name: String, terms: MarketTerms) -> Result<()> {
        check_name(&name)?;
        terms.validate()?;
        let accounts = &ctx.accounts;

        let event = {
            let mut market = accounts.market.load_init()?;
            market.authority = accounts.authority.key();
            let mut padded = [0; MAX_NAME_LEN];
            for (slot, byte) in padded.iter_mut().zip(name.bytes()) {
                *slot = byte;
            }
            market.name = padded;
            market.name_len = u8::try_from(name.len()).map_err(|_| EsimMarketError::BadName)?;
            market.bump = ctx.bumps.market;
            market.set_terms(&terms);
            MarketCreated {
                market: accounts.market.key(),
                sequence: market.next_sequence()?,
                authority: market.authority,
                terms,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
