use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    events::{SellerApplied, emit},
    state::{Market, Seller, SellerProfile, SellerStatus},
};

#[event_cpi]
#[derive(Accounts)]
pub struct Apply<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Becomes the seller's authority, for good.
    pub authority: Signer<'info>,
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(
        init,
        payer = payer,
        space = Seller::SPACE,
        seeds = [Seller::SEED, market.key().as_ref(), authority.key().as_ref()],
        bump
    )]
    pub seller: AccountLoader<'info, Seller>,
    pub system_program: Program<'info, System>,
}

impl Apply<'_> {
    /// Applies to sell in a market: the market's authority decides.
    ///
    /// 1. the market is not paused, and the profile is a possible one
    /// 2. the seller waits for approval; it can prepare plans, and sell none
    pub fn apply(ctx: Context<Self>, profile: SellerProfile) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        ctx.accounts.market.load()?.require_not_paused(now)?;
        profile.validate()?;
        let accounts = ctx.accounts;

        {
            let mut seller = accounts.seller.load_init()?;
            seller.version = Seller::VERSION;
            seller.market = accounts.market.key();
            seller.authority = accounts.authority.key();
            seller.set_profile(&profile);
            seller.status = SellerStatus::Pending.to_stored();
            seller.bump = ctx.bumps.seller;
        }
        let event = SellerApplied {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            seller: accounts.seller.key(),
            authority: accounts.authority.key(),
            profile,
        };
        emit(&accounts.event_authority, &event)
    }
}
