//! The model: an agreement as its design describes it.
//!
//! Amounts are `u128` and times `i128`: nothing can overflow, and no rounding of the program is repeated here by
//! accident. For each operation the model names every reason that there is to refuse it; the program must refuse it for
//! one of them, or carry it out when there is none.

use std::collections::BTreeMap;

use anchor_lang::error::ErrorCode;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use roaming_escrow::errors::RoamingEscrowError as Error;
use serde::{Deserialize, Serialize};
use solana_system_interface::error::SystemError;
use spl_token_2022_interface::error::TokenError;
use wayfare_tests::chain::START;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::token::TokenProgram;

use crate::draw;
use crate::noting::{Beside, Noting};

/// The payout wallets of the two sides, the treasury, and one who gives.
pub const WALLETS: usize = 4;
pub const TREASURY: usize = 2;
pub const GIVER: usize = 3;
/// What each wallet has at the beginning.
pub const TOKENS: u128 = 1_000_000;
/// How long a request stays possible after its notice: 7 days.
const REQUEST_LASTS: i128 = 604_800;

/// Names of the operations, as [`Op::kind`] gives them.
pub const KINDS: &[&str] = &[
    "time",
    "donate",
    "freeze",
    "thaw",
    "deposit",
    "request",
    "withdraw",
    "close",
    "offer",
    "accept_terms",
    "collect_fees",
    "state",
    "restate",
    "accept",
    "counter",
    "return",
    "deem_accepted",
    "lapse",
    "concede",
    "award",
    "award_by_default",
    "settle",
    "redeem",
    "close_statement",
    "govern",
];

/// What anybody may do at any time.
pub const NEVER_REFUSED: &[&str] = &["time", "govern"];

/// What the clock decides.
pub const DEADLINES: &[&str] = &[
    "accept until answer_by",
    "counter until answer_by",
    "return until answer_by",
    "deem_accepted from answer_by",
    "restate until answer_by",
    "lapse from answer_by",
    "award from dispute_by",
    "award until award_by",
    "award_by_default from award_by",
    "withdraw from withdrawable_at",
    "withdraw while the request lasts",
    "state until closes_at",
    "redeem until closes_at",
    "withdraw from closes_at",
    "close_statement from closes_at",
    "deposit from paused_until",
];

/// What two sides agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Statement, dispute, arbitration, withdrawal notice.
    pub windows: [u32; 4],
    pub tolerance_bps: u16,
    pub default_award_bps: u16,
}

pub const FIRST_TERMS: Terms = Terms {
    windows: [500, 300, 400, 600],
    tolerance_bps: 150,
    default_award_bps: 3_333,
};

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// A side's authority, for itself.
    Side(usize),
    Arbiter(usize),
    Stranger,
}

/// A direction and a period: 0 is the first side as home network.
pub type Key = (usize, u32);

/// Something that somebody tries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Op {
    /// Seconds, also backwards.
    Time(i64),
    /// Tokens sent to the vault past the program.
    Donate(u64),
    /// A wallet's token account, or the vault.
    Freeze(Option<usize>),
    Thaw(Option<usize>),
    Deposit {
        wallet: usize,
        side: usize,
        amount: u64,
    },
    Request {
        side: usize,
        amount: u64,
    },
    Withdraw(usize),
    Close(usize),
    Offer(usize, Option<Terms>),
    AcceptTerms {
        side: usize,
        terms: Terms,
    },
    CollectFees,
    State {
        key: Key,
        by: usize,
        first_record: u64,
        records: u64,
        total: u64,
    },
    Restate {
        key: Key,
        by: Who,
        first_record: u64,
        records: u64,
        total: u64,
    },
    Accept(Key, Who),
    Counter(Key, Who, u64),
    Return(Key, Who),
    DeemAccepted(Key, Who),
    Lapse(Key, Who),
    Concede(Key, Who),
    Award(Key, Who, u64),
    AwardByDefault(Key, Who),
    /// With the statements of these sides.
    Settle(u32, [bool; 2]),
    Redeem {
        key: Key,
        cumulative: u64,
        /// Which of two keys signs.
        signer: usize,
        /// Another amount is signed.
        forged: bool,
    },
    CloseStatement(Key),
    /// The hub's fee and arbiter, a pause of so many seconds, a side's voucher signer.
    Govern {
        fee_bps: Option<u16>,
        arbiter: Option<usize>,
        pause: Option<u32>,
        signer: Option<(usize, usize)>,
    },
}

