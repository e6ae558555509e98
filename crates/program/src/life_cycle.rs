//! The life of an account as a table: what can be done to it, from which states, by whom, from when and until when.
//!
//! [`life_cycle!`](crate::life_cycle!) writes the table, one transition a line. [`Transition::check`] refuses what the
//! table does not allow. [`every_case`] and [`reaches_an_end`] are what each program's tests try it with.

/// One row of a table: an action `A` on an account in a state `S`, by an actor `W`, between instants `I` of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition<A: 'static, S: 'static, W: 'static, I: 'static> {
    pub action: A,
    pub from: &'static [S],
    pub actor: W,
    /// Allowed from then on, inclusively.
    pub opens: Option<I>,
    /// Allowed until then, exclusively.
    pub closes: Option<I>,
    /// The state after it. `None` leaves that to the action.
    pub to: Option<S>,
}

/// Why an action is refused. Times are Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused<W> {
    WrongState,
    /// Only this actor may do it.
    WrongActor(W),
    /// Possible from then on.
    TooEarly(i64),
    /// Was possible until then.
    TooLate(i64),
}

impl<A: Copy, S: Copy + PartialEq, W: Copy, I: Copy> Transition<A, S, W, I> {
    /// Refuses a wrong state, a wrong actor and a wrong time, in this order.
    ///
    /// `acts_as` says whether the signer may act as an actor; `at` gives an instant in Unix seconds.
    pub fn check(
        &self,
        state: S,
        now: i64,
        acts_as: impl FnOnce(W) -> bool,
        at: impl Fn(I) -> i64,
    ) -> Result<(), Refused<W>> {
        if !self.from.contains(&state) {
            return Err(Refused::WrongState);
        }
        if !acts_as(self.actor) {
            return Err(Refused::WrongActor(self.actor));
        }
        if let Some(opens) = self.opens.map(&at)
            && now < opens
        {
            return Err(Refused::TooEarly(opens));
        }
        if let Some(closes) = self.closes.map(&at)
            && now >= closes
        {
            return Err(Refused::TooLate(closes));
        }
        Ok(())
    }

    /// Whether the action is possible now, for whoever may do it.
    pub fn is_due(&self, state: S, now: i64, at: impl Fn(I) -> i64) -> bool {
        self.check(state, now, |_| true, at).is_ok()
    }
}

