use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{OperatorHandedOver, emit},
    state::{Hub, Operator},
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptOperator<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(mut, dup, has_one = hub @ RoamingEscrowError::WrongHub)]
    pub operator: Account<'info, Operator>,
    /// The last nominee of the operator's authority.
    pub nominee: Signer<'info>,
}

impl AcceptOperator<'_> {
    /// Takes an operator over. The second step of a hand-over: a key that nobody holds can never become authority.
    pub fn accept_operator(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let nominee = accounts.nominee.key();
        require_keys_eq!(
            accounts.operator.pending_authority,
            nominee,
            RoamingEscrowError::NotNominee
        );

        let old = accounts.operator.authority;
        accounts.operator.authority = nominee;
        accounts.operator.pending_authority = Pubkey::default();
        let event = OperatorHandedOver {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            operator: accounts.operator.key(),
            old,
            new: nominee,
        };
        emit(&accounts.event_authority, &event)
    }
}
