use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    errors::EsimMarketError,
    events::{SellerStatusChanged, emit},
    state::{Market, Seller, SellerStatus},
};

#[event_cpi]
#[derive(Accounts)]
pub struct SetSellerStatus<'info> {
    #[account(
        mut,
        constraint = market.load()?.scope.authority == authority.key() @ EsimMarketError::NotAuthority
    )]
    pub market: AccountLoader<'info, Market>,
    pub authority: Signer<'info>,
    #[account(mut, dup, has_one = market @ EsimMarketError::WrongMarket)]
    pub seller: AccountLoader<'info, Seller>,
}

impl SetSellerStatus<'_> {
    /// Approves or suspends a seller. It decides about purchases to come: open orders go on, to be delivered, refunded
    /// and paid like any other.
    pub fn set_seller_status(ctx: Context<Self>, status: SellerStatus) -> Result<()> {
        let accounts = ctx.accounts;

        let old = {
            let mut seller = accounts.seller.load_mut()?;
            let old = seller.status()?;
            seller.status = status.to_stored();
            old
        };
        let event = SellerStatusChanged {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            seller: accounts.seller.key(),
            old,
            new: status,
        };
        emit(&accounts.event_authority, &event)
    }
}
