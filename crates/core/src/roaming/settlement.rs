//! The expected settlement of two books, computed from the books alone: a check on the chain, not a part of it.
//!
//! The escrow's rules are applied here a second time, in 128 bits and without its code: the answers to statements, the
//! awards of decisions, the netting of months, and the effect of vouchers, arrears and fees on the balances. It is for
//! the parties to compare this with the chain.

use super::import::Import;
use super::month::Month;
use super::record::Record;
use super::text_number;
use serde::Serialize;
use std::collections::BTreeMap;
use thiserror::Error;

/// Basis points in the whole.
const WHOLE: u128 = 10_000;

/// An agreement's rules, in basis points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The largest difference allowed between the books, as a part of the statement's total.
    pub tolerance_bps: u16,
    /// The visited network's part of a difference that nobody decides.
    pub default_award_bps: u16,
    /// The hub's part of the amounts that settlements and paid arrears move.
    pub fee_bps: u16,
}

/// One of the two operators. Of a statement: the home network, which pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The operator that the agreement names first.
    First,
    /// The other operator.
    Second,
}

/// A period's statement: the home side, and the period from 0.
pub type StatementId = (Side, u32);

/// Both books' amounts for one period of one direction, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// The visited network's total, which it states.
    #[serde(with = "text_number")]
    pub stated: u64,
    /// The home network's total, which it counters with.
    #[serde(with = "text_number")]
    pub own: u64,
}

/// The answer of a home network that follows its own book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Its own total is not below the statement's: it accepts.
    Accept,
    /// It counters, within the tolerance: the statement's total holds.
    Within,
    /// It counters, and the difference is disputed.
    Dispute,
}

/// How a dispute ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The home network pays all of the difference.
    HomeConcedes,
    /// The visited network forgoes it.
    VisitedConcedes,
    /// The arbiter gives the visited network this part of it, in base units.
    Award(u64),
    /// Nobody decided in time.
    Default,
}

/// One step in the life of an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A side pays in.
    Deposit {
        /// The side.
        side: Side,
        /// Base units.
        amount: u64,
    },
    /// A side takes out.
    Withdraw {
        /// The side.
        side: Side,
        /// Base units.
        amount: u64,
    },
    /// A voucher of a period that is not settled.
    Voucher {
        /// The statement it counts against.
        statement: StatementId,
        /// The total value of the period's vouchers, in base units.
        cumulative: u64,
    },
    /// A dispute ends.
    Decide {
        /// The statement.
        statement: StatementId,
        /// The decision.
        decision: Decision,
    },
    /// Statements of both directions are netted: at most one each.
    Settle {
        /// The period that the first side pays for.
        first: Option<u32>,
        /// The period that the second side pays for.
        second: Option<u32>,
    },
}

/// A step that the rules do not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SettlementError {
    /// The books have no such period.
    #[error("the books have no period {} of the {:?} side", .0.1, .0.0)]
    NoStatement(StatementId),
    /// There is nothing to decide, or it is already decided.
    #[error("period {} of the {:?} side is not disputed", .0.1, .0.0)]
    NotDisputed(StatementId),
    /// More than the disputed amount.
    #[error("an award of {award} is above the disputed {disputed}")]
    AboveDifference {
        /// Base units.
        award: u64,
        /// Base units.
        disputed: u64,
    },
    /// Already settled, with nothing left to decide.
    #[error("period {} of the {:?} side is settled", .0.1, .0.0)]
    Settled(StatementId),
    /// A voucher that is not above those before it.
    #[error("the voucher's {cumulative} is not above the {before} before it")]
    NotRising {
        /// Base units.
        cumulative: u64,
        /// Base units.
        before: u128,
    },
    /// More than a side has.
    #[error("the {side:?} side has {balance}, not {amount}")]
    AboveBalance {
        /// The side.
        side: Side,
        /// Its balance, in base units.
        balance: u128,
        /// The amount to be taken, in base units.
        amount: u128,
    },
    /// More than 128 bits.
    #[error("the amounts exceed 128 bits")]
    Overflow,
}

