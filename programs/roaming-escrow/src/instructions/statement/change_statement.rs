use anchor_lang::prelude::*;
use wayfare_program::numbers::after;

use crate::{
    constants::MAX_RETURNS,
    errors::RoamingEscrowError,
    events::{StatementChanged, UsageStated, emit},
    state::{Action, Actor, Agreement, Hub, Operator, SideBooks, Statement, StatementArgs},
};

/// What answers, disputes and resolves a statement. None of it moves value.
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeStatement<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(mut, dup, has_one = hub @ RoamingEscrowError::WrongHub)]
    pub agreement: AccountLoader<'info, Agreement>,
    #[account(mut, dup, has_one = agreement @ RoamingEscrowError::WrongAgreement)]
    pub statement: AccountLoader<'info, Statement>,
    /// The operator that the actor acts for; none for arbiter and anyone.
    pub operator: Option<Box<Account<'info, Operator>>>,
    /// The life-cycle's table says who may.
    pub actor: Signer<'info>,
}

impl ChangeStatement<'_> {
    /// Takes the step in the table, then changes the statement, then the books of its home network.
    #[inline(never)]
    fn step(
        &self,
        action: Action,
        change: &mut dyn FnMut(&mut Statement, &mut SideBooks, i64) -> Result<()>,
    ) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        let mut agreement = self.agreement.load_mut()?;
        let mut statement = self.statement.load_mut()?;
        let home = statement.home()?;
        let actor = self.actor.key();
        let operator = self
            .operator
            .as_ref()
            .filter(|operator| operator.authority == actor)
            .map(|operator| agreement.side_of(&operator.key()))
            .transpose()?;
        let is_arbiter = self.hub.load()?.terms.arbiter == actor;
        let acts_as = |who: Actor| match who {
            Actor::Home => operator == Some(home),
            Actor::Visited => operator == Some(home.other()),
            Actor::Arbiter => is_arbiter,
            Actor::Anyone => true,
        };

        let books = agreement.books_mut(home);
        books.close(&statement)?;
        statement.step(action, now, &acts_as)?;
        change(&mut statement, books, now)?;
        statement.invariant()?;
        books.open(&statement)?;
        Ok(())
    }

    fn changed(&self, action: Action) -> Result<()> {
        let statement = self.statement.load()?;
        let event = StatementChanged {
            hub: self.hub.key(),
            sequence: self.hub.load_mut()?.next_sequence()?,
            agreement: self.agreement.key(),
            home: statement.home()?,
            period: statement.period,
            action,
            by: self.actor.key(),
            total: statement.total,
            counter_root: statement.counter_root,
            counter_total: statement.counter_total,
            award: statement.award,
            accepted: statement.accepted,
        };
        emit(&self.event_authority, &event)
    }

    /// The home network agrees.
    pub fn accept_statement(ctx: Context<Self>) -> Result<()> {
        Self::accept(ctx.accounts, Action::Accept)
    }

    /// The home network was silent past its window.
    pub fn deem_accepted(ctx: Context<Self>) -> Result<()> {
        Self::accept(ctx.accounts, Action::DeemAccepted)
    }

    fn accept(&self, action: Action) -> Result<()> {
        self.step(action, &mut |statement, _, _| {
            statement.accepted = statement.total;
            Ok(())
        })?;
        self.changed(action)
    }

    /// The home network's own records add up to less.
    ///
    /// 1. its total is at most the visited network's
    /// 2. a difference within the tolerance is none: matched at the visited network's total
    /// 3. else what both agree on is payable now, and the difference waits
    pub fn counter_statement(ctx: Context<Self>, root: [u8; 32], total: u64) -> Result<()> {
        ctx.accounts
            .step(Action::Counter, &mut |statement, _, now| {
                statement.counter(root, total, now)
            })?;
        ctx.accounts.changed(Action::Counter)
    }

    /// The home network cannot use the statement: it is for another pair, cannot be read, and so on.
    ///
    /// 1. at most [`MAX_RETURNS`] times in a period
    /// 2. only the direction's last one: the records of the next follow it, so it can only be countered
    pub fn return_statement(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        accounts.step(Action::Return, &mut |statement, books, now| {
            require!(
                statement.returns < MAX_RETURNS,
                RoamingEscrowError::TooManyReturns
            );
            require!(
                statement.period.checked_add(1) == Some(books.next_period),
                RoamingEscrowError::NotLast
            );
            statement.returns = statement.returns.saturating_add(1);
            statement.answer_by =
                after(now, statement.terms.statement_window).ok_or(RoamingEscrowError::Overflow)?;
            books.returned = 1;
            Ok(())
        })?;
        accounts.changed(Action::Return)
    }

    /// The visited network makes a returned statement again.
    pub fn restate(ctx: Context<Self>, args: StatementArgs) -> Result<()> {
        let accounts = ctx.accounts;
        args.validate()?;
        accounts.step(Action::Restate, &mut |statement, books, now| {
            require!(
                args.first_record == statement.first_record,
                RoamingEscrowError::WrongFirstRecord
            );
            books.returned = 0;
            books.next_record = args.next_record()?;
            statement.state_usage(&args, now)
        })?;
        let statement = accounts.statement.load()?;
        let event = UsageStated {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            home: statement.home()?,
            period: statement.period,
            usage: args,
            vouchers: statement.paid,
            answer_by: statement.answer_by,
        };
        emit(&accounts.event_authority, &event)
    }

    /// The visited network did not restate in time: the period counts as one without traffic.
    pub fn lapse_statement(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        accounts.step(Action::Lapse, &mut |statement, books, _| {
            statement.root = [0; 32];
            statement.records = 0;
            statement.total = 0;
            statement.accepted = 0;
            books.returned = 0;
            books.next_record = statement.first_record;
            Ok(())
        })?;
        accounts.changed(Action::Lapse)
    }

    /// A side gives in: the home network pays the whole difference, or the visited network leaves it.
    pub fn concede(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let home = accounts.statement.load()?.home()?;
        let side = accounts
            .operator
            .as_ref()
            .map(|operator| accounts.agreement.load()?.side_of(&operator.key()))
            .transpose()?;
        if side == Some(home) {
            accounts.resolve(Action::ConcedeAll, &|_, difference| Ok(difference))
        } else {
            accounts.resolve(Action::ConcedeNone, &|_, _| Ok(0))
        }
    }

    /// The arbiter gives a part of the difference to the visited network.
    pub fn award(ctx: Context<Self>, amount: u64) -> Result<()> {
        ctx.accounts.resolve(Action::Award, &|_, _| Ok(amount))
    }

    /// The arbiter was silent past its window: the agreement's default counts, rounded down.
    pub fn award_by_default(ctx: Context<Self>) -> Result<()> {
        ctx.accounts
            .resolve(Action::AwardByDefault, &|statement, difference| {
                statement.default_award(difference)
            })
    }

    fn resolve(
        &self,
        action: Action,
        award: &dyn Fn(&Statement, u64) -> Result<u64>,
    ) -> Result<()> {
        let (difference, award) = {
            let statement = self.statement.load()?;
            let difference = statement.disputed()?;
            (difference, award(&statement, difference)?)
        };
        self.step(action, &mut |statement, _, _| {
            statement.resolve(difference, award)
        })?;
        self.changed(action)
    }
}
