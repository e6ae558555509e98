//! The model: a market as its design describes it.
//!
//! Amounts are `u128` and times `i128`: nothing can overflow, and no rounding of the program is repeated here by
//! accident. For each operation the model names every reason that there is to refuse it; the program must refuse it for
//! one of them, or carry it out when there is none.

use std::collections::BTreeMap;

use anchor_lang::error::ErrorCode;
use esim_market::errors::EsimMarketError as Error;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;
use serde::{Deserialize, Serialize};
use solana_system_interface::error::SystemError;
use spl_token_2022_interface::error::TokenError;
use wayfare_tests::chain::START;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::token::TokenProgram;

use crate::draw;
use crate::noting::{Beside, Noting};

/// Buyers, who are also payers: the first wallets.
pub const BUYERS: usize = 2;
/// Those who pay: the buyers, and one who only pays.
pub const PAYERS: usize = 3;
/// Payers, then two payout wallets, then two treasuries.
pub const WALLETS: usize = 7;
pub const SELLERS: usize = 2;
/// One plan of each seller.
pub const PLANS: usize = SELLERS;
/// Orders of a buyer and a plan at a time.
pub const IDS: u64 = 2;
/// Arbiters, and attesters, that there may be.
pub const OFFICERS: usize = 2;
/// What each payer has at the beginning.
pub const TOKENS: u128 = 1_000_000;

/// Names of the operations, as [`Op::kind`] gives them.
pub const KINDS: &[&str] = &[
    "time",
    "donate",
    "freeze",
    "thaw",
    "purchase",
    "top_up",
    "deliver",
    "report",
    "confirm",
    "dispute",
    "answer",
    "refund",
    "refund_part",
    "resolve",
    "refund_undelivered",
    "refund_unanswered",
    "release",
    "resolve_by_default",
    "pay_out",
    "close",
    "create_plan",
    "update_plan",
    "retire_plan",
    "update_market",
    "update_seller",
    "seller_status",
    "pause",
];

/// What anybody may do at any time.
pub const NEVER_REFUSED: &[&str] = &["time", "update_market", "pause"];

/// What the clock decides.
pub const DEADLINES: &[&str] = &[
    "deliver until deliver_by",
    "refund_undelivered from deliver_by",
    "dispute until release_at",
    "release from release_at",
    "answer until answer_by",
    "refund_unanswered from answer_by",
    "resolve until resolve_by",
    "resolve_by_default from resolve_by",
    "close from closable_at",
    "purchase from paused_until",
    "create_plan from paused_until",
];

/// What both plans start with.
pub const FIRST_TERMS: Terms = Terms {
    price: 10_001,
    discount_bps: 777,
    floor: 8_000,
    delivery_window: 700,
    release_window: 900,
    split_bps: 3_333,
    refund_policy: 1,
    top_up: true,
};

/// An order: plan, buyer, number.
pub type Key = (usize, usize, u64);

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    Buyer(usize),
    Seller(usize),
    Attester(usize),
    Arbiter(usize),
    Stranger,
}

/// How an order's money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Confirm,
    Refund,
    Part { amount: u64, signed_by: usize },
    Resolve(u16),
    Undelivered,
    Unanswered,
    Release,
    Default,
    PayOut,
}

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
    Purchase {
        key: Key,
        payer: usize,
        /// The version of the plan's terms before the last change.
        stale: bool,
        /// The version of the market's terms before the last change.
        stale_market: bool,
        /// One unit less than it costs.
        short: bool,
        parent: Option<Key>,
    },
    Deliver {
        key: Key,
        by: Who,
    },
    Report {
        key: Key,
        by: Who,
        activated: bool,
    },
    Dispute {
        key: Key,
        by: Who,
        unused: bool,
    },
    Answer {
        key: Key,
        by: Who,
    },
    Settle {
        key: Key,
        by: Who,
        end: End,
        /// Names the stranger's account where the seller is paid.
        theft: bool,
    },
    Close {
        key: Key,
        by: Who,
    },
    CreatePlan(usize, Terms),
    UpdatePlan {
        plan: usize,
        by: usize,
        terms: Option<Terms>,
        stock: Option<u32>,
        on_sale: Option<bool>,
    },
    RetirePlan {
        plan: usize,
        by: usize,
    },
    UpdateMarket {
        fee: Option<u16>,
        windows: Option<[u32; 3]>,
        arbiter: Option<usize>,
        treasury: Option<usize>,
        accepts: Option<bool>,
    },
    UpdateSeller {
        seller: usize,
        by: usize,
        payout: usize,
        attester: usize,
    },
    SellerStatus {
        seller: usize,
        approved: bool,
        by_authority: bool,
    },
    /// Until so many seconds from now; 0 ends a pause.
    Pause(u32),
}

