//! What a settlement of a period would do, told before it is done: by the program's own arithmetic, on copies of the
//! accounts.

use std::collections::BTreeMap;

use roaming_escrow::state::{Agreement, Netting, Side, Statement, StatementState};
use solana_pubkey::Pubkey;

use super::statements::{after_overdue, is_payable, overdue};
use crate::error::InputError;

/// What is stated of one period, by the side that pays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Period {
    pub first: Option<Statement>,
    pub second: Option<Statement>,
}

impl Period {
    pub fn statement(&self, home: Side) -> Option<&Statement> {
        match home {
            Side::First => self.first.as_ref(),
            Side::Second => self.second.as_ref(),
        }
    }

    fn statement_mut(&mut self, home: Side) -> &mut Option<Statement> {
        match home {
            Side::First => &mut self.first,
            Side::Second => &mut self.second,
        }
    }

    /// Whether a settlement has to wait, and for which statement.
    pub fn waits_for(&self) -> Option<Side> {
        Side::ALL.iter().copied().find(|home| {
            self.statement(*home).is_some_and(|statement| {
                matches!(
                    statement.state(),
                    Ok(StatementState::Stated | StatementState::Returned)
                )
            })
        })
    }

    /// Whether a settlement would change anything.
    pub fn is_payable(&self) -> bool {
        self.waits_for().is_none() && [self.first, self.second].iter().flatten().any(is_payable)
    }

    /// The period after what anyone may do to overdue statements at this time.
    pub fn after_overdue(mut self, agreement: &Agreement, now: i64) -> Self {
        for &home in Side::ALL {
            let slot = self.statement_mut(home);
            if let Some(statement) = *slot
                && let Some(action) = overdue(agreement, &statement, now)
            {
                *slot = Some(after_overdue(&statement, action));
            }
        }
        self
    }
}

/// An agreement's statements by period.
pub fn periods(statements: &[(Pubkey, Statement)]) -> BTreeMap<u32, Period> {
    let mut periods: BTreeMap<u32, Period> = BTreeMap::new();
    for (_, statement) in statements {
        if let Ok(home) = statement.home() {
            *periods
                .entry(statement.period)
                .or_default()
                .statement_mut(home) = Some(*statement);
        }
    }
    periods
}

/// What a settlement of one period moves. Amounts are base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub period: u32,
    /// What each side owes for the period, the first side's first: what its own statement asks for now, and what the other
    /// side's vouchers moved too much.
    pub owes: [u64; 2],
    /// What is disputed in each side's statement, and waits.
    pub disputed: [u64; 2],
    /// What moves, arrears of earlier periods included.
    pub netting: Netting,
}

impl Settlement {
    /// What would move without netting: what both sides owe for the period.
    pub fn gross(&self) -> u128 {
        self.owes.into_iter().map(u128::from).sum()
    }

    /// What one side owes for the period after netting.
    pub fn net(&self) -> u64 {
        let [first, second] = self.owes;
        first.abs_diff(second)
    }

    /// What need not move because of netting.
    pub fn saved(&self) -> u128 {
        self.gross().saturating_sub(self.net().into())
    }
}

