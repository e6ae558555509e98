//! The books of every eSIM market on a chain, and the rules that hold after every transaction.
//!
//! The rules are written down here once more, from the design, in wide integers, and not taken from the program: see
//! docs/invariants.md.

use std::collections::{BTreeMap, BTreeSet};

use anchor_lang::{AccountDeserialize, Discriminator};
use esim_market::state::{
    Delivery, Division, Market, MarketVault, Order, OrderState, Plan, Seller,
};
use solana_account::ReadableAccount;
use solana_pubkey::Pubkey;
use wayfare_core::mint::token_account;

use crate::esim::address;
use crate::esim::event::Event;
use crate::snapshot::Snapshot;

/// Every account of the program.
#[derive(Debug, Default)]
pub struct Books {
    pub markets: BTreeMap<Pubkey, Market>,
    pub vaults: BTreeMap<Pubkey, VaultBooks>,
    pub sellers: BTreeMap<Pubkey, Seller>,
    pub plans: BTreeMap<Pubkey, Plan>,
    pub orders: BTreeMap<Pubkey, OrderBooks>,
    /// By order.
    pub deliveries: BTreeMap<Pubkey, DeliveryBooks>,
}

#[derive(Debug)]
pub struct VaultBooks {
    pub state: MarketVault,
    /// Base units in the token account.
    pub balance: u128,
}

#[derive(Debug)]
pub struct OrderBooks {
    pub state: Order,
    pub lamports: u64,
}

#[derive(Debug)]
pub struct DeliveryBooks {
    pub state: Delivery,
    pub lamports: u64,
}

/// The ways from state to state, as the design has them.
const WAYS: [(OrderState, OrderState); 13] = {
    use OrderState::*;
    [
        (Paid, Delivered),
        (Paid, Refunded),
        (Delivered, Refunded),
        (Delivered, Completed),
        (Delivered, Disputed),
        (Disputed, Refunded),
        (Disputed, Contested),
        (Disputed, Completed),
        (Contested, Refunded),
        (Contested, Completed),
        (Contested, Resolved),
        // In one transaction, an order may go two ways.
        (Paid, Completed),
        (Paid, Disputed),
    ]
};

fn is_open(state: OrderState) -> bool {
    use OrderState::*;
    match state {
        Paid | Delivered | Disputed | Contested => true,
        Refunded | Completed | Resolved => false,
    }
}

fn sum(division: &Division) -> u128 {
    u128::from(division.refund) + u128::from(division.release) + u128::from(division.fee)
}

fn decided(order: &Order) -> Division {
    Division {
        refund: order.refunded,
        release: order.released,
        fee: order.fee,
    }
}

fn due(order: &Order) -> Division {
    Division {
        refund: order.refund_due,
        release: order.release_due,
        fee: order.fee_due,
    }
}

fn state(order: &Order) -> OrderState {
    order.state().expect("a state that there is")
}

/// What a vault holds for an order, in base units.
fn owes(order: &Order) -> u128 {
    if is_open(state(order)) {
        order.paid.into()
    } else {
        sum(&due(order))
    }
}

fn decode<T: AccountDeserialize>(data: &[u8]) -> T {
    T::try_deserialize(&mut &data[..]).expect("an account as the program writes it")
}

