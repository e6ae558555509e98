//! A market's books: what its vaults hold, what its orders are owed, and whether it adds up.

use std::collections::BTreeMap;

use esim_market::state::{Market, MarketVault, Order, OrderState, Plan, Seller};
use solana_account::Account;
use solana_pubkey::Pubkey;

use super::OrderFilter;
use crate::{
    account::{AccountError, decode_as},
    audit::{
        Checks, Part, Relation, Rule, Side, Sum,
        vault::{Expected, Vault},
    },
    cluster::Cluster,
    error::{ClientError, RpcTrouble},
};

/// How often the accounts are read anew because the market changed meanwhile.
const TRIES: u32 = 20;

/// A market's books at one moment. Amounts are base units of each vault's mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    pub market: Pubkey,
    /// The slot that they were read at.
    pub slot: u64,
    /// The number of the market's last event by then.
    pub sequence: u64,
    /// By mint.
    pub vaults: Vec<VaultBooks>,
    /// Orders that exist, by state in the order of [`OrderState::ALL`].
    pub orders: [u64; OrderState::ALL.len()],
    pub plans: u64,
    pub sellers: u64,
    /// What was checked, and what does not hold.
    pub checks: Checks,
}

/// What a vault holds, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultBooks {
    pub vault: Pubkey,
    pub mint: Pubkey,
    pub decimals: u8,
    /// Whether plans can be sold for it now.
    pub accepted: bool,
    /// What the token account holds.
    pub balance: u64,
    /// What the vault's own account says it holds for orders.
    pub held: u64,
    /// What the open orders have paid.
    pub open: u128,
    /// What the ended ones still owe.
    pub due: u128,
    /// What came in by plain transfers.
    pub surplus: u64,
}

impl Books {
    /// Whether everything adds up.
    pub fn balance(&self) -> bool {
        self.checks.hold()
    }
}

