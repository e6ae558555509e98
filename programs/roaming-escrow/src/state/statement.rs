use anchor_lang::prelude::*;
use wayfare_program::{
    numbers::{after, part_of},
    stored::Stored,
    stored_enum, version,
};

use crate::{
    errors::RoamingEscrowError,
    state::{Side, StoredAgreementTerms, read},
};

/// What a visited network says that a home network's subscribers used in one period. What may happen to it stands in
/// [`LIFE_CYCLE`](crate::state::LIFE_CYCLE).
///
/// Address: `["statement", agreement, home side, period u32 LE]`. Amounts are base units of the agreement's mint, times Unix
/// seconds (0 for what has not happened). Closed by `close_statement`; its period never comes back.
///
/// INVARIANTS, checked by [`Statement::invariant`] at the end of every instruction that moves value:
/// - accepted ≤ total, and what is disputed is in no settlement
/// - once settled, paid = accepted
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Statement {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub bump: u8,
    /// The [`Side`] that is the home network, which pays.
    pub home: u8,
    /// A [`StatementState`].
    pub state: u8,
    /// How often it was returned.
    pub returns: u8,
    pub padding: [u8; 3],
    pub agreement: Pubkey,
    /// The payer of the rent, who gets it back.
    pub rent_payer: Pubkey,
    /// Root of the Merkle-sum tree of the records.
    pub root: [u8; 32],
    /// Root of the home network's own records; all zero before a counter.
    pub counter_root: [u8; 32],
    /// Records in the tree.
    pub records: u64,
    /// Number of the first record. The next statement of the direction starts at `first_record + records`.
    pub first_record: u64,
    /// What the records add up to.
    pub total: u64,
    /// What the home network's records add up to.
    pub counter_total: u64,
    /// The arbiter's, the default's or the conceded part of the difference.
    pub award: u64,
    /// What the home network owes for the period, as far as it is decided.
    pub accepted: u64,
    /// What it has paid: by vouchers, by settlements, or by arrears that a settlement recorded.
    pub paid: u64,
    pub stated_at: i64,
    /// Until then the home network answers, or the visited one restates.
    pub answer_by: i64,
    /// Until then the two may agree on the difference.
    pub dispute_by: i64,
    /// Until then the arbiter may award it.
    pub award_by: i64,
    /// The agreement's terms when it was stated.
    pub terms: StoredAgreementTerms,
    /// 0 is the first.
    pub period: u32,
    /// Zero; for fields to come.
    pub spare: [u8; 16],
}

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

stored_enum!(StatementState: Stated, Returned, Matched, Countered, Resolved, Settled);

/// What a visited network states.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatementArgs {
    /// Root of the Merkle-sum tree of the records; all zero without records.
    pub root: [u8; 32],
    /// Records in the tree.
    pub records: u64,
    /// Number of the first record: the direction's next.
    pub first_record: u64,
    /// What the records add up to, in base units.
    pub total: u64,
}

impl StatementArgs {
    /// Refuses a period without traffic that charges, or claims records.
    pub fn validate(&self) -> Result<()> {
        require!(
            self.records > 0 || (self.total == 0 && self.root == [0; 32]),
            RoamingEscrowError::BadStatement
        );
        require!(
            self.records == 0 || self.root != [0; 32],
            RoamingEscrowError::BadStatement
        );
        Ok(())
    }

    /// The number of the record after the last.
    pub fn next_record(&self) -> Result<u64> {
        self.first_record
            .checked_add(self.records)
            .ok_or(RoamingEscrowError::Overflow.into())
    }
}

/// What a statement owes at a settlement, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payable {
    /// From the home to the visited network.
    pub to_visited: u64,
    /// Back to the home network, whose vouchers moved too much.
    pub to_home: u64,
}

impl Statement {
    pub const SEED: &'static [u8] = b"statement";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();
    pub const VERSION: u8 = version::FIRST;

