use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{StatementClosed, emit},
    state::{Action, Agreement, Hub, Statement},
};

#[event_cpi]
#[derive(Accounts)]
pub struct CloseStatement<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(mut, dup, has_one = hub @ RoamingEscrowError::WrongHub)]
    pub agreement: AccountLoader<'info, Agreement>,
    #[account(
        mut,
        dup,
        close = rent_payer,
        has_one = agreement @ RoamingEscrowError::WrongAgreement,
        has_one = rent_payer @ RoamingEscrowError::WrongRentReceiver
    )]
    pub statement: AccountLoader<'info, Statement>,
    /// The payer of the statement's rent, who gets it back.
    #[account(mut)]
    pub rent_payer: Signer<'info>,
}

impl CloseStatement<'_> {
    /// Closes a settled statement.
    ///
    /// 1. the agreement is wound up: until then settlements need it, and auditors read it. It stays ended
    /// 2. the rent goes back to its payer
    pub fn close_statement(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        require!(
            accounts.agreement.load_mut()?.wind_up(now)?,
            RoamingEscrowError::NotWoundUp
        );
        let mut statement = accounts.statement.load_mut()?;
        statement.step(Action::Close, now, &|_| true)?;
        let event = StatementClosed {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            home: statement.home()?,
            period: statement.period,
        };
        emit(&accounts.event_authority, &event)
    }
}
