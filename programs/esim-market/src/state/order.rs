use anchor_lang::prelude::*;
use wayfare_program::{
    numbers::{WHOLE_BPS, after, part_of},
    stored::Stored,
    stored_enum, version,
};

use crate::{
    errors::EsimMarketError,
    state::{OrderState, PlanTerms, RefundPolicy, StoredPlanTerms},
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
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Order {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub bump: u8,
    /// An [`OrderState`].
    pub state: u8,
    /// A [`DisputeReason`]: why the buyer complained.
    pub reason: u8,
    /// The market's share of what the seller gets, in basis points.
    pub fee_bps: u16,
    pub padding: [u8; 2],
    pub market: Pubkey,
    pub seller: Pubkey,
    pub plan: Pubkey,
    /// Reads the delivery, confirms and complains.
    pub buyer: Pubkey,
    /// Paid, in tokens and in rent, and gets both back.
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
    /// The plan's.
    pub terms: StoredPlanTerms,
    /// Chosen by the buyer.
    pub order_id: u64,
    /// The version of the plan's terms.
    pub plan_version: u64,
    /// The version of the market's terms.
    pub market_version: u64,
    pub discount: u64,
    /// The price less the discount: what went into the vault.
    pub paid: u64,
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
    /// What was decided for the payer.
    pub refunded: u64,
    /// What was decided for the seller.
    pub released: u64,
    /// What was decided for the market.
    pub fee: u64,
    /// What of `refunded` is still in the vault, since the account that gets it could not take it.
    pub refund_due: u64,
    /// What of `released` is still in the vault.
    pub release_due: u64,
    /// What of `fee` is still in the vault.
    pub fee_due: u64,
    /// Seconds.
    pub answer_window: u32,
    /// Seconds.
    pub arbiter_window: u32,
    /// Seconds.
    pub retention: u32,
    /// Zero; for fields to come.
    pub spare: [u8; 20],
}

/// What an order's money becomes, in base units.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
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

stored_enum!(
    DisputeReason: None,
    Unreadable,
    NotInstallable,
    NoService,
    NotAsDescribed,
    UsedBefore,
    Unused,
    Other,
);

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
        let fee = part_of(rest, fee_bps).ok_or(EsimMarketError::Overflow)?;
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
        let refund = part_of(paid, buyer_bps).ok_or(EsimMarketError::Overflow)?;
        let share = part_of(paid, seller_bps).ok_or(EsimMarketError::Overflow)?;
        let release = share
            .checked_sub(part_of(share, fee_bps).ok_or(EsimMarketError::Overflow)?)
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
    pub const VERSION: u8 = version::FIRST;
    pub const SEED: &'static [u8] = b"order";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();

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

    pub fn state(&self) -> Result<OrderState> {
        Ok(OrderState::from_stored(&self.state).ok_or(EsimMarketError::InvariantBroken)?)
    }

    pub fn set_state(&mut self, state: OrderState) {
        self.state = state.to_stored();
    }

    pub fn reason(&self) -> Result<DisputeReason> {
        Ok(DisputeReason::from_stored(&self.reason).ok_or(EsimMarketError::InvariantBroken)?)
    }

    pub fn refund_policy(&self) -> Result<RefundPolicy> {
        let policy = RefundPolicy::from_stored(&self.terms.refund_policy);
        Ok(policy.ok_or(EsimMarketError::InvariantBroken)?)
    }

    /// The terms of the plan under which it was bought.
    pub fn terms(&self) -> Result<PlanTerms> {
        Ok(PlanTerms::from_stored(&self.terms).ok_or(EsimMarketError::InvariantBroken)?)
    }

    /// What was decided about the order's money: all 0 while it is open.
    pub fn division(&self) -> Division {
        Division {
            refund: self.refunded,
            release: self.released,
            fee: self.fee,
        }
    }

    /// What of it is still in the vault.
    pub fn due(&self) -> Division {
        Division {
            refund: self.refund_due,
            release: self.release_due,
            fee: self.fee_due,
        }
    }

    /// What the vault still holds for the order.
    pub fn owes(&self) -> Result<u64> {
        if self.state()?.is_terminal() {
            self.due().total()
        } else {
            Ok(self.paid)
        }
    }

    /// Whether the right to a refund of an unused plan still holds.
    pub fn refund_right_holds(&self) -> Result<bool> {
        Ok(match self.refund_policy()? {
            RefundPolicy::UntilDelivery => self.delivered_at == 0,
            RefundPolicy::UntilInstalled => self.installed_at == 0,
            RefundPolicy::UntilActivated => self.activated_at == 0,
        })
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
        self.refund_due = division.refund;
        self.release_due = division.release;
        self.fee_due = division.fee;
        self.ended_at = now;
        self.closable_at = if self.was_delivered() && division.refund < self.paid {
            after(now, self.retention).ok_or(EsimMarketError::Overflow)?
        } else {
            now
        };
        Ok(())
    }

    /// The order's books.
    pub fn invariant(&self) -> Result<()> {
        let decided = self.division();
        let due = self.due();
        let total = decided.total()?;
        let holds = if self.state()?.is_terminal() {
            total == self.paid
        } else {
            total == 0
        };
        require!(
            holds
                && due.refund <= decided.refund
                && due.release <= decided.release
                && due.fee <= decided.fee,
            EsimMarketError::InvariantBroken
        );
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;
    use crate::state::plan::tests::terms;

    /// An order with different roles and times.
    pub fn order() -> Order {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        let mut order: Order = bytemuck::Zeroable::zeroed();
        order.buyer = key(4);
        order.payer = key(5);
        order.seller_authority = key(6);
        order.arbiter = key(9);
        order.attester = key(10);
        order.deliver_by = 2_000;
        order.release_at = 3_000;
        order.answer_by = 4_000;
        order.resolve_by = 5_000;
        order.closable_at = 6_000;
        order.terms = terms().to_stored();
        order
    }

    #[test]
    fn layout() {
        assert_eq!(Order::DISCRIMINATOR, [134, 173, 223, 185, 77, 86, 28, 51]);
        assert_eq!(size_of::<Order>(), 872);
        let head = [
            offset_of!(Order, version),
            offset_of!(Order, bump),
            offset_of!(Order, state),
            offset_of!(Order, reason),
            offset_of!(Order, fee_bps),
            offset_of!(Order, padding),
        ];
        assert_eq!(head, [0, 1, 2, 3, 4, 6]);
        let keys = [
            offset_of!(Order, market),
            offset_of!(Order, seller),
            offset_of!(Order, plan),
            offset_of!(Order, buyer),
            offset_of!(Order, payer),
            offset_of!(Order, seller_authority),
            offset_of!(Order, payout),
            offset_of!(Order, treasury),
            offset_of!(Order, arbiter),
            offset_of!(Order, attester),
            offset_of!(Order, parent),
            offset_of!(Order, encryption_key),
            offset_of!(Order, commitment),
            offset_of!(Order, answer_hash),
        ];
        assert!(keys.into_iter().eq((8..456).step_by(32)));
        assert_eq!(offset_of!(Order, terms), 456);
        let longs = [
            offset_of!(Order, order_id),
            offset_of!(Order, plan_version),
            offset_of!(Order, market_version),
            offset_of!(Order, discount),
            offset_of!(Order, paid),
            offset_of!(Order, purchased_at),
            offset_of!(Order, deliver_by),
            offset_of!(Order, delivered_at),
            offset_of!(Order, release_at),
            offset_of!(Order, installed_at),
            offset_of!(Order, activated_at),
            offset_of!(Order, disputed_at),
            offset_of!(Order, answer_by),
            offset_of!(Order, resolve_by),
            offset_of!(Order, ended_at),
            offset_of!(Order, closable_at),
            offset_of!(Order, refunded),
            offset_of!(Order, released),
            offset_of!(Order, fee),
            offset_of!(Order, refund_due),
            offset_of!(Order, release_due),
            offset_of!(Order, fee_due),
        ];
        assert!(longs.into_iter().eq((664..840).step_by(8)));
        let rest = [
            offset_of!(Order, answer_window),
            offset_of!(Order, arbiter_window),
            offset_of!(Order, retention),
            offset_of!(Order, spare),
        ];
        assert_eq!(rest, [840, 844, 848, 852]);
    }

    #[test]
    fn terms_are_taken_along_whole() {
        assert_eq!(order().terms(), Ok(terms()));
        let mut broken = order();
        broken.terms.activation_policy = 2;
        assert_eq!(broken.terms(), Err(EsimMarketError::InvariantBroken.into()));
    }

    #[test]
    fn a_reason_is_its_number() {
        for (number, reason) in DisputeReason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, number);
        }
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
