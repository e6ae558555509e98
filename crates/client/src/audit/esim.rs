//! The rules of esim-market.

use std::collections::BTreeMap;

use esim_market::{
    constants::MAX_FEE_BPS,
    errors::EsimMarketError,
    state::{Delivery, Market, MarketVault, Order, OrderState, Plan, Seller},
};
use solana_pubkey::Pubkey;
use wayfare_program::scope::MAX_PAUSE;

use super::{
    Checks, Relation, Rule, Side, Sum, check_pause,
    reading::{Audited, Reading},
    vault::{Vault, check_plain_mint},
};
use crate::esim::{
    account::EsimMarketAccount as Account,
    books::{self, Books, expected_vault},
};

impl Audited for Account {
    fn counts_events(&self) -> bool {
        matches!(self, Self::Market(_))
    }

    fn needs(&self) -> Vec<Pubkey> {
        match self {
            Self::MarketVault(vault) => vec![vault.tokens, vault.mint],
            _ => vec![],
        }
    }
}

/// A market, and what belongs to it.
pub(crate) struct MarketAccounts<'a> {
    address: Pubkey,
    market: &'a Market,
    vaults: Vec<(Pubkey, &'a MarketVault)>,
    sellers: Vec<(Pubkey, &'a Seller)>,
    plans: Vec<(Pubkey, &'a Plan)>,
    orders: Vec<(Pubkey, &'a Order)>,
    /// By order.
    deliveries: BTreeMap<Pubkey, (Pubkey, &'a Delivery)>,
}

/// A market as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct MarketAudit {
    pub state: Box<Market>,
    /// What it holds and owes, with everything that was checked of it.
    pub books: Books,
}

/// The markets of a reading. What belongs to none of them, or to two, is a finding.
pub(crate) fn markets<'a>(
    reading: &'a Reading<Account>,
    checks: &mut Checks,
) -> Vec<MarketAccounts<'a>> {
    let mut markets: BTreeMap<Pubkey, MarketAccounts> = BTreeMap::new();
    for (at, account) in &reading.accounts {
        if let Account::Market(market) = account {
            markets.insert(
                *at,
                MarketAccounts {
                    address: *at,
                    market,
                    vaults: vec![],
                    sellers: vec![],
                    plans: vec![],
                    orders: vec![],
                    deliveries: BTreeMap::new(),
                },
            );
        }
    }
    for (at, account) in &reading.accounts {
        if matches!(account, Account::Market(_)) {
            continue;
        }
        let (market, stray) = parent(reading, account);
        let stray = stray.or_else(|| {
            (!markets.contains_key(&market))
                .then(|| format!("it belongs to {market}, which is no market"))
        });
        checks.fact(
            Rule::AccountBelongs,
            at,
            stray,
            "a market, seller and order that exist and agree",
        );
        // In the books of the market that it names, wherever else it may belong: nothing owed is left out.
        let Some(market) = markets.get_mut(&market) else {
            continue;
        };
        match account {
            Account::Market(_) => {}
            Account::MarketVault(vault) => market.vaults.push((*at, vault)),
            Account::Seller(seller) => market.sellers.push((*at, seller)),
            Account::Plan(plan) => market.plans.push((*at, plan)),
            Account::Order(order) => market.orders.push((*at, order)),
            Account::Delivery(delivery) => {
                market.deliveries.insert(delivery.order, (*at, delivery));
            }
        }
    }
    markets.into_values().collect()
}

/// The market that an account belongs to, and why it does not belong there.
fn parent(reading: &Reading<Account>, account: &Account) -> (Pubkey, Option<String>) {
    let seller_in = |market: &Pubkey, seller: &Pubkey| match reading.accounts.get(seller) {
        Some(Account::Seller(found)) if found.market == *market => None,
        Some(Account::Seller(found)) => Some(format!(
            "its seller {seller} is of market {}, and it of {market}",
            found.market
        )),
        _ => Some(format!("its seller {seller} does not exist")),
    };
    match account {
        Account::Market(_) => (Pubkey::default(), None),
        Account::MarketVault(vault) => (vault.market, None),
        Account::Seller(seller) => (seller.market, None),
        Account::Plan(plan) => (plan.market, seller_in(&plan.market, &plan.seller)),
        Account::Order(order) => {
            // A plan can be retired before its orders.
            let plan = match reading.accounts.get(&order.plan) {
                Some(Account::Plan(plan)) if plan.seller != order.seller => Some(format!(
                    "its plan is of seller {}, and it of {}",
                    plan.seller, order.seller
                )),
                _ => None,
            };
            (
                order.market,
                seller_in(&order.market, &order.seller).or(plan),
            )
        }
        Account::Delivery(delivery) => match reading.accounts.get(&delivery.order) {
            Some(Account::Order(order)) => (order.market, None),
            _ => (
                Pubkey::default(),
                Some(format!("its order {} does not exist", delivery.order)),
            ),
        },
    }
}

/// Checks a market against everything that was read.
pub(crate) fn audit(reading: &Reading<Account>, accounts: &MarketAccounts) -> MarketAudit {
    let MarketAccounts {
        address, market, ..
    } = accounts;
    let vaults = accounts.vaults.iter().map(|(at, vault)| {
        let tokens = reading.others.get(&vault.tokens);
        (*at, *vault, Vault::read(tokens, &expected_vault(at, vault)))
    });
    let mut books = books::books(
        address,
        &books::Parts {
            slot: reading.slot,
            market,
            vaults: vaults.collect(),
            orders: accounts.orders.clone(),
            plans: accounts.plans.clone(),
            sellers: accounts.sellers.clone(),
        },
    );
    let checks = &mut books.checks;
    for (at, vault) in &accounts.vaults {
        check_plain_mint(
            checks,
            Rule::MarketMintIsPlain,
            &expected_vault(at, vault),
            vault.decimals,
            reading.others.get(&vault.mint),
        );
    }
    check_market(checks, address, market);
    check_pause(
        checks,
        Rule::MarketPauseEnds,
        address,
        market.scope.paused_until,
        reading.time.saturating_add(MAX_PAUSE),
    );
    for (at, seller) in &accounts.sellers {
        check_keys(
            checks,
            at,
            &[
                ("authority", seller.authority),
                ("payout", seller.payout),
                ("attester", seller.attester),
            ],
        );
    }
    for (at, plan) in &accounts.plans {
        check_version(
            checks,
            at,
            "version of the plan's terms",
            plan.terms_version,
            market,
        );
    }
    for (at, order) in &accounts.orders {
        check_version(
            checks,
            at,
            "version of the plan's terms",
            order.plan_version,
            market,
        );
        check_version(
            checks,
            at,
            "version of the market's terms",
            order.market_version,
            market,
        );
        check_fee(checks, at, order.fee_bps);
        check_keys(
            checks,
            at,
            &[
                ("buyer", order.buyer),
                ("payer", order.payer),
                ("payout", order.payout),
                ("treasury", order.treasury),
                ("arbiter", order.arbiter),
                ("attester", order.attester),
            ],
        );
        check_price(checks, at, order);
        check_times(checks, at, order);
        check_delivery(checks, at, order, accounts.deliveries.contains_key(at));
    }
    MarketAudit {
        state: Box::new(**market),
        books,
    }
}

fn check_market(checks: &mut Checks, at: &Pubkey, market: &Market) {
    check_keys(
        checks,
        at,
        &[
            ("authority", market.scope.authority),
            ("arbiter", market.terms.arbiter),
            ("guardian", market.scope.guardian),
            ("treasury", market.terms.treasury),
        ],
    );
    check_fee(checks, at, market.terms.fee_bps);
    check_version(
        checks,
        at,
        "version of the market's terms",
        market.terms_version,
        market,
    );
    let windows = market.terms().and_then(|terms| terms.validate());
    // The other reasons to refuse terms have rules of their own.
    let fault = windows
        .err()
        .filter(|error| *error == EsimMarketError::BadWindow.into());
    checks.fact(
        Rule::MarketWindowsEnd,
        at,
        fault.map(|_| format!("windows that the program refuses: {:?}", market.terms)),
        "windows of 1 second to 90 days",
    );
}

fn check_keys(checks: &mut Checks, at: &Pubkey, keys: &[(&str, Pubkey)]) {
    let zero = keys.iter().find(|(_, key)| *key == Pubkey::default());
    checks.fact(
        Rule::MarketKeysAreSet,
        at,
        zero.map(|(role, _)| format!("the {role} is the zero key")),
        "a key in every role",
    );
}

fn check_fee(checks: &mut Checks, at: &Pubkey, fee_bps: u16) {
    let sum = Sum {
        rule: Rule::FeeWithinCap,
        account: *at,
        left: Side::new("fee in basis points", fee_bps),
        relation: Relation::AtMost,
        right: Side::new("the cap of", MAX_FEE_BPS),
    };
    checks.amounts(&sum, Vec::new);
}

fn check_version(
    checks: &mut Checks,
    at: &Pubkey,
    of: &'static str,
    version: u64,
    market: &Market,
) {
    let sum = Sum {
        rule: Rule::VersionsAreOfTheMarket,
        account: *at,
        left: Side::new(of, version),
        relation: Relation::AtMost,
        right: Side::new("the market's last event", market.scope.sequence),
    };
    checks.amounts(&sum, Vec::new);
}

/// That an order cost what its terms say.
fn check_price(checks: &mut Checks, at: &Pubkey, order: &Order) {
    let quote = order.terms().and_then(|terms| terms.quote(order.fee_bps));
    let (fault, expected) = match quote {
        Err(error) => (
            Some(format!("terms that the program refuses: {error}")),
            "terms under which it could be bought".to_owned(),
        ),
        Ok(quote) => (
            ((quote.paid, quote.discount) != (order.paid, order.discount))
                .then(|| format!("paid {}, discount {}", order.paid, order.discount)),
            format!("paid {}, discount {}", quote.paid, quote.discount),
        ),
    };
    checks.fact(Rule::PaidFollowsTerms, at, fault, expected);
}

/// That the times that are set are those that the order's state asks for.
fn check_times(checks: &mut Checks, at: &Pubkey, order: &Order) {
    // The account was decoded, so its state is one.
    let Ok(state) = order.state() else { return };
    let was_delivered = order.was_delivered();
    let was_disputed = order.disputed_at != 0;
    let fault = match state {
        OrderState::Paid if was_delivered => Some("a delivery"),
        OrderState::Delivered if !was_delivered => Some("no delivery"),
        OrderState::Disputed | OrderState::Contested if !was_delivered || !was_disputed => {
            Some("no delivery, or no dispute")
        }
        OrderState::Delivered if was_disputed => Some("a dispute"),
        OrderState::Completed if !was_delivered => Some("no delivery"),
        OrderState::Resolved if !was_delivered || !was_disputed => {
            Some("no delivery, or no dispute")
        }
        state if state.is_terminal() != (order.ended_at != 0) => Some("an end, or none"),
        _ => None,
    };
    checks.fact(
        Rule::TimesFitState,
        at,
        fault.map(|what| format!("{what}, in the state {state:?}")),
        "the times that its state asks for",
    );
}

fn check_delivery(checks: &mut Checks, at: &Pubkey, order: &Order, exists: bool) {
    let fault = match (order.was_delivered(), exists) {
        (true, false) => Some("it was delivered, and there is no delivery"),
        (false, true) => Some("it was not delivered, and there is a delivery"),
        _ => None,
    };
    checks.fact(
        Rule::DeliveredHasDelivery,
        at,
        fault,
        "a delivery of each order that was delivered, and of no other",
    );
}

#[cfg(test)]
mod tests {
    use esim_market::state::Delivery;

    use super::*;
    use crate::{
        audit::{
            esim_market,
            fixture::{self, TOKEN, findings},
        },
        esim::{
            account::{EsimMarketAccount as Any, encode, examples},
            address::PROGRAM,
        },
        fake_chain::{FakeChain, no_faults},
    };

    /// A market with one order just paid, one delivered, one disputed and contested, and one that ended and still owes a
    /// fee of 1 unit.
    struct Example {
        market: Market,
        vault: MarketVault,
        seller: Seller,
        plan: Plan,
        orders: Vec<(Pubkey, Order)>,
        deliveries: Vec<(Pubkey, Delivery)>,
        tokens: Vec<u8>,
        mint: Vec<u8>,
    }

    fn delivery(order: &Pubkey) -> (Pubkey, Delivery) {
        let (address, bump) = Delivery::find_address(order);
        let delivery = Delivery {
            version: Delivery::VERSION,
            order: *order,
            rent_payer: examples::key(5),
            bump,
            spare: [0; 8],
            ciphertext: vec![3; 100],
        };
        (address, delivery)
    }

    fn example() -> Example {
        let (vault_address, mut vault) = examples::vault();
        let mut orders: Vec<_> = (1..=4).map(examples::order).collect();
        for (_, order) in &mut orders[1..] {
            order.set_state(OrderState::Delivered);
            (order.delivered_at, order.release_at) = (1_100, 9_000);
        }
        orders[2].1.set_state(OrderState::Contested);
        (orders[2].1.disputed_at, orders[2].1.answer_by) = (1_200, 4_000);
        let last = &mut orders[3].1;
        last.set_state(OrderState::Completed);
        (last.released, last.fee, last.fee_due, last.ended_at) = (9_999_999, 1, 1, 1_300);
        vault.held = 30_000_001;
        let mut market = examples::market().1;
        market.terms = esim_market::state::StoredMarketTerms {
            max_delivery_window: 3_600,
            min_release_window: 3_600,
            max_release_window: 86_400,
            answer_window: 3_600,
            arbiter_window: 3_600,
            ..market.terms
        };
        Example {
            market,
            tokens: fixture::token_account(&vault.mint, &vault_address, 30_000_004),
            mint: fixture::mint(vault.decimals),
            vault,
            seller: examples::seller().1,
            plan: examples::plan().1,
            deliveries: orders[1..].iter().map(|(at, _)| delivery(at)).collect(),
            orders,
        }
    }

    fn chain(example: &Example) -> FakeChain {
        let chain = fixture::chain();
        let put = |at, account: Any| chain.put(at, PROGRAM, encode(&account));
        put(examples::market().0, Any::Market(Box::new(example.market)));
        let vault = Any::MarketVault(Box::new(example.vault));
        put(examples::vault().0, vault);
        put(examples::seller().0, Any::Seller(Box::new(example.seller)));
        put(
            examples::plan().0,
            Any::Plan(Box::new(example.plan.clone())),
        );
        for (at, order) in &example.orders {
            put(*at, Any::Order(Box::new(*order)));
        }
        for (at, delivery) in &example.deliveries {
            put(*at, Any::Delivery(Box::new(delivery.clone())));
        }
        chain.put(example.vault.tokens, TOKEN, example.tokens.clone());
        chain.put(example.vault.mint, TOKEN, example.mint.clone());
        chain
    }

    fn found(change: impl FnOnce(&mut Example)) -> Vec<(Rule, Pubkey)> {
        let mut example = example();
        change(&mut example);
        let audit = esim_market(&chain(&example).cluster(no_faults())).unwrap();
        findings(&audit.checks)
    }

    #[test]
    fn a_market_that_balances() {
        let audit = esim_market(&chain(&example()).cluster(no_faults())).unwrap();
        assert!(audit.checks.hold(), "{:?}", audit.checks.findings);
        assert_eq!(
            audit.accounts,
            [
                ("Market", 1),
                ("MarketVault", 1),
                ("Seller", 1),
                ("Plan", 1),
                ("Order", 4),
                ("Delivery", 3)
            ]
        );
        let [market] = &audit.books[..] else {
            panic!("one market")
        };
        let vault = &market.books.vaults[0];
        assert_eq!((vault.open, vault.due, vault.surplus), (30_000_000, 1, 3));
        let of_program = Rule::ALL.iter().filter(|rule| rule.id().starts_with("EM-"));
        for rule in of_program {
            assert!(audit.checks.tallies[rule].checked > 0, "{rule:?}");
        }
        assert_eq!(audit.checks.tallies[&Rule::AccountInPlace].checked, 11);
        assert_eq!(audit.checks.tallies[&Rule::AccountBelongs].checked, 10);
    }

    #[test]
    fn every_rule_is_seen_broken() {
        type Change = fn(&mut Example);
        let market = examples::market().0;
        let (vault, tokens) = (examples::vault().0, examples::vault().1.tokens);
        let (seller, plan) = (examples::seller().0, examples::plan().0);
        let order = |number| examples::order(number).0;
        let cases: [(Rule, Pubkey, Change); 31] = [
            (Rule::VaultCoversHeld, vault, |e| {
                e.tokens[64..72].copy_from_slice(&30_000_000u64.to_le_bytes());
            }),
            (Rule::HeldIsOwed, vault, |e| e.vault.held -= 1),
            (Rule::OrderIsDivided, order(4), |e| {
                e.orders[3].1.released -= 1
            }),
            (Rule::OrderIsDivided, order(1), |e| {
                e.orders[0].1.refunded = 1
            }),
            (Rule::DueWithinDecided, order(4), |e| {
                e.orders[3].1.fee = 0;
                e.orders[3].1.released += 1;
            }),
            (Rule::VaultIsTheMarkets, tokens, |e| e.tokens[32] ^= 1),
            (Rule::VaultIsTheMarkets, tokens, |e| e.tokens[0] ^= 1),
            (Rule::VaultIsTheMarkets, tokens, |e| e.tokens[72] = 1),
            (Rule::VaultIsTheMarkets, tokens, |e| e.tokens[129] = 1),
            (Rule::MarketVaultIsFree, tokens, |e| e.tokens[108] = 2),
            (Rule::MarketMintIsPlain, examples::MINT, |e| e.mint[44] = 7),
            (Rule::MarketMintIsPlain, examples::MINT, |e| e.mint[45] = 0),
            (Rule::VersionsAreOfTheMarket, plan, |e| {
                e.plan.terms_version = e.market.scope.sequence + 1;
            }),
            (Rule::VersionsAreOfTheMarket, order(2), |e| {
                e.orders[1].1.plan_version = e.market.scope.sequence + 1;
            }),
            (Rule::VersionsAreOfTheMarket, order(3), |e| {
                e.orders[2].1.market_version = e.market.scope.sequence + 1;
            }),
            (Rule::VersionsAreOfTheMarket, market, |e| {
                e.market.terms_version = e.market.scope.sequence + 1;
            }),
            (Rule::PaidFollowsTerms, order(1), |e| {
                e.orders[0].1.terms.price += 1
            }),
            (Rule::PaidFollowsTerms, order(1), |e| {
                e.orders[0].1.terms.floor_price = 10_000_001;
            }),
            (Rule::FeeWithinCap, market, |e| {
                e.market.terms.fee_bps = 1_001
            }),
            (Rule::FeeWithinCap, order(1), |e| {
                e.orders[0].1.fee_bps = 1_001
            }),
            (Rule::TimesFitState, order(2), |e| {
                e.orders[1].1.disputed_at = 5
            }),
            (Rule::TimesFitState, order(3), |e| {
                e.orders[2].1.ended_at = 5
            }),
            (Rule::TimesFitState, order(4), |e| {
                e.orders[3].1.ended_at = 0
            }),
            (Rule::DeliveredHasDelivery, order(2), |e| {
                e.deliveries.remove(0);
            }),
            (Rule::MarketPauseEnds, market, |e| {
                e.market.scope.paused_until = fixture::NOW + MAX_PAUSE + 1;
            }),
            (Rule::MarketKeysAreSet, market, |e| {
                e.market.terms.arbiter = Pubkey::default();
            }),
            (Rule::MarketKeysAreSet, seller, |e| {
                e.seller.attester = Pubkey::default();
            }),
            (Rule::MintHasVault, market, |e| {
                (e.market.mints[1], e.market.mint_count) = (examples::key(77), 2);
            }),
            (Rule::PlansAreCounted, seller, |e| e.seller.plan_count = 2),
            (Rule::DeliveriesAreCounted, seller, |e| {
                e.seller.delivered_count += 1
            }),
            (Rule::MarketWindowsEnd, market, |e| {
                e.market.terms.answer_window = 0
            }),
        ];
        for (rule, account, change) in cases {
            assert_eq!(found(change), [(rule, account)]);
        }
        assert_eq!(
            found(|e| e.market.scope.paused_until = fixture::NOW + MAX_PAUSE),
            []
        );
    }

    #[test]
    fn accounts_out_of_place() {
        let seller = examples::seller().0;
        let order = examples::order(1).0;
        assert_eq!(
            found(|e| e.orders[0].1.bump ^= 1),
            [
                (Rule::AccountInPlace, order),
                (Rule::HeldIsOwed, examples::vault().0)
            ]
        );
        // An order whose seller is of another market, which does not exist.
        let elsewhere = found(|e| e.seller.market = examples::key(88));
        assert!(elsewhere.contains(&(Rule::AccountInPlace, seller)));
        assert!(elsewhere.contains(&(Rule::AccountBelongs, order)));
        // A delivery without its order.
        let (at, stray) = delivery(&examples::key(66));
        assert_eq!(
            found(|e| e.deliveries.push((at, stray))),
            [(Rule::AccountBelongs, at)]
        );
        // A delivery of an order that was not delivered.
        assert_eq!(
            found(|e| e.deliveries.push(delivery(&order))),
            [(Rule::DeliveredHasDelivery, order)]
        );
    }

    #[test]
    fn the_orders_that_make_a_difference_are_named() {
        let mut example = example();
        example.vault.held += 3;
        let audit = esim_market(&chain(&example).cluster(no_faults())).unwrap();
        let [finding] = &audit.checks.findings[..] else {
            panic!("one finding")
        };
        assert_eq!(finding.difference, Some(3));
        let mut parts: Vec<_> = finding
            .parts
            .iter()
            .map(|p| (p.account, p.adds.as_str()))
            .collect();
        let mut expected = vec![
            (examples::order(1).0, "paid 10000000"),
            (examples::order(2).0, "paid 10000000"),
            (examples::order(3).0, "paid 10000000"),
            (examples::order(4).0, "due 1"),
        ];
        parts.sort();
        expected.sort();
        assert_eq!(parts, expected);
    }
}
