use anchor_lang::prelude::*;
use wayfare_program::stored_enum;

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
    /// Ended: all, or an agreed part, goes back to the payer.
    Refunded,
    /// Ended: all goes to the seller, less the fee.
    Completed,
    /// Ended: divided by the arbiter, or by the plan's default.
    Resolved,
}

stored_enum!(
    OrderState: Paid,
    Delivered,
    Disputed,
    Contested,
    Refunded,
    Completed,
    Resolved,
);

impl OrderState {
    /// Whether nothing more can be decided about the money.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Refunded | Self::Completed | Self::Resolved)
    }
}
