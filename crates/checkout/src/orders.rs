//! Orders: where they stand, how they are found, and what their buyers and anybody can do with them.

use std::collections::HashMap;

use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_STANDARD};
use esim_market::state::{Action, Actor, Delivery, DisputeReason, Order, OrderState};
use serde::Serialize;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_client::error::ClientError;
use wayfare_client::esim::instruction::{self, SettleAccounts};
use wayfare_client::esim::orders::{self, Step};
use wayfare_client::esim::{OrderFilter, address};
use wayfare_client::{send, token};

use crate::problem::Problem;
use crate::purchase::Unsigned;
use crate::shop::Shop;
use crate::words::{Amount, moment, rfc3339, summary};

/// Orders that one answer lists at the most.
const MOST_LISTED: usize = 50;

/// What a buyer can do with an order on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Confirm,
    Dispute(DisputeReason),
    Refund,
    /// Divides as the plan says, since the arbiter was silent.
    Resolve,
    /// Gives the rent back to who paid it. The delivery is gone then.
    Close,
}

/// An order as pages and programs read it. Times are Unix seconds.
#[derive(Debug, Serialize)]
pub struct OrderInfo {
    pub order: String,
    pub market: String,
    pub plan: String,
    /// `None` when the plan was retired.
    pub plan_id: Option<String>,
    pub buyer: String,
    pub payer: String,
    /// As text: it can be more than a double holds.
    pub order_id: String,
    /// The order that this one tops up: whose key the delivery is encrypted to.
    pub parent: Option<String>,
    pub state: &'static str,
    pub summary: String,
    /// Base58 of the X25519 key that the delivery is encrypted to.
    pub encryption_key: String,
    /// Hexadecimal.
    pub commitment: Option<String>,
    /// Base64.
    pub ciphertext: Option<String>,
    pub price: Amount,
    pub refunded: Amount,
    pub now: i64,
    pub purchased_at: i64,
    pub deliver_by: i64,
    pub delivered_at: Option<i64>,
    pub release_at: Option<i64>,
    pub answer_by: Option<i64>,
    pub resolve_by: Option<i64>,
    pub ended_at: Option<i64>,
    /// Those of the times that matter in this state, in order.
    pub moments: Vec<Moment>,
    pub steps: Vec<StepInfo>,
    pub dispute_reasons: Vec<&'static str>,
}

/// A time of an order as people read it.
#[derive(Debug, Serialize)]
pub struct Moment {
    pub name: &'static str,
    /// In RFC 3339.
    pub at: String,
    pub text: String,
}

/// Something that can be done with an order on a page.
#[derive(Debug, Serialize)]
pub struct StepInfo {
    pub action: &'static str,
    pub by: &'static str,
    /// Whether it can be done now.
    pub open: bool,
    pub from: Option<i64>,
    pub until: Option<i64>,
}

/// A page of the orders that were found.
#[derive(Debug, Serialize)]
pub struct Found {
    pub orders: Vec<OrderInfo>,
    /// From 1 on.
    pub page: usize,
    pub pages: usize,
}

impl StepInfo {
    /// `None` for what is not done on a page.
    fn new(step: &Step, now: i64) -> Option<Self> {
        let action = match step.action {
            Action::Confirm => "confirm",
            Action::Dispute => "dispute",
            Action::RefundUndelivered | Action::RefundUnanswered => "refund",
            Action::ResolveByDefault => "resolve",
            Action::CloseOwn => "close",
            _ => return None,
        };
        Some(Self {
            action,
            by: match step.actor {
                Actor::Anyone => "anyone",
                _ => "buyer",
            },
            open: step.is_open(now),
            from: step.from,
            until: step.until,
        })
    }
}

