//! What can be done with a statement, by whom, from when and until when: the program's life-cycle, read for one statement
//! at one time. Times are Unix seconds.

use roaming_escrow::{
    constants::MAX_RETURNS,
    state::{Action, Actor, Agreement, LIFE_CYCLE, Statement, StatementState, Transition},
};

/// Something that can be done with a statement, as long as it stays in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub action: Action,
    /// Who may.
    pub actor: Actor,
    /// Possible from then on, inclusively; `None` when it always was.
    pub from: Option<i64>,
    /// Possible until then, exclusively; `None` for ever.
    pub until: Option<i64>,
}

impl Step {
    /// Whether it can be done at this time.
    pub fn is_open(&self, now: i64) -> bool {
        self.from.is_none_or(|from| now >= from) && self.until.is_none_or(|until| now < until)
    }
}

/// What can be done with a statement now, and what can be done later if nothing else is done before. What its time is over
/// for is left out.
///
/// A settlement takes both directions: whether the other one's statement stands in its way,
/// [`super::settlement::Settlement`] tells.
pub fn steps(agreement: &Agreement, statement: &Statement, now: i64) -> Vec<Step> {
    LIFE_CYCLE
        .iter()
        .filter(|row| is_from(statement, row) && !is_idle(agreement, statement, row.action, now))
        .map(|row| Step {
            action: row.action,
            actor: row.actor,
            from: row.opens.map(|instant| statement.at(instant)),
            until: row.closes.map(|instant| statement.at(instant)),
        })
        .filter(|step| step.until.is_none_or(|until| now < until))
        .collect()
}

/// Whether the row starts from the statement's state.
fn is_from(statement: &Statement, row: &Transition) -> bool {
    statement
        .state()
        .is_ok_and(|state| row.from.contains(&state))
}

/// Whether the action is refused, or does nothing, although the statement's state allows it.
fn is_idle(agreement: &Agreement, statement: &Statement, action: Action, now: i64) -> bool {
    match action {
        Action::Settle => !is_payable(statement),
        Action::Return => {
            statement.returns >= MAX_RETURNS
                || statement.home().is_ok_and(|home| {
                    statement.period.checked_add(1) != Some(agreement.books(home).next_period)
                })
        }
        Action::Close => !agreement.is_wound_up(now).unwrap_or(false),
        _ => false,
    }
}

/// Whether a settlement would change the statement.
pub fn is_payable(statement: &Statement) -> bool {
    match statement.state() {
        Ok(StatementState::Matched | StatementState::Resolved) => true,
        // What both agree on is paid once.
        Ok(StatementState::Countered) => statement.paid < statement.accepted,
        _ => false,
    }
}

/// What anyone may do now to bring a statement on that nobody else can answer or decide any more.
pub fn overdue(agreement: &Agreement, statement: &Statement, now: i64) -> Option<Action> {
    steps(agreement, statement, now)
        .into_iter()
        .find(|step| {
            step.is_open(now)
                && matches!(
                    step.action,
                    Action::DeemAccepted | Action::Lapse | Action::AwardByDefault
                )
        })
        .map(|step| step.action)
}

/// The statement as it is after what [`overdue`] allows, so that what follows can be told before it is done.
pub fn after_overdue(statement: &Statement, action: Action) -> Statement {
    let mut after = *statement;
    match action {
        Action::DeemAccepted => {
            after.accepted = after.total;
            after.set_state(StatementState::Matched);
        }
        Action::Lapse => {
            (after.total, after.accepted, after.records) = (0, 0, 0);
            after.set_state(StatementState::Matched);
        }
        Action::AwardByDefault => {
            let difference = statement.total.saturating_sub(statement.counter_total);
            // A share of a u64 is one: it cannot fail.
            after.award = statement.default_award(difference).unwrap_or_default();
            after.accepted = after.counter_total.saturating_add(after.award);
            after.set_state(StatementState::Resolved);
        }
        _ => {}
    }
    after
}

#[cfg(test)]
mod tests {
    use roaming_escrow::state::{AgreementState, Side};

