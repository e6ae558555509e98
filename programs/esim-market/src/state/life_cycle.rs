//! What may happen to an order: from which states, by whom, from when and until when, as one table.

use anchor_lang::prelude::*;
use wayfare_program::{life_cycle, life_cycle::Refused};

use crate::{
    errors::EsimMarketError,
    state::{Order, OrderState},
};

/// What can be done to an order.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Deliver,
    RefundUndelivered,
    Report,
    Confirm,
    Release,
    Dispute,
    Answer,
    RefundUnanswered,
    Refund,
    RefundPart,
    Resolve,
    ResolveByDefault,
    PayOut,
    CloseOwn,
    Close,
}

/// Who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Buyer,
    Seller,
    Attester,
    Arbiter,
    Anyone,
}

/// An instant of an order's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// Until then, exclusively, the seller may deliver; from then on, anyone may refund.
    DeliverBy,
    /// Until then the buyer may complain; from then on, anyone may release.
    ReleaseAt,
    /// Until then the seller may answer; from then on, anyone may refund.
    AnswerBy,
    /// Until then the arbiter may resolve; from then on, anyone may, as the plan says.
    ResolveBy,
    /// From then on, anyone may close.
    ClosableAt,
}

life_cycle! {
    /// Every transition. What closes one path at an instant opens the other at the same: never both, never neither.
    pub LIFE_CYCLE: Action, OrderState, Actor, Instant;
    Deliver:           [Paid] Seller, until DeliverBy => Delivered;
    RefundUndelivered: [Paid] Anyone, from DeliverBy => Refunded;
    Report:            [Delivered | Disputed | Contested] Attester;
    // The buyer may also give in, and so may the seller below: no arbiter is needed where both agree.
    Confirm:           [Delivered | Disputed | Contested] Buyer => Completed;
    Release:           [Delivered] Anyone, from ReleaseAt => Completed;
    Dispute:           [Delivered] Buyer, until ReleaseAt => Disputed;
    Answer:            [Disputed] Seller, until AnswerBy => Contested;
    RefundUnanswered:  [Disputed] Anyone, from AnswerBy => Refunded;
    Refund:            [Paid | Delivered | Disputed | Contested] Seller => Refunded;
    // The buyer signs too.
    RefundPart:        [Paid | Delivered | Disputed | Contested] Seller => Refunded;
    Resolve:           [Contested] Arbiter, until ResolveBy => Resolved;
    ResolveByDefault:  [Contested] Anyone, from ResolveBy => Resolved;
    PayOut:            [Refunded | Completed | Resolved] Anyone;
    CloseOwn:          [Refunded | Completed | Resolved] Buyer;
    Close:             [Refunded | Completed | Resolved] Anyone, from ClosableAt;
}

/// One row of [`LIFE_CYCLE`].
pub type Transition = wayfare_program::life_cycle::Transition<Action, OrderState, Actor, Instant>;

impl Order {
    /// The instant in Unix seconds; 0 for one that is not fixed yet.
    pub fn at(&self, instant: Instant) -> i64 {
        match instant {
            Instant::DeliverBy => self.deliver_by,
            Instant::ReleaseAt => self.release_at,
            Instant::AnswerBy => self.answer_by,
            Instant::ResolveBy => self.resolve_by,
            Instant::ClosableAt => self.closable_at,
        }
    }

    /// Whether the key may act as this.
    pub fn is(&self, actor: Actor, key: &Pubkey) -> bool {
        match actor {
            Actor::Buyer => self.buyer == *key,
            Actor::Seller => self.seller_authority == *key,
            Actor::Attester => self.attester == *key,
            Actor::Arbiter => self.arbiter == *key,
            Actor::Anyone => true,
        }
    }

    /// Whether the action is possible now, by whoever may.
    pub fn is_due(&self, action: Action, now: i64) -> bool {
        let row = action.transition();
        self.state()
            .is_ok_and(|state| row.is_due(state, now, |instant| self.at(instant)))
    }

    /// Does the step in the table: refuses a wrong state, a wrong actor and a wrong time, and sets the state after it.
    #[inline(never)]
    pub fn step(&mut self, action: Action, actor: &Pubkey, now: i64) -> Result<()> {
        let row = action.transition();
        row.check(
            self.state()?,
            now,
            |who| self.is(who, actor),
            |instant| self.at(instant),
        )
        .map_err(EsimMarketError::from)?;
        if let Some(to) = row.to {
            self.set_state(to);
        }
        Ok(())
    }
}

