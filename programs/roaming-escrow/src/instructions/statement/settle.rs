use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{PeriodSettled, emit},
    state::{Action, Agreement, Hub, Payable, Side, Statement, StatementState},
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
        let first = take(
            &mut agreement,
            accounts.first_statement.as_ref(),
            Side::First,
            period,
            now,
        )?;
        let second = take(
            &mut agreement,
            accounts.second_statement.as_ref(),
            Side::Second,
            period,
            now,
        )?;
        require!(
            first.changed || second.changed,
            RoamingEscrowError::NothingToSettle
        );

        // Debts stop at `u64::MAX`, as they do in `net`.
        let netting = agreement.net(
            first
                .payable
                .to_visited
                .saturating_add(second.payable.to_home),
            second
                .payable
                .to_visited
                .saturating_add(first.payable.to_home),
        )?;
        let event = PeriodSettled {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            period,
            netting,
            balances: balances(&agreement, vault_balance(&accounts.vault)?)?,
        };
        emit(&accounts.event_authority, &event)
    }
}

/// What a direction's statement brings into a settlement.
#[derive(Default)]
struct Taken {
    payable: Payable,
    /// Whether the settlement changes the statement.
    changed: bool,
}

/// Takes what a direction's statement owes into a settlement, and books it there.
fn take(
    agreement: &mut Agreement,
    statement: Option<&AccountLoader<Statement>>,
    home: Side,
    period: u32,
    now: i64,
) -> Result<Taken> {
    let stated = period < agreement.books(home).next_period;
    let Some(statement) = statement else {
        require!(!stated, RoamingEscrowError::MissingStatement);
        return Ok(Taken::default());
    };
    let mut statement = statement.load_mut()?;
    require!(
        statement.home()? == home && statement.period == period,
        RoamingEscrowError::MissingStatement
    );
    require!(
        !matches!(
            statement.state()?,
            StatementState::Stated | StatementState::Returned
        ),
        RoamingEscrowError::WaitsForAnswer
    );
    let before = (statement.state, statement.paid);
    let payable = statement.payable()?;
    let books = agreement.books_mut(home);
    books.close(&statement)?;
    statement.step(Action::Settle, now, &|_| true)?;
    statement.settle()?;
    statement.invariant()?;
    books.open(&statement)?;
    Ok(Taken {
        payable,
        changed: before != (statement.state, statement.paid),
    })
}
