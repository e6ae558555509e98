use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    errors::RoamingEscrowError,
    events::{UsageStated, emit},
    state::{Agreement, Hub, Operator, Side, Statement, StatementArgs, StatementState},
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(home: Side, period: u32)]
pub struct SubmitStatement<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(mut, dup, has_one = hub @ RoamingEscrowError::WrongHub)]
    pub agreement: AccountLoader<'info, Agreement>,
    /// The visited network.
    #[account(has_one = authority @ RoamingEscrowError::NotAuthority)]
    pub operator: Box<Account<'info, Operator>>,
    pub authority: Signer<'info>,
    #[account(
        init,
        payer = payer,
        space = Statement::SPACE,
        seeds = [
            Statement::SEED,
            agreement.key().as_ref(),
            &[home.byte()],
            &period.to_le_bytes(),
        ],
        bump
    )]
    pub statement: AccountLoader<'info, Statement>,
    pub system_program: Program<'info, System>,
}

impl SubmitStatement<'_> {
    fn validate(&self, home: Side, period: u32, args: &StatementArgs, now: i64) -> Result<()> {
        let agreement = self.agreement.load()?;
        let visited = agreement.side_of(&self.operator.key())?;
        require!(visited == home.other(), RoamingEscrowError::NotVisited);
        agreement.require_open(now)?;
        require!(
            agreement.books(visited).arrears == 0,
            RoamingEscrowError::InArrears
        );
        let books = agreement.books(home);
        require!(!books.is_returned(), RoamingEscrowError::NotRestated);
        require!(period == books.next_period, RoamingEscrowError::WrongPeriod);
        require!(
            args.first_record == books.next_record,
            RoamingEscrowError::WrongFirstRecord
        );
        args.validate()
    }

    /// States what the home network's subscribers used in a period.
    ///
    /// 1. the visited network signs, is not in arrears, and the agreement takes statements
    /// 2. the period is the direction's next, and its records follow those of the one before: no gap, no overlap
    /// 3. what vouchers of the period moved counts as paid
    pub fn submit_statement(
        ctx: Context<Self>,
        home: Side,
        period: u32,
        args: StatementArgs,
    ) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        accounts.validate(home, period, &args, now)?;

        let event = {
            let mut agreement = accounts.agreement.load_mut()?;
            let mut statement = accounts.statement.load_init()?;
            let books = agreement.books_mut(home);
            let vouchers = books.vouchers;
            statement.version = Statement::VERSION;
            statement.agreement = accounts.agreement.key();
            statement.home = home.to_stored();
            statement.period = period;
            statement.set_state(StatementState::Stated);
            statement.rent_payer = accounts.payer.key();
            statement.paid = vouchers;
            statement.bump = ctx.bumps.statement;
            books.next_period = period.checked_add(1).ok_or(RoamingEscrowError::Overflow)?;
            books.next_record = args.next_record()?;
            books.vouchers = 0;
            statement.terms = agreement.terms;
            statement.state_usage(&args, now)?;
            agreement.books_mut(home).open(&statement)?;
            UsageStated {
                hub: accounts.hub.key(),
                sequence: accounts.hub.load_mut()?.next_sequence()?,
                agreement: accounts.agreement.key(),
                home,
                period,
                usage: args,
                vouchers,
                answer_by: statement.answer_by,
            }
        };
        emit(&accounts.event_authority, &event)
    }
}