/// The result of a settlement, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Netting {
    /// Each side's debt by the statements, the first side's first.
    pub gross: [u128; 2],
    /// Each side's arrears before the settlement.
    pub arrears_before: [u128; 2],
    /// The payer of the difference.
    pub payer: Side,
    /// The payer's debt after netting.
    pub net: u128,
    /// The part of it that the payer's balance covers.
    pub moved: u128,
    /// The hub's part of the amount moved.
    pub fee: u128,
    /// The amount that stays in arrears.
    pub arrears: u128,
}

impl Netting {
    /// The amount that did not have to move because both directions were netted.
    pub fn saved(&self) -> u128 {
        let [first, second] = self.gross;
        first.saturating_add(second).saturating_sub(self.net)
    }
}

/// The state of one period of one direction. Amounts are base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Both books' amounts.
    pub words: Words,
    /// The home network's answer.
    pub answer: Answer,
    /// The amount that is or was disputed.
    #[serde(with = "text_number")]
    pub disputed: u64,
    /// How the dispute ended.
    pub decision: Option<Decision>,
    /// The amount the home network owes, as far as it is decided.
    #[serde(with = "text_number")]
    pub owed: u64,
    /// The amount it has paid, by vouchers, settlements and arrears.
    #[serde(with = "text_number")]
    pub paid: u128,
    /// Whether a settlement has taken the last of it.
    pub settled: bool,
}

/// The books of an agreement.
#[derive(Clone, Debug)]
pub struct Ledger {
    rules: Rules,
    statements: BTreeMap<StatementId, Outcome>,
    balances: [u128; 2],
    arrears: [u128; 2],
    fees: u128,
}

impl Side {
    /// Both sides.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// The other side.
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// A side's value, of two.
fn of<T>([first, second]: &mut [T; 2], side: Side) -> &mut T {
    match side {
        Side::First => first,
        Side::Second => second,
    }
}

fn add(to: &mut u128, amount: u128) -> Result<(), SettlementError> {
    *to = to.checked_add(amount).ok_or(SettlementError::Overflow)?;
    Ok(())
}

/// `bps` basis points of an amount, rounded down.
fn part_of(amount: u128, bps: u16) -> Result<u128, SettlementError> {
    amount
        .checked_mul(bps.into())
        .map(|parts| parts / WHOLE)
        .ok_or(SettlementError::Overflow)
}

impl Rules {
    /// The answer of a home network that follows its own book, and the amount then disputed.
    pub fn answer(&self, words: &Words) -> (Answer, u64) {
        let Some(apart) = words.stated.checked_sub(words.own) else {
            return (Answer::Accept, 0);
        };
        let allowed = u128::from(words.stated).saturating_mul(self.tolerance_bps.into());
        if apart == 0 {
            (Answer::Accept, 0)
        } else if u128::from(apart).saturating_mul(WHOLE) <= allowed {
            (Answer::Within, 0)
        } else {
            (Answer::Dispute, apart)
        }
    }

