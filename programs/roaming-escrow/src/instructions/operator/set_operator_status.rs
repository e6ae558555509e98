use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{OperatorStatusChanged, emit},
    state::{Hub, Operator, OperatorStatus},
};

#[event_cpi]
#[derive(Accounts)]
pub struct SetOperatorStatus<'info> {
    #[account(
        mut,
        constraint = hub.load()?.scope.authority == authority.key() @ RoamingEscrowError::NotAuthority
    )]
    pub hub: AccountLoader<'info, Hub>,
    pub authority: Signer<'info>,
    #[account(mut, dup, has_one = hub @ RoamingEscrowError::WrongHub)]
    pub operator: Account<'info, Operator>,
}

impl SetOperatorStatus<'_> {
    /// Suspends an operator, or ends that. It decides about agreements to come: those that exist go on.
    pub fn set_operator_status(ctx: Context<Self>, status: OperatorStatus) -> Result<()> {
        let accounts = ctx.accounts;

        let old = accounts.operator.status;
        accounts.operator.status = status;
        let event = OperatorStatusChanged {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            operator: accounts.operator.key(),
            old,
            new: status,
        };
        emit(&accounts.event_authority, &event)
    }
}
