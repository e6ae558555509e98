use anchor_lang::prelude::*;

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
    pub agreement: Box<Account<'info, Agreement>>,
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
    pub statement: Box<Account<'info, Statement>>,
    pub system_program: Program<'info, System>,
}

impl SubmitStatement<'_> {
    fn validate(&self, home: Side, period: u32, args: &StatementArgs, now: i64) -> Result<()> {
        let visited = self.agreement.side_of(&self.operator.key())?;
        require!(visited == home.other(), RoamingEscrowError::NotVisited);
        self.agreement.require_open(now)?;
        require!(
            self.agreement.books(visited).arrears == 0,
            RoamingEscrowError::InArrears
        );
        let books = self.agreement.books(home);
        require!(!books.returned, RoamingEscrowError::NotRestated);
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

        let vouchers = accounts.agreement.books(home).vouchers;
        let mut statement = Statement {
            agreement: accounts.agreement.key(),
            home,
            period,
            state: StatementState::Stated,
            rent_payer: accounts.payer.key(),
            root: args.root,
            records: args.records,
            first_record: args.first_record,
            total: args.total,
            counter_root: [0; 32],
            counter_total: 0,
            award: 0,
            accepted: 0,
            paid: vouchers,
            returns: 0,
            terms: accounts.agreement.terms,
            stated_at: 0,
            answer_by: 0,
            dispute_by: 0,
            award_by: 0,
            bump: ctx.bumps.statement,
        };
        statement.state_usage(&args, now)?;
        let books = accounts.agreement.books_mut(home);
        books.next_period = period.checked_add(1).ok_or(RoamingEscrowError::Overflow)?;
        books.next_record = args.next_record()?;
        books.vouchers = 0;
        books.open(&statement)?;
        let event = UsageStated {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            home,
            period,
            usage: args,
            vouchers,
            answer_by: statement.answer_by,
        };
        accounts.statement.set_inner(statement);
        emit(&accounts.event_authority, &event)
    }
}
