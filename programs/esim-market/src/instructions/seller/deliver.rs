use anchor_lang::prelude::*;
use wayfare_core::esim::{MAX_CIPHERTEXT, MIN_CIPHERTEXT};
use wayfare_program::numbers::after;

use crate::{
    errors::EsimMarketError,
    events::{OrderDelivered, emit},
    state::{Action, Delivery, Market, Order, Seller},
};

/// What a seller delivers.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct DeliverArgs {
    /// SHA-256 of the order's secret and the profile.
    pub commitment: [u8; 32],
    /// Secret and profile, encrypted to the order's key: see [`Delivery`]. 81 to 512 bytes.
    pub ciphertext: Vec<u8>,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: DeliverArgs)]
pub struct Deliver<'info> {
    /// Delivers, and pays the delivery's rent.
    #[account(mut)]
    pub authority: Signer<'info>,
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(mut, dup)]
    pub seller: AccountLoader<'info, Seller>,
    #[account(
        mut,
        dup,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = seller @ EsimMarketError::WrongSeller
    )]
    pub order: AccountLoader<'info, Order>,
    #[account(
        init,
        payer = authority,
        space = Delivery::space(args.ciphertext.len()),
        seeds = [Delivery::SEED, order.key().as_ref()],
        bump
    )]
    pub delivery: Box<Account<'info, Delivery>>,
    pub system_program: Program<'info, System>,
}

impl Deliver<'_> {
    /// Delivers an order. Nobody but the key's holder can read what; the commitment binds the seller to it.
    ///
    /// 1. the order is paid, and the time to deliver is not over
    /// 2. from now on the buyer has the plan's release window to complain
    /// 3. the seller's record says how long it took
    pub fn deliver(ctx: Context<Self>, args: DeliverArgs) -> Result<()> {
        require!(
            (MIN_CIPHERTEXT..=MAX_CIPHERTEXT).contains(&args.ciphertext.len()),
            EsimMarketError::BadCiphertext
        );
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut order = accounts.order.load_mut()?;
        order.step(Action::Deliver, accounts.authority.key, now)?;

        order.commitment = args.commitment;
        order.delivered_at = now;
        order.release_at =
            after(now, order.terms.release_window).ok_or(EsimMarketError::Overflow)?;
        accounts.delivery.set_inner(Delivery {
            version: Delivery::VERSION,
            order: accounts.order.key(),
            rent_payer: accounts.authority.key(),
            bump: ctx.bumps.delivery,
            spare: [0; 8],
            ciphertext: args.ciphertext,
        });
        let took = now.saturating_sub(order.purchased_at);
        accounts.seller.load_mut()?.count_delivery(took)?;
        let event = OrderDelivered {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            order: accounts.order.key(),
            commitment: args.commitment,
            release_at: order.release_at,
        };
        emit(&accounts.event_authority, &event)
    }
}
