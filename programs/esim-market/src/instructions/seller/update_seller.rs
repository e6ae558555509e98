use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{SellerChanged, emit},
    state::{Market, Seller, SellerProfile},
};

#[event_cpi]
#[derive(Accounts)]
pub struct UpdateSeller<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(
        mut,
        dup,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = authority @ EsimMarketError::NotSeller
    )]
    pub seller: AccountLoader<'info, Seller>,
    pub authority: Signer<'info>,
}

impl UpdateSeller<'_> {
    /// Changes payout wallet, attester and contact. Orders that exist keep theirs.
    pub fn update_seller(ctx: Context<Self>, profile: SellerProfile) -> Result<()> {
        profile.validate()?;
        let accounts = ctx.accounts;

        let old = {
            let mut seller = accounts.seller.load_mut()?;
            let old = seller.profile();
            seller.set_profile(&profile);
            old
        };
        let event = SellerChanged {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            seller: accounts.seller.key(),
            old,
            new: profile,
        };
        emit(&accounts.event_authority, &event)
    }
}
