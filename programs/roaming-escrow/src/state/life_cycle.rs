//! What may happen to a statement: from which states, by whom, from when and until when, as one table.

use anchor_lang::prelude::*;
use wayfare_program::{life_cycle, life_cycle::Refused};

use crate::{
    errors::RoamingEscrowError,
    state::{Statement, StatementState},
};

/// What can be done to a statement.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Accept,
    DeemAccepted,
    Counter,
    Return,
    Restate,
    Lapse,
    ConcedeAll,
    ConcedeNone,
    Award,
    AwardByDefault,
    Settle,
    Close,
}

/// The one who does it.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The network whose subscribers roamed.
    Home,
    /// The network that they used.
    Visited,
    Arbiter,
    Anyone,
}

/// An instant of a statement's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    AnswerBy,
    DisputeBy,
    AwardBy,
}

life_cycle! {
    /// Every transition. What closes one path at an instant opens the other at the same: never both, never neither.
    pub LIFE_CYCLE: Action, StatementState, Actor, Instant;
    Accept:         [Stated] Home, until AnswerBy => Matched;
    DeemAccepted:   [Stated] Anyone, from AnswerBy => Matched;
    // Or matched, when the difference is within the tolerance.
    Counter:        [Stated] Home, until AnswerBy => Countered;
    Return:         [Stated] Home, until AnswerBy => Returned;
    Restate:        [Returned] Visited, until AnswerBy => Stated;
    // Nothing was used, as far as anybody said in time.
    Lapse:          [Returned] Anyone, from AnswerBy => Matched;
    // Either side may give in as long as nothing is awarded.
    ConcedeAll:     [Countered] Home => Resolved;
    ConcedeNone:    [Countered] Visited => Resolved;
    Award:          [Countered] Arbiter, from DisputeBy, until AwardBy => Resolved;
    AwardByDefault: [Countered] Anyone, from AwardBy => Resolved;
    // A countered statement pays what both agree on, and stays countered.
    Settle:         [Matched | Countered | Resolved | Settled] Anyone;
    Close:          [Settled] Anyone;
}

/// One row of [`LIFE_CYCLE`].
pub type Transition =
    wayfare_program::life_cycle::Transition<Action, StatementState, Actor, Instant>;

impl Statement {
    /// The instant in Unix seconds; 0 for one that is not fixed yet.
    pub fn at(&self, instant: Instant) -> i64 {
        match instant {
            Instant::AnswerBy => self.answer_by,
            Instant::DisputeBy => self.dispute_by,
            Instant::AwardBy => self.award_by,
        }
    }

    /// Whether the action is possible now, by whoever may.
    pub fn is_due(&self, action: Action, now: i64) -> bool {
        let row = action.transition();
        self.state()
            .is_ok_and(|state| row.is_due(state, now, |instant| self.at(instant)))
    }

    /// Does the step in the table: refuses a wrong state, a wrong actor and a wrong time, and sets the state after it.
    ///
    /// `acts_as` says whether the signer may act as an actor.
    #[inline(never)]
    pub fn step(
        &mut self,
        action: Action,
        now: i64,
        acts_as: &dyn Fn(Actor) -> bool,
    ) -> Result<()> {
        let row = action.transition();
        let acts_as = |who| who == Actor::Anyone || acts_as(who);
        row.check(self.state()?, now, acts_as, |instant| self.at(instant))
            .map_err(RoamingEscrowError::from)?;
        if let Some(to) = row.to {
            self.set_state(to);
        }
        Ok(())
    }
}

