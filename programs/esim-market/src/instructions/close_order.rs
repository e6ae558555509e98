use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{OrderClosed, emit},
    state::{Action, Delivery, Market, Order},
};

#[event_cpi]
#[derive(Accounts)]
pub struct CloseOrder<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(
        mut,
        dup,
        close = payer,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = payer @ EsimMarketError::WrongRentReceiver
    )]
    pub order: AccountLoader<'info, Order>,
    /// The order's delivery, where there was one.
    #[account(
        mut,
        dup,
        close = rent_payer,
        has_one = order @ EsimMarketError::WrongOrder,
        has_one = rent_payer @ EsimMarketError::WrongRentReceiver
    )]
    pub delivery: Option<Box<Account<'info, Delivery>>>,
    /// CHECK: who paid the order's rent, by `has_one`; gets it back.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// CHECK: who paid the delivery's rent, by `has_one`; gets it back.
    #[account(mut)]
    pub rent_payer: UncheckedAccount<'info>,
    /// The buyer at once; anyone once it is kept no longer.
    pub actor: Signer<'info>,
}

impl CloseOrder<'_> {
    /// Closes an ended order, and its delivery with it.
    ///
    /// 1. it owes nobody any more
    /// 2. the buyer may at once; anyone when the time is over for which the delivery is kept for the buyer, which is at
    ///    once for what was refunded or never delivered
    /// 3. the rent goes back to who paid it
    pub fn close_order(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let actor = accounts.actor.key();
        let mut order = accounts.order.load_mut()?;
        let action = if actor == order.buyer {
            Action::CloseOwn
        } else {
            Action::Close
        };
        order.step(action, &actor, now)?;
        require!(order.owes()? == 0, EsimMarketError::StillOwes);
        require!(
            order.was_delivered() == accounts.delivery.is_some(),
            EsimMarketError::MissingDelivery
        );

        let event = OrderClosed {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            order: accounts.order.key(),
            by: actor,
        };
        emit(&accounts.event_authority, &event)
    }
}
