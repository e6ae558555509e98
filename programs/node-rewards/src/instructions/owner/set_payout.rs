use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{PayoutChanged, emit},
    state::{Network, Payout},
};

#[event_cpi]
#[derive(Accounts)]
pub struct SetPayout<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub owner: Signer<'info>,
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    /// Made here, or changed by the same owner: the seeds hold the owner's key.
    #[account(
        init_if_needed,
        dup,
        payer = payer,
        space = Payout::SPACE,
        seeds = [Payout::SEED, network.key().as_ref(), owner.key().as_ref()],
        bump
    )]
    pub payout: Account<'info, Payout>,
    pub system_program: Program<'info, System>,
}

impl SetPayout<'_> {
    /// Names the wallet whose associated token account the owner's claims pay. The first payer of the rent stays the one
    /// who gets it back.
    pub fn set_payout(ctx: Context<Self>, wallet: Pubkey) -> Result<()> {
        require_keys_neq!(wallet, Pubkey::default(), NodeRewardsError::ZeroKey);
        let owner = ctx.accounts.owner.key();

        let payout = &mut ctx.accounts.payout;
        let old = Some(payout.wallet).filter(|key| *key != Pubkey::default());
        let rent_payer = match old {
            Some(_) => payout.rent_payer,
            None => ctx.accounts.payer.key(),
        };
        payout.set_inner(Payout {
            version: Payout::VERSION,
            network: ctx.accounts.network.key(),
            owner,
            wallet,
            rent_payer,
            bump: ctx.bumps.payout,
            spare: [0; 7],
        });
        let event = PayoutChanged {
            network: ctx.accounts.network.key(),
            sequence: ctx.accounts.network.load_mut()?.next_sequence()?,
            owner,
            old,
            new: Some(wallet),
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