impl Books {
    /// Reads every account of the program. One that it could not have written, or not there, is a failure.
    pub fn read(snapshot: &Snapshot) -> Self {
        let mut books = Self::default();
        for (key, account) in snapshot {
            if *account.owner() != esim_market::ID {
                continue;
            }
            let (key, data, lamports) = (*key, account.data(), account.lamports());
            let starts = |discriminator: &[u8]| data.starts_with(discriminator);
            assert_eq!(data[8], 1, "the version of every layout so far");
            let (due, bump) = if starts(Market::DISCRIMINATOR) {
                let state: Market = decode(data);
                let place = (address::market(state.scope.name()), state.scope.bump);
                books.markets.insert(key, state);
                place
            } else if starts(MarketVault::DISCRIMINATOR) {
                let state: MarketVault = decode(data);
                let tokens = &snapshot[&state.tokens];
                let held = token_account(tokens.data()).expect("the vault has a token account");
                assert_eq!(
                    *held.owner,
                    key.to_bytes(),
                    "the vault's tokens are others'"
                );
                assert_eq!(*held.mint, state.mint.to_bytes());
                assert_eq!(*tokens.owner(), state.token_program);
                assert_eq!(state.tokens, address::tokens(&key).0);
                // Delegate (72..76) and close authority (129..133) of the token programs' accounts: none.
                for option in [72..76, 129..133] {
                    assert_eq!(tokens.data()[option], [0; 4], "others control the vault");
                }
                let place = (address::vault(&state.market, &state.mint), state.bump);
                let balance = held.amount.into();
                books.vaults.insert(key, VaultBooks { state, balance });
                place
            } else if starts(Seller::DISCRIMINATOR) {
                let state: Seller = decode(data);
                let place = (address::seller(&state.market, &state.authority), state.bump);
                books.sellers.insert(key, state);
                place
            } else if starts(Plan::DISCRIMINATOR) {
                let state: Plan = decode(data);
                let place = (address::plan(&state.seller, &state.id), state.bump);
                books.plans.insert(key, state);
                place
            } else if starts(Order::DISCRIMINATOR) {
                let state: Order = decode(data);
                let place = address::order(&state.plan, &state.buyer, state.order_id);
                let place = (place, state.bump);
                books.orders.insert(key, OrderBooks { state, lamports });
                place
            } else if starts(Delivery::DISCRIMINATOR) {
                let state: Delivery = decode(data);
                let place = (address::delivery(&state.order), state.bump);
                let order = state.order;
                books
                    .deliveries
                    .insert(order, DeliveryBooks { state, lamports });
                place
            } else {
                panic!("{key} is no account of the program");
            };
            assert_eq!((key, bump), due, "an account stands elsewhere");
        }
        books
    }

    /// Checks the rules of every market, and that nothing happened since `before` but what the events tell.
    pub fn check_after(&self, before: &Self, (was, is): (&Snapshot, &Snapshot), events: &[Event]) {
        self.check();
        for (key, market) in &self.markets {
            let mut sequence = before
                .markets
                .get(key)
                .map_or(0, |market| market.scope.sequence);
            for event in events.iter().filter(|event| event.market() == *key) {
                sequence += 1;
                assert_eq!(
                    event.sequence(),
                    sequence,
                    "an event is missing: {events:?}"
                );
            }
            assert_eq!(market.scope.sequence, sequence, "a change without an event");
        }
        for event in events {
            assert!(self.markets.contains_key(&event.market()));
        }
        for (key, was) in &before.markets {
            let is = self.markets.get(key).expect("no market is ever closed");
            assert!((is.scope.name, is.scope.bump) == (was.scope.name, was.scope.bump));
            assert!(is.terms_version >= was.terms_version, "a version came back");
            assert!(is.terms_version > was.terms_version || is.terms == was.terms);
        }
        for (key, was) in &before.sellers {
            let is = self.sellers.get(key).expect("no seller is ever closed");
            assert!((is.market, is.authority) == (was.market, was.authority));
            for (was, is) in [
                (was.order_count, is.order_count),
                (was.delivered_count, is.delivered_count),
                (was.disputed_count, is.disputed_count),
                (was.refunded_count, is.refunded_count),
            ]
            .into_iter()
            .chain(was.delivery_times.into_iter().zip(is.delivery_times))
            {
                assert!(is >= was, "a seller's counter fell");
            }
        }
        for (key, was) in &before.plans {
            if let Some(is) = self.plans.get(key) {
                assert!(is.terms_version >= was.terms_version, "a version came back");
                assert!(is.terms_version > was.terms_version || is.terms == was.terms);
            }
        }
        for (key, was) in &before.orders {
            self.check_order_after(key, was, before, (&was.state.payer, &is_lamports(is)));
        }
        for (key, order) in &self.orders {
            if !before.orders.contains_key(key) {
                let market = &self.markets[&order.state.market];
                assert!(
                    events
                        .iter()
                        .any(|event| matches!(event, Event::OrderPaid(paid) if paid.order == *key)),
                    "an order that nobody paid: {market:?}"
                );
            }
        }
        self.check_money(before, (was, is), events);
    }

