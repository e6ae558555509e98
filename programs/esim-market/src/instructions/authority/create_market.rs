use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    errors::EsimMarketError,
    events::{MarketCreated, emit},
    state::{Market, MarketTerms},
};

/// What a market starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct CreateMarketArgs {
    /// 1 to 32 of a–z, 0–9 and `-`, without a `-` at either end.
    pub name: String,
    pub terms: MarketTerms,
    pub guardian: Pubkey,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: CreateMarketArgs)]
pub struct CreateMarket<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Becomes the market's authority.
    pub authority: Signer<'info>,
    #[account(
        init,
        payer = payer,
        space = Market::SPACE,
        seeds = [Market::SEED, args.name.as_bytes()],
        bump
    )]
    pub market: AccountLoader<'info, Market>,
    pub system_program: Program<'info, System>,
}

impl CreateMarket<'_> {
    /// Creates a market.
    ///
    /// 1. name, terms and guardian are possible ones
    /// 2. the market accepts no mint yet, and has no sellers
    pub fn create_market(ctx: Context<Self>, args: CreateMarketArgs) -> Result<()> {
        args.terms.validate()?;
        let accounts = &ctx.accounts;
        let authority = accounts.authority.key();

        let event = {
            let mut market = accounts.market.load_init()?;
            market
                .scope
                .open(
                    Market::VERSION,
                    ctx.bumps.market,
                    &args.name,
                    authority,
                    args.guardian,
                )
                .map_err(EsimMarketError::from)?;
            market.terms = args.terms.to_stored();
            market.terms_version = market.next_sequence()?;
            MarketCreated {
                market: accounts.market.key(),
                sequence: market.terms_version,
                authority,
                guardian: args.guardian,
                terms: args.terms,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
