use anchor_lang::prelude::*;

use crate::{
    constants::WHOLE_BPS,
    errors::EsimMarketError,
    state::{OrderState, PlanTerms, RefundPolicy},
};

/// A purchase, with a copy of every term under which it was made. What may happen to it stands in
/// [`LIFE_CYCLE`](crate::state::LIFE_CYCLE).
///
/// Address: `["order", plan, buyer, order id u64 LE]`. Amounts are base units of `terms.mint`, times Unix seconds (0 for
/// what has not happened), windows seconds. Closed by `close_order`.
///
/// INVARIANTS, checked by [`Order::invariant`] at the end of every instruction that moves value:
/// - while open, nothing is decided: refunded, released and fee are 0
/// - once ended, refunded + released + fee = paid, and never change
/// - what is still due to each is at most what was decided for it
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct Order {
    pub market: Pubkey,
    pub seller: Pubkey,
    pub plan: Pubkey,
    /// Reads the delivery, confirms and complains.
    pub buyer: Pubkey,
    /// Who paid, in tokens and in rent, and gets both back.
    pub payer: Pubkey,
    pub seller_authority: Pubkey,
    /// The wallet that is paid for the order.
    pub payout: Pubkey,
    /// The wallet that gets the fee.
    pub treasury: Pubkey,
    pub arbiter: Pubkey,
    pub attester: Pubkey,
    /// The order that this one tops up, or all zero.
    pub parent: Pubkey,
    /// X25519 public key to which the delivery is encrypted. In a gift it is somebody else's.
    pub encryption_key: [u8; 32],
    /// SHA-256 of the order's secret and the profile; all zero before the delivery.
    pub commitment: [u8; 32],
    /// SHA-256 of what the seller says to a dispute; all zero before.
    pub answer_hash: [u8; 32],
    /// Chosen by the buyer.
    pub order_id: u64,
    pub plan_version: u64,
    pub terms: PlanTerms,
    /// The market's share of what the seller gets, in basis points.
    pub fee_bps: u16,
    pub answer_window: u32,
    pub arbiter_window: u32,
    pub retention: u32,
    pub discount: u64,
    /// The price less the discount: what went into the vault.
    pub paid: u64,
    pub state: OrderState,
    /// Why the buyer complained.
    pub reason: DisputeReason,
    pub purchased_at: i64,
    pub deliver_by: i64,
    pub delivered_at: i64,
    pub release_at: i64,
    pub installed_at: i64,
    pub activated_at: i64,
    pub disputed_at: i64,
    pub answer_by: i64,
    pub resolve_by: i64,
    pub ended_at: i64,
    /// From then on, anyone may close it.
    pub closable_at: i64,
    /// What was decided for who paid.
    pub refunded: u64,
    /// What was decided for the seller.
    pub released: u64,
    /// What was decided for the market.
    pub fee: u64,
    /// What of it is still in the vault, since the account that gets it could not take it.
    pub due: Division,
    pub bump: u8,
}

/// What an order's money becomes, in base units.
#[derive(
    AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, Default, PartialEq, Eq,
)]
pub struct Division {
    /// To who paid.
    pub refund: u64,
    /// To the seller.
    pub release: u64,
    /// To the market's treasury.
    pub fee: u64,
}

/// Why a buyer complains.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeReason {
    /// The buyer did not complain.
    None,
    /// The delivery does not decrypt, or not to what was committed to.
    Unreadable,
    /// The profile does not install.
    NotInstallable,
    /// The profile installs, but brings no service.
    NoService,
    /// The profile is not the plan that was bought.
    NotAsDescribed,
    /// The profile was used by somebody before.
    UsedBefore,
    /// The plan is unused, and its refund policy gives the money back.
    Unused,
    Other,
}

/// `bps` basis points of an amount, rounded down.
pub fn part_of(amount: u64, bps: u16) -> Result<u64> {
    let part = u128::from(amount)
        .checked_mul(u128::from(bps))
        .and_then(|product| product.checked_div(u128::from(WHOLE_BPS)))
        .ok_or(EsimMarketError::Overflow)?;
    u64::try_from(part).map_err(|_| EsimMarketError::Overflow.into())
}

