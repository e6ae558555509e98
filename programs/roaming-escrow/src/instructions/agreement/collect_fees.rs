use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{FeesCollected, emit},
    state::{Agreement, Hub},
    vault::{Vault, balances},
};

#[event_cpi]
#[derive(Accounts)]
pub struct CollectFees<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(
        mut,
        dup,
        has_one = hub @ RoamingEscrowError::WrongHub,
        has_one = vault @ RoamingEscrowError::WrongVault,
        has_one = token_program @ RoamingEscrowError::WrongTokenProgram
    )]
    pub agreement: AccountLoader<'info, Agreement>,
    /// CHECK: the agreement's own, by `has_one`.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The associated token account of the hub's treasury.
    /// CHECK: its address is compared before it is paid.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the agreement's own, by `has_one`.
    pub token_program: UncheckedAccount<'info>,
}

impl CollectFees<'_> {
    /// Pays the hub's fees to its treasury. Anyone may send it.
    pub fn collect_fees(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let treasury = accounts.hub.load()?.terms.treasury;
        let amount = std::mem::take(&mut accounts.agreement.load_mut()?.fees);
        require!(amount > 0, RoamingEscrowError::NothingFree);

        let vault = Vault {
            agreement: &accounts.agreement,
            tokens: &accounts.vault,
            token_program: &accounts.token_program,
        }
        .give(&treasury, &accounts.destination, amount)?;
        let event = FeesCollected {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            amount,
            balances: balances(&*accounts.agreement.load()?, vault)?,
        };
        emit(&accounts.event_authority, &event)
    }
}
