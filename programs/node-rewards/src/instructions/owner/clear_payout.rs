use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{PayoutChanged, emit},
    state::{Network, Payout},
};

#[event_cpi]
#[derive(Accounts)]
pub struct ClearPayout<'info> {
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    #[account(
        mut,
        dup,
        close = rent_payer,
        has_one = network @ NodeRewardsError::WrongNetwork,
        has_one = owner @ NodeRewardsError::WrongPayout,
        has_one = rent_payer @ NodeRewardsError::WrongRentReceiver
    )]
    pub payout: Account<'info, Payout>,
    pub owner: Signer<'info>,
    /// CHECK: the payer of the account's rent, by `has_one`; gets it back.
    #[account(mut)]
    pub rent_payer: UncheckedAccount<'info>,
}

impl ClearPayout<'_> {
    /// Lets the owner's claims pay the owner's own associated token account again.
    pub fn clear_payout(ctx: Context<Self>) -> Result<()> {
        let event = PayoutChanged {
            network: ctx.accounts.network.key(),
            sequence: ctx.accounts.network.load_mut()?.next_sequence()?,
            owner: ctx.accounts.owner.key(),
            old: Some(ctx.accounts.payout.wallet),
            new: None,
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
