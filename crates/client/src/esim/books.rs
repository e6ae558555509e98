//! A market's books: what its vaults hold, what its orders are owed, and whether it adds up.

use std::collections::BTreeMap;

use esim_market::state::{Market, MarketVault, Order, OrderState, Plan, Seller};
use serde::Serialize;
use solana_account::Account;
use solana_pubkey::Pubkey;
use wayfare_core::mint::token_account;

use super::OrderFilter;
use crate::{
    account::{AccountError, decode_as},
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
    /// What does not add up: empty, or something is badly wrong.
    pub differences: Vec<Difference>,
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
        self.differences.is_empty()
    }
}

/// A rule that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The rule's name.
    pub rule: Rule,
    /// The account that it is about.
    #[serde(serialize_with = "as_text")]
    pub account: Pubkey,
    /// Its left side, in words and base units.
    pub left: String,
    /// Its right side.
    pub right: String,
    /// Left less right, where both are amounts.
    #[serde(serialize_with = "as_text")]
    pub difference: i128,
}

fn as_text<T: ToString, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

/// What must hold of a market's accounts at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// EM-1: the vault's balance ≥ what it holds for orders.
    VaultCoversHeld,
    /// EM-2: what it holds for orders = Σ of what each of them is owed.
    HeldIsOwed,
    /// EM-3: of an ended order, refunded + released + fee = paid; of an open one, all three are 0.
    OrderIsDivided,
    /// EM-4: what an order still owes somebody is at most what was decided for them.
    DueWithinDecided,
    /// EM-5: the vault's token account is of its mint, and the vault alone controls it.
    VaultIsTheMarkets,
    /// EM-6: every order's mint, and every accepted one, has a vault.
    MintHasVault,
    /// EM-7: a seller has as many plans as it counts.
    PlansAreCounted,
}

/// What the books are made of, read at one moment.
struct Parts {
    slot: u64,
    market: Market,
    vaults: Vec<Vault>,
    orders: Vec<(Pubkey, Order)>,
    plans: Vec<(Pubkey, Plan)>,
    sellers: Vec<(Pubkey, Seller)>,
}

struct Vault {
    address: Pubkey,
    state: MarketVault,
    balance: u64,
    /// Why the token account is not the vault's, if it is not.
    fault: Option<&'static str>,
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
        if let Some(parts) = read_parts(cluster, market)? {
            return Ok(books(market, parts));
        }
    }
    Err(RpcTrouble::Behind {
        request: "getProgramAccounts".to_owned(),
        reason: format!("market {market} changed during each of {TRIES} readings"),
    }
    .into())
}

