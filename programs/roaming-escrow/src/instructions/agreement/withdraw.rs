use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{Withdrawn, emit},
    state::{Agreement, Hub, Operator},
    vault::{Vault, balances},
};

#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
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
    /// One of the agreement's two.
    #[account(has_one = authority @ RoamingEscrowError::NotAuthority)]
    pub operator: Box<Account<'info, Operator>>,
    pub authority: Signer<'info>,
    /// CHECK: the agreement's own, by `has_one`.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The associated token account of the operator's payout wallet.
    /// CHECK: its address is compared before it is paid.
    #[account(mut)]
    pub destination: UncheckedAccount<'info>,
    /// CHECK: the agreement's own, by `has_one`.
    pub token_program: UncheckedAccount<'info>,
}

impl Withdraw<'_> {
    /// Pays a side out.
    ///
    /// 1. the side is not in arrears
    /// 2. a request's notice is over, and the request not yet: at most what was requested, and what no statement may still
    ///    take; or the agreement is closed and all its statements are settled: everything, and the agreement stays ended
    pub fn withdraw(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let (side, amount) = {
            let mut agreement = accounts.agreement.load_mut()?;
            let side = agreement.side_of(&accounts.operator.key())?;
            let free = agreement.free_balance(side)?;
            let amount = if agreement.wind_up(now)? {
                free
            } else {
                agreement.books(side).requested(now)?.min(free)
            };
            require!(amount > 0, RoamingEscrowError::NothingFree);

            let books = agreement.books_mut(side);
            books.balance = books
                .balance
                .checked_sub(amount)
                .ok_or(RoamingEscrowError::InvariantBroken)?;
            // A request is good for one withdrawal: what statements held back needs a new one.
            books.requested = 0;
            books.withdrawable_at = 0;
            (side, amount)
        };
        let vault = Vault {
            agreement: &accounts.agreement,
            tokens: &accounts.vault,
            token_program: &accounts.token_program,
        }
        .give(&accounts.operator.payout, &accounts.destination, amount)?;
        let event = Withdrawn {
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