    pub fn find_address(agreement: &Pubkey, home: Side, period: u32) -> (Pubkey, u8) {
        Pubkey::find_program_address(
            &[
                Self::SEED,
                agreement.as_ref(),
                &[home.byte()],
                &period.to_le_bytes(),
            ],
            &crate::ID,
        )
    }

    pub fn home(&self) -> Result<Side> {
        read(&self.home)
    }

    pub fn state(&self) -> Result<StatementState> {
        read(&self.state)
    }

    pub fn set_state(&mut self, state: StatementState) {
        self.state = state.to_stored();
    }

    /// States, or restates, what was used.
    pub fn state_usage(&mut self, args: &StatementArgs, now: i64) -> Result<()> {
        self.root = args.root;
        self.records = args.records;
        self.first_record = args.first_record;
        self.total = args.total;
        self.stated_at = now;
        self.answer_by =
            after(now, self.terms.statement_window).ok_or(RoamingEscrowError::Overflow)?;
        Ok(())
    }

    /// By how much the books may differ, rounded down.
    pub fn tolerated(&self) -> Result<u64> {
        Ok(part_of(self.total, self.terms.tolerance_bps).ok_or(RoamingEscrowError::Overflow)?)
    }

    /// Takes the home network's own total: a difference within the tolerance counts as none.
    pub fn counter(&mut self, root: [u8; 32], total: u64, now: i64) -> Result<()> {
        let difference = self
            .total
            .checked_sub(total)
            .ok_or(RoamingEscrowError::CounterAboveTotal)?;
        self.counter_root = root;
        self.counter_total = total;
        if difference <= self.tolerated()? {
            self.set_state(StatementState::Matched);
            self.accepted = self.total;
        } else {
            self.accepted = total;
            self.dispute_by =
                after(now, self.terms.dispute_window).ok_or(RoamingEscrowError::Overflow)?;
            self.award_by = after(self.dispute_by, self.terms.arbitration_window)
                .ok_or(RoamingEscrowError::Overflow)?;
        }
        Ok(())
    }

    /// What is disputed: 0 except in a countered statement.
    pub fn disputed(&self) -> Result<u64> {
        Ok(match self.state()? {
            StatementState::Countered => self.total.saturating_sub(self.counter_total),
            _ => 0,
        })
    }

    /// What the visited network gets of a disputed difference when the arbiter stays silent, rounded down.
    pub fn default_award(&self, difference: u64) -> Result<u64> {
        Ok(
            part_of(difference, self.terms.default_award_bps)
                .ok_or(RoamingEscrowError::Overflow)?,
        )
    }

    /// Gives a part of the disputed difference to the visited network, the rest to the home network.
    pub fn resolve(&mut self, difference: u64, award: u64) -> Result<()> {
        require!(
            award <= difference,
            RoamingEscrowError::AwardAboveDifference
        );
        self.award = award;
        self.accepted = self
            .counter_total
            .checked_add(award)
            .ok_or(RoamingEscrowError::Overflow)?;
        Ok(())
    }

    /// What the home network may still have to pay.
    pub fn exposure(&self) -> Result<u64> {
        Ok(match self.state()? {
            StatementState::Stated | StatementState::Countered => self.total,
            StatementState::Matched | StatementState::Resolved => self.accepted,
            StatementState::Returned | StatementState::Settled => 0,
        }
        .saturating_sub(self.paid))
    }

    /// Whether it is neither settled nor waits to be restated.
    pub fn is_open(&self) -> Result<bool> {
        Ok(!matches!(
            self.state()?,
            StatementState::Returned | StatementState::Settled
        ))
    }

    /// What a settlement takes from it. Nothing goes back to the home network before all is decided.
    pub fn payable(&self) -> Result<Payable> {
        let to_visited = self.accepted.saturating_sub(self.paid);
        let back = self.paid.saturating_sub(self.accepted);
        Ok(match self.state()? {
            StatementState::Matched | StatementState::Resolved => Payable {
                to_visited,
                to_home: back,
            },
            StatementState::Countered => Payable {
                to_visited,
                to_home: 0,
            },
            StatementState::Stated | StatementState::Returned | StatementState::Settled => {
                Payable::default()
            }
        })
    }