/// `None` when the market changed meanwhile, or a node behind the same address lagged.
fn read_parts(cluster: &Cluster, market: &Pubkey) -> Result<Option<Parts>, ClientError> {
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
    if after.sequence != before.sequence {
        return Ok(None);
    }
    let vaults = vaults
        .states
        .into_iter()
        .zip(accounts)
        .map(|((address, state), tokens)| {
            let (balance, fault) = match &tokens {
                Some(tokens) => read_tokens(&address, &state, tokens),
                None => (0, Some("it does not exist")),
            };
            Vault {
                address,
                state,
                balance,
                fault,
            }
        })
        .collect();
    Ok(Some(Parts {
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

/// A token account's balance, and why it is not the vault's, if it is not.
fn read_tokens(
    vault: &Pubkey,
    state: &MarketVault,
    account: &Account,
) -> (u64, Option<&'static str>) {
    let view = token_account(&account.data);
    let fault = match &view {
        _ if account.owner != state.token_program => Some("another program owns it"),
        None => Some("it is no token account"),
        Some(view) if view.mint != state.mint.as_array() => Some("it is of another mint"),
        Some(view) if view.owner != vault.as_array() => Some("it is not the vault's"),
        Some(view) if view.has_delegate => Some("it has a delegate"),
        Some(view) if view.has_close_authority => Some("it has a close authority"),
        Some(_) => None,
    };
    (view.map_or(0, |view| view.amount), fault)
}

/// Sums of one mint's orders.
#[derive(Clone, Copy, Default)]
struct Owed {
    open: u128,
    due: u128,
}

fn books(address: &Pubkey, parts: Parts) -> Books {
    let Parts {
        slot,
        market,
        vaults,
        orders,
        plans,
        sellers,
    } = parts;
    let mut differences = Vec::new();
    let mut rule =
        |rule, account: &Pubkey, holds: bool, left: (&str, u128), right: (&str, u128)| {
            if !holds {
                let signed = |units: u128| i128::try_from(units).unwrap_or(i128::MAX);
                differences.push(Difference {
                    rule,
                    account: *account,
                    left: format!("{} {}", left.0, left.1),
                    right: format!("{} {}", right.0, right.1),
                    difference: signed(left.1).saturating_sub(signed(right.1)),
                });
            }
        };

    let mut owed: BTreeMap<Pubkey, Owed> = BTreeMap::new();
    let mut counts = [0u64; OrderState::ALL.len()];
    for (at, order) in &orders {
        if let Some(count) = counts.get_mut(usize::from(order.state)) {
            *count = count.saturating_add(1);
        }
        let sum = |parts: [u64; 3]| parts.into_iter().map(u128::from).sum::<u128>();
        let decided = sum([order.refunded, order.released, order.fee]);
        let due = sum([order.refund_due, order.release_due, order.fee_due]);
        // The account was decoded, so its state is one; open is what an unknown one would be to the vault.
        let ended = order.state().is_ok_and(OrderState::is_terminal);
        let (expected, words) = if ended {
            (u128::from(order.paid), "paid")
        } else {
            (0, "decided while open")
        };
        rule(
            Rule::OrderIsDivided,
            at,
            decided == expected,
            ("refunded + released + fee", decided),
            (words, expected),
        );
        for (due, decided, words) in [
            (order.refund_due, order.refunded, "refund due"),
            (order.release_due, order.released, "release due"),
            (order.fee_due, order.fee, "fee due"),
        ] {
            rule(
                Rule::DueWithinDecided,
                at,
                due <= decided,
                (words, due.into()),
                ("decided", decided.into()),
            );
        }
        let owed = owed.entry(order.mint).or_default();
        if ended {
            owed.due = owed.due.saturating_add(due);
        } else {
            owed.open = owed.open.saturating_add(order.paid.into());
        }
    }
    for (at, seller) in &sellers {
        let count = plans.iter().filter(|(_, plan)| plan.seller == *at).count();
        // There are fewer accounts than a u64 can count.
        let count = u128::try_from(count).unwrap_or(u128::MAX);
        rule(
            Rule::PlansAreCounted,
            at,
            count == u128::from(seller.plan_count),
            ("plans", count),
            ("plans counted", seller.plan_count.into()),
        );
    }
    let mut vault_books = Vec::with_capacity(vaults.len());
    for vault in &vaults {
        let state = &vault.state;
        let sums = owed.remove(&state.mint).unwrap_or_default();
        rule(
            Rule::VaultCoversHeld,
            &vault.address,
            vault.balance >= state.held,
            ("vault balance", vault.balance.into()),
            ("held for orders", state.held.into()),
        );
        let all = sums.open.saturating_add(sums.due);
        rule(
            Rule::HeldIsOwed,
            &vault.address,
            u128::from(state.held) == all,
            ("held for orders", state.held.into()),
            ("sum of what they are owed", all),
        );
        vault_books.push(VaultBooks {
            vault: vault.address,
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
    for vault in &vaults {
        if let Some(fault) = vault.fault {
            differences.push(Difference {
                rule: Rule::VaultIsTheMarkets,
                account: vault.state.tokens,
                left: format!("token account of vault {}: {fault}", vault.address),
                right: "a token account that the vault alone controls".to_owned(),
                difference: 0,
            });
        }
    }
    // What is left has no vault.
    let without_vault = market
        .mints()
        .iter()
        .filter(|mint| !vaults.iter().any(|vault| vault.state.mint == **mint))
        .chain(owed.keys().filter(|mint| !market.mints().contains(mint)));
    differences.extend(without_vault.map(|mint| Difference {
        rule: Rule::MintHasVault,
        account: *mint,
        left: format!("mint {mint}"),
        right: "a vault of the market".to_owned(),
        difference: 0,
    }));
    let count = |length| u64::try_from(length).unwrap_or(u64::MAX);
    Books {
        market: *address,
        slot,
        sequence: market.sequence,
        vaults: vault_books,
        orders: counts,
        plans: count(plans.len()),
        sellers: count(sellers.len()),
        differences,
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
        assert!(books.balance(), "{:?}", books.differences);
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
        let cases: [(&[Rule], Change, i128); 10] = [
            (
                &[Rule::VaultCoversHeld],
                |e| e.tokens[64..72].copy_from_slice(&10_000_000u64.to_le_bytes()),
                -1,
            ),
            (&[Rule::HeldIsOwed], |e| e.vault.held -= 1, -1),
            (&[Rule::OrderIsDivided], |e| e.orders[2].refunded += 1, 1),
            (&[Rule::OrderIsDivided], |e| e.orders[0].fee = 7, 7),
            (
                &[Rule::DueWithinDecided],
                |e| {
                    e.orders[1].fee = 0;
                    e.orders[1].released += 1;
                },
                1,
            ),
            (&[Rule::PlansAreCounted], |e| e.seller.plan_count = 3, -2),
            (&[Rule::VaultIsTheMarkets], |e| e.tokens[32] ^= 1, 0),
            (&[Rule::VaultIsTheMarkets], |e| e.tokens[72] = 1, 0),
            (&[Rule::VaultIsTheMarkets], |e| e.tokens[129] = 1, 0),
            (
                &[Rule::MintHasVault],
                |e| {
                    e.market.mints[1] = examples::key(77);
                    e.market.mint_count = 2;
                },
                0,
            ),
        ];
        for (rules, change, difference) in cases {
            let mut example = example();
            change(&mut example);
            let found = books_of(&example).differences;
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
        later.sequence += 1;
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
        assert!(books.balance(), "{:?}", books.differences);
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