    /// The rules that hold at any time.
    fn check(&self) {
        let mut held: BTreeMap<Pubkey, u128> = BTreeMap::new();
        for (key, OrderBooks { state: order, .. }) in &self.orders {
            let vault = address::vault(&order.market, &order.terms.mint).0;
            *held.entry(vault).or_default() += owes(order);
            check_order(key, order);
            assert_eq!(
                self.deliveries.contains_key(key),
                order.delivered_at != 0,
                "a delivered order has a delivery, and no other"
            );
        }
        for (key, vault) in &self.vaults {
            let sum = held.remove(key).unwrap_or_default();
            assert_eq!(
                u128::from(vault.state.held),
                sum,
                "the vault's books are wrong"
            );
            assert!(
                vault.balance >= sum,
                "the vault does not cover what it holds"
            );
            assert!(self.markets.contains_key(&vault.state.market));
        }
        assert!(held.is_empty(), "an order without a vault");
        for order in self.deliveries.keys() {
            assert!(
                self.orders.contains_key(order),
                "a delivery without an order"
            );
        }
        for (key, market) in &self.markets {
            let mints: BTreeSet<_> = market.mints().iter().collect();
            assert_eq!(mints.len(), usize::from(market.mint_count));
            for mint in mints {
                let vault = address::vault(key, mint).0;
                assert!(self.vaults.contains_key(&vault), "a mint without a vault");
            }
            let unused = &market.mints[usize::from(market.mint_count)..];
            assert!(unused.iter().all(|mint| *mint == Pubkey::default()));
            assert!(market.terms.fee_bps <= 1_000);
            assert!(market.terms_version <= market.scope.sequence);
        }
        let mut plans: BTreeMap<Pubkey, u32> = BTreeMap::new();
        for plan in self.plans.values() {
            *plans.entry(plan.seller).or_default() += 1;
            assert_eq!(self.sellers[&plan.seller].market, plan.market);
            assert!(plan.terms_version <= self.markets[&plan.market].scope.sequence);
        }
        for (key, seller) in &self.sellers {
            assert_eq!(seller.plan_count, plans.remove(key).unwrap_or_default());
            assert!(self.markets.contains_key(&seller.market));
            let times: u128 = seller.delivery_times.iter().map(|n| u128::from(*n)).sum();
            assert_eq!(times, u128::from(seller.delivered_count));
            assert!(seller.delivered_count <= seller.order_count);
            assert!(seller.disputed_count <= seller.delivered_count);
            assert!(seller.refunded_count <= seller.order_count);
        }
    }

