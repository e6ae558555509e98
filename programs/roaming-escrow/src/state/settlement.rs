//! How a period is settled, in one place for the program and for clients that tell beforehand what it would do.

use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    state::{Action, Agreement, Netting, Payable, Side, Statement, StatementState},
};

/// What a direction's statement brings into a settlement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub payable: Payable,
    /// Whether the settlement changes the statement.
    pub changed: bool,
}

/// What a settlement does, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What each side owes for the period, the first side's first: what its own statement asks for now, and what the other
    /// side's vouchers moved too much.
    pub owes: [u64; 2],
    /// What moves, arrears of earlier periods included.
    pub netting: Netting,
}

impl Agreement {
    /// Takes what a direction's statement of a period owes into a settlement, and books it there. Without a statement there
    /// is nothing to take, if none was made.
    ///
    /// # Errors
    ///
    /// `MissingStatement` for none of a stated period, or the statement of another one; `WaitsForAnswer`.
    pub fn take(
        &mut self,
        statement: Option<&mut Statement>,
        home: Side,
        period: u32,
        now: i64,
    ) -> Result<Taken> {
        let books = self.books_mut(home);
        let Some(statement) = statement else {
            require!(
                period >= books.next_period,
                RoamingEscrowError::MissingStatement
            );
            return Ok(Taken::default());
        };
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
        books.close(statement)?;
        statement.step(Action::Settle, now, &|_| true)?;
        statement.settle()?;
        statement.invariant()?;
        books.open(statement)?;
        Ok(Taken {
            payable,
            changed: before != (statement.state, statement.paid),
        })
    }

    /// Nets what both directions bring, and moves the difference.
    ///
    /// # Errors
    ///
    /// `NothingToSettle` when neither statement changes.
    pub fn settle(&mut self, first: &Taken, second: &Taken) -> Result<Settlement> {
        require!(
            first.changed || second.changed,
            RoamingEscrowError::NothingToSettle
        );
        // Debts stop at `u64::MAX`, as they do in `net`.
        let owes = |own: &Taken, other: &Taken| {
            own.payable.to_visited.saturating_add(other.payable.to_home)
        };
        let owes = [owes(first, second), owes(second, first)];
        let [first_owes, second_owes] = owes;
        Ok(Settlement {
            owes,
            netting: self.net(first_owes, second_owes)?,
        })
    }
}