/// What a settlement of the period does to the agreement, which is changed as the program would: by the program's own code.
///
/// # Errors
///
/// [`InputError::Other`] when the program would refuse it, and why.
pub fn settle(
    agreement: &mut Agreement,
    number: u32,
    period: &Period,
) -> Result<Settlement, InputError> {
    let refused = |reason: String| InputError::Other(format!("period {number}: {reason}"));
    let broken = |error| refused(super::error::refused(error).to_string());
    if let Some(home) = period.waits_for() {
        let who = match home {
            Side::First => "first",
            Side::Second => "second",
        };
        return Err(refused(format!(
            "the statement that the {who} operator pays still waits for its answer"
        )));
    }
    if !period.is_payable() {
        return Err(refused("nothing is payable".to_owned()));
    }
    let disputed = |statement: Option<Statement>| statement.map_or(Ok(0), |s| s.disputed());
    let disputed = [
        disputed(period.first).map_err(broken)?,
        disputed(period.second).map_err(broken)?,
    ];
    let mut after = *period;
    let mut take = |statement: &mut Option<Statement>, home| {
        // Settling has no times in the table.
        agreement.take(statement.as_mut(), home, number, 0)
    };
    let first = take(&mut after.first, Side::First).map_err(broken)?;
    let second = take(&mut after.second, Side::Second).map_err(broken)?;
    let settlement = agreement.settle(&first, &second).map_err(broken)?;
    Ok(Settlement {
        period: number,
        owes: settlement.owes,
        disputed,
        netting: settlement.netting,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roaming::account::examples;

    fn matched(home: Side, accepted: u64, paid: u64) -> Statement {
        let (_, mut statement) = examples::statement(home, 0);
        statement.set_state(StatementState::Matched);
        (statement.total, statement.accepted, statement.paid) = (accepted, accepted, paid);
        statement
    }

    /// An agreement whose books count the period's statements.
    fn agreement(period: &Period) -> Agreement {
        let (_, mut agreement) = examples::agreement();
        for &home in Side::ALL {
            if let Some(statement) = period.statement(home) {
                agreement.books_mut(home).open(statement).unwrap();
                agreement.books_mut(home).next_period = 1;
            }
        }
        agreement
    }

    #[test]
    fn both_directions_are_netted() {
        let period = Period {
            first: Some(matched(Side::First, 700, 0)),
            second: Some(matched(Side::Second, 300, 0)),
        };
        let mut agreement = agreement(&period);
        let settlement = settle(&mut agreement, 0, &period).unwrap();
        assert_eq!(
            (settlement.gross(), settlement.net(), settlement.saved()),
            (1_000, 400, 600)
        );
        assert_eq!(settlement.netting.payer, Side::First);
        assert_eq!(agreement.first_books.balance, 600);
        // Ten basis points of 400 are no whole unit.
        assert_eq!((settlement.netting.fee, agreement.fees), (0, 0));
        assert_eq!(agreement.second_books.balance, 1_400);
        assert_eq!(agreement.first_books.open_statements, 0);
    }

    #[test]
    fn a_countered_statement_pays_a_part_and_what_vouchers_overpaid_comes_back() {
        let (_, mut countered) = examples::statement(Side::First, 0);
        countered.set_state(StatementState::Countered);
        (countered.counter_total, countered.accepted) = (250, 250);
        let period = Period {
            first: Some(countered),
            second: Some(matched(Side::Second, 100, 160)),
        };
        let mut agreement = agreement(&period);
        let settlement = settle(&mut agreement, 0, &period).unwrap();
        // The first side owes its own statement, and what the second's vouchers paid too much.
        assert_eq!(settlement.owes, [310, 0]);
        assert_eq!(settlement.disputed, [150, 0]);
        assert_eq!(settlement.netting.first_owed, 310);
        assert_eq!(settlement.netting.moved, 310);
        assert_eq!(agreement.first_books.exposure, 150);
    }

    #[test]
    fn a_balance_that_is_short_leaves_arrears() {
        let period = Period {
            first: Some(matched(Side::First, 1_500, 0)),
            second: None,
        };
        let mut agreement = agreement(&period);
        let settlement = settle(&mut agreement, 0, &period).unwrap();
        assert_eq!(
            (settlement.netting.moved, settlement.netting.arrears),
            (1_000, 500)
        );
        assert_eq!(settlement.net(), 1_500);
        assert_eq!(agreement.first_books.arrears, 500);
        assert_eq!((settlement.netting.fee, agreement.fees), (1, 1));
        // Arrears of one period are not the next one's.
        let next = Period {
            first: Some(Statement {
                period: 1,
                ..matched(Side::First, 300, 0)
            }),
            second: None,
        };
        agreement
            .first_books
            .open(next.first.as_ref().unwrap())
            .unwrap();
        let settlement = settle(&mut agreement, 1, &next).unwrap();
        assert_eq!((settlement.gross(), settlement.net()), (300, 300));
        assert_eq!(settlement.saved(), 0);
        assert_eq!(settlement.netting.arrears, 800);
    }

    #[test]
    fn what_stands_in_the_way() {
        let (_, stated) = examples::statement(Side::Second, 0);
        let period = Period {
            first: Some(matched(Side::First, 1, 0)),
            second: Some(stated),
        };
        let mut agreement = agreement(&period);
        assert_eq!(period.waits_for(), Some(Side::Second));
        assert!(settle(&mut agreement, 0, &period).is_err());
        // Past its time anyone may take silence for agreement, and then it is settled.
        let later = period.after_overdue(&agreement, 1_100);
        assert!(!period.after_overdue(&agreement, 1_099).is_payable());
        assert!(later.is_payable());
        let nothing = Period::default();
        assert!(settle(&mut agreement, 0, &nothing).is_err());
    }
}
