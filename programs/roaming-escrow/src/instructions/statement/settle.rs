use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{PeriodSettled, emit},
    state::{Agreement, Hub, Side, Statement},
    vault::{balances, vault_balance},
};

#[event_cpi]
#[derive(Accounts)]
pub struct Settle<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(
        mut,
        dup,
        has_one = hub @ RoamingEscrowError::WrongHub,
        has_one = vault @ RoamingEscrowError::WrongVault
    )]
    pub agreement: AccountLoader<'info, Agreement>,
    /// CHECK: the agreement's own, by `has_one`; its balance is read.
    pub vault: UncheckedAccount<'info>,
    /// The period's statement that the first side pays; none while it is not stated.
    #[account(mut, dup, has_one = agreement @ RoamingEscrowError::WrongAgreement)]
    pub first_statement: Option<AccountLoader<'info, Statement>>,
    /// The period's statement that the second side pays; none while it is not stated.
    #[account(mut, dup, has_one = agreement @ RoamingEscrowError::WrongAgreement)]
    pub second_statement: Option<AccountLoader<'info, Statement>>,
}

impl Settle<'_> {
    /// Settles a period: nets what both directions owe, and moves the difference inside the vault. Anyone may send it.
    ///
    /// 1. both directions' statements of the period take part, if they were made: nobody settles gross by leaving the other
    ///    one out; one that waits for an answer is waited for
    /// 2. what is agreed or decided is paid; what is disputed waits
    /// 3. what the payer's balance does not cover becomes its arrears
    /// 4. the hub's fee comes out of what moves
    pub fn settle(ctx: Context<Self>, period: u32) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut agreement = accounts.agreement.load_mut()?;
        let mut take = |statement: &Option<AccountLoader<Statement>>, home| {
            let mut statement = statement
                .as_ref()
                .map(AccountLoader::load_mut)
                .transpose()?;
            agreement.take(statement.as_deref_mut(), home, period, now)
        };
        let first = take(&accounts.first_statement, Side::First)?;
        let second = take(&accounts.second_statement, Side::Second)?;
        let settlement = agreement.settle(&first, &second)?;
        let event = PeriodSettled {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            period,
            netting: settlement.netting,
            balances: balances(&agreement, vault_balance(&accounts.vault)?)?,
        };
        emit(&accounts.event_authority, &event)
    }
}