impl Op {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Time(_) => "time",
            Self::Donate(_) => "donate",
            Self::Freeze(_) => "freeze",
            Self::Thaw(_) => "thaw",
            Self::Deposit { .. } => "deposit",
            Self::Request { .. } => "request",
            Self::Withdraw(_) => "withdraw",
            Self::Close(_) => "close",
            Self::Offer(..) => "offer",
            Self::AcceptTerms { .. } => "accept_terms",
            Self::CollectFees => "collect_fees",
            Self::State { .. } => "state",
            Self::Restate { .. } => "restate",
            Self::Accept(..) => "accept",
            Self::Counter(..) => "counter",
            Self::Return(..) => "return",
            Self::DeemAccepted(..) => "deem_accepted",
            Self::Lapse(..) => "lapse",
            Self::Concede(..) => "concede",
            Self::Award(..) => "award",
            Self::AwardByDefault(..) => "award_by_default",
            Self::Settle(..) => "settle",
            Self::Redeem { .. } => "redeem",
            Self::CloseStatement(_) => "close_statement",
            Self::Govern { .. } => "govern",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Stated,
    Returned,
    Matched,
    Countered,
    Resolved,
    Settled,
}

use State::*;

#[derive(Clone, Debug)]
pub struct Statement {
    pub state: State,
    pub first_record: u128,
    pub records: u128,
    pub total: u128,
    pub counter: u128,
    pub award: u128,
    pub accepted: u128,
    pub paid: u128,
    pub returns: u8,
    pub stated_at: i128,
    pub terms: Terms,
    pub answer_by: i128,
    pub dispute_by: i128,
    pub award_by: i128,
}

impl Statement {
    /// What it may still take.
    pub fn exposure(&self) -> u128 {
        let most = match self.state {
            Stated | Countered => self.total,
            Matched | Resolved => self.accepted,
            Returned | Settled => 0,
        };
        most.saturating_sub(self.paid)
    }