impl Op {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Time(_) => "time",
            Self::Donate(_) => "donate",
            Self::Freeze(_) => "freeze",
            Self::Thaw(_) => "thaw",
            Self::Purchase { parent: None, .. } => "purchase",
            Self::Purchase { .. } => "top_up",
            Self::Deliver { .. } => "deliver",
            Self::Report { .. } => "report",
            Self::Dispute { .. } => "dispute",
            Self::Answer { .. } => "answer",
            Self::Settle { end, .. } => match end {
                End::Confirm => "confirm",
                End::Refund => "refund",
                End::Part { .. } => "refund_part",
                End::Resolve(_) => "resolve",
                End::Undelivered => "refund_undelivered",
                End::Unanswered => "refund_unanswered",
                End::Release => "release",
                End::Default => "resolve_by_default",
                End::PayOut => "pay_out",
            },
            Self::Close { .. } => "close",
            Self::CreatePlan(..) => "create_plan",
            Self::UpdatePlan { .. } => "update_plan",
            Self::RetirePlan { .. } => "retire_plan",
            Self::UpdateMarket { .. } => "update_market",
            Self::UpdateSeller { .. } => "update_seller",
            Self::SellerStatus { .. } => "seller_status",
            Self::Pause(_) => "pause",
        }
    }
}

/// What can differ between plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub price: u128,
    pub discount_bps: u128,
    pub floor: u128,
    pub delivery_window: i128,
    pub release_window: i128,
    pub split_bps: u128,
    /// 0 until delivery, 1 until installed, 2 until activated.
    pub refund_policy: u8,
    pub top_up: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub version: u128,
    pub terms: Terms,
    pub stock: u128,
    pub on_sale: bool,
    pub sold: u128,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    pub approved: bool,
    pub payout: usize,
    pub attester: usize,
    pub orders: u128,
    pub delivered: u128,
    /// Of them, by the time that they took: within 1, 5 and 15 minutes, 1, 4, 12 and 24 hours, and longer.
    pub times: [u128; 8],
    pub disputed: u128,
    pub refunded: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Paid,
    Delivered,
    Disputed,
    Contested,
    Refunded,
    Completed,
    Resolved,
}

impl State {
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Paid | Self::Delivered | Self::Disputed | Self::Contested
        )
    }
}

/// An order, with all that was settled at its purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub state: State,
    pub terms: Terms,
    pub version: u128,
    pub market_version: u128,
    pub payer: usize,
    pub payout: usize,
    pub treasury: usize,
    pub arbiter: usize,
    pub attester: usize,
    pub parent: Option<Key>,
    pub fee_bps: u128,
    pub windows: [i128; 3],
    pub paid: u128,
    pub purchased_at: i128,
    pub delivered_at: Option<i128>,
    pub installed_at: Option<i128>,
    pub activated_at: Option<i128>,
    pub unused: bool,
    pub disputed_at: Option<i128>,
    pub answered_at: Option<i128>,
    pub ended_at: Option<i128>,
    /// To payer, payout wallet and treasury.
    pub division: [u128; 3],
    pub due: [u128; 3],
}

impl Order {
    pub fn deliver_by(&self) -> i128 {
        self.purchased_at + self.terms.delivery_window
    }

    pub fn release_at(&self) -> i128 {
        self.delivered_at
            .map_or(0, |at| at + self.terms.release_window)
    }

    pub fn answer_by(&self) -> i128 {
        self.disputed_at.map_or(0, |at| at + self.windows[0])
    }

    pub fn resolve_by(&self) -> i128 {
        self.answered_at.map_or(0, |at| at + self.windows[1])
    }

    pub fn closable_at(&self) -> i128 {
        let kept = self.delivered_at.is_some() && self.division[0] < self.paid;
        self.ended_at
            .map_or(0, |at| at + if kept { self.windows[2] } else { 0 })
    }

    pub fn owes(&self) -> u128 {
        if self.state.is_open() {
            self.paid
        } else {
            self.due.iter().sum()
        }
    }

    fn refund_right(&self) -> bool {
        match self.terms.refund_policy {
            0 => self.delivered_at.is_none(),
            1 => self.installed_at.is_none(),
            _ => self.activated_at.is_none(),
        }
    }

    pub fn wallets(&self) -> [usize; 3] {
        [self.payer, self.payout, self.treasury]
    }
}

/// The whole market, and what the last operation came to.
#[derive(Clone, Debug)]
pub struct Model {
    pub token: TokenProgram,
    pub now: i128,
    pub sequence: u128,
    /// The number of the event that set the market's terms.
    pub terms_version: u128,
    pub paused_until: i128,
    pub accepts: bool,
    pub fee_bps: u128,
    /// Answer window, arbiter window, retention.
    pub windows: [i128; 3],
    pub arbiter: usize,
    pub treasury: usize,
    pub sellers: [Seller; SELLERS],
    pub plans: [Option<Plan>; PLANS],
    pub orders: BTreeMap<Key, Order>,
    pub balances: [u128; WALLETS],
    pub frozen: [bool; WALLETS],
    pub vault: u128,
    pub vault_frozen: bool,
    pub donated: u128,
    /// Why the last operation had to be refused: none, when it had to be carried out.
    pub reasons: Vec<Refusal>,
    /// What decided about it, and is at most a second away.
    pub beside: Vec<Beside>,
}