/// Writes a table as a constant, and gives each action its row as `Action::transition`. A line is an action, the states
/// that it is possible from, who may do it, from when and until when, and the state after it; what a line leaves out does
/// not matter or does not change:
///
/// ```ignore
/// life_cycle! {
///     /// Every transition.
///     pub LIFE_CYCLE: Action, State, Actor, Instant;
///     Answer:  [Disputed] Seller, until AnswerBy => Contested;
///     Refund:  [Disputed | Contested] Anyone, from AnswerBy => Refunded;
///     Collect: [Refunded] Anyone;
/// }
/// ```
///
/// The lines stand in the order of the actions' variants, which does not compile otherwise.
#[macro_export]
macro_rules! life_cycle {
    (
        $(#[$doc:meta])*
        pub $table:ident: $action:ident, $state:ident, $actor:ident, $instant:ident;
        $(
            $name:ident: [$($from:ident)|+] $who:ident
            $(, from $opens:ident)? $(, until $closes:ident)?
            $(=> $to:ident)?;
        )+
    ) => {
        $(#[$doc])*
        pub const $table: &[$crate::life_cycle::Transition<$action, $state, $actor, $instant>] = &[
            $(
                $crate::life_cycle::Transition {
                    action: $action::$name,
                    from: &[$($state::$from),+],
                    actor: $actor::$who,
                    opens: $crate::life_cycle!(@optional $($instant::$opens)?),
                    closes: $crate::life_cycle!(@optional $($instant::$closes)?),
                    to: $crate::life_cycle!(@optional $($state::$to)?),
                },
            )+
        ];

        // Each action finds its row by its number.
        const _: () = {
            let mut row = 0;
            while row < $table.len() {
                assert!($table[row].action as usize == row, "a line is out of order");
                row += 1;
            }
        };

        impl $action {
            /// All actions, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The action's row.
            pub fn transition(
                self,
            ) -> &'static $crate::life_cycle::Transition<$action, $state, $actor, $instant> {
                // In bounds: `match` below has a line for each variant, and row `n` is that of variant `n`.
                match self {
                    $(Self::$name => &$table[Self::$name as usize],)+
                }
            }
        }
    };
    (@optional) => { None };
    (@optional $some:expr) => { Some($some) };
}

/// Calls `check` for every action from every state by every actor, one second before, at and after each of the instants,
/// and returns how many cases that were. For tests, which hold the outcome against what the design says.
pub fn every_case<A: Copy, S: Copy, W: Copy>(
    actions: &[A],
    states: &[S],
    actors: &[W],
    instants: &[i64],
    mut check: impl FnMut(A, S, W, i64),
) -> usize {
    let mut cases: usize = 0;
    for action in actions {
        for state in states {
            for actor in actors {
                for at in instants {
                    for now in [at.saturating_sub(1), *at, at.saturating_add(1)] {
                        check(*action, *state, *actor, now);
                        cases = cases.saturating_add(1);
                    }
                }
            }
        }
    }
    cases
}

/// Whether an actor alone can bring an account from a state to an end, by rows that nothing closes: those of the actor and
/// those of `anyone`. For tests: nobody can be held up.
pub fn reaches_an_end<A, S: Copy + PartialEq, W: PartialEq, I>(
    table: &[Transition<A, S, W, I>],
    state: S,
    alone: &W,
    anyone: &W,
    is_end: impl Fn(S) -> bool + Copy,
) -> bool {
    // An end is at most as many steps away as there are rows.
    let mut reached = vec![state];
    for _ in table {
        let next: Vec<S> = table
            .iter()
            .filter(|row| row.closes.is_none() && (row.actor == *alone || row.actor == *anyone))
            .filter(|row| row.from.iter().any(|from| reached.contains(from)))
            .filter_map(|row| row.to)
            .collect();
        reached.extend(next);
        if reached.iter().any(|state| is_end(*state)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Action {
        Answer,
        Refund,
        Collect,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum State {
        Disputed,
        Contested,
        Refunded,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Actor {
        Seller,
        Anyone,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Instant {
        AnswerBy,
        CollectBy,
    }

    life_cycle! {
        pub LIFE_CYCLE: Action, State, Actor, Instant;
        Answer:  [Disputed] Seller, until AnswerBy => Contested;
        Refund:  [Disputed | Contested] Anyone, from AnswerBy, until CollectBy => Refunded;
        Collect: [Refunded] Anyone;
    }

    const STATES: [State; 3] = [State::Disputed, State::Contested, State::Refunded];

    fn at(instant: Instant) -> i64 {
        match instant {
            Instant::AnswerBy => 100,
            Instant::CollectBy => 200,
        }
    }

    #[test]
    fn state_then_actor_then_time() {
        let answer = Action::Answer.transition();
        let check = |state, now, seller| answer.check(state, now, |_| seller, at);
        assert_eq!(
            check(State::Contested, 100, false),
            Err(Refused::WrongState)
        );
        assert_eq!(
            check(State::Disputed, 100, false),
            Err(Refused::WrongActor(Actor::Seller))
        );
        assert_eq!(
            check(State::Disputed, 100, true),
            Err(Refused::TooLate(100))
        );
        assert_eq!(check(State::Disputed, 99, true), Ok(()));
        let refund = Action::Refund.transition();
        let check = |now| refund.check(State::Contested, now, |who| who == Actor::Anyone, at);
        assert_eq!(check(99), Err(Refused::TooEarly(100)));
        assert_eq!((check(100), check(199)), (Ok(()), Ok(())));
        assert_eq!(check(200), Err(Refused::TooLate(200)));
    }

    #[test]
    fn every_case_is_tried_once() {
        let mut due = 0;
        let cases = every_case(
            Action::ALL,
            &STATES,
            &[Actor::Seller, Actor::Anyone],
            &[100, 200],
            |action, state, actor, now| {
                let row = action.transition();
                let allowed = row.check(state, now, |who| who == actor, at).is_ok();
                due += usize::from(allowed);
                if actor == row.actor {
                    assert_eq!(allowed, row.is_due(state, now, at));
                }
            },
        );
        assert_eq!(cases, 3 * 3 * 2 * 6);
        // Answer before 100; refund at 100, 101 and 199 from two states; collect at all six times.
        assert_eq!(due, 1 + 2 * 3 + 6);
    }

    #[test]
    fn an_end_that_closes_is_not_reached() {
        let reaches = |alone| {
            reaches_an_end(
                LIFE_CYCLE,
                State::Disputed,
                &alone,
                &Actor::Anyone,
                |state| state == State::Refunded,
            )
        };
        // The refund closes at 200.
        assert!(!reaches(Actor::Seller));
        let open = LIFE_CYCLE.iter().map(|row| Transition {
            closes: None,
            ..*row
        });
        let open: Vec<_> = open.collect();
        assert!(reaches_an_end(
            &open,
            State::Disputed,
            &Actor::Seller,
            &Actor::Anyone,
            |s| s == State::Refunded
        ));
    }
}