    fn is_open(&self) -> bool {
        !matches!(self.state, Returned | Settled)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Side {
    pub balance: u128,
    pub arrears: u128,
    pub requested: u128,
    pub withdrawable_at: i128,
    pub next_period: u32,
    pub next_record: u128,
    pub vouchers: u128,
    /// Which of two keys signs vouchers.
    pub signer: usize,
}

/// A deadline of a statement, with its name.
type Deadline = (&'static str, fn(&Statement) -> i128);

/// An agreement that both sides have accepted, with what is around it.
#[derive(Clone, Debug)]
pub struct Model {
    pub token: TokenProgram,
    pub now: i128,
    pub sides: [Side; 2],
    pub fees: u128,
    pub fee_bps: u128,
    pub donated: u128,
    /// By wallet.
    pub tokens: [u128; WALLETS],
    pub frozen: [bool; WALLETS],
    pub vault_frozen: bool,
    pub terms: Terms,
    pub offered: Option<Terms>,
    pub offered_by: usize,
    pub closes_at: Option<i128>,
    /// Somebody left it, or closed a statement of it, after its end.
    pub ended: bool,
    pub statements: BTreeMap<Key, Statement>,
    pub hub_fee_bps: u16,
    pub arbiter: usize,
    pub paused_until: i128,
    pub sequence: u128,
    /// Why the last operation is refused.
    pub reasons: Vec<Refusal>,
    /// What decided about it, and is at most a second away.
    pub beside: Vec<Beside>,
}

impl Noting for Model {
    fn now(&self) -> i128 {
        self.now
    }

    fn reasons(&mut self) -> &mut Vec<Refusal> {
        &mut self.reasons
    }

    fn near(&mut self) -> &mut Vec<Beside> {
        &mut self.beside
    }
}

impl Model {
    pub fn new(token: TokenProgram) -> Self {
        Self {
            token,
            now: START.into(),
            sides: Default::default(),
            fees: 0,
            fee_bps: 77,
            donated: 0,
            tokens: [TOKENS; WALLETS],
            frozen: [false; WALLETS],
            vault_frozen: false,
            terms: FIRST_TERMS,
            offered: None,
            offered_by: 0,
            closes_at: None,
            ended: false,
            statements: BTreeMap::new(),
            hub_fee_bps: 77,
            arbiter: 0,
            paused_until: 0,
            // The hub, two operators, the proposal and its acceptance.
            sequence: 5,
            reasons: vec![],
            beside: vec![],
        }
    }

    pub fn exposure(&self, side: usize) -> u128 {
        self.of(side).map(Statement::exposure).sum()
    }

    pub fn open(&self, side: usize) -> usize {
        self.of(side)
            .filter(|statement| statement.is_open())
            .count()
    }

    pub fn is_returned(&self, side: usize) -> bool {
        self.of(side).any(|statement| statement.state == Returned)
    }

    fn of(&self, side: usize) -> impl Iterator<Item = &Statement> {
        self.statements
            .range((side, 0)..=(side, u32::MAX))
            .map(|(_, statement)| statement)
    }

    pub fn is_wound_up(&self) -> bool {
        self.is_closed() && self.is_settled()
    }

    fn is_settled(&self) -> bool {
        self.statements.values().all(|s| s.state == Settled)
    }

    fn is_closed(&self) -> bool {
        self.ended || self.closes_at.is_some_and(|at| self.now >= at)
    }

    /// What an agreement takes until it is closed.
    fn until_closed(&mut self, deadline: &'static str) {
        match self.closes_at {
            Some(at) if !self.ended => self.until(deadline, at, Error::AgreementClosed),
            _ => self.why(self.ended, Error::AgreementClosed),
        }
    }

    fn done(&mut self) -> bool {
        let done = self.reasons.is_empty();
        self.sequence += u128::from(done);
        done
    }

    /// A debt is paid as far as the balance goes; the rest is owed.
    fn owe(&mut self, from: usize, amount: u128) {
        let paid = amount.min(self.sides[from].balance);
        let fee = paid * self.fee_bps / 10_000;
        self.sides[from].balance -= paid;
        self.sides[1 - from].balance += paid - fee;
        self.fees += fee;
        self.sides[from].arrears = amount - paid;
    }

    /// The reasons that a step of a statement has from its table. The statement, if there is one.
    fn step(
        &mut self,
        key: Key,
        from: State,
        by: Option<(bool, Error)>,
        opens: Option<Deadline>,
        closes: Option<Deadline>,
    ) -> Option<Statement> {
        let Some(statement) = self.statements.get(&key).cloned() else {
            self.why(true, ErrorCode::AccountOwnedByWrongProgram);
            return None;
        };
        self.why(statement.state != from, Error::WrongState);
        if let Some((may, error)) = by {
            self.why(!may, error);
        }
        if let Some((deadline, at)) = opens {
            self.from(deadline, at(&statement), Error::TooEarly);
        }
        if let Some((deadline, at)) = closes {
            self.until(deadline, at(&statement), Error::TooLate);
        }
        Some(statement)
    }

    fn answer(&mut self, op: &Op) {
        let home = |key: Key, by: Who| Some((by == Who::Side(key.0), Error::NotHome));
        let visited = |key: Key, by: Who| Some((by == Who::Side(1 - key.0), Error::NotVisited));
        let answer_by: fn(&Statement) -> i128 = |s| s.answer_by;
        let award_by: fn(&Statement) -> i128 = |s| s.award_by;
        let dispute_by: fn(&Statement) -> i128 = |s| s.dispute_by;
        let now = self.now;
        let (key, after) = match *op {
            Op::Accept(key, by) => {
                let Some(mut s) = self.step(
                    key,
                    Stated,
                    home(key, by),
                    None,
                    Some(("accept until answer_by", answer_by)),
                ) else {
                    return;
                };
                s.state = Matched;
                s.accepted = s.total;
                (key, s)
            }
            Op::DeemAccepted(key, _) => {
                let Some(mut s) = self.step(
                    key,
                    Stated,
                    None,
                    Some(("deem_accepted from answer_by", answer_by)),
                    None,
                ) else {
                    return;
                };
                s.state = Matched;
                s.accepted = s.total;
                (key, s)
            }
            Op::Counter(key, by, total) => {
                let Some(mut s) = self.step(
                    key,
                    Stated,
                    home(key, by),
                    None,
                    Some(("counter until answer_by", answer_by)),
                ) else {
                    return;
                };
                let total = u128::from(total);
                self.why(total > s.total, Error::CounterAboveTotal);
                s.counter = total;
                let difference = s.total.saturating_sub(total);
                if difference * 10_000 <= s.total * u128::from(s.terms.tolerance_bps) {
                    s.state = Matched;
                    s.accepted = s.total;
                } else {
                    s.state = Countered;
                    s.accepted = total;
                    s.dispute_by = now + i128::from(s.terms.windows[1]);
                    s.award_by = s.dispute_by + i128::from(s.terms.windows[2]);
                }
                (key, s)
            }
            Op::Return(key, by) => {
                let Some(mut s) = self.step(
                    key,
                    Stated,
                    home(key, by),
                    None,
                    Some(("return until answer_by", answer_by)),
                ) else {
                    return;
                };
                self.why(s.returns == 3, Error::TooManyReturns);
                let last = key.1 + 1 == self.sides[key.0].next_period;
                self.why(!last, Error::NotLast);
                s.state = Returned;
                s.returns += 1;
                s.answer_by = now + i128::from(s.terms.windows[0]);
                (key, s)
            }
            Op::Restate {
                key,
                by,
                first_record,
                records,
                total,
            } => {
                let Some(mut s) = self.step(
                    key,
                    Returned,
                    visited(key, by),
                    None,
                    Some(("restate until answer_by", answer_by)),
                ) else {
                    return;
                };
                self.why(records == 0 && total > 0, Error::BadStatement);
                let follows = u128::from(first_record) == s.first_record;
                self.why(!follows, Error::WrongFirstRecord);
                s.state = Stated;
                s.records = records.into();
                s.total = total.into();
                s.stated_at = now;
                s.answer_by = now + i128::from(s.terms.windows[0]);
                (key, s)
            }
            Op::Lapse(key, _) => {
                let Some(mut s) = self.step(
                    key,
                    Returned,
                    None,
                    Some(("lapse from answer_by", answer_by)),
                    None,
                ) else {
                    return;
                };
                s.state = Matched;
                (s.records, s.total, s.accepted) = (0, 0, 0);
                (key, s)
            }
            Op::Concede(key, by) => {
                let may = match by {
                    Who::Side(_) => None,
                    _ => Some((false, Error::NotVisited)),
                };
                let Some(mut s) = self.step(key, Countered, may, None, None) else {
                    return;
                };
                s.state = Resolved;
                if by == Who::Side(key.0) {
                    s.award = s.total.saturating_sub(s.counter);
                    s.accepted = s.total;
                }
                (key, s)
            }
            Op::Award(key, by, amount) => {
                let may = (by == Who::Arbiter(self.arbiter), Error::NotArbiter);
                let Some(mut s) = self.step(
                    key,
                    Countered,
                    Some(may),
                    Some(("award from dispute_by", dispute_by)),
                    Some(("award until award_by", award_by)),
                ) else {
                    return;
                };
                let amount = u128::from(amount);
                let difference = s.total.saturating_sub(s.counter);
                self.why(amount > difference, Error::AwardAboveDifference);
                s.state = Resolved;
                s.award = amount;
                s.accepted = s.counter + amount;
                (key, s)
            }
            Op::AwardByDefault(key, _) => {
                let Some(mut s) = self.step(
                    key,
                    Countered,
                    None,
                    Some(("award_by_default from award_by", award_by)),
                    None,
                ) else {
                    return;
                };
                s.state = Resolved;
                let share = u128::from(s.terms.default_award_bps);
                s.award = s.total.saturating_sub(s.counter) * share / 10_000;
                s.accepted = s.counter + s.award;
                (key, s)
            }
            _ => unreachable!("no answer"),
        };
        if self.done() {
            if matches!(op, Op::Restate { .. } | Op::Lapse(..)) {
                self.sides[key.0].next_record = after.first_record + after.records;
            }
            self.statements.insert(key, after);
        }
    }

    fn settle(&mut self, period: u32, with: [bool; 2]) {
        let mut owed = [self.sides[0].arrears, self.sides[1].arrears];
        let mut changes = vec![];
        for (home, with) in with.into_iter().enumerate() {
            let statement = self.statements.get(&(home, period)).cloned();
            if !with {
                let stated = period < self.sides[home].next_period;
                self.why(stated, Error::MissingStatement);
                continue;
            }
            let Some(mut s) = statement else {
                self.why(true, ErrorCode::AccountOwnedByWrongProgram);
                continue;
            };
            let waits = matches!(s.state, Stated | Returned);
            self.why(waits, Error::WaitsForAnswer);
            let before = (s.state, s.paid);
            if s.accepted > s.paid {
                owed[home] += s.accepted - s.paid;
                s.paid = s.accepted;
            } else if s.state != Countered {
                owed[1 - home] += s.paid - s.accepted;
                s.paid = s.accepted;
            }
            if s.state != Countered {
                s.state = Settled;
            }
            if before != (s.state, s.paid) {
                changes.push(((home, period), s));
            }
        }
        self.why(changes.is_empty(), Error::NothingToSettle);
        if self.done() {
            self.statements.extend(changes);
            self.sides[0].arrears = 0;
            self.sides[1].arrears = 0;
            let payer = usize::from(owed[1] > owed[0]);
            self.owe(payer, owed[0].abs_diff(owed[1]));
        }
    }

    fn side(&mut self, op: &Op) {
        let now = self.now;
        match *op {
            Op::Deposit {
                wallet,
                side,
                amount,
            } => {
                let amount = u128::from(amount);
                self.why(amount == 0, Error::ZeroAmount);
                let paused_until = self.paused_until;
                self.from("deposit from paused_until", paused_until, Error::Paused);
                let frozen = self.frozen[wallet] || self.vault_frozen;
                self.why(frozen, TokenError::AccountFrozen);
                let short = self.tokens[wallet] < amount;
                self.why(short, TokenError::InsufficientFunds);
                // Past the largest number, before the tokens are asked for.
                let most = u128::from(u64::MAX);
                self.why(self.sides[side].balance + amount > most, Error::Overflow);
                if self.done() {
                    self.tokens[wallet] -= amount;
                    self.sides[side].balance += amount;
                    let arrears = self.sides[side].arrears;
                    if arrears > 0 {
                        self.owe(side, arrears);
                    }
                }
            }
            Op::Request { side, amount } => {
                let amount = u128::from(amount);
                let notice = i128::from(self.terms.windows[3]);
                let above = amount > self.sides[side].balance;
                self.why(above, Error::AboveBalance);
                if self.done() {
                    let books = &mut self.sides[side];
                    books.requested = amount;
                    books.withdrawable_at = if amount == 0 { 0 } else { now + notice };
                }
            }
            Op::Withdraw(side) => {
                let books = self.sides[side].clone();
                let free = books.balance.saturating_sub(self.exposure(side));
                self.why(books.arrears > 0, Error::InArrears);
                let mut amount = free;
                let wound_up = self.is_wound_up();
                if let Some(at) = self.closes_at
                    && !self.ended
                    && self.is_settled()
                    && books.requested == 0
                {
                    self.beside("withdraw from closes_at", at, !wound_up);
                }
                if !wound_up && books.requested == 0 {
                    self.why(true, Error::NoRequest);
                } else if !wound_up {
                    amount = free.min(books.requested);
                    let at = books.withdrawable_at;
                    self.from("withdraw from withdrawable_at", at, Error::NoticeNotOver);
                    let end = at + REQUEST_LASTS;
                    self.until("withdraw while the request lasts", end, Error::NoRequest);
                }
                self.why(amount == 0, Error::NothingFree);
                let frozen = self.frozen[side] || self.vault_frozen;
                self.why(frozen, TokenError::AccountFrozen);
                if self.done() {
                    self.ended |= wound_up;
                    let books = &mut self.sides[side];
                    books.balance -= amount;
                    (books.requested, books.withdrawable_at) = (0, 0);
                    self.tokens[side] += amount;
                }
            }
            Op::Close(_) => {
                self.why(self.closes_at.is_some(), Error::ClosingAlready);
                if self.done() {
                    self.closes_at = Some(now + i128::from(self.terms.windows[3]));
                    self.offered = None;
                }
            }
            Op::Offer(by, terms) => {
                self.why(self.closes_at.is_some(), Error::ClosingAlready);
                let absurd = terms.is_some_and(|terms| terms.windows.contains(&0));
                self.why(absurd, Error::BadWindow);
                let others = terms.is_none() && self.offered_by != by;
                self.why(others, Error::NothingToAccept);
                if self.done() {
                    self.offered = terms;
                    self.offered_by = by;
                }
            }
            Op::AcceptTerms { side, terms } => {
                self.why(side == self.offered_by, Error::NotAuthority);
                self.why(self.offered.is_none(), Error::NothingToAccept);
                self.why(self.offered != Some(terms), Error::WrongTerms);
                if self.done() {
                    self.terms = terms;
                    self.offered = None;
                }
            }
            Op::CollectFees => {
                self.why(self.fees == 0, Error::NothingFree);
                let frozen = self.frozen[TREASURY] || self.vault_frozen;
                self.why(frozen, TokenError::AccountFrozen);
                if self.done() {
                    self.tokens[TREASURY] += self.fees;
                    self.fees = 0;
                }
            }
            _ => unreachable!("no side's"),
        }
    }

    fn direction(&mut self, op: &Op) {
        let now = self.now;
        match *op {
            Op::State {
                key,
                by,
                first_record,
                records,
                total,
            } => {
                let (home, period) = key;
                let there = self.statements.contains_key(&key);
                self.why(there, SystemError::AccountAlreadyInUse);
                self.why(by == home, Error::NotVisited);
                self.until_closed("state until closes_at");
                self.why(self.sides[by].arrears > 0, Error::InArrears);
                self.why(self.is_returned(home), Error::NotRestated);
                let next = period == self.sides[home].next_period;
                self.why(!next, Error::WrongPeriod);
                let follows = u128::from(first_record) == self.sides[home].next_record;
                self.why(!follows, Error::WrongFirstRecord);
                self.why(records == 0 && total > 0, Error::BadStatement);
                if self.done() {
                    let books = &mut self.sides[home];
                    books.next_period += 1;
                    books.next_record += u128::from(records);
                    let paid = std::mem::take(&mut books.vouchers);
                    let statement = Statement {
                        state: Stated,
                        first_record: first_record.into(),
                        records: records.into(),
                        total: total.into(),
                        counter: 0,
                        award: 0,
                        accepted: 0,
                        paid,
                        returns: 0,
                        stated_at: now,
                        terms: self.terms,
                        answer_by: now + i128::from(self.terms.windows[0]),
                        dispute_by: 0,
                        award_by: 0,
                    };
                    self.statements.insert(key, statement);
                }
            }
            Op::Redeem {
                key,
                cumulative,
                signer,
                forged,
            } => {
                let (home, period) = key;
                let cumulative = u128::from(cumulative);
                self.until_closed("redeem until closes_at");
                let next = period == self.sides[home].next_period && !self.is_returned(home);
                self.why(!next || forged, Error::WrongVoucher);
                let wrong = signer != self.sides[home].signer;
                self.why(wrong, Error::WrongVoucherSigner);
                let before = self.sides[home].vouchers;
                self.why(cumulative <= before, Error::StaleVoucher);
                let amount = cumulative.saturating_sub(before);
                let above = amount > self.sides[home].balance;
                self.why(above, Error::AboveBalance);
                if self.done() {
                    self.sides[home].vouchers = cumulative;
                    let back = self.sides[1 - home].arrears.min(amount);
                    self.sides[1 - home].arrears -= back;
                    self.sides[home].balance -= amount - back;
                    self.sides[1 - home].balance += amount - back;
                }
            }
            Op::CloseStatement(key) => {
                let there = self.statements.contains_key(&key);
                self.why(!there, ErrorCode::AccountOwnedByWrongProgram);
                let wound_up = self.is_wound_up();
                if let Some(at) = self.closes_at
                    && !self.ended
                    && self.is_settled()
                {
                    self.beside("close_statement from closes_at", at, !wound_up);
                }
                self.why(!wound_up, Error::NotWoundUp);
                if self.done() {
                    self.ended = true;
                    self.statements.remove(&key);
                }
            }
            _ => unreachable!("no direction's"),
        }
    }
}

impl Model {
    /// When something becomes possible, or ends. Several times what is seldom waited for.
    fn instants(&self) -> Vec<i128> {
        let mut instants = vec![self.paused_until; 4];
        instants.extend([self.closes_at; 4].into_iter().flatten());
        for side in &self.sides {
            if side.requested > 0 {
                instants.extend([side.withdrawable_at, side.withdrawable_at + REQUEST_LASTS]);
            }
        }
        for s in self.statements.values() {
            match s.state {
                Stated => instants.push(s.answer_by),
                Returned => instants.extend([s.answer_by; 4]),
                Countered => instants.extend([s.dispute_by, s.award_by].repeat(4)),
                Matched | Resolved | Settled => {}
            }
        }
        instants
    }

    /// What a deadline decides that is at most a second away.
    fn decided(&self) -> Vec<Op> {
        let near = |at: i128| (self.now - at).abs() <= 1;
        let mut ops = vec![];
        for (&key, s) in &self.statements {
            let (home, visited) = (Who::Side(key.0), Who::Side(1 - key.0));
            let difference = s.total.saturating_sub(s.counter) as u64;
            let award = Op::Award(key, Who::Arbiter(self.arbiter), difference / 3);
            match s.state {
                Stated if near(s.answer_by) => ops.extend([
                    Op::Accept(key, home),
                    Op::Counter(key, home, s.total as u64 / 2),
                    Op::Return(key, home),
                    Op::DeemAccepted(key, Who::Stranger),
                ]),
                Returned if near(s.answer_by) => ops.extend([
                    Op::Restate {
                        key,
                        by: visited,
                        first_record: s.first_record as u64,
                        records: 3,
                        total: s.total as u64,
                    },
                    Op::Lapse(key, Who::Stranger),
                ]),
                Countered if near(s.dispute_by) => ops.extend([award.clone(), award]),
                Countered if near(s.award_by) => {
                    ops.extend([award, Op::AwardByDefault(key, Who::Stranger)]);
                }
                _ => {}
            }
        }
        let closes = self.closes_at.is_some_and(near);
        for (side, books) in self.sides.iter().enumerate() {
            let key = (side, books.next_period);
            let end = books.withdrawable_at + REQUEST_LASTS;
            if near(books.withdrawable_at) || near(end) {
                ops.push(Op::Withdraw(side));
            }
            if closes && self.is_settled() {
                ops.extend([Op::Withdraw(side), Op::Withdraw(side)]);
            }
            if closes {
                ops.extend([
                    Op::State {
                        key,
                        by: 1 - side,
                        first_record: books.next_record as u64,
                        records: 2,
                        total: 1_000,
                    },
                    Op::Redeem {
                        key,
                        cumulative: books.vouchers as u64 + 1,
                        signer: books.signer,
                        forged: false,
                    },
                ]);
            }
            if near(self.paused_until) {
                ops.push(Op::Deposit {
                    wallet: side,
                    side,
                    amount: 100,
                });
            }
        }
        if closes
            && self.is_settled()
            && let Some(key) = self.statements.keys().next()
        {
            ops.extend(vec![Op::CloseStatement(*key); 4]);
        }
        ops
    }
}

pub struct Reference;

fn amount(most: u128) -> BoxedStrategy<u64> {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    prop_oneof![
        4 => 0..=most,
        2 => Just(most),
        1 => Just(most.saturating_add(1)),
        1 => 0..=3u64,
        1 => Just(u64::MAX),
    ]
    .boxed()
}

fn total() -> BoxedStrategy<u64> {
    prop_oneof![5 => 0..400_000u64, 1 => 0..2_000_000u64, 1 => 0..=2u64].boxed()
}

fn terms() -> BoxedStrategy<Terms> {
    (
        [1..900u32, 1..900u32, 1..900u32, 1..900u32],
        0..=10_000u16,
        0..=10_000u16,
        prop::bool::weighted(0.05),
    )
        .prop_map(|(mut windows, tolerance_bps, default_award_bps, absurd)| {
            if absurd {
                windows[1] = 0;
            }
            Terms {
                windows,
                tolerance_bps: tolerance_bps / 20,
                default_award_bps,
            }
        })
        .boxed()
}

/// Mostly who may, now and then anybody.
fn mostly(who: Who) -> BoxedStrategy<Who> {
    prop_oneof![
        12 => Just(who),
        1 => (0..2usize).prop_map(Who::Side),
        1 => (0..2usize).prop_map(Who::Arbiter),
        1 => Just(Who::Stranger),
    ]
    .boxed()
}

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Op;

    fn init_state() -> BoxedStrategy<Model> {
        proptest::sample::select(&TokenProgram::ALL)
            .prop_map(Model::new)
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Op> {
        let keys: Vec<Key> = model.statements.keys().copied().collect();
        let any_key = (0..2usize, 0..4u32);
        let key = if keys.is_empty() {
            any_key.clone().boxed()
        } else {
            prop_oneof![12 => proptest::sample::select(keys), 1 => any_key.clone()].boxed()
        };
        let known = model.clone();
        let answer = key.clone().prop_flat_map(move |key| {
            let statement = known.statements.get(&key);
            let state = statement.map(|statement| statement.state);
            let often = |wanted: State| if state == Some(wanted) { 12 } else { 1 };
            let total = statement.map_or(10, |statement| statement.total);
            let difference = statement.map_or(0, |s| s.total.saturating_sub(s.counter));
            let first_record = statement.map_or(0, |s| s.first_record) as u64;
            let home = Who::Side(key.0);
            let visited = Who::Side(1 - key.0);
            let arbiter = Who::Arbiter(known.arbiter);
            prop_oneof![
                often(Stated) => mostly(home).prop_map(move |by| Op::Accept(key, by)),
                2 * often(Stated) => (mostly(home), amount(total))
                    .prop_map(move |(by, total)| Op::Counter(key, by, total)),
                often(Stated) => mostly(home).prop_map(move |by| Op::Return(key, by)),
                often(Stated) / 2 + 1 => mostly(Who::Stranger).prop_map(move |by| Op::DeemAccepted(key, by)),
                2 * often(Returned) => (mostly(visited), 0..20u64, self::total(), prop::bool::weighted(0.1))
                    .prop_map(move |(by, records, total, gap)| Op::Restate {
                        key,
                        by,
                        first_record: first_record + u64::from(gap),
                        records,
                        total,
                    }),
                often(Returned) => mostly(Who::Stranger).prop_map(move |by| Op::Lapse(key, by)),
                often(Countered) / 6 + 1 => mostly(home).prop_map(move |by| Op::Concede(key, by)),
                often(Countered) / 6 + 1 => mostly(visited).prop_map(move |by| Op::Concede(key, by)),
                often(Countered) / 2 + 1 => (mostly(arbiter), amount(difference))
                    .prop_map(move |(by, amount)| Op::Award(key, by, amount)),
                often(Countered) / 2 + 1 => mostly(Who::Stranger).prop_map(move |by| Op::AwardByDefault(key, by)),
            ]
        });
        let known = model.clone();
        let direction = (0..2usize).prop_flat_map(move |home| {
            let books = known.sides[home].clone();
            let (period, first) = (books.next_period, books.next_record as u64);
            let (vouchers, balance) = (books.vouchers, books.balance);
            prop_oneof![
                3 => (
                    prop_oneof![9 => Just(period), 1 => 0..4u32],
                    prop_oneof![12 => Just(1 - home), 1 => Just(home)],
                    prop_oneof![12 => Just(first), 1 => 0..40u64],
                    0..20u64,
                    total(),
                )
                    .prop_map(move |(period, by, first_record, records, total)| Op::State {
                        key: (home, period),
                        by,
                        first_record,
                        records,
                        total: if records == 0 && total % 3 > 0 { 0 } else { total },
                    }),
                3 => (
                    prop_oneof![9 => Just(period), 1 => 0..4u32],
                    amount(vouchers + balance / 4),
                    prop_oneof![9 => Just(books.signer), 1 => 0..2usize],
                    prop::bool::weighted(0.05),
                )
                    .prop_map(move |(period, cumulative, signer, forged)| Op::Redeem {
                        key: (home, period),
                        cumulative: cumulative.max(1),
                        signer,
                        forged,
                    }),
            ]
        });
        let known = model.clone();
        let settle = key.clone().prop_flat_map(move |(_, period)| {
            let stated = [0, 1].map(|home| period < known.sides[home].next_period);
            prop_oneof![9 => Just(stated), 1 => any::<[bool; 2]>()]
                .prop_map(move |with| Op::Settle(period, with))
        });
        let known = model.clone();
        let side = (0..2usize).prop_flat_map(move |side| {
            let balance = known.sides[side].balance;
            let wallet = prop_oneof![6 => Just(side), 1 => Just(GIVER)];
            let offered = known.offered.unwrap_or(FIRST_TERMS);
            let other = 1 - known.offered_by;
            prop_oneof![
                5 => (wallet, amount(known.tokens[side] / 3))
                    .prop_map(move |(wallet, amount)| Op::Deposit { wallet, side, amount }),
                4 => amount(balance).prop_map(move |amount| Op::Request { side, amount }),
                4 => Just(Op::Withdraw(side)),
                2 => prop::option::weighted(0.9, terms()).prop_map(move |terms| Op::Offer(side, terms)),
                2 => (
                    prop_oneof![6 => Just(other), 1 => 0..2usize],
                    prop_oneof![6 => Just(offered), 1 => terms()],
                )
                    .prop_map(|(side, terms)| Op::AcceptTerms { side, terms }),
                1 => Just(Op::CollectFees),
            ]
        });
        // To an instant of the model, most often the next, or a second beside it; or anywhere.
        let instant = draw::to_instant(model.instants(), model.now, 1, 3);
        let time = prop_oneof![
            6 => instant.prop_map(Op::Time),
            2 => (0..300i64).prop_map(Op::Time),
            1 => (-60..0i64).prop_map(Op::Time),
        ];
        // What a deadline decides now.
        let refused = |op: &Op| !Self::apply(model.clone(), op).reasons.is_empty();
        let (near, decided) = draw::decided(model.decided(), refused, 140, Op::Time(1));
        let wallet_or_vault = || draw::wallet_or_vault(WALLETS);
        let end = if model.statements.len() > 6 { 2 } else { 0 };
        prop_oneof![
            near => proptest::sample::select(decided),
            40 => answer,
            24 => direction,
            16 => settle,
            30 => side,
            30 => time,
            1 + end => (0..2usize).prop_map(Op::Close),
            3 + end => key.prop_map(Op::CloseStatement),
            1 => wallet_or_vault().prop_map(Op::Freeze),
            4 => wallet_or_vault().prop_map(Op::Thaw),
            1 => (0..1_000u64).prop_map(Op::Donate),
            2 => (
                prop::option::of(0..=100u16),
                prop::option::of(0..2usize),
                prop::option::of(prop_oneof![1 => Just(0), 1 => 1..100u32]),
                prop::option::of((0..2usize, 0..2usize)),
            )
                .prop_map(|(fee_bps, arbiter, pause, signer)| Op::Govern {
                    fee_bps,
                    arbiter,
                    pause,
                    signer,
                }),
        ]
        .boxed()
    }

    fn apply(mut model: Model, op: &Op) -> Model {
        model.reasons.clear();
        model.beside.clear();
        match *op {
            Op::Time(seconds) => model.now += i128::from(seconds),
            Op::Donate(amount) => {
                let amount = u128::from(amount);
                let frozen = model.frozen[GIVER] || model.vault_frozen;
                model.why(frozen, TokenError::AccountFrozen);
                let short = model.tokens[GIVER] < amount;
                model.why(short, TokenError::InsufficientFunds);
                if model.reasons.is_empty() {
                    model.tokens[GIVER] -= amount;
                    model.donated += amount;
                }
            }
            Op::Freeze(wallet) | Op::Thaw(wallet) => {
                let freezes = matches!(op, Op::Freeze(_));
                let frozen = match wallet {
                    Some(wallet) => &mut model.frozen[wallet],
                    None => &mut model.vault_frozen,
                };
                let already = std::mem::replace(frozen, freezes) == freezes;
                model.why(already, TokenError::InvalidState);
            }
            Op::Deposit { .. }
            | Op::Request { .. }
            | Op::Withdraw(_)
            | Op::Close(_)
            | Op::Offer(..)
            | Op::AcceptTerms { .. }
            | Op::CollectFees => model.side(op),
            Op::State { .. } | Op::Redeem { .. } | Op::CloseStatement(_) => model.direction(op),
            Op::Settle(period, with) => model.settle(period, with),
            Op::Govern {
                fee_bps,
                arbiter,
                pause,
                signer,
            } => {
                // The hub's terms, then, where they change, a pause and an operator's profile.
                model.sequence += 1;
                model.hub_fee_bps = fee_bps.unwrap_or(model.hub_fee_bps);
                model.arbiter = arbiter.unwrap_or(model.arbiter);
                if let Some(seconds) = pause {
                    model.sequence += 1;
                    model.paused_until = match seconds {
                        0 => 0,
                        seconds => model.now + i128::from(seconds),
                    };
                }
                if let Some((side, signer)) = signer {
                    model.sequence += 1;
                    model.sides[side].signer = signer;
                }
            }
            _ => model.answer(op),
        }
        model
    }
}