impl OrderInfo {
    fn new(
        at: &Pubkey,
        order: &Order,
        plan_id: Option<String>,
        delivery: Option<&Delivery>,
        decimals: u8,
        now: i64,
    ) -> Self {
        let happened = |at: i64| (at != 0).then_some(at);
        let amount = |units| Amount::new(units, decimals, &order.terms.mint);
        let none = [0; 32];
        let mut steps: Vec<StepInfo> = orders::steps(order, now)
            .iter()
            .filter_map(|step| StepInfo::new(step, now))
            .collect();
        // What was decided for who paid, and could not be paid at once.
        if order.refund_due > 0 {
            steps.push(StepInfo {
                action: "refund",
                by: "anyone",
                open: true,
                from: None,
                until: None,
            });
        }
        Self {
            order: at.to_string(),
            market: order.market.to_string(),
            plan: order.plan.to_string(),
            plan_id,
            buyer: order.buyer.to_string(),
            payer: order.payer.to_string(),
            order_id: order.order_id.to_string(),
            parent: (order.parent.to_bytes() != none).then(|| order.parent.to_string()),
            state: orders::state_name(order),
            summary: summary(order, decimals, now),
            encryption_key: Pubkey::new_from_array(order.encryption_key).to_string(),
            // Whatever it is: one that no delivery can have, such as zeros, is a fault of the seller's.
            commitment: order.was_delivered().then(|| hex::encode(order.commitment)),
            ciphertext: delivery.map(|delivery| BASE64_STANDARD.encode(&delivery.ciphertext)),
            price: amount(order.paid),
            refunded: amount(order.refunded),
            now,
            purchased_at: order.purchased_at,
            deliver_by: order.deliver_by,
            delivered_at: happened(order.delivered_at),
            release_at: happened(order.release_at),
            answer_by: happened(order.answer_by),
            resolve_by: happened(order.resolve_by),
            ended_at: happened(order.ended_at),
            moments: moments(order),
            dispute_reasons: reasons(order),
            steps,
        }
    }
}

/// When things happened to an order, and by when the next one must.
fn moments(order: &Order) -> Vec<Moment> {
    let state = order.state().ok();
    let happened = |name, at: i64| (name, at, at != 0);
    let due = |name, at, then| (name, at, state == Some(then));
    [
        happened("Bought", order.purchased_at),
        due("To be delivered by", order.deliver_by, OrderState::Paid),
        happened("Delivered", order.delivered_at),
        due("Complain before", order.release_at, OrderState::Delivered),
        due("Answer due by", order.answer_by, OrderState::Disputed),
        due("Decision due by", order.resolve_by, OrderState::Contested),
        happened("Ended", order.ended_at),
    ]
    .into_iter()
    .filter(|(.., is_shown)| *is_shown)
    .map(|(name, at, _)| Moment {
        name,
        at: rfc3339(at),
        text: moment(at),
    })
    .collect()
}

/// What the order's buyer can complain about.
fn reasons(order: &Order) -> Vec<&'static str> {
    let right_holds = order.refund_right_holds().unwrap_or(false);
    DisputeReason::ALL
        .iter()
        .copied()
        .filter(|reason| right_holds || *reason != DisputeReason::Unused)
        .filter_map(orders::reason_name)
        .collect()
}

/// A complaint by its name.
pub fn read_reason(name: Option<&str>) -> Result<DisputeReason, Problem> {
    DisputeReason::ALL
        .iter()
        .copied()
        .find(|reason| name.is_some() && orders::reason_name(*reason) == name)
        .ok_or_else(|| {
            let names: Vec<_> = DisputeReason::ALL
                .iter()
                .copied()
                .filter_map(orders::reason_name)
                .collect();
            Problem::bad_request(format!("reason is none of {}", names.join(", ")))
        })
}

/// Reads an order's address; what is no address is no order.
pub fn order_address(text: &str) -> Result<Pubkey, Problem> {
    text.parse().map_err(|_| no_order(text))
}

fn no_order(order: impl std::fmt::Display) -> Problem {
    Problem::not_found(
        "no-order",
        format!("there is no order {order} in this shop: it was closed, or is not paid yet"),
    )
}

impl Shop {
    /// An order of this market.
    pub fn order(&self, at: &Pubkey) -> Result<OrderInfo, Problem> {
        let order = self.find_order(at)?;
        let mut infos = self.infos(vec![(*at, order)], true)?;
        infos.pop().ok_or_else(|| no_order(at))
    }

