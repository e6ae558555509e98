use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{PlanChanged, emit},
    state::{Market, Plan, PlanChange, Seller},
};

#[event_cpi]
#[derive(Accounts)]
pub struct UpdatePlan<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = authority @ EsimMarketError::NotSeller
    )]
    pub seller: AccountLoader<'info, Seller>,
    pub authority: Signer<'info>,
    #[account(mut, dup, has_one = seller @ EsimMarketError::WrongSeller)]
    pub plan: Box<Account<'info, Plan>>,
}

impl UpdatePlan<'_> {
    /// Changes a plan. Not stopped by a pause: a seller can always take a plan off sale.
    ///
    /// 1. new terms are ones that the market allows, and make a new version: a quote of the old one is good no more
    /// 2. orders that exist keep theirs
    pub fn update_plan(ctx: Context<Self>, change: PlanChange) -> Result<()> {
        let accounts = ctx.accounts;
        if let Some(terms) = &change.terms {
            terms.validate(&*accounts.market.load()?)?;
        }

        let sequence = accounts.market.load_mut()?.next_sequence()?;
        let plan = &mut accounts.plan;
        if let Some(terms) = change.terms {
            plan.terms = terms;
            plan.terms_version = sequence;
        }
        if let Some(stock) = change.stock {
            plan.stock = stock.applied_to(plan.stock)?;
        }
        if let Some(on_sale) = change.on_sale {
            plan.on_sale = on_sale;
        }
        let event = PlanChanged {
            market: accounts.market.key(),
            sequence,
            plan: plan.key(),
            version: plan.terms_version,
            terms: change.terms,
            stock: plan.stock,
            on_sale: plan.on_sale,
        };
        emit(&accounts.event_authority, &event)
    }
}