fn part(amount: u128, bps: u128) -> u128 {
    amount * bps / 10_000
}

pub fn quote(terms: &Terms) -> u128 {
    terms.price - part(terms.price, terms.discount_bps)
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
        let seller = |payout| Seller {
            approved: true,
            payout,
            attester: 0,
            orders: 0,
            delivered: 0,
            times: [0; 8],
            disputed: 0,
            refunded: 0,
        };
        let plan = |version| Plan {
            version,
            terms: FIRST_TERMS,
            stock: 5,
            on_sale: true,
            sold: 0,
        };
        let mut balances = [0; WALLETS];
        balances[..PAYERS].fill(TOKENS);
        Self {
            token,
            now: START.into(),
            // Created, mint accepted, two sellers applied and approved, a plan of each.
            sequence: 8,
            terms_version: 1,
            paused_until: 0,
            accepts: true,
            fee_bps: 333,
            windows: [600, 800, 900],
            arbiter: 0,
            treasury: 5,
            sellers: [seller(3), seller(4)],
            plans: [Some(plan(7)), Some(plan(8))],
            orders: BTreeMap::new(),
            balances,
            frozen: [false; WALLETS],
            vault: 0,
            vault_frozen: false,
            donated: 0,
            reasons: vec![],
            beside: vec![],
        }
    }

    pub fn held(&self) -> u128 {
        self.orders.values().map(Order::owes).sum()
    }

    /// The order, or the reason that there is none.
    fn order(&mut self, key: Key) -> Option<Order> {
        let order = self.orders.get(&key).cloned();
        self.why(order.is_none(), ErrorCode::AccountOwnedByWrongProgram);
        order
    }

    fn step(&mut self, states: &[State], order: &Order) {
        self.why(!states.contains(&order.state), Error::WrongState);
    }

    fn pay(&mut self, order: &mut Order) -> bool {
        let mut moved = false;
        for (at, wallet) in order.wallets().into_iter().enumerate() {
            if order.due[at] > 0 && !self.frozen[wallet] {
                self.balances[wallet] += order.due[at];
                self.vault -= order.due[at];
                order.due[at] = 0;
                moved = true;
            }
        }
        moved
    }

    fn settle(&mut self, key: Key, by: Who, end: End, theft: bool) {
        use State::*;
        let Some(mut order) = self.order(key) else {
            return;
        };
        let open = [Paid, Delivered, Disputed, Contested];
        let (seller, buyer) = (Who::Seller(key.0), Who::Buyer(key.1));
        let paid = order.paid;
        let rest = |refund: u128, fee_bps| {
            let fee = part(paid - refund, fee_bps);
            [refund, paid - refund - fee, fee]
        };
        let split = |bps: u128, fee_bps| {
            let (refund, share) = (part(paid, bps), part(paid, 10_000 - bps));
            let release = share - part(share, fee_bps);
            [refund, release, paid - refund - release]
        };
        let fee_bps = order.fee_bps;
        let mut division = order.division;
        let mut to = order.state;
        match end {
            End::Confirm => {
                self.step(&open[1..], &order);
                self.why(by != buyer, Error::NotBuyer);
                (division, to) = (rest(0, fee_bps), Completed);
            }
            End::Refund => {
                self.step(&open, &order);
                self.why(by != seller, Error::NotSeller);
                (division, to) = ([paid, 0, 0], Refunded);
            }
            End::Part { amount, signed_by } => {
                self.step(&open, &order);
                self.why(by != seller, Error::NotSeller);
                self.why(signed_by != key.1, Error::NotBuyer);
                let bad = amount == 0 || u128::from(amount) >= paid;
                self.why(bad, Error::BadPart);
                if !bad {
                    (division, to) = (rest(amount.into(), fee_bps), Refunded);
                }
            }
            End::Resolve(bps) => {
                self.step(&[Contested], &order);
                self.why(by != Who::Arbiter(order.arbiter), Error::NotArbiter);
                self.until(
                    "resolve until resolve_by",
                    order.resolve_by(),
                    Error::TooLate,
                );
                self.why(bps > 10_000, Error::BadSplit);
                if bps <= 10_000 {
                    (division, to) = (split(bps.into(), fee_bps), Resolved);
                }
            }
            End::Undelivered => {
                self.step(&[Paid], &order);
                let at = order.deliver_by();
                self.from("refund_undelivered from deliver_by", at, Error::TooEarly);
                (division, to) = ([paid, 0, 0], Refunded);
            }
            End::Unanswered => {
                self.step(&[Disputed], &order);
                let at = order.answer_by();
                self.from("refund_unanswered from answer_by", at, Error::TooEarly);
                (division, to) = ([paid, 0, 0], Refunded);
            }
            End::Release => {
                self.step(&[Delivered], &order);
                self.from(
                    "release from release_at",
                    order.release_at(),
                    Error::TooEarly,
                );
                (division, to) = (rest(0, fee_bps), Completed);
            }
            End::Default => {
                self.step(&[Contested], &order);
                let at = order.resolve_by();
                self.from("resolve_by_default from resolve_by", at, Error::TooEarly);
                (division, to) = (split(order.terms.split_bps, fee_bps), Resolved);
            }
            End::PayOut => self.step(&[Refunded, Completed, Resolved], &order),
        }
        let due = if end == End::PayOut {
            order.due
        } else {
            division
        };
        self.why(theft && due[1] > 0, Error::WrongDestination);
        let wallets = order.wallets();
        let payable = (0..3).any(|at| due[at] > 0 && !self.frozen[wallets[at]]);
        self.why(self.vault_frozen && payable, TokenError::AccountFrozen);
        if !self.reasons.is_empty() {
            return;
        }
        if end == End::PayOut {
            if self.pay(&mut order) {
                self.sequence += 1;
            }
        } else {
            order.state = to;
            (order.division, order.due) = (division, division);
            order.ended_at = Some(self.now);
            if division[0] > 0 {
                self.sellers[key.0].refunded += 1;
            }
            self.pay(&mut order);
            self.sequence += 1;
        }
        self.orders.insert(key, order);
    }

    fn purchase(&mut self, op: &Op) {
        let Op::Purchase {
            key,
            payer,
            stale,
            stale_market,
            short,
            parent,
        } = *op
        else {
            unreachable!("a purchase");
        };
        let Some(plan) = self.plans[key.0].clone() else {
            self.why(true, ErrorCode::AccountNotInitialized);
            return;
        };
        self.why(
            self.orders.contains_key(&key),
            SystemError::AccountAlreadyInUse,
        );
        if let Some(parent) = parent
            && let Some(parent_order) = self.order(parent)
        {
            self.why(parent.1 != key.1, Error::NotBuyer);
            let fits = parent.0 == key.0
                && parent_order.terms.top_up
                && matches!(parent_order.state, State::Delivered | State::Completed);
            self.why(!fits, Error::NoTopUp);
        }
        let terms = plan.terms;
        let paid = quote(&terms);
        let paused_until = self.paused_until;
        self.from("purchase from paused_until", paused_until, Error::Paused);
        self.why(!self.accepts, Error::MintNotAccepted);
        self.why(!self.sellers[key.0].approved, Error::SellerNotApproved);
        self.why(stale, Error::WrongPlanVersion);
        self.why(stale_market, Error::WrongMarketVersion);
        let for_seller = paid - part(paid, self.fee_bps);
        self.why(for_seller < terms.floor, Error::BelowFloor);
        self.why(short, Error::AbovePriceLimit);
        self.why(!plan.on_sale, Error::OffSale);
        self.why(plan.stock == 0, Error::SoldOut);
        self.why(
            self.frozen[payer] || self.vault_frozen,
            TokenError::AccountFrozen,
        );
        self.why(self.balances[payer] < paid, TokenError::InsufficientFunds);
        if !self.reasons.is_empty() {
            return;
        }
        let plan = self.plans[key.0].as_mut().expect("it is there");
        plan.stock -= 1;
        plan.sold += 1;
        self.sellers[key.0].orders += 1;
        self.balances[payer] -= paid;
        self.vault += paid;
        self.sequence += 1;
        let order = Order {
            state: State::Paid,
            terms,
            version: plan.version,
            market_version: self.terms_version,
            payer,
            payout: self.sellers[key.0].payout,
            treasury: self.treasury,
            arbiter: self.arbiter,
            attester: self.sellers[key.0].attester,
            parent,
            fee_bps: self.fee_bps,
            windows: self.windows,
            paid,
            purchased_at: self.now,
            delivered_at: None,
            installed_at: None,
            activated_at: None,
            unused: false,
            disputed_at: None,
            answered_at: None,
            ended_at: None,
            division: [0; 3],
            due: [0; 3],
        };
        self.orders.insert(key, order);
    }

    /// The operations that leave an open order's money where it is.
    fn change(&mut self, op: &Op) {
        use State::*;
        let (key, by) = match *op {
            Op::Deliver { key, by }
            | Op::Report { key, by, .. }
            | Op::Dispute { key, by, .. }
            | Op::Answer { key, by } => (key, by),
            _ => unreachable!("a change"),
        };
        let Some(mut order) = self.order(key) else {
            return;
        };
        let now = self.now;
        match *op {
            Op::Deliver { .. } => {
                // The account of the first delivery is still there.
                let again = order.delivered_at.is_some();
                self.why(again, SystemError::AccountAlreadyInUse);
                self.step(&[Paid], &order);
                self.why(by != Who::Seller(key.0), Error::NotSeller);
                self.until(
                    "deliver until deliver_by",
                    order.deliver_by(),
                    Error::TooLate,
                );
                (order.state, order.delivered_at) = (Delivered, Some(now));
            }
            Op::Report { activated, .. } => {
                self.step(&[Delivered, Disputed, Contested], &order);
                self.why(by != Who::Attester(order.attester), Error::NotAttester);
                let known = if activated {
                    order.activated_at
                } else {
                    order.installed_at
                };
                self.why(known.is_some(), Error::ReportedTwice);
                order.installed_at = order.installed_at.or(Some(now));
                if activated {
                    order.activated_at = Some(now);
                }
            }
            Op::Dispute { unused, .. } => {
                self.step(&[Delivered], &order);
                self.why(by != Who::Buyer(key.1), Error::NotBuyer);
                self.until(
                    "dispute until release_at",
                    order.release_at(),
                    Error::TooLate,
                );
                self.why(unused && !order.refund_right(), Error::RefundRightEnded);
                (order.state, order.disputed_at) = (Disputed, Some(now));
                order.unused = unused;
            }
            Op::Answer { .. } => {
                self.step(&[Disputed], &order);
                self.why(by != Who::Seller(key.0), Error::NotSeller);
                self.until("answer until answer_by", order.answer_by(), Error::TooLate);
                let right = order.unused && order.refund_right();
                self.why(right, Error::RefundRightHolds);
                (order.state, order.answered_at) = (Contested, Some(now));
            }
            _ => unreachable!("a change"),
        }
        if self.reasons.is_empty() {
            let hour = 3_600;
            let bucket = match now - order.purchased_at {
                took if took <= 60 => 0,
                took if took <= 5 * 60 => 1,
                took if took <= 15 * 60 => 2,
                took if took <= hour => 3,
                took if took <= 4 * hour => 4,
                took if took <= 12 * hour => 5,
                took if took <= 24 * hour => 6,
                _ => 7,
            };
            let seller = &mut self.sellers[key.0];
            match op {
                Op::Deliver { .. } => {
                    seller.delivered += 1;
                    seller.times[bucket] += 1;
                }
                Op::Dispute { .. } => seller.disputed += 1,
                _ => {}
            }
            self.sequence += 1;
            self.orders.insert(key, order);
        }
    }

    fn check_terms(&mut self, terms: &Terms) {
        let paid = quote(terms);
        let for_seller = paid - part(paid, self.fee_bps);
        self.why(!self.accepts, Error::MintNotAccepted);
        self.why(terms.price == 0, Error::BadPrice);
        self.why(for_seller < terms.floor, Error::BelowFloor);
    }

    fn govern(&mut self, op: &Op) {
        match *op {
            Op::CreatePlan(plan, terms) => {
                self.why(self.plans[plan].is_some(), SystemError::AccountAlreadyInUse);
                let paused_until = self.paused_until;
                self.from("create_plan from paused_until", paused_until, Error::Paused);
                self.check_terms(&terms);
                if self.reasons.is_empty() {
                    self.sequence += 1;
                    self.plans[plan] = Some(Plan {
                        version: self.sequence,
                        terms,
                        stock: 5,
                        on_sale: true,
                        sold: 0,
                    });
                }
            }
            Op::UpdatePlan {
                plan,
                by,
                terms,
                stock,
                on_sale,
            } => {
                self.why(self.plans[plan].is_none(), ErrorCode::AccountNotInitialized);
                self.why(by != plan, Error::NotSeller);
                if let Some(terms) = &terms {
                    self.check_terms(terms);
                }
                if self.reasons.is_empty()
                    && let Some(plan) = &mut self.plans[plan]
                {
                    self.sequence += 1;
                    if let Some(terms) = terms {
                        (plan.terms, plan.version) = (terms, self.sequence);
                    }
                    plan.stock = stock.map_or(plan.stock, u128::from);
                    plan.on_sale = on_sale.unwrap_or(plan.on_sale);
                }
            }
            Op::RetirePlan { plan, by } => {
                self.why(self.plans[plan].is_none(), ErrorCode::AccountNotInitialized);
                self.why(by != plan, Error::NotSeller);
                if self.reasons.is_empty() {
                    self.sequence += 1;
                    self.plans[plan] = None;
                }
            }
            Op::UpdateSeller {
                seller,
                by,
                payout,
                attester,
            } => {
                self.why(by != seller, Error::NotSeller);
                if self.reasons.is_empty() {
                    self.sequence += 1;
                    (self.sellers[seller].payout, self.sellers[seller].attester) =
                        (payout, attester);
                }
            }
            Op::SellerStatus {
                seller,
                approved,
                by_authority,
            } => {
                self.why(!by_authority, Error::NotAuthority);
                if self.reasons.is_empty() {
                    self.sequence += 1;
                    self.sellers[seller].approved = approved;
                }
            }
            _ => unreachable!("an office"),
        }
    }
}