/// What the books are made of, read at one moment.
pub(crate) struct Parts<'a> {
    pub slot: u64,
    pub market: &'a Market,
    pub vaults: Vec<(Pubkey, &'a MarketVault, Vault)>,
    pub orders: Vec<(Pubkey, &'a Order)>,
    pub plans: Vec<(Pubkey, &'a Plan)>,
    pub sellers: Vec<(Pubkey, &'a Seller)>,
}

struct Read {
    slot: u64,
    market: Market,
    vaults: Vec<(Pubkey, MarketVault, Vault)>,
    orders: Vec<(Pubkey, Order)>,
    plans: Vec<(Pubkey, Plan)>,
    sellers: Vec<(Pubkey, Seller)>,
}

/// The token account that a vault must have.
pub(crate) fn expected_vault(address: &Pubkey, vault: &MarketVault) -> Expected {
    Expected {
        address: vault.tokens,
        token_program: vault.token_program,
        mint: vault.mint,
        owner: *address,
    }
}

fn by_reference<T>(states: &[(Pubkey, T)]) -> Vec<(Pubkey, &T)> {
    states.iter().map(|(at, state)| (*at, state)).collect()
}

/// Reads a market's books. All of it is of one moment: every change of the accounts changes the market's sequence,
/// which is read before and after them.
///
/// # Errors
///
/// [`AccountError`] when the market is missing, or any account does not decode or stands at another address than its
/// own; [`RpcTrouble::Behind`] when the market kept changing.
pub fn read(cluster: &Cluster, market: &Pubkey) -> Result<Books, ClientError> {
    for _ in 0..TRIES {
        if let Some(read) = read_parts(cluster, market)? {
            let vaults = read.vaults.iter();
            return Ok(books(
                market,
                &Parts {
                    slot: read.slot,
                    market: &read.market,
                    vaults: vaults
                        .map(|(at, state, vault)| (*at, state, *vault))
                        .collect(),
                    orders: by_reference(&read.orders),
                    plans: by_reference(&read.plans),
                    sellers: by_reference(&read.sellers),
                },
            ));
        }
    }
    Err(RpcTrouble::Behind {
        request: "getProgramAccounts".to_owned(),
        reason: format!("market {market} changed during each of {TRIES} readings"),
    }
    .into())
}

/// `None` when the market changed meanwhile, or a node behind the same address lagged.
fn read_parts(cluster: &Cluster, market: &Pubkey) -> Result<Option<Read>, ClientError> {
    let first = cluster.accounts(std::slice::from_ref(market), None)?;
    let before = market_in(market, first.accounts.into_iter().next().flatten())?;

    let orders = cluster.order_states(&OrderFilter {
        market: Some(*market),
        ..OrderFilter::default()
    })?;
    let plans = cluster.plan_states(market, None)?;
    let sellers = cluster.seller_states(market)?;
    let vaults = cluster.vault_states(market)?;
    let slots = [orders.slot, plans.slot, sellers.slot, vaults.slot];
    // What was read before the market was, tells of another moment.
    if slots.iter().any(|slot| *slot < first.slot) {
        return Ok(None);
    }

    let mut addresses = vec![*market];
    addresses.extend(vaults.states.iter().map(|(_, vault)| vault.tokens));
    let latest = slots.into_iter().max();
    let last = cluster.accounts(&addresses, latest)?;
    let mut accounts = last.accounts.into_iter();
    let after = market_in(market, accounts.next().flatten())?;
    if after.scope.sequence != before.scope.sequence {
        return Ok(None);
    }
    let vaults = vaults
        .states
        .into_iter()
        .zip(accounts)
        .map(|((address, state), tokens)| {
            let vault = Vault::read(tokens.as_ref(), &expected_vault(&address, &state));
            (address, state, vault)
        })
        .collect();
    Ok(Some(Read {
        slot: last.slot,
        market: after,
        vaults,
        orders: orders.states,
        plans: plans.states,
        sellers: sellers.states,
    }))
}

fn market_in(address: &Pubkey, account: Option<Account>) -> Result<Market, AccountError> {
    let account = account.ok_or(AccountError::Missing(*address))?;
    decode_as(address, &account.owner, &account.data)
}

/// Sums of one mint's orders.
#[derive(Clone, Copy, Default)]
struct Owed {
    open: u128,
    due: u128,
}

/// Checks everything that the books alone show.
pub(crate) fn books(address: &Pubkey, parts: &Parts) -> Books {
    let Parts {
        slot,
        market,
        vaults,
        orders,
        plans,
        sellers,
    } = parts;
    let mut checks = Checks::default();
    let mut owed: BTreeMap<Pubkey, Owed> = BTreeMap::new();
    let mut counts = [0u64; OrderState::ALL.len()];
    for (at, order) in orders {
        if let Some(count) = counts.get_mut(usize::from(order.state)) {
            *count = count.saturating_add(1);
        }
        check_order(&mut checks, at, order);
        let owed = owed.entry(order.terms.mint).or_default();
        if is_ended(order) {
            owed.due = owed.due.saturating_add(due(order));
        } else {
            owed.open = owed.open.saturating_add(order.paid.into());
        }
    }
    check_plan_counts(&mut checks, sellers, plans);
    check_delivery_counts(&mut checks, sellers);

    let mut vault_books = Vec::with_capacity(vaults.len());
    for (at, state, vault) in vaults {
        let sums = owed.remove(&state.mint).unwrap_or_default();
        let covers = Sum {
            rule: Rule::VaultCoversHeld,
            account: *at,
            left: Side::new("vault balance", vault.balance),
            relation: Relation::AtLeast,
            right: Side::new("held for orders", state.held),
        };
        checks.sum(covers, || {
            vec![Part {
                account: state.tokens,
                adds: format!("vault balance {}", vault.balance),
            }]
        });
        let is_owed = Sum {
            rule: Rule::HeldIsOwed,
            account: *at,
            left: Side::new("held for orders", state.held),
            relation: Relation::Equal,
            right: Side::new(
                "sum of what they are owed",
                sums.open.saturating_add(sums.due),
            ),
        };
        checks.sum(is_owed, || {
            let of_mint = orders
                .iter()
                .filter(|(_, order)| order.terms.mint == state.mint);
            of_mint
                .filter_map(|(at, order)| owed_part(at, order))
                .collect()
        });
        let expected = expected_vault(at, state);
        vault.check_control(&mut checks, Rule::VaultIsTheMarkets, &expected);
        vault.check_freedom(&mut checks, Rule::MarketVaultIsFree, &expected);
        vault_books.push(VaultBooks {
            vault: *at,
            mint: state.mint,
            decimals: state.decimals,
            accepted: market.mints().contains(&state.mint),
            balance: vault.balance,
            held: state.held,
            open: sums.open,
            due: sums.due,
            surplus: vault.balance.saturating_sub(state.held),
        });
    }
    // What is left has no vault.
    let with_orders = owed.keys().filter(|mint| !market.mints().contains(mint));
    for mint in market.mints().iter().chain(with_orders) {
        let has_none = !vaults.iter().any(|(_, vault, _)| vault.mint == *mint);
        checks.fact(
            Rule::MintHasVault,
            address,
            has_none.then(|| format!("mint {mint} has no vault")),
            "a vault of the market",
        );
    }
    let count = |length| u64::try_from(length).unwrap_or(u64::MAX);
    Books {
        market: *address,
        slot: *slot,
        sequence: market.scope.sequence,
        vaults: vault_books,
        orders: counts,
        plans: count(plans.len()),
        sellers: count(sellers.len()),
        checks,
    }
}

/// Whether the order's money is divided. The account was decoded, so its state is one; open is what an unknown one would
/// be to the vault.
fn is_ended(order: &Order) -> bool {
    order.state().is_ok_and(OrderState::is_terminal)
}

fn total(parts: [u64; 3]) -> u128 {
    parts.into_iter().map(u128::from).sum()
}

/// What an ended order still owes.
fn due(order: &Order) -> u128 {
    total([order.refund_due, order.release_due, order.fee_due])
}

/// What an order adds to what its vault holds, if anything.
fn owed_part(at: &Pubkey, order: &Order) -> Option<Part> {
    let (words, units) = if is_ended(order) {
        ("due", due(order))
    } else {
        ("paid", order.paid.into())
    };
    (units > 0).then(|| Part {
        account: *at,
        adds: format!("{words} {units}"),
    })
}

fn check_order(checks: &mut Checks, at: &Pubkey, order: &Order) {
    let mut amounts = |rule, left, relation, right| {
        let sum = Sum {
            rule,
            account: *at,
            left,
            relation,
            right,
        };
        checks.amounts(&sum, Vec::new);
    };
    let right = if is_ended(order) {
        Side::new("paid", order.paid)
    } else {
        Side::new("decided while open", 0u64)
    };
    amounts(
        Rule::OrderIsDivided,
        Side::new(
            "refunded + released + fee",
            total([order.refunded, order.released, order.fee]),
        ),
        Relation::Equal,
        right,
    );
    for (words, due, decided) in [
        ("refund due", order.refund_due, order.refunded),
        ("release due", order.release_due, order.released),
        ("fee due", order.fee_due, order.fee),
    ] {
        amounts(
            Rule::DueWithinDecided,
            Side::new(words, due),
            Relation::AtMost,
            Side::new("decided", decided),
        );
    }
}

fn check_plan_counts(
    checks: &mut Checks,
    sellers: &[(Pubkey, &Seller)],
    plans: &[(Pubkey, &Plan)],
) {
    let mut counts: BTreeMap<Pubkey, u64> = BTreeMap::new();
    for (_, plan) in plans {
        let count = counts.entry(plan.seller).or_default();
        *count = count.saturating_add(1);
    }
    for (at, seller) in sellers {
        let sum = Sum {
            rule: Rule::PlansAreCounted,
            account: *at,
            left: Side::new("plans", counts.get(at).copied().unwrap_or_default()),
            relation: Relation::Equal,
            right: Side::new("plans counted", seller.plan_count),
        };
        checks.amounts(&sum, || {
            let own = plans.iter().filter(|(_, plan)| plan.seller == *at);
            own.map(|(at, plan)| Part {
                account: *at,
                adds: format!("plan {}", plan.id),
            })
            .collect()
        });
    }
}

fn check_delivery_counts(checks: &mut Checks, sellers: &[(Pubkey, &Seller)]) {
    for (at, seller) in sellers {
        let times = seller.delivery_times.iter();
        let sum = Sum {
            rule: Rule::DeliveriesAreCounted,
            account: *at,
            left: Side::new(
                "deliveries by their time",
                times.map(|count| u128::from(*count)).sum::<u128>(),
            ),
            relation: Relation::Equal,
            right: Side::new("deliveries counted", seller.delivered_count),
        };
        checks.amounts(&sum, Vec::new);
    }
}

#[cfg(test)]
mod tests {
    use solana_rpc_client_api::request::RpcRequest;

    use super::*;
    use crate::{
        esim::{
            account::{EsimMarketAccount as Any, encode, examples},
            address::PROGRAM,
        },
        fake_chain::{FakeChain, Fault, Schedule, no_faults},
    };

    const TOKEN: Pubkey = anchor_spl::token::ID;

    /// A market with one open order of 10 tokens, one that ended and still owes a fee of 1 unit, and one that is all
    /// settled.
    struct Example {
        market: Market,
        vault: MarketVault,
        seller: Seller,
        orders: Vec<Order>,
        tokens: Vec<u8>,
    }

    fn example() -> Example {
        let (vault_address, mut vault) = examples::vault();
        let open = examples::order(1).1;
        let mut owing = examples::order(2).1;
        owing.set_state(OrderState::Completed);
        (owing.released, owing.fee, owing.fee_due) = (9_999_999, 1, 1);
        let mut settled = examples::order(3).1;
        settled.set_state(OrderState::Refunded);
        settled.refunded = settled.paid;
        vault.held = 10_000_001;
        let mut tokens = vec![0; 165];
        tokens[..32].copy_from_slice(vault.mint.as_ref());
        tokens[32..64].copy_from_slice(vault_address.as_ref());
        tokens[64..72].copy_from_slice(&10_000_004u64.to_le_bytes());
        tokens[108] = 1;
        Example {
            market: examples::market().1,
            vault,
            seller: examples::seller().1,
            orders: vec![open, owing, settled],
            tokens,
        }
    }

    fn chain(example: &Example) -> FakeChain {
        let chain = FakeChain::default();
        let put = |at, account: Any| chain.put(at, PROGRAM, encode(&account));
        put(examples::market().0, Any::Market(Box::new(example.market)));
        put(
            examples::vault().0,
            Any::MarketVault(Box::new(example.vault)),
        );
        put(examples::seller().0, Any::Seller(Box::new(example.seller)));
        let (at, plan) = examples::plan();
        put(at, Any::Plan(Box::new(plan)));
        for order in &example.orders {
            let at = examples::order(order.order_id).0;
            put(at, Any::Order(Box::new(*order)));
        }
        chain.put(example.vault.tokens, TOKEN, example.tokens.clone());
        chain
    }

    fn books_of(example: &Example) -> Books {
        let chain = chain(example);
        read(&chain.cluster(no_faults()), &examples::market().0).unwrap()
    }

    #[test]
    fn books_that_balance() {
        let books = books_of(&example());
        assert!(books.balance(), "{:?}", books.checks.findings);
        let [vault] = &books.vaults[..] else {
            panic!("one vault")
        };
        assert_eq!((vault.open, vault.due, vault.surplus), (10_000_000, 1, 3));
        assert_eq!(books.orders, [1, 0, 0, 0, 1, 1, 0]);
        assert_eq!((books.plans, books.sellers), (1, 1));
    }

    #[test]
    fn every_rule_is_seen_broken() {
        type Change = fn(&mut Example);
        let cases: [(&[Rule], Change, Option<i128>); 12] = [
            (
                &[Rule::VaultCoversHeld],
                |e| e.tokens[64..72].copy_from_slice(&10_000_000u64.to_le_bytes()),
                Some(-1),
            ),
            (&[Rule::HeldIsOwed], |e| e.vault.held -= 1, Some(-1)),
            (
                &[Rule::OrderIsDivided],
                |e| e.orders[2].refunded += 1,
                Some(1),
            ),
            (&[Rule::OrderIsDivided], |e| e.orders[0].fee = 7, Some(7)),
            (
                &[Rule::DueWithinDecided],
                |e| {
                    e.orders[1].fee = 0;
                    e.orders[1].released += 1;
                },
                Some(1),
            ),
            (
                &[Rule::PlansAreCounted],
                |e| e.seller.plan_count = 3,
                Some(-2),
            ),
            (
                &[Rule::DeliveriesAreCounted],
                |e| e.seller.delivery_times[7] = 1,
                Some(1),
            ),
            (&[Rule::VaultIsTheMarkets], |e| e.tokens[32] ^= 1, None),
            (&[Rule::VaultIsTheMarkets], |e| e.tokens[72] = 1, None),
            (&[Rule::VaultIsTheMarkets], |e| e.tokens[129] = 1, None),
            (&[Rule::MarketVaultIsFree], |e| e.tokens[108] = 2, None),
            (
                &[Rule::MintHasVault],
                |e| {
                    e.market.mints[1] = examples::key(77);
                    e.market.mint_count = 2;
                },
                None,
            ),
        ];
        for (rules, change, difference) in cases {
            let mut example = example();
            change(&mut example);
            let found = books_of(&example).checks.findings;
            let names: Vec<_> = found.iter().map(|found| found.rule).collect();
            assert_eq!(names, rules);
            assert_eq!(found[0].difference, difference, "{rules:?}");
        }
    }

    #[test]
    fn an_order_between_two_readings_does_not_tear_the_books() {
        let example = example();
        let chain = chain(&example);
        // Calls of a reading: the market, orders, plans, sellers, vaults, then market and tokens.
        let mut later = example.market;
        later.scope.sequence += 1;
        let mut vault = example.vault;
        vault.held += 10_000_000;
        let mut tokens = example.tokens.clone();
        tokens[64..72].copy_from_slice(&20_000_004u64.to_le_bytes());
        let (at, order) = examples::order(4);
        let changes = vec![
            (
                examples::market().0,
                PROGRAM,
                encode(&Any::Market(Box::new(later))),
            ),
            (
                examples::vault().0,
                PROGRAM,
                encode(&Any::MarketVault(Box::new(vault))),
            ),
            (at, PROGRAM, encode(&Any::Order(Box::new(order)))),
            (example.vault.tokens, TOKEN, tokens),
        ];
        chain.0.lock().unwrap().changes.insert(3, changes);
        let books = read(&chain.cluster(no_faults()), &examples::market().0).unwrap();
        assert!(books.balance(), "{:?}", books.checks.findings);
        assert_eq!(books.sequence, 41);
        assert_eq!(books.vaults[0].open, 20_000_000);
        assert_eq!(chain.0.lock().unwrap().calls, 12);
    }

    #[test]
    fn accounts_that_are_not_what_they_should_be() {
        let mut example = example();
        example.orders[0].bump ^= 1;
        let misplaced = read(&chain(&example).cluster(no_faults()), &examples::market().0);
        assert!(matches!(
            misplaced,
            Err(ClientError::Account(AccountError::Misplaced { .. }))
        ));
        let nobody = FakeChain::default().cluster(no_faults());
        assert!(matches!(
            read(&nobody, &examples::market().0),
            Err(ClientError::Account(AccountError::Missing(_)))
        ));
        let behind: Schedule = Box::new(|_, request| {
            (request == RpcRequest::GetProgramAccounts).then_some(Fault::Behind)
        });
        let behind = read(&chain(&example).cluster(behind), &examples::market().0);
        assert!(behind.unwrap_err().is_retryable());
    }
}
