use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{OperatorChanged, OperatorNominated, emit},
    state::{Hub, Operator, OperatorProfile},
};

/// What an operator changes about itself, except for the hand-over's second step.
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeOperator<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(
        mut,
        dup,
        has_one = hub @ RoamingEscrowError::WrongHub,
        has_one = authority @ RoamingEscrowError::NotAuthority
    )]
    pub operator: Account<'info, Operator>,
    pub authority: Signer<'info>,
}

impl ChangeOperator<'_> {
    /// Changes voucher signer, payout wallet and display name, at once: vouchers that the signer before signed are good
    /// no more, and what they stood for is in the period's statement.
    pub fn update_operator(ctx: Context<Self>, profile: OperatorProfile) -> Result<()> {
        profile.validate()?;
        let accounts = ctx.accounts;

        let old = accounts.operator.profile();
        accounts.operator.set_profile(profile.clone());
        let event = OperatorChanged {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            operator: accounts.operator.key(),
            old,
            new: profile,
        };
        emit(&accounts.event_authority, &event)
    }

    /// Nominates the operator's next authority; `None` withdraws the nomination.
    pub fn nominate_operator(ctx: Context<Self>, nominee: Option<Pubkey>) -> Result<()> {
        // The zero key stands for "nobody" in the account: nominating it would look like a withdrawal.
        require!(
            nominee != Some(Pubkey::default()),
            RoamingEscrowError::ZeroKey
        );
        let accounts = ctx.accounts;

        let operator = &mut accounts.operator;
        let old = Some(operator.pending_authority).filter(|key| *key != Pubkey::default());
        operator.pending_authority = nominee.unwrap_or_default();
        let event = OperatorNominated {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            operator: operator.key(),
            old,
            new: nominee,
        };
        emit(&accounts.event_authority, &event)
    }
}