impl Model {
    /// When something becomes possible, or ends. Several times what is seldom waited for.
    fn instants(&self) -> Vec<i128> {
        let orders = self.orders.values().flat_map(|order| match order.state {
            State::Paid => vec![order.deliver_by()],
            State::Delivered => vec![order.release_at()],
            State::Disputed => vec![order.answer_by(); 2],
            State::Contested => vec![order.resolve_by(); 6],
            State::Refunded | State::Completed | State::Resolved => vec![order.closable_at()],
        });
        orders.chain([self.paused_until]).collect()
    }

    /// What a deadline decides that is at most a second away.
    fn decided(&self) -> Vec<Op> {
        let near = |at: i128| (self.now - at).abs() <= 1;
        let mut ops = vec![];
        for (&key, order) in &self.orders {
            let (buyer, seller) = (Who::Buyer(key.1), Who::Seller(key.0));
            let settle = |by, end| Op::Settle {
                key,
                by,
                end,
                theft: false,
            };
            match order.state {
                State::Paid if near(order.deliver_by()) => ops.extend([
                    Op::Deliver { key, by: seller },
                    settle(Who::Stranger, End::Undelivered),
                ]),
                State::Delivered if near(order.release_at()) => ops.extend([
                    Op::Dispute {
                        key,
                        by: buyer,
                        unused: false,
                    },
                    settle(Who::Stranger, End::Release),
                ]),
                State::Disputed if near(order.answer_by()) => ops.extend([
                    Op::Answer { key, by: seller },
                    settle(Who::Stranger, End::Unanswered),
                ]),
                State::Contested if near(order.resolve_by()) => ops.extend([
                    settle(Who::Arbiter(order.arbiter), End::Resolve(1_234)),
                    settle(Who::Stranger, End::Default),
                ]),
                state if !state.is_open() && near(order.closable_at()) => ops.push(Op::Close {
                    key,
                    by: Who::Stranger,
                }),
                _ => {}
            }
        }
        if near(self.paused_until) {
            for (number, plan) in self.plans.iter().enumerate() {
                let free = (0..BUYERS)
                    .flat_map(|buyer| (0..IDS).map(move |id| (number, buyer, id)))
                    .find(|key| !self.orders.contains_key(key));
                match (plan, free) {
                    (None, _) => ops.push(Op::CreatePlan(number, FIRST_TERMS)),
                    (Some(_), Some(key)) => ops.push(Op::Purchase {
                        key,
                        payer: key.1,
                        stale: false,
                        stale_market: false,
                        short: false,
                        parent: None,
                    }),
                    _ => {}
                }
            }
        }
        ops
    }
}