    /// A page of the orders of this market that a filter finds, with their deliveries where somebody is to read them.
    ///
    /// A wallet's come the newest first. Those of a key come the oldest first: a key is public once it was paid for, and
    /// whoever buys for it then, to hide the first order behind others, comes after it.
    pub fn orders(
        &self,
        filter: OrderFilter,
        page: usize,
        with_deliveries: bool,
    ) -> Result<Found, Problem> {
        let is_by_key = filter.encryption_key.is_some();
        let mut found = self.cluster.orders(&OrderFilter {
            market: Some(self.market),
            ..filter
        })?;
        if !is_by_key {
            found.reverse();
        }
        let pages = found.len().div_ceil(MOST_LISTED).max(1);
        let page = page.clamp(1, pages);
        let first = page.saturating_sub(1).saturating_mul(MOST_LISTED);
        let found = found.into_iter().skip(first).take(MOST_LISTED).collect();
        Ok(Found {
            orders: self.infos(found, with_deliveries)?,
            page,
            pages,
        })
    }

    fn find_order(&self, at: &Pubkey) -> Result<Order, Problem> {
        match self.cluster.state::<Order>(at) {
            Ok(order) if order.market == self.market => Ok(order),
            Ok(_) | Err(ClientError::Account(_)) => Err(no_order(at)),
            Err(error) => Err(error.into()),
        }
    }

    fn infos(
        &self,
        found: Vec<(Pubkey, Order)>,
        with_deliveries: bool,
    ) -> Result<Vec<OrderInfo>, Problem> {
        if found.is_empty() {
            return Ok(vec![]);
        }
        let catalogue = self.catalogue()?;
        let now = self.cluster.unix_time()?;
        let delivered: Vec<Pubkey> = found
            .iter()
            .filter(|(_, order)| with_deliveries && order.was_delivered())
            .map(|(at, _)| address::delivery(at))
            .collect();
        let deliveries: HashMap<Pubkey, Delivery> = match delivered.is_empty() {
            true => HashMap::new(),
            false => self
                .cluster
                .find_states::<Delivery>(&delivered)?
                .into_iter()
                .flatten()
                .map(|delivery| (delivery.order, delivery))
                .collect(),
        };
        let mut infos = Vec::with_capacity(found.len());
        for (at, order) in found {
            let decimals = match catalogue.decimals(&order.terms.mint) {
                Some(decimals) => decimals,
                None => self.vault(&order.terms.mint)?.1,
            };
            let plan_id = catalogue
                .offer(&order.plan)
                .map(|offer| offer.plan.id.clone());
            let delivery = deliveries.get(&at);
            infos.push(OrderInfo::new(
                &at, &order, plan_id, delivery, decimals, now,
            ));
        }
        Ok(infos)
    }

    /// Builds what a buyer, or for a refund anybody, signs to bring an order on. `account` signs and pays the fee.
    pub fn act(&self, at: &Pubkey, account: &Pubkey, deed: Deed) -> Result<Unsigned, Problem> {
        let order = self.find_order(at)?;
        let now = self.cluster.unix_time()?;
        let (instructions, message) = match deed {
            Deed::Confirm => {
                require_possible(&order, Action::Confirm, account, now)?;
                let (vault, _) = self.vault(&order.terms.mint)?;
                let settle = SettleAccounts::of(*at, &order, vault);
                let confirm = instruction::confirm_delivery(&settle, *account);
                (
                    vec![confirm],
                    "Accept the delivery: the seller is paid at once.",
                )
            }
            Deed::Dispute(reason) => {
                require_possible(&order, Action::Dispute, account, now)?;
                if reason == DisputeReason::Unused && !order.refund_right_holds().unwrap_or(false) {
                    return Err(Problem::conflict(
                        "not-now",
                        "the right to a refund of what is unused has ended: complain for another reason",
                    ));
                }
                let dispute = instruction::dispute(*at, &order, reason);
                (
                    vec![dispute],
                    "Complain about the delivery: the money waits until it is decided.",
                )
            }
            Deed::Refund => (
                self.settle(at, &order, account, refund_due(&order, now)?)?,
                "Bring the refund to the wallet that paid.",
            ),
            Deed::Resolve => {
                let action = Action::ResolveByDefault;
                require_open(&order, action, now)?;
                (
                    self.settle(at, &order, account, action)?,
                    "The arbiter did not decide in time: divide the money as the plan says.",
                )
            }
            Deed::Close => {
                require_possible(&order, Action::CloseOwn, account, now)?;
                let delivery: Option<Delivery> = self.cluster.find_state(&address::delivery(at))?;
                let rent_payer = delivery.map(|delivery| delivery.rent_payer);
                let close = instruction::close_order(*at, &order, rent_payer, *account);
                (
                    vec![close],
                    "Close the order: its deposit goes back to who paid it, and the delivery is erased.",
                )
            }
        };
        let price = send::price(&self.cluster, self.price, &instructions)?;
        let bytes = send::unsigned(&self.cluster, &instructions, account, price)?;
        let is_made = instructions
            .iter()
            .any(|made| made.program_id == spl_associated_token_account_interface::program::ID);
        let message = match is_made {
            true => format!("{message} {}", made_anew(account == &order.payer)),
            false => message.to_owned(),
        };
        Ok(Unsigned {
            transaction: BASE64_STANDARD.encode(bytes),
            message,
            order: None,
        })
    }