impl From<Refused<Actor>> for RoamingEscrowError {
    fn from(refused: Refused<Actor>) -> Self {
        match refused {
            Refused::WrongState => Self::WrongState,
            Refused::WrongActor(Actor::Home) => Self::NotHome,
            Refused::WrongActor(Actor::Visited) => Self::NotVisited,
            Refused::WrongActor(Actor::Arbiter) => Self::NotArbiter,
            Refused::WrongActor(Actor::Anyone) => Self::InvariantBroken,
            Refused::TooEarly(at) => {
                msg!("possible from {}", at);
                Self::TooEarly
            }
            Refused::TooLate(at) => {
                msg!("was possible until {}", at);
                Self::TooLate
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wayfare_program::life_cycle::{every_case, reaches_an_end};

    use super::*;
    use crate::state::statement::tests::statement;

    /// What the design says, written down once more: the state after an action, by an actor at an instant, or the
    /// refusal. Instants are one second before, at and after each deadline.
    fn expected(
        action: Action,
        state: StatementState,
        actor: Actor,
        now: i64,
        statement: &Statement,
    ) -> std::result::Result<StatementState, RoamingEscrowError> {
        use RoamingEscrowError::*;
        use StatementState::*;
        let by = |who: Actor, error: RoamingEscrowError| {
            if actor == who { Ok(()) } else { Err(error) }
        };
        let from = |at: i64| if now >= at { Ok(()) } else { Err(TooEarly) };
        let until = |at: i64| if now < at { Ok(()) } else { Err(TooLate) };
        let when = |holds: bool| if holds { Ok(()) } else { Err(WrongState) };
        match action {
            Action::Accept | Action::Counter | Action::Return => {
                when(state == Stated)?;
                by(Actor::Home, NotHome)?;
                until(statement.answer_by)?;
                Ok(match action {
                    Action::Accept => Matched,
                    Action::Counter => Countered,
                    _ => Returned,
                })
            }
            Action::DeemAccepted => {
                when(state == Stated)?;
                from(statement.answer_by)?;
                Ok(Matched)
            }
            Action::Restate => {
                when(state == Returned)?;
                by(Actor::Visited, NotVisited)?;
                until(statement.answer_by)?;
                Ok(Stated)
            }
            Action::Lapse => {
                when(state == Returned)?;
                from(statement.answer_by)?;
                Ok(Matched)
            }
            Action::ConcedeAll => {
                when(state == Countered)?;
                by(Actor::Home, NotHome)?;
                Ok(Resolved)
            }
            Action::ConcedeNone => {
                when(state == Countered)?;
                by(Actor::Visited, NotVisited)?;
                Ok(Resolved)
            }
            Action::Award => {
                when(state == Countered)?;
                by(Actor::Arbiter, NotArbiter)?;
                from(statement.dispute_by)?;
                until(statement.award_by)?;
                Ok(Resolved)
            }
            Action::AwardByDefault => {
                when(state == Countered)?;
                from(statement.award_by)?;
                Ok(Resolved)
            }
            Action::Settle => {
                when(!matches!(state, Stated | Returned))?;
                Ok(state)
            }
            Action::Close => {
                when(state == Settled)?;
                Ok(state)
            }
        }
    }

    #[test]
    fn every_state_actor_and_time() {
        let template = statement();
        let tried = every_case(
            Action::ALL,
            StatementState::ALL,
            &[Actor::Home, Actor::Visited, Actor::Arbiter, Actor::Anyone],
            &[template.answer_by, template.dispute_by, template.award_by],
            |action, state, actor, now| {
                let mut before = template;
                before.set_state(state);
                let mut after = before;
                let result = after
                    .step(action, now, &|who| who == actor)
                    .and_then(|()| after.state());
                let want = expected(action, state, actor, now, &template);
                assert_eq!(
                    result,
                    want.map_err(Into::into),
                    "{action:?} from {state:?} by {actor:?} at {now}"
                );
                if result.is_err() {
                    assert_eq!(after, before);
                }
                if actor == action.transition().actor {
                    assert_eq!(before.is_due(action, now), result.is_ok());
                }
            },
        );
        assert_eq!(tried, 12 * 6 * 4 * 9);
    }

    /// From every state anybody alone brings a statement to its end, by waiting: to a state that a settlement ends.
    #[test]
    fn nobody_can_be_held_up() {
        let settles = |state| {
            let mut statement = statement();
            statement.set_state(state);
            let settled = statement
                .step(Action::Settle, i64::MAX, &|_| false)
                .and_then(|()| statement.settle());
            settled.is_ok() && statement.state() == Ok(StatementState::Settled)
        };
        for state in StatementState::ALL {
            let [alone, anyone] = [Actor::Anyone; 2];
            assert!(
                reaches_an_end(LIFE_CYCLE, *state, &alone, &anyone, settles),
                "from {state:?}"
            );
        }
        assert!(!settles(StatementState::Countered));
    }

    #[test]
    fn a_byte_that_is_not_a_state_is_refused() {
        let mut statement = statement();
        statement.state = 6;
        for &action in Action::ALL {
            assert_eq!(
                statement.step(action, 0, &|_| true),
                err!(RoamingEscrowError::InvariantBroken)
            );
            assert!(!statement.is_due(action, 0));
        }
    }
}
