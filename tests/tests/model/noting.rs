//! What a model notes of the operation that it is asked about, the same for each program.

use wayfare_tests::refusal::Refusal;

/// That an operation happens at most a second from a deadline which decides about it.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    pub deadline: &'static str,
    /// After the deadline.
    pub seconds: i128,
    /// The operation comes on the wrong side of it.
    pub refused: bool,
}

impl Beside {
    /// If it is that near.
    fn new(deadline: &'static str, at: i128, now: i128, refused: bool) -> Option<Self> {
        let seconds = now - at;
        (-1..=1).contains(&seconds).then_some(Self {
            deadline,
            seconds,
            refused,
        })
    }
}

/// A model that notes why an operation must be refused, and which deadlines it is near to.
pub trait Noting {
    /// Seconds.
    fn now(&self) -> i128;

    fn reasons(&mut self) -> &mut Vec<Refusal>;

    fn near(&mut self) -> &mut Vec<Beside>;

    fn why(&mut self, holds: bool, reason: impl Into<Refusal>) {
        if holds {
            self.reasons().push(reason.into());
        }
    }

    fn beside(&mut self, deadline: &'static str, at: i128, refused: bool) {
        let beside = Beside::new(deadline, at, self.now(), refused);
        self.near().extend(beside);
    }

    /// What is possible from an instant on.
    fn from(&mut self, deadline: &'static str, at: i128, reason: impl Into<Refusal>) {
        let early = self.now() < at;
        self.beside(deadline, at, early);
        self.why(early, reason);
    }

    /// What is possible until an instant.
    fn until(&mut self, deadline: &'static str, at: i128, reason: impl Into<Refusal>) {
        let late = self.now() >= at;
        self.beside(deadline, at, late);
        self.why(late, reason);
    }
}