impl Division {
    /// All to who paid.
    pub fn refund(paid: u64) -> Self {
        Self {
            refund: paid,
            ..Self::default()
        }
    }

    /// A part to who paid, the rest to the seller, less the fee. The fee is rounded down: against the market.
    pub fn part(paid: u64, refund: u64, fee_bps: u16) -> Result<Self> {
        let rest = paid.checked_sub(refund).ok_or(EsimMarketError::BadPart)?;
        let fee = part_of(rest, fee_bps)?;
        Ok(Self {
            refund,
            release: rest.checked_sub(fee).ok_or(EsimMarketError::Overflow)?,
            fee,
        })
    }

    /// A share to the buyer and the rest to the seller, less the fee. Buyer's and seller's shares are rounded down:
    /// against each; the unit that may be left over goes to the market.
    pub fn split(paid: u64, buyer_bps: u16, fee_bps: u16) -> Result<Self> {
        let seller_bps = WHOLE_BPS
            .checked_sub(buyer_bps)
            .ok_or(EsimMarketError::BadSplit)?;
        let refund = part_of(paid, buyer_bps)?;
        let share = part_of(paid, seller_bps)?;
        let release = share
            .checked_sub(part_of(share, fee_bps)?)
            .ok_or(EsimMarketError::Overflow)?;
        let fee = paid
            .checked_sub(refund)
            .and_then(|rest| rest.checked_sub(release))
            .ok_or(EsimMarketError::Overflow)?;
        Ok(Self {
            refund,
            release,
            fee,
        })
    }

    pub fn total(&self) -> Result<u64> {
        self.refund
            .checked_add(self.release)
            .and_then(|sum| sum.checked_add(self.fee))
            .ok_or(EsimMarketError::Overflow.into())
    }
}

impl Order {
    pub const SEED: &'static [u8] = b"order";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;

    pub fn find_address(plan: &Pubkey, buyer: &Pubkey, order_id: u64) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[
                Self::SEED,
                plan.as_ref(),
                buyer.as_ref(),
                &order_id.to_le_bytes(),
            ],
            &crate::ID,
        )
    }

    /// What the vault still holds for the order.
    pub fn owes(&self) -> Result<u64> {
        if self.state.is_terminal() {
            self.due.total()
        } else {
            Ok(self.paid)
        }
    }

    /// Whether the right to a refund of an unused plan still holds.
    pub fn refund_right_holds(&self) -> bool {
        match self.terms.refund_policy {
            RefundPolicy::UntilDelivery => self.delivered_at == 0,
            RefundPolicy::UntilInstalled => self.installed_at == 0,
            RefundPolicy::UntilActivated => self.activated_at == 0,
        }
    }

    /// Whether the order was ever delivered, and so has a delivery account.
    pub fn was_delivered(&self) -> bool {
        self.delivered_at != 0
    }

    /// Decides about the money, after the step into a terminal state.
    ///
    /// The delivery is kept for its buyer, unless the buyer has the money back.
    pub fn end(&mut self, division: Division, now: i64) -> Result<()> {
        self.refunded = division.refund;
        self.released = division.release;
        self.fee = division.fee;
        self.due = division;
        self.ended_at = now;
        self.closable_at = if self.was_delivered() && division.refund < self.paid {
            after(now, self.retention)?
        } else {
            now
        };
        Ok(())
    }

    /// The order's books.
    pub fn invariant(&self) -> Result<()> {
        let decided = Division {
            refund: self.refunded,
            release: self.released,
            fee: self.fee,
        };
        let total = decided.total()?;
        let holds = if self.state.is_terminal() {
            total == self.paid
        } else {
            total == 0
        };
        require!(
            holds
                && self.due.refund <= self.refunded
                && self.due.release <= self.released
                && self.due.fee <= self.fee,
            EsimMarketError::InvariantBroken
        );
        Ok(())
    }
}

/// The time so many seconds later.
pub fn after(now: i64, seconds: u32) -> Result<i64> {
    Ok(now
        .checked_add(i64::from(seconds))
        .ok_or(EsimMarketError::Overflow)?)
}