    /// The visited network's part of the disputed amount.
    fn award(&self, disputed: u64, decision: Decision) -> Result<u64, SettlementError> {
        match decision {
            Decision::HomeConcedes => Ok(disputed),
            Decision::VisitedConcedes => Ok(0),
            Decision::Award(award) if award <= disputed => Ok(award),
            Decision::Award(award) => Err(SettlementError::AboveDifference { award, disputed }),
            Decision::Default => {
                let part = part_of(disputed.into(), self.default_award_bps)?;
                u64::try_from(part).map_err(|_| SettlementError::Overflow)
            }
        }
    }
}

/// Two books' amounts for each period of each direction, from `first_month` to `last_month`. The first side's book is
/// first. A month without records is zero. `None` if a total exceeds 64 bits.
pub fn words(
    first: &Import,
    second: &Import,
    first_month: Month,
    last_month: Month,
) -> Option<BTreeMap<StatementId, Words>> {
    let mut statements = BTreeMap::new();
    for (home, stated, own) in [
        (Side::First, &second.inbound, &first.outbound),
        (Side::Second, &first.inbound, &second.outbound),
    ] {
        let (stated, own) = (by_month(stated)?, by_month(own)?);
        let months = std::iter::successors(Some(first_month), |month| month.next());
        for (period, month) in (0u32..).zip(months.take_while(|month| *month <= last_month)) {
            let total = |book: &BTreeMap<Month, u64>| book.get(&month).copied().unwrap_or(0);
            let words = Words {
                stated: total(&stated),
                own: total(&own),
            };
            statements.insert((home, period), words);
        }
    }
    Some(statements)
}

fn by_month(records: &[Record]) -> Option<BTreeMap<Month, u64>> {
    let mut totals = BTreeMap::<Month, u64>::new();
    for record in records {
        let total = totals.entry(record.month).or_default();
        *total = total.checked_add(record.amount)?;
    }
    Some(totals)
}

impl Ledger {
    /// An agreement with nothing paid in yet, and with all statements of both books.
    pub fn new(rules: Rules, words: BTreeMap<StatementId, Words>) -> Self {
        let outcome = |words: Words| {
            let (answer, disputed) = rules.answer(&words);
            Outcome {
                words,
                answer,
                disputed,
                decision: None,
                // The disputed amount is at most the stated one.
                owed: words.stated.saturating_sub(disputed),
                paid: 0,
                settled: false,
            }
        };
        Self {
            rules,
            statements: words
                .into_iter()
                .map(|(id, words)| (id, outcome(words)))
                .collect(),
            balances: [0; 2],
            arrears: [0; 2],
            fees: 0,
        }
    }

    /// Each side's balance, in base units, the first side's first.
    pub fn balances(&self) -> [u128; 2] {
        self.balances
    }

    /// Each side's arrears, in base units.
    pub fn arrears(&self) -> [u128; 2] {
        self.arrears
    }

    /// The hub's fees so far, in base units.
    pub fn fees(&self) -> u128 {
        self.fees
    }

    /// The state of every period of every direction.
    pub fn statements(&self) -> &BTreeMap<StatementId, Outcome> {
        &self.statements
    }

    /// Takes a step. A settlement returns its result.
    ///
    /// # Errors
    ///
    /// [`SettlementError`]; in that case nothing has changed.
    pub fn apply(&mut self, step: Step) -> Result<Option<Netting>, SettlementError> {
        let mut after = self.clone();
        let netting = match step {
            Step::Deposit { side, amount } => after.deposit(side, amount.into()).map(|()| None),
            Step::Withdraw { side, amount } => after.take(side, amount.into()).map(|()| None),
            Step::Voucher {
                statement,
                cumulative,
            } => after.redeem(statement, cumulative).map(|()| None),
            Step::Decide {
                statement,
                decision,
            } => after.decide(statement, decision).map(|()| None),
            Step::Settle { first, second } => after.settle([first, second]).map(Some),
        }?;
        *self = after;
        Ok(netting)
    }

    fn statement(&mut self, id: StatementId) -> Result<&mut Outcome, SettlementError> {
        self.statements
            .get_mut(&id)
            .ok_or(SettlementError::NoStatement(id))
    }

    fn take(&mut self, side: Side, amount: u128) -> Result<(), SettlementError> {
        let balance = of(&mut self.balances, side);
        *balance = balance
            .checked_sub(amount)
            .ok_or(SettlementError::AboveBalance {
                side,
                balance: *balance,
                amount,
            })?;
        Ok(())
    }

