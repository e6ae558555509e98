use anchor_lang::prelude::*;
use wayfare_core::roaming::tadig::{self, TADIG_LEN};

use crate::{
    errors::RoamingEscrowError,
    events::{OperatorRegistered, emit},
    state::{Hub, Operator, OperatorProfile, OperatorStatus},
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(tadig: [u8; TADIG_LEN])]
pub struct RegisterOperator<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(
        mut,
        constraint = hub.load()?.scope.authority == authority.key() @ RoamingEscrowError::NotAuthority
    )]
    pub hub: AccountLoader<'info, Hub>,
    /// The hub's: it knows whose TADIG code it is.
    pub authority: Signer<'info>,
    /// Becomes the operator's authority.
    pub operator_authority: Signer<'info>,
    #[account(
        init,
        payer = payer,
        space = Operator::SPACE,
        seeds = [Operator::SEED, hub.key().as_ref(), &tadig],
        bump
    )]
    pub operator: Account<'info, Operator>,
    pub system_program: Program<'info, System>,
}

impl RegisterOperator<'_> {
    /// Admits an operator to the hub.
    ///
    /// 1. the hub's authority and the operator's both sign: nobody takes another's code, and no key is mistyped
    /// 2. the hub is not paused, the code is one, and the profile is a possible one
    pub fn register_operator(
        ctx: Context<Self>,
        tadig: [u8; TADIG_LEN],
        profile: OperatorProfile,
    ) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        ctx.accounts.hub.load()?.require_not_paused(now)?;
        require!(tadig::is_valid(&tadig), RoamingEscrowError::BadTadig);
        profile.validate()?;
        let accounts = ctx.accounts;

        let authority = accounts.operator_authority.key();
        accounts.operator.set_inner(Operator {
            version: Operator::VERSION,
            hub: accounts.hub.key(),
            authority,
            pending_authority: Pubkey::default(),
            voucher_signer: profile.voucher_signer,
            payout: profile.payout,
            tadig,
            status: OperatorStatus::Active,
            bump: ctx.bumps.operator,
            spare: [0; 16],
            display_name: profile.display_name.clone(),
        });
        let event = OperatorRegistered {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            operator: accounts.operator.key(),
            tadig,
            authority,
            profile,
        };
        emit(&accounts.event_authority, &event)
    }
}