    /// What anyone may do to an order's money, with the account that a refund goes to made where there is none.
    fn settle(
        &self,
        at: &Pubkey,
        order: &Order,
        account: &Pubkey,
        action: Action,
    ) -> Result<Vec<Instruction>, Problem> {
        let (vault, _) = self.vault(&order.terms.mint)?;
        let settle = SettleAccounts::of(*at, order, vault);
        let to = self.cluster.account(&settle.refund_to)?;
        let mut instructions = Vec::new();
        if to.is_none() {
            instructions.push(token::create_token_account(
                account,
                &order.payer,
                &vault.mint,
                &vault.token_program,
            ));
        } else if action == Action::PayOut
            && let Some(reason) =
                token::cannot_take(to.as_ref(), &order.payer, &vault.mint, &vault.token_program)
        {
            return Err(Problem::conflict(
                "not-now",
                format!(
                    "the token account {} of who paid {reason}: the refund waits until it can take it",
                    settle.refund_to
                ),
            ));
        }
        instructions.extend(instruction::crank(&settle, *account, action));
        Ok(instructions)
    }
}

/// What is to know where the token account that a refund goes to is made for it.
fn made_anew(is_own: bool) -> &'static str {
    match is_own {
        true => {
            "Your token account for it is gone and is made anew: its deposit of about 0.002 SOL comes back when you close it."
        }
        false => {
            "The wallet that paid has no token account for it any more. One is made, for about 0.002 SOL of yours, which belong to \
             that wallet then and do not come back to you."
        }
    }
}

/// The refund that anyone can bring about now.
fn refund_due(order: &Order, now: i64) -> Result<Action, Problem> {
    match orders::crank(order, now) {
        Some(action @ (Action::RefundUndelivered | Action::RefundUnanswered)) => Ok(action),
        Some(action @ Action::PayOut) if order.refund_due > 0 => Ok(action),
        _ => Err(Problem::conflict(
            "not-now",
            match orders::refund_at(order) {
                Some(at) => format!("a refund is certain from {} on", moment(at)),
                None => "no refund is due now".to_owned(),
            },
        )),
    }
}

/// Refuses what the program would refuse, with the time.
fn require_possible(
    order: &Order,
    action: Action,
    account: &Pubkey,
    now: i64,
) -> Result<(), Problem> {
    if order.buyer != *account {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "not-buyer",
            format!("this order belongs to {}: use that wallet", order.buyer),
        ));
    }
    require_open(order, action, now)
}

fn require_open(order: &Order, action: Action, now: i64) -> Result<(), Problem> {
    let steps = orders::steps(order, now);
    match steps.iter().find(|step| step.action == action) {
        Some(step) if step.is_open(now) => Ok(()),
        Some(Step {
            from: Some(from), ..
        }) => Err(Problem::conflict(
            "not-now",
            format!("that is possible from {} on", moment(*from)),
        )),
        _ => Err(Problem::conflict(
            "not-now",
            format!(
                "that is not possible any more: the order is {}",
                orders::state_name(order)
            ),
        )),
    }
}