    /// Moves an amount from the payer to the other side, less the fee.
    fn pay(&mut self, payer: Side, amount: u128) -> Result<u128, SettlementError> {
        self.take(payer, amount)?;
        let fee = part_of(amount, self.rules.fee_bps)?;
        // A part never exceeds the whole.
        add(
            of(&mut self.balances, payer.other()),
            amount.saturating_sub(fee),
        )?;
        add(&mut self.fees, fee)?;
        Ok(fee)
    }

    /// Arrears are paid first.
    fn deposit(&mut self, side: Side, amount: u128) -> Result<(), SettlementError> {
        add(of(&mut self.balances, side), amount)?;
        let owed = *of(&mut self.arrears, side);
        let paid = owed.min(*of(&mut self.balances, side));
        *of(&mut self.arrears, side) = owed.saturating_sub(paid);
        self.pay(side, paid)?;
        Ok(())
    }

    /// A voucher moves the amount it adds, without a fee. A visited side in arrears pays those with it first.
    fn redeem(&mut self, id: StatementId, cumulative: u64) -> Result<(), SettlementError> {
        let statement = self.statement(id)?;
        if statement.settled || statement.decision.is_some() {
            return Err(SettlementError::Settled(id));
        }
        let before = statement.paid;
        let more = u128::from(cumulative)
            .checked_sub(before)
            .filter(|more| *more > 0)
            .ok_or(SettlementError::NotRising { cumulative, before })?;
        statement.paid = cumulative.into();
        let (home, _) = id;
        self.take(home, more)?;
        let owed = of(&mut self.arrears, home.other());
        let back = (*owed).min(more);
        *owed = owed.saturating_sub(back);
        add(of(&mut self.balances, home), back)?;
        add(
            of(&mut self.balances, home.other()),
            more.saturating_sub(back),
        )
    }

    fn decide(&mut self, id: StatementId, decision: Decision) -> Result<(), SettlementError> {
        let rules = self.rules;
        let statement = self.statement(id)?;
        if statement.answer != Answer::Dispute || statement.decision.is_some() {
            return Err(SettlementError::NotDisputed(id));
        }
        let award = rules.award(statement.disputed, decision)?;
        statement.decision = Some(decision);
        statement.owed = statement
            .owed
            .checked_add(award)
            .ok_or(SettlementError::Overflow)?;
        Ok(())
    }