impl From<Refused<Actor>> for EsimMarketError {
    fn from(refused: Refused<Actor>) -> Self {
        match refused {
            Refused::WrongState => Self::WrongState,
            Refused::WrongActor(Actor::Buyer) => Self::NotBuyer,
            Refused::WrongActor(Actor::Seller) => Self::NotSeller,
            Refused::WrongActor(Actor::Attester) => Self::NotAttester,
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
    use crate::state::order::tests::order;

    #[test]
    fn a_state_is_its_number() {
        for (number, state) in OrderState::ALL.iter().enumerate() {
            assert_eq!(*state as usize, number);
        }
    }

    /// What the design says, written down once more: the state after an action, by an actor at an instant, or the
    /// refusal. Instants are one second before, at and after each deadline.
    fn expected(
        action: Action,
        state: OrderState,
        actor: &str,
        now: i64,
        order: &Order,
    ) -> std::result::Result<OrderState, EsimMarketError> {
        use EsimMarketError::*;
        use OrderState::*;
        let open = matches!(state, Paid | Delivered | Disputed | Contested);
        let by = |who: &str, error: EsimMarketError| {
            if actor == who { Ok(()) } else { Err(error) }
        };
        let from = |at: i64| if now >= at { Ok(()) } else { Err(TooEarly) };
        let until = |at: i64| if now < at { Ok(()) } else { Err(TooLate) };
        let when = |holds: bool| if holds { Ok(()) } else { Err(WrongState) };
        match action {
            Action::Deliver => {
                when(state == Paid)?;
                by("seller", NotSeller)?;
                until(order.deliver_by)?;
                Ok(Delivered)
            }
            Action::RefundUndelivered => {
                when(state == Paid)?;
                from(order.deliver_by)?;
                Ok(Refunded)
            }
            Action::Report => {
                when(open && state != Paid)?;
                by("attester", NotAttester)?;
                Ok(state)
            }
            Action::Confirm => {
                when(open && state != Paid)?;
                by("buyer", NotBuyer)?;
                Ok(Completed)
            }
            Action::Release => {
                when(state == Delivered)?;
                from(order.release_at)?;
                Ok(Completed)
            }
            Action::Dispute => {
                when(state == Delivered)?;
                by("buyer", NotBuyer)?;
                until(order.release_at)?;
                Ok(Disputed)
            }
            Action::Answer => {
                when(state == Disputed)?;
                by("seller", NotSeller)?;
                until(order.answer_by)?;
                Ok(Contested)
            }
            Action::RefundUnanswered => {
                when(state == Disputed)?;
                from(order.answer_by)?;
                Ok(Refunded)
            }
            Action::Refund | Action::RefundPart => {
                when(open)?;
                by("seller", NotSeller)?;
                Ok(Refunded)
            }
            Action::Resolve => {
                when(state == Contested)?;
                by("arbiter", NotArbiter)?;
                until(order.resolve_by)?;
                Ok(Resolved)
            }
            Action::ResolveByDefault => {
                when(state == Contested)?;
                from(order.resolve_by)?;
                Ok(Resolved)
            }
            Action::PayOut => {
                when(!open)?;
                Ok(state)
            }
            Action::CloseOwn => {
                when(!open)?;
                by("buyer", NotBuyer)?;
                Ok(state)
            }
            Action::Close => {
                when(!open)?;
                from(order.closable_at)?;
                Ok(state)
            }
        }
    }

    #[test]
    fn every_state_actor_and_time() {
        let template = order();
        let actors = [
            ("buyer", template.buyer),
            ("seller", template.seller_authority),
            ("attester", template.attester),
            ("arbiter", template.arbiter),
            ("payer", template.payer),
            ("stranger", Pubkey::new_from_array([99; 32])),
        ];
        let deadlines = [
            template.deliver_by,
            template.release_at,
            template.answer_by,
            template.resolve_by,
            template.closable_at,
        ];
        let check = |action: Action, state, (name, key): (&str, Pubkey), now| {
            let mut order = order();
            order.set_state(state);
            let result = order.step(action, &key, now).and_then(|()| order.state());
            let want = expected(action, state, name, now, &template);
            assert_eq!(
                result,
                want.map_err(Into::into),
                "{action:?} from {state:?} by {name} at {now}"
            );
            let mut before = template;
            before.set_state(state);
            if result.is_err() {
                assert_eq!(order, before);
            }
            if name == "stranger" && action.transition().actor == Actor::Anyone {
                assert_eq!(before.is_due(action, now), result.is_ok());
            }
        };
        let tried = every_case(Action::ALL, OrderState::ALL, &actors, &deadlines, check);
        assert_eq!(tried, 15 * 7 * 6 * 15);
    }

    /// From every open state the buyer alone and the seller alone reach an end in one step, by waiting and by what they may
    /// do. To refund a part takes both.
    #[test]
    fn nobody_can_be_held_up() {
        let ends: Vec<Transition> = LIFE_CYCLE
            .iter()
            .filter(|row| row.action != Action::RefundPart)
            .filter(|row| row.to.is_some_and(OrderState::is_terminal))
            .copied()
            .collect();
        for alone in [Actor::Buyer, Actor::Seller] {
            for state in OrderState::ALL.iter().filter(|s| !s.is_terminal()) {
                assert!(
                    reaches_an_end(
                        &ends,
                        *state,
                        &alone,
                        &Actor::Anyone,
                        OrderState::is_terminal
                    ),
                    "{alone:?} is stuck in {state:?}"
                );
            }
        }
    }
}