    fn check_order_after(
        &self,
        key: &Pubkey,
        was: &OrderBooks,
        before: &Self,
        (payer, lamports): (&Pubkey, &BTreeMap<Pubkey, u64>),
    ) {
        let Some(is) = self.orders.get(key) else {
            // Closed. What it was in the meantime only its events tell.
            assert!(!self.deliveries.contains_key(key));
            let delivery = before.deliveries.get(key);
            for (to, amount) in [(*payer, was.lamports)]
                .into_iter()
                .chain(delivery.map(|delivery| (delivery.state.rent_payer, delivery.lamports)))
            {
                assert!(
                    lamports.get(&to).is_some_and(|has| *has >= amount),
                    "the rent went elsewhere"
                );
            }
            return;
        };
        let (was, is) = (&was.state, &is.state);
        if was.purchased_at != is.purchased_at || was.plan_version != is.plan_version {
            // Closed and bought once more in one transaction.
            return;
        }
        let way = (state(was), state(is));
        assert!(way.0 == way.1 || WAYS.contains(&way), "a way of {way:?}");
        // Everything but what a step may set: the rest is settled when the order is paid.
        let settled = Order {
            commitment: was.commitment,
            answer_hash: was.answer_hash,
            state: was.state,
            reason: was.reason,
            delivered_at: was.delivered_at,
            release_at: was.release_at,
            installed_at: was.installed_at,
            activated_at: was.activated_at,
            disputed_at: was.disputed_at,
            answer_by: was.answer_by,
            resolve_by: was.resolve_by,
            ended_at: was.ended_at,
            closable_at: was.closable_at,
            refunded: was.refunded,
            released: was.released,
            fee: was.fee,
            refund_due: was.refund_due,
            release_due: was.release_due,
            fee_due: was.fee_due,
            ..*is
        };
        assert_eq!(settled, *was, "an order's terms changed");
        for (what, was, is) in [
            ("delivered_at", was.delivered_at, is.delivered_at),
            ("release_at", was.release_at, is.release_at),
            ("installed_at", was.installed_at, is.installed_at),
            ("activated_at", was.activated_at, is.activated_at),
            ("disputed_at", was.disputed_at, is.disputed_at),
            ("answer_by", was.answer_by, is.answer_by),
            ("resolve_by", was.resolve_by, is.resolve_by),
            ("ended_at", was.ended_at, is.ended_at),
            ("closable_at", was.closable_at, is.closable_at),
        ] {
            assert!(was == 0 || was == is, "{what} moved from {was} to {is}");
        }
        if was.delivered_at != 0 {
            assert_eq!(was.commitment, is.commitment);
            let delivery = |books: &Self| books.deliveries[key].state.ciphertext.clone();
            assert_eq!(delivery(before), delivery(self), "the delivery changed");
        }
        if !is_open(state(was)) {
            assert_eq!(decided(was), decided(is), "what was decided changed");
            for (was, is) in [
                (was.refund_due, is.refund_due),
                (was.release_due, is.release_due),
                (was.fee_due, is.fee_due),
            ] {
                assert!(is == was || is == 0, "a part was paid in part");
            }
        }
    }

    /// What the vaults gained and lost, and who got it, against what the events tell.
    fn check_money(&self, before: &Self, (was, is): (&Snapshot, &Snapshot), events: &[Event]) {
        let mut paid: BTreeMap<Pubkey, u128> = BTreeMap::new();
        // By associated token account.
        let mut got: BTreeMap<Pubkey, u128> = BTreeMap::new();
        let mut vault_lost: BTreeMap<Pubkey, u128> = BTreeMap::new();
        let mut dues: BTreeMap<Pubkey, Division> = before
            .orders
            .iter()
            .map(|(key, order)| (*key, due(&order.state)))
            .collect();
        for event in events {
            let (order, owed, due) = match event {
                Event::OrderPaid(event) => {
                    let Some(order) = self.order_in(before, &event.order) else {
                        continue;
                    };
                    let vault = address::vault(&order.market, &order.terms.mint).0;
                    *paid.entry(vault).or_default() += u128::from(event.paid);
                    continue;
                }
                Event::OrderEnded(event) => (event.order, event.division, event.due),
                Event::DuesPaid(event) => (event.order, dues[&event.order], event.due),
                _ => continue,
            };
            dues.insert(order, due);
            let Some(order) = self.order_in(before, &order) else {
                // Bought, ended and closed in one transaction.
                continue;
            };
            let vault = address::vault(&order.market, &order.terms.mint).0;
            let program = self.vaults[&vault].state.token_program;
            for (wallet, owed, due) in [
                (order.payer, owed.refund, due.refund),
                (order.payout, owed.release, due.release),
                (order.treasury, owed.fee, due.fee),
            ] {
                let amount = u128::from(owed) - u128::from(due);
                let to = wayfare_client::token::token_account(&wallet, &order.terms.mint, &program);
                *got.entry(to).or_default() += amount;
                *vault_lost.entry(vault).or_default() += amount;
            }
        }
        for key in before.orders.keys() {
            if !self.orders.contains_key(key) {
                assert_eq!(sum(&dues[key]), 0, "closed with a debt");
            }
        }
        for (key, vault) in &self.vaults {
            let was = before.vaults.get(key).map_or(0, |vault| vault.balance);
            let [paid, lost] = [&paid, &vault_lost].map(|sums| sums.get(key).copied().unwrap_or(0));
            // More, when somebody gave tokens in the same transaction.
            assert!(
                vault.balance + lost >= was + paid,
                "the vault lost what no order's end took"
            );
        }
        if paid.is_empty() {
            for (to, amount) in got.into_iter().filter(|(_, amount)| *amount > 0) {
                let balance = |snapshot: &Snapshot| {
                    snapshot
                        .get(&to)
                        .and_then(|account| token_account(account.data()).map(|held| held.amount))
                        .map_or(0, u128::from)
                };
                assert!(
                    balance(is) >= balance(was) + amount,
                    "the money went elsewhere"
                );
            }
        }
    }