    fn settle(&mut self, periods: [Option<u32>; 2]) -> Result<Netting, SettlementError> {
        let mut gross = [0u128; 2];
        for (home, period) in Side::ALL.into_iter().zip(periods) {
            let Some(period) = period else { continue };
            let statement = self.statement((home, period))?;
            if statement.settled {
                return Err(SettlementError::Settled((home, period)));
            }
            let is_open = statement.answer == Answer::Dispute && statement.decision.is_none();
            let owed = u128::from(statement.owed);
            let to_visited = owed.saturating_sub(statement.paid);
            // Vouchers' excess goes back when all is decided, not before.
            let back = if is_open {
                0
            } else {
                statement.paid.saturating_sub(owed)
            };
            statement.settled = !is_open;
            statement.paid = if is_open {
                statement.paid.max(owed)
            } else {
                owed
            };
            add(of(&mut gross, home), to_visited)?;
            add(of(&mut gross, home.other()), back)?;
        }
        let arrears_before = self.arrears;
        let [first, second] = [0, 1].map(|at: usize| {
            let parts = gross.get(at).zip(arrears_before.get(at));
            parts.and_then(|(owed, arrears)| owed.checked_add(*arrears))
        });
        let (first, second) = first.zip(second).ok_or(SettlementError::Overflow)?;
        let payer = if first >= second {
            Side::First
        } else {
            Side::Second
        };
        let net = first.abs_diff(second);
        let moved = net.min(*of(&mut self.balances, payer));
        let fee = self.pay(payer, moved)?;
        self.arrears = [0; 2];
        let arrears = net.saturating_sub(moved);
        *of(&mut self.arrears, payer) = arrears;
        Ok(Netting {
            gross,
            arrears_before,
            payer,
            net,
            moved,
            fee,
            arrears,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::bwrp_imports;
    use super::*;
    use Side::{First, Second};
    use proptest::prelude::*;

    const RULES: Rules = Rules {
        tolerance_bps: 100,
        default_award_bps: 5_000,
        fee_bps: 0,
    };

    /// A ledger with these periods of the first side and of the second, each stated and own.
    fn ledger(rules: Rules, first: &[(u64, u64)], second: &[(u64, u64)]) -> Ledger {
        let mut words = BTreeMap::new();
        for (side, periods) in [(First, first), (Second, second)] {
            for (period, (stated, own)) in (0..).zip(periods) {
                let both = Words {
                    stated: *stated,
                    own: *own,
                };
                words.insert((side, period), both);
            }
        }
        Ledger::new(rules, words)
    }

    fn deposit(side: Side, amount: u64) -> Step {
        Step::Deposit { side, amount }
    }

    fn settle(first: impl Into<Option<u32>>, second: impl Into<Option<u32>>) -> Step {
        Step::Settle {
            first: first.into(),
            second: second.into(),
        }
    }

    fn run(ledger: &mut Ledger, steps: &[Step]) -> Option<Netting> {
        let mut last = None;
        for step in steps {
            last = ledger.apply(*step).unwrap();
        }
        last
    }

    #[test]
    fn answers() {
        for (stated, own, answer, disputed) in [
            (0, 0, Answer::Accept, 0),
            (0, 5, Answer::Accept, 0),
            (100, 100, Answer::Accept, 0),
            (100, 101, Answer::Accept, 0),
            (100, 99, Answer::Within, 0),
            (100, 98, Answer::Dispute, 2),
            (199, 198, Answer::Within, 0),
            (199, 197, Answer::Dispute, 2),
            (99, 98, Answer::Dispute, 1),
            (u64::MAX, 0, Answer::Dispute, u64::MAX),
        ] {
            assert_eq!(
                RULES.answer(&Words { stated, own }),
                (answer, disputed),
                "{stated} {own}"
            );
        }
    }

    #[test]
    fn two_directions_are_netted() {
        let rules = Rules {
            fee_bps: 100,
            ..RULES
        };
        let mut ledger = ledger(rules, &[(1_000, 1_000)], &[(350, 350)]);
        let netting = run(
            &mut ledger,
            &[deposit(First, 5_000), deposit(Second, 100), settle(0, 0)],
        )
        .unwrap();
        assert_eq!(
            netting,
            Netting {
                gross: [1_000, 350],
                arrears_before: [0; 2],
                payer: First,
                net: 650,
                moved: 650,
                fee: 6,
                arrears: 0
            }
        );
        assert_eq!(netting.saved(), 700);
        assert_eq!(ledger.balances(), [4_350, 100 + 644]);
        assert_eq!(ledger.fees(), 6);
        assert_eq!(
            ledger.apply(settle(0, None)),
            Err(SettlementError::Settled((First, 0)))
        );
    }

    #[test]
    fn the_undisputed_part_is_paid_at_once() {
        for (decision, award) in [
            (Decision::HomeConcedes, 201),
            (Decision::VisitedConcedes, 0),
            (Decision::Award(77), 77),
            (Decision::Default, 100),
        ] {
            let mut ledger = ledger(RULES, &[(1_000, 799)], &[]);
            let steps = [deposit(First, 5_000), settle(0, None)];
            assert_eq!(run(&mut ledger, &steps).unwrap().moved, 799);
            let outcome = ledger.statements()[&(First, 0)];
            assert_eq!((outcome.disputed, outcome.settled), (201, false));
            let decide = Step::Decide {
                statement: (First, 0),
                decision,
            };
            let netting = run(&mut ledger, &[decide, settle(0, None)]).unwrap();
            assert_eq!(netting.moved, award);
            assert_eq!(ledger.balances(), [5_000 - 799 - award, 799 + award]);
            assert!(ledger.statements()[&(First, 0)].settled);
            assert_eq!(
                ledger.apply(decide),
                Err(SettlementError::NotDisputed((First, 0)))
            );
        }
        let mut ledger = ledger(RULES, &[(1_000, 799), (10, 10)], &[]);
        let before = format!("{ledger:?}");
        let decide = |period, decision| Step::Decide {
            statement: (First, period),
            decision,
        };
        assert_eq!(
            ledger.apply(decide(0, Decision::Award(202))),
            Err(SettlementError::AboveDifference {
                award: 202,
                disputed: 201
            })
        );
        assert_eq!(
            ledger.apply(decide(1, Decision::HomeConcedes)),
            Err(SettlementError::NotDisputed((First, 1)))
        );
        assert_eq!(
            ledger.apply(decide(2, Decision::HomeConcedes)),
            Err(SettlementError::NoStatement((First, 2)))
        );
        assert_eq!(format!("{ledger:?}"), before);
    }

    #[test]
    fn vouchers_are_trued_up() {
        let voucher = |cumulative| Step::Voucher {
            statement: (First, 0),
            cumulative,
        };
        // Less than is owed.
        let mut less = ledger(RULES, &[(1_000, 1_000)], &[]);
        let steps = [deposit(First, 1_500), voucher(300), voucher(900)];
        run(&mut less, &steps);
        assert_eq!(less.balances(), [600, 900]);
        assert_eq!(
            less.apply(voucher(900)),
            Err(SettlementError::NotRising {
                cumulative: 900,
                before: 900
            })
        );
        assert_eq!(run(&mut less, &[settle(0, None)]).unwrap().moved, 100);
        assert_eq!(less.balances(), [500, 1_000]);
        assert_eq!(
            less.apply(voucher(1_001)),
            Err(SettlementError::Settled((First, 0)))
        );
        // More than is owed: it comes back.
        let mut more = ledger(RULES, &[(1_000, 1_000)], &[]);
        let netting = run(
            &mut more,
            &[deposit(First, 1_500), voucher(1_200), settle(0, None)],
        );
        assert_eq!(netting.unwrap().gross, [0, 200]);
        assert_eq!(more.balances(), [500, 1_000]);
        // More than is undisputed: nothing comes back before the dispute ends.
        let mut open = ledger(RULES, &[(1_000, 500)], &[]);
        let netting = run(
            &mut open,
            &[deposit(First, 1_500), voucher(800), settle(0, None)],
        );
        assert_eq!(netting.unwrap().net, 0);
        let decide = Step::Decide {
            statement: (First, 0),
            decision: Decision::VisitedConcedes,
        };
        let netting = run(&mut open, &[decide, settle(0, None)]).unwrap();
        assert_eq!((netting.payer, netting.moved), (Second, 300));
        assert_eq!(open.balances(), [1_000, 500]);
        // Above the balance.
        let mut poor = ledger(RULES, &[(1_000, 1_000)], &[]);
        run(&mut poor, &[deposit(First, 10)]);
        assert_eq!(
            poor.apply(voucher(11)),
            Err(SettlementError::AboveBalance {
                side: First,
                balance: 10,
                amount: 11
            })
        );
    }

    #[test]
    fn arrears_are_paid_first() {
        let rules = Rules {
            fee_bps: 100,
            ..RULES
        };
        let mut ledger = ledger(rules, &[(1_000, 1_000), (0, 0)], &[(0, 0), (250, 250)]);
        let netting = run(&mut ledger, &[deposit(First, 400), settle(0, 0)]).unwrap();
        assert_eq!((netting.moved, netting.fee, netting.arrears), (400, 4, 600));
        assert_eq!((ledger.balances(), ledger.arrears()), ([0, 396], [600, 0]));
        // A deposit pays them, with the fee.
        run(&mut ledger, &[deposit(First, 100)]);
        assert_eq!((ledger.balances(), ledger.arrears()), ([0, 495], [500, 0]));
        assert_eq!(ledger.fees(), 5);
        // The other side's debt is netted against them.
        let netting = run(&mut ledger, &[settle(1, 1)]).unwrap();
        assert_eq!(
            (netting.gross, netting.arrears_before),
            ([0, 250], [500, 0])
        );
        assert_eq!((netting.payer, netting.net, netting.moved), (First, 250, 0));
        assert_eq!(ledger.arrears(), [250, 0]);
        run(&mut ledger, &[deposit(First, 1_000)]);
        assert_eq!(
            (ledger.balances(), ledger.arrears()),
            ([750, 495 + 248], [0, 0])
        );
        assert_eq!(
            ledger.apply(Step::Withdraw {
                side: First,
                amount: 751
            }),
            Err(SettlementError::AboveBalance {
                side: First,
                balance: 750,
                amount: 751
            })
        );
        run(
            &mut ledger,
            &[Step::Withdraw {
                side: First,
                amount: 750,
            }],
        );
        assert_eq!(ledger.balances(), [0, 743]);
    }

    #[test]
    fn a_voucher_pays_the_arrears_of_the_visited_side_back() {
        let mut ledger = ledger(RULES, &[(500, 500)], &[(300, 300)]);
        run(&mut ledger, &[deposit(First, 1_000), settle(None, 0)]);
        assert_eq!(ledger.arrears(), [0, 300]);
        let voucher = |cumulative| Step::Voucher {
            statement: (First, 0),
            cumulative,
        };
        run(&mut ledger, &[voucher(200)]);
        assert_eq!(
            (ledger.balances(), ledger.arrears()),
            ([1_000, 0], [0, 100])
        );
        run(&mut ledger, &[voucher(450)]);
        assert_eq!((ledger.balances(), ledger.arrears()), ([850, 150], [0, 0]));
        run(&mut ledger, &[settle(0, None)]);
        assert_eq!(ledger.balances(), [800, 200]);
    }

    /// The life of the BWRP books: the result of all months was also computed from the file with Python's integers.
    #[test]
    fn the_bwrp_books_settled() {
        let [dtag, tmus] = bwrp_imports();
        let (from, to) = dtag.months;
        let all = words(&dtag, &tmus, from, to).unwrap();
        assert_eq!(all.len(), 48);
        assert_eq!(
            all[&(First, 0)],
            Words {
                stated: 339_322_588_600,
                own: 312_233_269_378
            }
        );
        assert_eq!(
            all[&(Second, 23)],
            Words {
                stated: 465_202_314_823,
                own: 465_202_314_823
            }
        );
        let count = |answer| {
            let mut counts = [0, 0];
            for ((side, _), words) in &all {
                *of(&mut counts, *side) += usize::from(RULES.answer(words).0 == answer);
            }
            counts
        };
        assert_eq!(count(Answer::Dispute), [10, 0]);
        assert_eq!(count(Answer::Within), [1, 1]);
        assert_eq!(count(Answer::Accept), [13, 23]);

        let mut ledger = Ledger::new(RULES, all);
        const PAID_IN: u64 = 10_000_000_000_000;
        run(
            &mut ledger,
            &[deposit(First, PAID_IN), deposit(Second, PAID_IN)],
        );
        let mut saved = 0;
        for period in 0..24 {
            saved += run(&mut ledger, &[settle(period, period)]).unwrap().saved();
        }
        let open: Vec<StatementId> = ledger
            .statements()
            .iter()
            .filter(|(_, outcome)| !outcome.settled)
            .map(|(id, _)| *id)
            .collect();
        assert_eq!(open.len(), 10);
        let decisions = [
            Decision::HomeConcedes,
            Decision::VisitedConcedes,
            Decision::Default,
        ];
        for (statement, decision) in open.into_iter().zip(decisions.into_iter().cycle()) {
            let decide = Step::Decide {
                statement,
                decision,
            };
            run(&mut ledger, &[decide, settle(statement.1, None)]);
        }
        assert!(ledger.statements().values().all(|outcome| outcome.settled));
        assert_eq!(ledger.balances(), [4_251_380_933_279, 15_748_619_066_721]);
        assert_eq!(saved, 12_844_884_930_858);
    }

    fn step() -> impl Strategy<Value = Step> {
        let side = || prop_oneof![Just(First), Just(Second)];
        let statement = move || (side(), 0u32..4);
        let period = || prop_oneof![Just(None), (0u32..4).prop_map(Some)];
        prop_oneof![
            (side(), 0u64..2_000).prop_map(|(side, amount)| Step::Deposit { side, amount }),
            (side(), 0u64..1_000).prop_map(|(side, amount)| Step::Withdraw { side, amount }),
            (statement(), 0u64..2_000).prop_map(|(statement, cumulative)| Step::Voucher {
                statement,
                cumulative
            }),
            (
                statement(),
                prop_oneof![
                    Just(Decision::HomeConcedes),
                    Just(Decision::VisitedConcedes),
                    Just(Decision::Default),
                    (0u64..500).prop_map(Decision::Award)
                ]
            )
                .prop_map(|(statement, decision)| Step::Decide {
                    statement,
                    decision
                }),
            (period(), period()).prop_map(|(first, second)| Step::Settle { first, second }),
        ]
    }

    proptest! {
        /// No money appears or is lost; and a side's balance, less its arrears, plus the other's, is the amount it paid
        /// in, less its debts, plus the debts owed to it, except for the fee.
        #[test]
        fn the_books_balance_after_every_step(
            first in proptest::collection::vec((0u64..1_000, 0u64..1_000), 4),
            second in proptest::collection::vec((0u64..1_000, 0u64..1_000), 4),
            steps in proptest::collection::vec(step(), 0..60), with_fee: bool
        ) {
            let rules = Rules { fee_bps: if with_fee { 100 } else { 0 }, ..RULES };
            let mut ledger = ledger(rules, &first, &second);
            let mut paid_in = [0i128; 2];
            for step in steps {
                let before = format!("{ledger:?}");
                match (ledger.apply(step), step) {
                    (Err(_), _) => prop_assert_eq!(format!("{ledger:?}"), before),
                    (Ok(_), Step::Deposit { side, amount }) => *of(&mut paid_in, side) += i128::from(amount),
                    (Ok(_), Step::Withdraw { side, amount }) => *of(&mut paid_in, side) -= i128::from(amount),
                    (Ok(netting), Step::Settle { .. }) => {
                        let netting = netting.unwrap();
                        prop_assert_eq!(netting.moved + netting.arrears, netting.net);
                        prop_assert_eq!(netting.fee, netting.moved * u128::from(rules.fee_bps) / 10_000);
                    }
                    _ => {}
                }
                let [a, b] = ledger.balances().map(|n| n as i128);
                let [x, y] = ledger.arrears().map(|n| n as i128);
                prop_assert_eq!(a + b + ledger.fees() as i128, paid_in[0] + paid_in[1]);
                prop_assert!(x == 0 || y == 0);
                if !with_fee {
                    let paid = |side| -> i128 {
                        let of_side = ledger.statements().iter().filter(|((home, _), _)| *home == side);
                        of_side.map(|(_, outcome)| outcome.paid as i128).sum()
                    };
                    prop_assert_eq!(a - x + y, paid_in[0] - paid(First) + paid(Second));
                    prop_assert_eq!(b - y + x, paid_in[1] - paid(Second) + paid(First));
                }
                for outcome in ledger.statements().values() {
                    prop_assert!(outcome.owed <= outcome.words.stated);
                    prop_assert!(!outcome.settled || outcome.paid == u128::from(outcome.owed));
                }
            }
        }
    }
}
