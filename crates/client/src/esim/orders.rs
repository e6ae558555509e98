//! What can be done with an order, by whom, from when and until when: the program's life-cycle, read for one order at one
//! time. Times are Unix seconds.

use esim_market::state::{Action, Actor, DisputeReason, LIFE_CYCLE, Order, OrderState, Transition};

/// Where an order is in its life, in a word.
pub fn state_name(order: &Order) -> &'static str {
    match order.state() {
        Ok(OrderState::Paid) => "paid",
        Ok(OrderState::Delivered) => "delivered",
        Ok(OrderState::Disputed) => "disputed",
        Ok(OrderState::Contested) => "contested",
        Ok(OrderState::Refunded) => "refunded",
        Ok(OrderState::Completed) => "completed",
        Ok(OrderState::Resolved) => "resolved",
        Err(_) => "unknown",
    }
}

/// Why a buyer complains, in a word; `None` without a complaint.
pub fn reason_name(reason: DisputeReason) -> Option<&'static str> {
    Some(match reason {
        DisputeReason::None => return None,
        DisputeReason::Unreadable => "unreadable",
        DisputeReason::NotInstallable => "not-installable",
        DisputeReason::NoService => "no-service",
        DisputeReason::NotAsDescribed => "not-as-described",
        DisputeReason::UsedBefore => "used-before",
        DisputeReason::Unused => "unused",
        DisputeReason::Other => "other",
    })
}

/// Something that can be done with an order, as long as it stays in its state.
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

/// What can be done with an order now, and what can be done later if nothing else is done before. What its time is over
/// for is left out.
pub fn steps(order: &Order, now: i64) -> Vec<Step> {
    LIFE_CYCLE
        .iter()
        .filter(|row| is_from(order, row) && !is_idle(order, row.action))
        .map(|row| step(order, row))
        .filter(|step| step.until.is_none_or(|until| now < until))
        .collect()
}

/// Whether the row starts from the order's state.
fn is_from(order: &Order, row: &Transition) -> bool {
    order.state().is_ok_and(|state| row.from.contains(&state))
}

fn step(order: &Order, row: &Transition) -> Step {
    Step {
        action: row.action,
        actor: row.actor,
        from: row.opens.map(|instant| order.at(instant)),
        until: row.closes.map(|instant| order.at(instant)),
    }
}

/// Whether the action is refused, or does nothing, although the order's state allows it.
fn is_idle(order: &Order, action: Action) -> bool {
    let owes = order.owes().is_ok_and(|units| units > 0);
    match action {
        Action::PayOut => !owes,
        Action::Close | Action::CloseOwn => owes,
        Action::Answer => {
            matches!(order.reason(), Ok(DisputeReason::Unused))
                && order.refund_right_holds().unwrap_or(true)
        }
        Action::Report => order.activated_at != 0,
        _ => false,
    }
}

/// What anyone may do now to bring an order's money to who gets it, if something is due.
pub fn crank(order: &Order, now: i64) -> Option<Action> {
    steps(order, now)
        .into_iter()
        .find(|step| step.is_open(now) && moves_money(step))
        .map(|step| step.action)
}

/// What becomes of an open order when nobody does anything before: anyone may do it from a time on.
pub fn outcome(order: &Order) -> Option<Step> {
    LIFE_CYCLE
        .iter()
        .find(|row| {
            is_from(order, row)
                && row.actor == Actor::Anyone
                && row.opens.is_some()
                && row.to.is_some()
        })
        .map(|row| step(order, row))
}

fn moves_money(step: &Step) -> bool {
    step.actor == Actor::Anyone && step.action != Action::Close
}

/// From when on all the money goes back to who paid, without anybody's goodwill, unless the seller does before what
/// the order waits for; `None` while no refund is due that way.
pub fn refund_at(order: &Order) -> Option<i64> {
    outcome(order)
        .filter(|step| {
            matches!(
                step.action,
                Action::RefundUndelivered | Action::RefundUnanswered
            )
        })
        .and_then(|step| step.from)
}

/// From when on the seller is paid, unless the buyer complains before.
pub fn release_at(order: &Order) -> Option<i64> {
    outcome(order)
        .filter(|step| step.action == Action::Release)
        .and_then(|step| step.from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esim::account::examples;

    fn open_now(order: &Order, now: i64) -> Vec<Action> {
        steps(order, now)
            .into_iter()
            .filter(|step| step.is_open(now))
            .map(|step| step.action)
            .collect()
    }

    #[test]
    fn an_order_through_its_life() {
        use Action::*;
        let (_, mut order) = examples::order(1);
        assert_eq!(open_now(&order, 1_599), [Deliver, Refund, RefundPart]);
        assert_eq!(crank(&order, 1_599), None);
        assert_eq!(refund_at(&order), Some(1_600));
        assert_eq!(
            open_now(&order, 1_600),
            [RefundUndelivered, Refund, RefundPart]
        );
        assert_eq!(crank(&order, 1_600), Some(RefundUndelivered));

        order.set_state(OrderState::Delivered);
        order.delivered_at = 1_100;
        order.release_at = 2_000;
        assert_eq!((refund_at(&order), release_at(&order)), (None, Some(2_000)));
        assert_eq!(
            open_now(&order, 1_999),
            [Report, Confirm, Dispute, Refund, RefundPart]
        );
        assert_eq!(crank(&order, 2_000), Some(Release));
        assert!(!open_now(&order, 2_000).contains(&Dispute));

        order.set_state(OrderState::Disputed);
        order.reason = DisputeReason::NoService as u8;
        order.answer_by = 3_000;
        assert!(open_now(&order, 2_999).contains(&Answer));
        assert_eq!(refund_at(&order), Some(3_000));
        // Nobody can contest what is a right.
        order.reason = DisputeReason::Unused as u8;
        assert!(!open_now(&order, 2_999).contains(&Answer));
        order.installed_at = 1_200;
        assert!(open_now(&order, 2_999).contains(&Answer));
        assert_eq!(crank(&order, 3_000), Some(RefundUnanswered));

        order.set_state(OrderState::Contested);
        order.resolve_by = 4_000;
        assert!(open_now(&order, 3_999).contains(&Resolve));
        assert_eq!(refund_at(&order), None);
        assert_eq!(crank(&order, 4_000), Some(ResolveByDefault));

        order.set_state(OrderState::Resolved);
        order.closable_at = 5_000;
        assert_eq!(open_now(&order, 4_999), [CloseOwn]);
        assert_eq!(open_now(&order, 5_000), [CloseOwn, Close]);
        assert_eq!((crank(&order, 5_000), outcome(&order)), (None, None));
        order.fee_due = 1;
        assert_eq!(open_now(&order, 5_000), [PayOut]);
        assert_eq!(crank(&order, 5_000), Some(PayOut));
    }

    /// What this module calls possible is what the program's own check lets through.
    #[test]
    fn it_agrees_with_the_program() {
        let (_, mut order) = examples::order(1);
        order.release_at = 2_000;
        order.answer_by = 3_000;
        order.resolve_by = 4_000;
        order.closable_at = 5_000;
        for &state in OrderState::ALL {
            order.set_state(state);
            for now in (1_000..=5_500).step_by(100) {
                for row in LIFE_CYCLE {
                    let listed = open_now(&order, now).contains(&row.action);
                    let due = order.is_due(row.action, now) && !is_idle(&order, row.action);
                    assert_eq!(listed, due, "{:?} in {state:?} at {now}", row.action);
                }
            }
        }
    }
}
