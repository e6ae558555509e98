//! What may happen to a statement: from which states, by whom, from when and until when, as one table.

use anchor_lang::prelude::*;

use crate::{errors::RoamingEscrowError, state::Statement};

/// Where a statement is in its life.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementState {
    /// Stated by the visited network: the home network may answer until `answer_by`.
    Stated,
    /// Returned as unusable: the visited network may restate it until `answer_by`.
    Returned,
    /// Agreed, in words or by silence: all of it is payable.
    Matched,
    /// Countered beyond the tolerance: what both agree on is payable, the difference waits.
    Countered,
    /// The difference is decided: the rest is payable.
    Resolved,
    /// Paid, or recorded as arrears.
    Settled,
}

impl StatementState {
    pub const ALL: [Self; 6] = [
        Self::Stated,
        Self::Returned,
        Self::Matched,
        Self::Countered,
        Self::Resolved,
        Self::Settled,
    ];
}

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

/// Who does it.
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

/// One row of [`LIFE_CYCLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    pub action: Action,
    pub from: &'static [StatementState],
    pub actor: Actor,
    /// Allowed from then on, inclusively.
    pub opens: Option<Instant>,
    /// Allowed until then, exclusively.
    pub closes: Option<Instant>,
    /// `None` leaves the state to the action.
    pub to: Option<StatementState>,
}

/// Every transition. What closes one path at an instant opens the other at the same: never both, never neither.
pub const LIFE_CYCLE: [Transition; 12] = {
    use Action::*;
    use Actor::*;
    use Instant::*;
    use StatementState::*;
    const fn row(
        action: Action,
        from: &'static [StatementState],
        actor: Actor,
        opens: Option<Instant>,
        closes: Option<Instant>,
        to: Option<StatementState>,
    ) -> Transition {
        Transition {
            action,
            from,
            actor,
            opens,
            closes,
            to,
        }
    }
    [
        row(Accept, &[Stated], Home, None, Some(AnswerBy), Some(Matched)),
        row(
            DeemAccepted,
            &[Stated],
            Anyone,
            Some(AnswerBy),
            None,
            Some(Matched),
        ),
        // Or matched, when the difference is within the tolerance.
        row(
            Counter,
            &[Stated],
            Home,
            None,
            Some(AnswerBy),
            Some(Countered),
        ),
        row(
            Return,
            &[Stated],
            Home,
            None,
            Some(AnswerBy),
            Some(Returned),
        ),
        row(
            Restate,
            &[Returned],
            Visited,
            None,
            Some(AnswerBy),
            Some(Stated),
        ),
        // Nothing was used, as far as anybody said in time.
        row(
            Lapse,
            &[Returned],
            Anyone,
            Some(AnswerBy),
            None,
            Some(Matched),
        ),
        // Either side may give in as long as nothing is awarded.
        row(ConcedeAll, &[Countered], Home, None, None, Some(Resolved)),
        row(
            ConcedeNone,
            &[Countered],
            Visited,
            None,
            None,
            Some(Resolved),
        ),
        row(
            Award,
            &[Countered],
            Arbiter,
            Some(DisputeBy),
            Some(AwardBy),
            Some(Resolved),
        ),
        row(
            AwardByDefault,
            &[Countered],
            Anyone,
            Some(AwardBy),
            None,
            Some(Resolved),
        ),
        // A countered statement pays what both agree on, and stays countered.
        row(
            Settle,
            &[Matched, Countered, Resolved, Settled],
            Anyone,
            None,
            None,
            None,
        ),
        row(Close, &[Settled], Anyone, None, None, None),
    ]
};

impl Action {
    /// The action's row.
    pub fn transition(self) -> &'static Transition {
        // The discriminants count the rows: a test holds them together.
        &LIFE_CYCLE[self as usize]
    }
}

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
        self.state().is_ok_and(|state| row.from.contains(&state))
            && row.opens.is_none_or(|opens| now >= self.at(opens))
            && row.closes.is_none_or(|closes| now < self.at(closes))
    }

    /// Does the step in the table: refuses a wrong state, a wrong actor and a wrong time, and sets the state after it.
    ///
    /// `acts_as` says whether who signs may act as somebody.
    #[inline(never)]
    pub fn step(
        &mut self,
        action: Action,
        now: i64,
        acts_as: &dyn Fn(Actor) -> bool,
    ) -> Result<()> {
        let row = action.transition();
        require!(
            row.from.contains(&self.state()?),
            RoamingEscrowError::WrongState
        );
        if row.actor != Actor::Anyone && !acts_as(row.actor) {
            return Err(match row.actor {
                Actor::Home => RoamingEscrowError::NotHome.into(),
                Actor::Visited => RoamingEscrowError::NotVisited.into(),
                Actor::Arbiter => RoamingEscrowError::NotArbiter.into(),
                Actor::Anyone => RoamingEscrowError::InvariantBroken.into(),
            });
        }
        if let Some(opens) = row.opens.map(|opens| self.at(opens))
            && now < opens
        {
            msg!("possible from {}", opens);
            return err!(RoamingEscrowError::TooEarly);
        }
        if let Some(closes) = row.closes.map(|closes| self.at(closes))
            && now >= closes
        {
            msg!("was possible until {}", closes);
            return err!(RoamingEscrowError::TooLate);
        }
        if let Some(to) = row.to {
            self.set_state(to);
        }
        Ok(())
    }
}