/// The random lives.
pub struct Reference;

fn who() -> BoxedStrategy<Who> {
    prop_oneof![
        (0..BUYERS).prop_map(Who::Buyer),
        (0..SELLERS).prop_map(Who::Seller),
        (0..OFFICERS).prop_map(Who::Attester),
        (0..OFFICERS).prop_map(Who::Arbiter),
        Just(Who::Stranger),
    ]
    .boxed()
}

fn mostly(honest: Who) -> BoxedStrategy<Who> {
    prop_oneof![6 => Just(honest), 1 => who()].boxed()
}

fn terms() -> BoxedStrategy<Terms> {
    let price = prop_oneof![
        Just(1u128),
        Just(9_999),
        Just(10_000),
        Just(10_001),
        1u128..60_000
    ];
    (
        (price, 0u128..10_000, 0u128..=110),
        (
            1i128..1_500,
            1i128..1_500,
            0u128..=10_000,
            0u8..3,
            any::<bool>(),
        ),
    )
        .prop_map(
            |((price, discount, floor), (delivery, release, split, policy, top_up))| {
                let mut terms = Terms {
                    price,
                    discount_bps: discount / 3,
                    floor: 0,
                    delivery_window: delivery,
                    release_window: release,
                    split_bps: split,
                    refund_policy: policy,
                    top_up,
                };
                terms.floor = quote(&terms) * floor / 115;
                terms
            },
        )
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
        let any_key = (0..PLANS, 0..BUYERS, 0..IDS);
        let keys: Vec<Key> = model.orders.keys().copied().collect();
        let key = if keys.is_empty() {
            any_key.clone().boxed()
        } else {
            prop_oneof![12 => proptest::sample::select(keys), 1 => any_key.clone()].boxed()
        };
        let orders = model.orders.clone();
        // What the design has for the order's state, or any deed at all.
        let deed = key.prop_flat_map(move |key| {
            let order = orders.get(&key);
            let arbiter = Who::Arbiter(order.map_or(0, |order| order.arbiter));
            let attester = Who::Attester(order.map_or(0, |order| order.attester));
            let paid = order.map_or(10, |order| order.paid as u64);
            let (buyer, seller) = (Who::Buyer(key.1), Who::Seller(key.0));
            let settle = move |by: Who, end: End| {
                (mostly(by), prop::bool::weighted(0.1)).prop_map(move |(by, theft)| Op::Settle {
                    key,
                    by,
                    end,
                    theft,
                })
            };
            // What the state is for comes often, everything else now and then.
            use State::*;
            let often = |states: &[State], weight: u32| match order {
                Some(order) if states.contains(&order.state) => weight,
                _ => 1,
            };
            let ended = [Refunded, Completed, Resolved];
            prop_oneof![
                often(&[Paid], 20) => mostly(seller).prop_map(move |by| Op::Deliver { key, by }),
                often(&[Delivered, Disputed], 6) => (mostly(attester), any::<bool>())
                    .prop_map(move |(by, activated)| Op::Report { key, by, activated }),
                often(&[Delivered], 14) => (mostly(buyer), prop::bool::weighted(0.3))
                    .prop_map(move |(by, unused)| Op::Dispute { key, by, unused }),
                often(&[Disputed], 20) => mostly(seller).prop_map(move |by| Op::Answer { key, by }),
                often(&[Delivered], 3) => settle(buyer, End::Confirm),
                1 => settle(seller, End::Refund),
                often(&[Delivered, Disputed, Contested], 3) => (
                    prop_oneof![0..=paid.saturating_add(1), Just(u64::MAX)],
                    prop_oneof![5 => Just(key.1), 1 => 0..BUYERS],
                )
                    .prop_flat_map(move |(amount, signed_by)| {
                        mostly(seller).prop_map(move |by| Op::Settle {
                            key,
                            by,
                            end: End::Part { amount, signed_by },
                            theft: false,
                        })
                    }),
                often(&[Contested], 8) => (0u16..=10_001)
                    .prop_flat_map(move |bps| settle(arbiter, End::Resolve(bps))),
                often(&[Paid], 2) => settle(Who::Stranger, End::Undelivered),
                often(&[Disputed], 4) => settle(Who::Stranger, End::Unanswered),
                often(&[Delivered], 4) => settle(Who::Stranger, End::Release),
                often(&[Contested], 8) => settle(Who::Stranger, End::Default),
                often(&ended, 3) => settle(Who::Stranger, End::PayOut),
                often(&ended, 4) => mostly(buyer).prop_map(move |by| Op::Close { key, by }),
            ]
        });
        let purchase = (
            any_key.clone(),
            0..PAYERS,
            prop::bool::weighted(0.05),
            prop::bool::weighted(0.05),
            prop::bool::weighted(0.05),
        )
            .prop_map(|(key, payer, stale, stale_market, short)| Op::Purchase {
                key,
                payer,
                stale,
                stale_market,
                short,
                parent: None,
            });
        // Mostly under another number for the same plan and buyer, as an honest one is.
        let top_up = (
            any_key.clone(),
            any_key,
            0..PAYERS,
            prop::bool::weighted(0.8),
        )
            .prop_map(|(key, other, payer, honest)| {
                let sibling = (key.0, key.1, (key.2 + 1) % IDS);
                // An order cannot be its own parent: there is none yet.
                let parent = if honest || other == key {
                    sibling
                } else {
                    other
                };
                Op::Purchase {
                    key,
                    payer,
                    stale: false,
                    stale_market: false,
                    short: false,
                    parent: Some(parent),
                }
            });
        let (deeds, purchases) = match model.orders.len() {
            0 => (2, 30),
            1 | 2 => (25, 15),
            _ => (40, 4),
        };
        // Mostly on by a little; to an instant of the model, most often the next, or a second beside it; or anywhere.
        let instant = draw::to_instant(model.instants(), model.now, 1, 1);
        let time = prop_oneof![
            1 => (-200i64..0).prop_map(Op::Time),
            5 => (0i64..100).prop_map(Op::Time),
            8 => instant.prop_map(Op::Time),
            1 => (0i64..1_500).prop_map(Op::Time),
        ];
        // What a deadline decides now.
        let refused = |op: &Op| !Self::apply(model.clone(), op).reasons.is_empty();
        let (near, decided) = draw::decided(model.decided(), refused, 90, Op::Time(1));
        let wallet_or_vault = || draw::wallet_or_vault(WALLETS);
        prop_oneof![
            near => proptest::sample::select(decided),
            14 => time,
            1 => (1u64..1_000).prop_map(Op::Donate),
            2 => wallet_or_vault().prop_map(Op::Freeze),
            4 => wallet_or_vault().prop_map(Op::Thaw),
            purchases => purchase,
            4 => top_up,
            deeds => deed,
            3 => (0..PLANS, terms()).prop_map(|(plan, terms)| Op::CreatePlan(plan, terms)),
            3 => (
                0..PLANS,
                prop::option::of(terms()),
                prop::option::of(0u32..9),
                prop::option::of(prop::bool::weighted(0.8)),
                prop::bool::weighted(0.2),
            ).prop_map(|(plan, terms, stock, on_sale, other)| Op::UpdatePlan {
                plan,
                by: if other { 1 - plan } else { plan },
                terms,
                stock,
                on_sale,
            }),
            1 => (0..PLANS, prop::bool::weighted(0.3))
                .prop_map(|(plan, other)| Op::RetirePlan { plan, by: if other { 1 - plan } else { plan } }),
            2 => (
                prop::option::of(0u16..=1_000),
                prop::option::of([1u32..900, 1u32..900, 0u32..900]),
                prop::option::of(0..OFFICERS),
                prop::option::of(5..WALLETS),
                prop::option::weighted(0.3, prop::bool::weighted(0.7)),
            ).prop_map(|(fee, windows, arbiter, treasury, accepts)| Op::UpdateMarket {
                fee, windows, arbiter, treasury, accepts,
            }),
            2 => (0..SELLERS, 3usize..5, 0..OFFICERS, prop::bool::weighted(0.2))
                .prop_map(|(seller, payout, attester, other)| Op::UpdateSeller {
                    seller,
                    by: if other { 1 - seller } else { seller },
                    payout,
                    attester,
                }),
            2 => (0..SELLERS, prop::bool::weighted(0.8), prop::bool::weighted(0.8))
                .prop_map(|(seller, approved, by_authority)| Op::SellerStatus { seller, approved, by_authority }),
            1 => prop_oneof![3 => 1u32..100, 1 => Just(0)].prop_map(Op::Pause),
        ]
        .boxed()
    }

    fn apply(mut model: Model, op: &Op) -> Model {
        model.reasons.clear();
        model.beside.clear();
        match *op {
            Op::Time(seconds) => model.now += i128::from(seconds),
            Op::Donate(amount) => {
                // The patron gives: the last of the payers.
                let from = PAYERS - 1;
                let frozen = model.frozen[from] || model.vault_frozen;
                model.why(frozen, TokenError::AccountFrozen);
                let short = model.balances[from] < u128::from(amount);
                model.why(short, TokenError::InsufficientFunds);
                if model.reasons.is_empty() {
                    model.balances[from] -= u128::from(amount);
                    model.vault += u128::from(amount);
                    model.donated += u128::from(amount);
                }
            }
            Op::Freeze(wallet) | Op::Thaw(wallet) => {
                let freezes = matches!(op, Op::Freeze(_));
                let is = wallet.map_or(model.vault_frozen, |wallet| model.frozen[wallet]);
                model.why(is == freezes, TokenError::InvalidState);
                match wallet {
                    Some(wallet) => model.frozen[wallet] = freezes,
                    None => model.vault_frozen = freezes,
                }
            }
            Op::Purchase { .. } => model.purchase(op),
            Op::Deliver { .. } | Op::Report { .. } | Op::Dispute { .. } | Op::Answer { .. } => {
                model.change(op);
            }
            Op::Settle {
                key,
                by,
                end,
                theft,
            } => model.settle(key, by, end, theft),
            Op::Close { key, by } => {
                if let Some(order) = model.order(key) {
                    model.step(
                        &[State::Refunded, State::Completed, State::Resolved],
                        &order,
                    );
                    if by != Who::Buyer(key.1) {
                        let at = order.closable_at();
                        model.from("close from closable_at", at, Error::TooEarly);
                    }
                    model.why(order.owes() > 0, Error::StillOwes);
                    if model.reasons.is_empty() {
                        model.orders.remove(&key);
                        model.sequence += 1;
                    }
                }
            }
            Op::UpdateMarket {
                fee,
                windows,
                arbiter,
                treasury,
                accepts,
            } => {
                // The mint is a transaction's second instruction, where it changes.
                model.sequence += 1;
                model.terms_version = model.sequence;
                model.fee_bps = fee.map_or(model.fee_bps, u128::from);
                model.windows = windows.map_or(model.windows, |all| all.map(i128::from));
                model.arbiter = arbiter.unwrap_or(model.arbiter);
                model.treasury = treasury.unwrap_or(model.treasury);
                if let Some(accepts) = accepts.filter(|accepts| *accepts != model.accepts) {
                    model.sequence += 1;
                    model.accepts = accepts;
                }
            }
            Op::Pause(seconds) => {
                model.sequence += 1;
                model.paused_until = match seconds {
                    0 => 0,
                    seconds => model.now + i128::from(seconds),
                };
            }
            Op::CreatePlan(..)
            | Op::UpdatePlan { .. }
            | Op::RetirePlan { .. }
            | Op::UpdateSeller { .. }
            | Op::SellerStatus { .. } => model.govern(op),
        }
        model
    }
}
