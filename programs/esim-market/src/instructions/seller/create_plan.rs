use anchor_lang::prelude::*;
use wayfare_core::name::is_name;

use crate::{
    errors::EsimMarketError,
    events::{PlanCreated, emit},
    state::{Market, Plan, PlanTerms, Seller, StockChange},
};

/// What a plan starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct CreatePlanArgs {
    /// 1 to 32 of a–z, 0–9 and `-`, without a `-` at either end. The seller has no other plan of this id.
    pub id: String,
    pub terms: PlanTerms,
    pub stock: StockChange,
    pub on_sale: bool,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: CreatePlanArgs)]
pub struct CreatePlan<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
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
        init,
        payer = payer,
        space = Plan::SPACE,
        seeds = [Plan::SEED, seller.key().as_ref(), args.id.as_bytes()],
        bump
    )]
    pub plan: Box<Account<'info, Plan>>,
    pub system_program: Program<'info, System>,
}

impl CreatePlan<'_> {
    fn validate(&self, args: &CreatePlanArgs, now: i64) -> Result<()> {
        let market = self.market.load()?;
        market.require_not_paused(now)?;
        require!(is_name(args.id.as_bytes()), EsimMarketError::BadName);
        args.terms.validate(&market)?;
        Ok(())
    }

    /// Offers a plan.
    ///
    /// 1. the market is not paused, and allows the plan's id and terms
    /// 2. the version of the plan's terms is the number of this event
    pub fn create_plan(ctx: Context<Self>, args: CreatePlanArgs) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        ctx.accounts.validate(&args, now)?;
        let stock = args.stock.applied_to(0)?;
        let accounts = ctx.accounts;

        let mut seller = accounts.seller.load_mut()?;
        seller.plan_count = seller
            .plan_count
            .checked_add(1)
            .ok_or(EsimMarketError::Overflow)?;
        let sequence = accounts.market.load_mut()?.next_sequence()?;
        accounts.plan.set_inner(Plan {
            version: Plan::VERSION,
            market: accounts.market.key(),
            seller: accounts.seller.key(),
            rent_payer: accounts.payer.key(),
            terms_version: sequence,
            sold: 0,
            stock,
            on_sale: args.on_sale,
            terms: args.terms,
            bump: ctx.bumps.plan,
            spare: [0; 16],
            id: args.id.clone(),
        });
        let event = PlanCreated {
            market: accounts.market.key(),
            sequence,
            seller: accounts.seller.key(),
            plan: accounts.plan.key(),
            id: args.id,
            terms: args.terms,
            stock,
            on_sale: args.on_sale,
        };
        emit(&accounts.event_authority, &event)
    }
}