#[cfg(test)]
pub(crate) mod tests {
    use anchor_lang::Discriminator;

    use super::*;
    use crate::state::plan::tests::{terms, terms_bytes};

    /// An order with another value in each field.
    pub fn order() -> Order {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        Order {
            market: key(1),
            seller: key(2),
            plan: key(3),
            buyer: key(4),
            payer: key(5),
            seller_authority: key(6),
            payout: key(7),
            treasury: key(8),
            arbiter: key(9),
            attester: key(10),
            parent: key(11),
            encryption_key: [12; 32],
            commitment: [13; 32],
            answer_hash: [14; 32],
            order_id: 15,
            plan_version: 16,
            terms: terms(),
            fee_bps: 17,
            answer_window: 18,
            arbiter_window: 19,
            retention: 20,
            discount: 21,
            paid: 22,
            state: OrderState::Resolved,
            reason: DisputeReason::Other,
            purchased_at: 1_000,
            deliver_by: 2_000,
            delivered_at: 1_500,
            release_at: 3_000,
            installed_at: 1_600,
            activated_at: 1_700,
            disputed_at: 1_800,
            answer_by: 4_000,
            resolve_by: 5_000,
            ended_at: 1_900,
            closable_at: 6_000,
            refunded: 23,
            released: 24,
            fee: 25,
            due: Division {
                refund: 26,
                release: 27,
                fee: 28,
            },
            bump: 29,
        }
    }

    #[test]
    fn layout() {
        assert_eq!(Order::DISCRIMINATOR, [134, 173, 223, 185, 77, 86, 28, 51]);
        let mut bytes = vec![];
        order().serialize(&mut bytes).unwrap();
        let mut expected: Vec<u8> = (1..=14).flat_map(|n: u8| [n; 32]).collect();
        expected.extend(15u64.to_le_bytes());
        expected.extend(16u64.to_le_bytes());
        expected.extend(terms_bytes());
        expected.extend(17u16.to_le_bytes());
        expected.extend((18u32..=20).flat_map(u32::to_le_bytes));
        expected.extend((21u64..=22).flat_map(u64::to_le_bytes));
        expected.extend([6, 7]);
        for time in [
            1_000i64, 2_000, 1_500, 3_000, 1_600, 1_700, 1_800, 4_000, 5_000, 1_900, 6_000,
        ] {
            expected.extend(time.to_le_bytes());
        }
        expected.extend((23u64..=28).flat_map(u64::to_le_bytes));
        expected.push(29);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), Order::INIT_SPACE);
    }

    #[test]
    fn divisions_add_up_and_round_against_each() {
        let paid = [0, 1, 2, 3, 9_999, 10_000, 10_001, u64::MAX - 1, u64::MAX];
        let shares = [0, 1, 3_333, 5_000, 9_999, 10_000];
        for (paid, buyer_bps, fee_bps) in paid.into_iter().flat_map(|paid| {
            shares
                .into_iter()
                .flat_map(move |bps| [0, 1, 999, 1_000].map(|fee| (paid, bps, fee)))
        }) {
            let split = Division::split(paid, buyer_bps, fee_bps).unwrap();
            assert_eq!(split.total().unwrap(), paid);
            let exact = u128::from(paid) * u128::from(buyer_bps);
            assert_eq!(u128::from(split.refund), exact / 10_000);
            let share = u128::from(paid) * u128::from(10_000 - buyer_bps) / 10_000;
            assert_eq!(
                u128::from(split.release),
                share - share * u128::from(fee_bps) / 10_000
            );

            let part = Division::part(paid, split.refund, fee_bps).unwrap();
            assert_eq!(part.total().unwrap(), paid);
            assert_eq!(part.refund, split.refund);
        }
        let whole = Division::part(10_000, 0, 1_000).unwrap();
        assert_eq!((whole.refund, whole.release, whole.fee), (0, 9_000, 1_000));
        assert_eq!(
            Division::split(1, 10_001, 0),
            Err(EsimMarketError::BadSplit.into())
        );
        assert_eq!(
            Division::part(1, 2, 0),
            Err(EsimMarketError::BadPart.into())
        );
    }
}
