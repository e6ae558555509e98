//! What may happen to an order: from which states, by whom, from when and until when, as one table.

use anchor_lang::prelude::*;

use crate::{errors::EsimMarketError, state::Order};

/// Where an order is in its life.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderState {
    /// Paid, and waits for the delivery.
    Paid,
    /// Delivered: the buyer may complain until `release_at`.
    Delivered,
    /// The buyer complained: the seller may answer until `answer_by`.
    Disputed,
    /// The seller answered: the arbiter may resolve until `resolve_by`.
    Contested,
    /// Ended: all, or an agreed part, goes back to who paid.
    Refunded,
    /// Ended: all goes to the seller, less the fee.
    Completed,
    /// Ended: divided by the arbiter, or by the plan's default.
    Resolved,
}

impl OrderState {
    pub const ALL: [Self; 7] = [
        Self::Paid,
        Self::Delivered,
        Self::Disputed,
        Self::Contested,
        Self::Refunded,
        Self::Completed,
        Self::Resolved,
    ];

    /// Whether nothing more can be decided about the money.
    pub fn is_terminal(self) -> bool {
        ENDED.contains(&self)
    }
}

/// The terminal states.
const ENDED: &[OrderState] = &[
    OrderState::Refunded,
    OrderState::Completed,
    OrderState::Resolved,
];

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

/// One row of [`LIFE_CYCLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    pub action: Action,
    pub from: &'static [OrderState],
    pub actor: Actor,
    /// Allowed from then on, inclusively.
    pub opens: Option<Instant>,
    /// Allowed until then, exclusively.
    pub closes: Option<Instant>,
    /// `None` leaves the state as it is.
    pub to: Option<OrderState>,
}

/// Every transition. What closes one path at an instant opens the other at the same: never both, never neither.
pub const LIFE_CYCLE: [Transition; 15] = {
    use Action::*;
    use Actor::*;
    use Instant::*;
    use OrderState::*;
    const fn row(
        action: Action,
        from: &'static [OrderState],
        actor: Actor,
        opens: Option<Instant>,
        closes: Option<Instant>,
        to: Option<OrderState>,
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
    const OPEN: &[OrderState] = &[Paid, Delivered, Disputed, Contested];
    const DELIVERED: &[OrderState] = &[Delivered, Disputed, Contested];
    [
        row(
            Deliver,
            &[Paid],
            Seller,
            None,
            Some(DeliverBy),
            Some(Delivered),
        ),
        row(
            RefundUndelivered,
            &[Paid],
            Anyone,
            Some(DeliverBy),
            None,
            Some(Refunded),
        ),
        row(Report, DELIVERED, Attester, None, None, None),
        // The buyer may also give in, and so may the seller below: no arbiter is needed where both agree.
        row(Confirm, DELIVERED, Buyer, None, None, Some(Completed)),
        row(
            Release,
            &[Delivered],
            Anyone,
            Some(ReleaseAt),
            None,
            Some(Completed),
        ),
        row(
            Dispute,
            &[Delivered],
            Buyer,
            None,
            Some(ReleaseAt),
            Some(Disputed),
        ),
        row(
            Answer,
            &[Disputed],
            Seller,
            None,
            Some(AnswerBy),
            Some(Contested),
        ),
        row(
            RefundUnanswered,
            &[Disputed],
            Anyone,
            Some(AnswerBy),
            None,
            Some(Refunded),
        ),
        row(Refund, OPEN, Seller, None, None, Some(Refunded)),
        // The buyer signs too.
        row(RefundPart, OPEN, Seller, None, None, Some(Refunded)),
        row(
            Resolve,
            &[Contested],
            Arbiter,
            None,
            Some(ResolveBy),
            Some(Resolved),
        ),
        row(
            ResolveByDefault,
            &[Contested],
            Anyone,
            Some(ResolveBy),
            None,
            Some(Resolved),
        ),
        row(PayOut, ENDED, Anyone, None, None, None),
        row(CloseOwn, ENDED, Buyer, None, None, None),
        row(Close, ENDED, Anyone, Some(ClosableAt), None, None),
    ]
};

impl Action {
    /// The action's row.
    pub fn transition(self) -> &'static Transition {
        // The discriminants count the rows: a test holds them together.
        &LIFE_CYCLE[self as usize]
    }
}

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
        self.state().is_ok_and(|state| row.from.contains(&state))
            && row.opens.is_none_or(|opens| now >= self.at(opens))
            && row.closes.is_none_or(|closes| now < self.at(closes))
    }

    /// Does the step in the table: refuses a wrong state, a wrong actor and a wrong time, and sets the state after it.
    #[inline(never)]
    pub fn step(&mut self, action: Action, actor: &Pubkey, now: i64) -> Result<()> {
        let row = action.transition();
        require!(
            row.from.contains(&self.state()?),
            EsimMarketError::WrongState
        );
        if !self.is(row.actor, actor) {
            return Err(match row.actor {
                Actor::Buyer => EsimMarketError::NotBuyer.into(),
                Actor::Seller => EsimMarketError::NotSeller.into(),
                Actor::Attester => EsimMarketError::NotAttester.into(),
                Actor::Arbiter => EsimMarketError::NotArbiter.into(),
                Actor::Anyone => EsimMarketError::InvariantBroken.into(),
            });
        }
        if let Some(opens) = row.opens.map(|opens| self.at(opens))
            && now < opens
        {
            msg!("possible from {}", opens);
            return err!(EsimMarketError::TooEarly);
        }
        if let Some(closes) = row.closes.map(|closes| self.at(closes))
            && now >= closes
        {
            msg!("was possible until {}", closes);
            return err!(EsimMarketError::TooLate);
        }
        if let Some(to) = row.to {
            self.set_state(to);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::order::tests::order;

    const ACTIONS: [Action; 15] = {
        use Action::*;
        [
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
        ]
    };

    #[test]
    fn a_state_is_its_number() {
        for (number, state) in OrderState::ALL.into_iter().enumerate() {
            assert_eq!(state as usize, number);
        }
    }

    #[test]
    fn every_action_has_its_row() {
        for action in ACTIONS {
            assert_eq!(action.transition().action, action);
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
        let mut tried = 0;
        for action in ACTIONS {
            for state in OrderState::ALL {
                for (name, key) in &actors {
                    for now in deadlines.iter().flat_map(|at| [at - 1, *at, at + 1]) {
                        let mut order = order();
                        order.set_state(state);
                        let result = order.step(action, key, now).and_then(|()| order.state());
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
                        if name == &"stranger" && action.transition().actor == Actor::Anyone {
                            assert_eq!(before.is_due(action, now), result.is_ok());
                        }
                        tried += 1;
                    }
                }
            }
        }
        assert_eq!(tried, 15 * 7 * 6 * 15);
    }

    /// From every open state the buyer alone and the seller alone reach an end, by waiting and by what they may do.
    #[test]
    fn nobody_can_be_held_up() {
        for alone in [Actor::Buyer, Actor::Seller] {
            for state in OrderState::ALL.into_iter().filter(|s| !s.is_terminal()) {
                let end = LIFE_CYCLE.iter().find(|row| {
                    row.from.contains(&state)
                        && row.action != Action::RefundPart
                        && row.closes.is_none()
                        && row.to.is_some_and(OrderState::is_terminal)
                        && (row.actor == Actor::Anyone || row.actor == alone)
                });
                assert!(end.is_some(), "{alone:?} is stuck in {state:?}");
            }
        }
    }
}