    /// Books a settlement of what is payable.
    pub fn settle(&mut self) -> Result<()> {
        let countered = self.state()? == StatementState::Countered;
        // What vouchers moved beyond the undisputed part stays until the dispute is resolved.
        self.paid = if countered {
            self.paid.max(self.accepted)
        } else {
            self.accepted
        };
        if !countered {
            self.set_state(StatementState::Settled);
        }
        Ok(())
    }

    /// The statement's books.
    pub fn invariant(&self) -> Result<()> {
        let settled = self.state()? == StatementState::Settled;
        require!(
            self.accepted <= self.total && (!settled || self.paid == self.accepted),
            RoamingEscrowError::InvariantBroken
        );
        Ok(())
    }
}

#[cfg(test)]
// A test that overflows fails.
#[allow(clippy::arithmetic_side_effects)]
pub(crate) mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;
    use proptest::prelude::*;

    use super::*;

    /// A statement with another instant for each deadline.
    pub fn statement() -> Statement {
        let mut statement: Statement = bytemuck::Zeroable::zeroed();
        statement.home = Side::Second.byte();
        statement.answer_by = 1_000;
        statement.dispute_by = 2_000;
        statement.award_by = 3_000;
        statement
    }

    #[test]
    fn layout() {
        assert_eq!(
            Statement::DISCRIMINATOR,
            [202, 2, 247, 46, 97, 244, 139, 209]
        );
        assert_eq!(size_of::<Statement>(), 328);
        assert_eq!(Statement::SPACE, 336);
        let bytes = [
            offset_of!(Statement, version),
            offset_of!(Statement, bump),
            offset_of!(Statement, home),
            offset_of!(Statement, state),
            offset_of!(Statement, returns),
            offset_of!(Statement, padding),
        ];
        assert!(bytes.into_iter().eq(0..6));
        let keys = [
            offset_of!(Statement, agreement),
            offset_of!(Statement, rent_payer),
            offset_of!(Statement, root),
            offset_of!(Statement, counter_root),
        ];
        assert!(keys.into_iter().eq((8..136).step_by(32)));
        let longs = [
            offset_of!(Statement, records),
            offset_of!(Statement, first_record),
            offset_of!(Statement, total),
            offset_of!(Statement, counter_total),
            offset_of!(Statement, award),
            offset_of!(Statement, accepted),
            offset_of!(Statement, paid),
            offset_of!(Statement, stated_at),
            offset_of!(Statement, answer_by),
            offset_of!(Statement, dispute_by),
            offset_of!(Statement, award_by),
        ];
        assert!(longs.into_iter().eq((136..224).step_by(8)));
        assert_eq!(offset_of!(Statement, terms), 224);
        assert_eq!(offset_of!(Statement, period), 308);
        assert_eq!(offset_of!(Statement, spare), 312);
    }

    /// Amounts near each other, near zero and near the limit.
    fn amount() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..=20u64,
            (u64::MAX - 20)..=u64::MAX,
            0..=1_000_000_000u64,
            any::<u64>()
        ]
    }

    proptest! {
        /// The life of a statement's money from its counter to its end, against sums in u128.
        #[test]
        fn a_countered_statement_pays_what_is_decided_once(
            total in amount(),
            counter in amount(),
            vouchers in amount(),
            award in amount(),
            tolerance_bps in prop_oneof![Just(0), Just(10_000), 0..=10_000u16],
            settled_before in any::<bool>(),
        ) {
            let mut s = statement();
            (s.total, s.paid, s.terms.tolerance_bps) = (total, vouchers, tolerance_bps);
            (s.terms.dispute_window, s.terms.arbitration_window) = (10, 20);
            s.set_state(StatementState::Countered);
            if counter > total {
                prop_assert_eq!(s.counter([1; 32], counter, 5), err!(RoamingEscrowError::CounterAboveTotal));
                return Ok(());
            }
            s.counter([1; 32], counter, 5).unwrap();
            s.invariant().unwrap();
            let [total, counter, vouchers] = [total, counter, vouchers].map(u128::from);
            let difference = total - counter;
            let matched = difference * 10_000 <= total * u128::from(tolerance_bps)
                && difference <= total * u128::from(tolerance_bps) / 10_000;
            let mut paid = vouchers;
            let mut to_visited = 0;
            let mut owes = total;
            if matched {
                prop_assert_eq!(s.state().unwrap(), StatementState::Matched);
                prop_assert_eq!(s.disputed().unwrap(), 0);
                prop_assert!(s.exposure().unwrap() == s.total.saturating_sub(s.paid));
            } else {
                prop_assert_eq!(s.state().unwrap(), StatementState::Countered);
                prop_assert_eq!((s.dispute_by, s.award_by), (15, 35));
                prop_assert_eq!(u128::from(s.disputed().unwrap()), difference);
                if settled_before {
                    let payable = s.payable().unwrap();
                    prop_assert_eq!(u128::from(payable.to_visited), counter.saturating_sub(paid));
                    prop_assert_eq!(payable.to_home, 0);
                    to_visited += counter.saturating_sub(paid);
                    paid += counter.saturating_sub(paid);
                    s.settle().unwrap();
                    s.invariant().unwrap();
                    prop_assert_eq!(s.state().unwrap(), StatementState::Countered);
                    prop_assert_eq!(s.payable().unwrap(), Payable::default());
                    // What is disputed can still be taken, and nothing else.
                    prop_assert_eq!(u128::from(s.exposure().unwrap()), total.saturating_sub(paid));
                }
                let difference = s.disputed().unwrap();
                if award > difference {
                    prop_assert_eq!(
                        s.resolve(difference, award),
                        err!(RoamingEscrowError::AwardAboveDifference)
                    );
                    return Ok(());
                }
                s.resolve(difference, award).unwrap();
                s.set_state(StatementState::Resolved);
                owes = counter + u128::from(award);
                prop_assert_eq!(u128::from(s.exposure().unwrap()), owes.saturating_sub(paid));
            }
            let payable = s.payable().unwrap();
            to_visited += u128::from(payable.to_visited);
            let to_home = u128::from(payable.to_home);
            prop_assert!(payable.to_visited == 0 || payable.to_home == 0);
            s.settle().unwrap();
            s.invariant().unwrap();
            prop_assert_eq!(s.state().unwrap(), StatementState::Settled);
            prop_assert_eq!(s.exposure().unwrap(), 0);
            prop_assert_eq!(s.payable().unwrap(), Payable::default());
            // In all, what moved is what is owed.
            prop_assert_eq!(vouchers + to_visited - to_home, owes);
            prop_assert_eq!(u128::from(s.paid), owes);
        }
    }

    #[test]
    fn a_period_without_traffic_claims_nothing() {
        let args = |records, total, root| StatementArgs {
            root: [root; 32],
            records,
            first_record: 7,
            total,
        };
        for good in [args(0, 0, 0), args(1, 0, 1), args(u64::MAX, u64::MAX, 1)] {
            assert_eq!(good.validate(), Ok(()), "{good:?}");
        }
        for bad in [args(0, 1, 0), args(0, 0, 1), args(1, 1, 0)] {
            assert_eq!(
                bad.validate(),
                err!(RoamingEscrowError::BadStatement),
                "{bad:?}"
            );
        }
        assert_eq!(args(u64::MAX - 7, 0, 1).next_record(), Ok(u64::MAX));
        assert_eq!(
            args(u64::MAX - 6, 0, 1).next_record(),
            err!(RoamingEscrowError::Overflow)
        );
    }
}