    use super::*;
    use crate::roaming::account::examples;

    fn open_now(agreement: &Agreement, statement: &Statement, now: i64) -> Vec<Action> {
        steps(agreement, statement, now)
            .into_iter()
            .filter(|step| step.is_open(now))
            .map(|step| step.action)
            .collect()
    }

    #[test]
    fn a_statement_through_its_life() {
        use Action::*;
        let (_, mut agreement) = examples::agreement();
        agreement.first_books.next_period = 1;
        let (_, mut statement) = examples::statement(Side::First, 0);
        assert_eq!(
            open_now(&agreement, &statement, 1_099),
            [Accept, Counter, Return]
        );
        assert_eq!(overdue(&agreement, &statement, 1_099), None);
        assert_eq!(overdue(&agreement, &statement, 1_100), Some(DeemAccepted));
        assert_eq!(open_now(&agreement, &statement, 1_100), [DeemAccepted]);
        // Only the last one is returned, and not for ever.
        agreement.first_books.next_period = 2;
        assert_eq!(open_now(&agreement, &statement, 1_099), [Accept, Counter]);
        agreement.first_books.next_period = 1;
        statement.returns = MAX_RETURNS;
        assert_eq!(open_now(&agreement, &statement, 1_099), [Accept, Counter]);

        statement.set_state(StatementState::Returned);
        assert_eq!(open_now(&agreement, &statement, 1_099), [Restate]);
        assert_eq!(overdue(&agreement, &statement, 1_100), Some(Lapse));

        statement.set_state(StatementState::Countered);
        (statement.counter_total, statement.accepted) = (300, 300);
        (statement.dispute_by, statement.award_by) = (1_200, 1_500);
        assert_eq!(
            open_now(&agreement, &statement, 1_199),
            [ConcedeAll, ConcedeNone, Settle]
        );
        statement.paid = 300;
        assert_eq!(
            open_now(&agreement, &statement, 1_200),
            [ConcedeAll, ConcedeNone, Award]
        );
        assert_eq!(overdue(&agreement, &statement, 1_499), None);
        assert_eq!(overdue(&agreement, &statement, 1_500), Some(AwardByDefault));

        statement.set_state(StatementState::Resolved);
        assert_eq!(open_now(&agreement, &statement, 9_999), [Settle]);
        statement.set_state(StatementState::Settled);
        assert_eq!(open_now(&agreement, &statement, 9_999), []);
        agreement.state = AgreementState::Closing as u8;
        agreement.closes_at = 9_000;
        assert_eq!(open_now(&agreement, &statement, 8_999), []);
        assert_eq!(open_now(&agreement, &statement, 9_000), [Close]);
    }

    /// What this module calls possible is what the program's own check lets through.
    #[test]
    fn it_agrees_with_the_program() {
        let (_, agreement) = examples::agreement();
        let (_, mut statement) = examples::statement(Side::Second, 0);
        (statement.dispute_by, statement.award_by) = (1_200, 1_500);
        (statement.counter_total, statement.accepted) = (300, 300);
        for &state in StatementState::ALL {
            statement.set_state(state);
            for now in (1_000..=1_600).step_by(50) {
                for row in LIFE_CYCLE {
                    let listed = open_now(&agreement, &statement, now).contains(&row.action);
                    let due = statement.is_due(row.action, now)
                        && !is_idle(&agreement, &statement, row.action, now);
                    assert_eq!(listed, due, "{:?} in {state:?} at {now}", row.action);
                }
            }
        }
    }

    #[test]
    fn what_becomes_of_an_overdue_statement() {
        let (_, mut statement) = examples::statement(Side::First, 0);
        assert_eq!(
            after_overdue(&statement, Action::DeemAccepted).accepted,
            400
        );
        assert_eq!(after_overdue(&statement, Action::Lapse).total, 0);
        statement.counter_total = 301;
        let after = after_overdue(&statement, Action::AwardByDefault);
        assert_eq!((after.award, after.accepted), (49, 350));
        assert_eq!(after.state().unwrap(), StatementState::Resolved);
    }
}