    /// An order as it is, or as it was before it was closed.
    fn order_in<'a>(&'a self, before: &'a Self, key: &Pubkey) -> Option<&'a Order> {
        self.orders
            .get(key)
            .or_else(|| before.orders.get(key))
            .map(|order| &order.state)
    }
}

fn is_lamports(snapshot: &Snapshot) -> BTreeMap<Pubkey, u64> {
    snapshot
        .iter()
        .map(|(key, account)| (*key, account.lamports()))
        .collect()
}

/// The rules of one order at any time.
fn check_order(key: &Pubkey, order: &Order) {
    let (paid, price) = (u128::from(order.paid), u128::from(order.terms.price));
    let discount = price * u128::from(order.terms.discount_bps) / 10_000;
    assert_eq!(u128::from(order.discount), discount);
    assert_eq!(paid, price - discount, "{key} cost another price");
    assert!(paid > 0);
    let decided = decided(order);
    assert!(
        order.refund_due <= decided.refund
            && order.release_due <= decided.release
            && order.fee_due <= decided.fee,
        "more is due than was decided"
    );
    let at = |time: i64| time != 0;
    assert!(at(order.purchased_at));
    assert_eq!(
        order.deliver_by,
        order.purchased_at + i64::from(order.terms.delivery_window)
    );
    assert_eq!(at(order.delivered_at), at(order.release_at));
    if at(order.delivered_at) {
        assert!(order.delivered_at < order.deliver_by);
        let window = i64::from(order.terms.release_window);
        assert_eq!(order.release_at, order.delivered_at + window);
    }
    assert_eq!(at(order.disputed_at), at(order.answer_by));
    if at(order.disputed_at) {
        assert!(order.disputed_at < order.release_at);
        let window = i64::from(order.answer_window);
        assert_eq!(order.answer_by, order.disputed_at + window);
    }
    if is_open(state(order)) {
        assert_eq!((sum(&decided), sum(&due(order))), (0, 0));
        assert_eq!((order.ended_at, order.closable_at), (0, 0));
    } else {
        assert_eq!(sum(&decided), paid, "{key} is not divided to the last unit");
        assert!(at(order.ended_at) && order.closable_at >= order.ended_at);
        // The market gets its share of what is left for the seller, and at most one unit of a split.
        let rest = paid - u128::from(decided.refund);
        let most = rest * u128::from(order.fee_bps) / 10_000 + 1;
        assert!(u128::from(decided.fee) <= most, "a fee above its share");
    }
    match state(order) {
        OrderState::Paid => assert!(!at(order.delivered_at) && !at(order.disputed_at)),
        OrderState::Delivered => assert!(at(order.delivered_at) && !at(order.disputed_at)),
        OrderState::Disputed => assert!(at(order.disputed_at) && !at(order.resolve_by)),
        OrderState::Contested | OrderState::Resolved => assert!(at(order.resolve_by)),
        OrderState::Completed => assert!(at(order.delivered_at) && decided.refund == 0),
        OrderState::Refunded => assert!(decided.refund > 0),
    }
}
