use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{Deposited, emit},
    state::{Agreement, Hub, Side},
    vault::{Vault, balances},
};

#[event_cpi]
#[derive(Accounts)]
pub struct Deposit<'info> {
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
    pub depositor: Signer<'info>,
    /// The token account that pays. The vault can never stand here: only this program signs for it.
    /// CHECK: the token program checks it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: the agreement's own, by `has_one`.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the agreement's own, by `has_one`.
    pub token_program: UncheckedAccount<'info>,
}

impl Deposit<'_> {
    /// Moves tokens into the vault, to a side's balance. Anyone may, for either side.
    ///
    /// 1. the agreement is accepted, the hub is not paused, and the amount is above zero
    /// 2. what the side is behind with goes to the other side first
    pub fn deposit(ctx: Context<Self>, side: Side, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        require!(amount > 0, RoamingEscrowError::ZeroAmount);
        accounts.hub.load()?.require_not_paused(now)?;
        {
            let mut agreement = accounts.agreement.load_mut()?;
            agreement.require_accepted()?;
            agreement.deposit(side, amount)?;
        }
        let vault = Vault {
            agreement: &accounts.agreement,
            tokens: &accounts.vault,
            token_program: &accounts.token_program,
        }
        .take(&accounts.source, &accounts.depositor, amount)?;
        let event = Deposited {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            side,
            amount,
            balances: balances(&*accounts.agreement.load()?, vault)?,
        };
        emit(&accounts.event_authority, &event)
    }
}
