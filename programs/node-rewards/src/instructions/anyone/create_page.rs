use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{PageCreated, emit},
    state::{ClaimPage, Network},
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(page: u32)]
pub struct CreatePage<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    #[account(
        init,
        payer = payer,
        space = ClaimPage::SPACE,
        seeds = [ClaimPage::SEED, network.key().as_ref(), &page.to_le_bytes()],
        bump
    )]
    pub claim_page: AccountLoader<'info, ClaimPage>,
    pub system_program: Program<'info, System>,
}

impl CreatePage<'_> {
    /// Creates the page that holds the claim counters of 512 owners, all zero. Never closed, so never created twice.
    pub fn create_page(ctx: Context<Self>, page: u32) -> Result<()> {
        require!(page < ClaimPage::MAX_PAGES, NodeRewardsError::BadPageNumber);

        {
            let mut claim_page = ctx.accounts.claim_page.load_init()?;
            claim_page.version = ClaimPage::VERSION;
            claim_page.network = ctx.accounts.network.key();
            claim_page.page = page;
            claim_page.bump = ctx.bumps.claim_page;
        }
        let event = PageCreated {
            network: ctx.accounts.network.key(),
            sequence: ctx.accounts.network.load_mut()?.next_sequence()?,
            page,
            payer: ctx.accounts.payer.key(),
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
