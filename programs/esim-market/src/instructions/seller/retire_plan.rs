use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{PlanRetired, emit},
    state::{Market, Plan, Seller},
};

#[event_cpi]
#[derive(Accounts)]
pub struct RetirePlan<'info> {
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
    #[account(
        mut,
        dup,
        close = rent_payer,
        has_one = seller @ EsimMarketError::WrongSeller,
        has_one = rent_payer @ EsimMarketError::WrongRentReceiver
    )]
    pub plan: Box<Account<'info, Plan>>,
    /// CHECK: who paid the plan's rent, by `has_one`; gets it back.
    #[account(mut)]
    pub rent_payer: UncheckedAccount<'info>,
}

impl RetirePlan<'_> {
    /// Takes a plan off the market. Orders that exist go on without it; a new plan of the same id has other versions.
    pub fn retire_plan(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;

        let mut seller = accounts.seller.load_mut()?;
        seller.plan_count = seller
            .plan_count
            .checked_sub(1)
            .ok_or(EsimMarketError::InvariantBroken)?;
        let event = PlanRetired {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            plan: accounts.plan.key(),
        };
        emit(&accounts.event_authority, &event)
    }
}
