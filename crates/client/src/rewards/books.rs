//! A network's books: what came in, what was granted, what was paid, what is there, and whether it adds up.

use node_rewards::state::{ClaimPage, Network};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::{merkle::depth_for, mint::token_account};

use super::{account::NodeRewardsAccount, address, published::pages_for};
use crate::{
    account::{self, AccountError, decode_as},
    cluster::{ACCOUNTS_PER_CALL, Cluster},
    error::{ClientError, RpcTrouble},
};

/// How often the accounts are read anew because the network changed between two calls.
const TRIES: u32 = 20;

/// A network's books at one moment. Amounts are base units of its mint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Books {
    #[serde(serialize_with = "as_text")]
    pub network: Pubkey,
    /// The slot that they were read at.
    pub slot: u64,
    /// The number of the network's last event by then.
    pub sequence: u64,
    #[serde(serialize_with = "as_text")]
    pub mint: Pubkey,
    pub decimals: u8,
    /// Everything that came in through `fund`.
    #[serde(serialize_with = "as_text")]
    pub funded_total: u64,
    /// Everything ever granted, by the active epoch.
    #[serde(serialize_with = "as_text")]
    pub lifetime_total: u64,
    /// Everything ever paid, as the network has it.
    #[serde(serialize_with = "as_text")]
    pub claimed_total: u64,
    /// The sum of all claim counters.
    #[serde(serialize_with = "as_text")]
    pub counters_total: u128,
    /// What the vault holds.
    #[serde(serialize_with = "as_text")]
    pub vault_balance: u64,
    /// Granted and not yet paid.
    #[serde(serialize_with = "as_text")]
    pub outstanding: u64,
    /// What the vault holds beyond that: for epochs to come.
    #[serde(serialize_with = "as_text")]
    pub surplus: u64,
    /// What came into the vault by plain transfers.
    #[serde(serialize_with = "as_text")]
    pub donated: u64,
    /// Claim pages that the active epoch needs and that exist.
    pub pages: u32,
    /// Claim pages that it needs and that do not: their owners cannot claim until somebody creates them.
    pub missing_pages: Vec<u32>,
    /// What does not add up: empty, or something is badly wrong.
    pub differences: Vec<Difference>,
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
    /// Its left side, in words and base units.
    pub left: String,
    /// Its right side.
    pub right: String,
    /// Left less right, where both are amounts.
    #[serde(serialize_with = "as_text")]
    pub difference: i128,
}

/// What must hold of a network's accounts at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Vault balance ≥ lifetime total − claimed total.
    VaultCoversOutstanding,
    /// Σ counters = claimed total.
    CountersAreClaimed,
    /// Claimed total ≤ lifetime total.
    ClaimedWithinLifetime,
    /// Vault balance ≥ funded total − claimed total: nothing left it but by claims.
    VaultKeepsFunding,
    /// The limiter's level ≤ its capacity.
    LimiterWithinCapacity,
    /// The tree's depth is the smallest that holds its leaves.
    DepthFitsLeaves,
    /// The vault is a token account of the network's mint that the network alone controls.
    VaultIsTheNetworks,
}

fn as_text<T: ToString, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

/// What the books are made of, read at one moment.
struct Parts {
    slot: u64,
    network: Network,
    vault: Vault,
    pages: Vec<(u32, Option<Box<ClaimPage>>)>,
}

struct Vault {
    balance: u64,
    /// Why it is not the network's, if it is not.
    fault: Option<&'static str>,
}

/// Reads a network's books. All of it is of one moment: every change of the accounts changes the network's sequence,
/// which is read with each part of them.
///
/// # Errors
///
/// [`AccountError`] when the network is missing, or any account does not decode; [`RpcTrouble::Behind`] when the
/// network kept changing.
pub fn read(cluster: &Cluster, network: &Pubkey) -> Result<Books, ClientError> {
    for _ in 0..TRIES {
        if let Some(parts) = read_parts(cluster, network)? {
            return Ok(books(network, parts));
        }
    }
    Err(RpcTrouble::Behind {
        request: "getMultipleAccounts".to_owned(),
        reason: format!("network {network} changed during each of {TRIES} readings"),
    }
    .into())
}

/// `None` when the network changed meanwhile.
fn read_parts(cluster: &Cluster, network: &Pubkey) -> Result<Option<Parts>, ClientError> {
    let before: Network = cluster.state(network)?;
    let pages: Vec<u32> = pages_for(before.leaf_count).collect();
    let vault_address = address::vault(network);
    let mut found = Vec::with_capacity(pages.len());
    let mut slot = u64::MAX;
    // The network and the vault go first in each call. One call at least.
    let mut rest = &pages[..];
    let (network, vault) = loop {
        let (chunk, later) = rest.split_at(rest.len().min(ACCOUNTS_PER_CALL - 2));
        rest = later;
        let mut addresses = vec![*network, vault_address];
        addresses.extend(chunk.iter().map(|page| address::claim_page(network, *page)));
        let answer = cluster.accounts(&addresses, None)?;
        slot = slot.min(answer.slot);
        let mut accounts = addresses.iter().zip(answer.accounts);

        let Some((_, Some(account))) = accounts.next() else {
            return Err(AccountError::Missing(*network).into());
        };
        let state: Network = decode_as(network, &account.owner, &account.data)?;
        if state.sequence != before.sequence {
            return Ok(None);
        }
        let account = accounts.next().and_then(|(_, account)| account);
        let vault = match &account {
            Some(account) => read_vault(network, &state, account),
            None => Vault {
                balance: 0,
                fault: Some("it does not exist"),
            },
        };
        for (page, (address, account)) in chunk.iter().zip(accounts) {
            let account = account.filter(|a| a.owner == address::PROGRAM);
            let page_state = account
                .map(|account| {
                    let state: ClaimPage = decode_as(address, &account.owner, &account.data)?;
                    let state = Box::new(state);
                    let any = NodeRewardsAccount::ClaimPage(state.clone());
                    account::check_address(address, &any)?;
                    Ok::<_, AccountError>(state)
                })
                .transpose()?;
            found.push((*page, page_state));
        }
        if rest.is_empty() {
            break (state, vault);
        }
    };
    Ok(Some(Parts {
        slot,
        network,
        vault,
        pages: found,
    }))
}

fn read_vault(network: &Pubkey, state: &Network, account: &solana_account::Account) -> Vault {
    let view = token_account(&account.data);
    let fault = match &view {
        _ if account.owner != state.token_program => Some("another program owns it"),
        None => Some("it is no token account"),
        Some(view) if view.mint != state.mint.as_array() => Some("it is of another mint"),
        Some(view) if view.owner != network.as_array() => Some("it is not the network's"),
        Some(view) if view.has_delegate => Some("it has a delegate"),
        Some(view) if view.has_close_authority => Some("it has a close authority"),
        Some(_) => None,
    };
    Vault {
        balance: view.map_or(0, |view| view.amount),
        fault,
    }
}

fn books(address: &Pubkey, parts: Parts) -> Books {
    let Parts {
        slot,
        network,
        vault,
        pages,
    } = parts;
    let counters_total: u128 = pages
        .iter()
        .filter_map(|(_, page)| page.as_ref())
        .flat_map(|page| page.counters)
        .map(u128::from)
        .sum();
    let missing_pages: Vec<u32> = pages
        .iter()
        .filter(|(_, page)| page.is_none())
        .map(|(page, _)| *page)
        .collect();
    let outstanding = network.lifetime_total.saturating_sub(network.claimed_total);
    let kept = network.funded_total.saturating_sub(network.claimed_total);

    let mut differences = Vec::new();
    let mut rule = |rule, holds: bool, left: (&str, i128), right: (&str, i128)| {
        if !holds {
            differences.push(Difference {
                rule,
                left: format!("{} {}", left.0, left.1),
                right: format!("{} {}", right.0, right.1),
                difference: left.1.saturating_sub(right.1),
            });
        }
    };
    let counters = i128::try_from(counters_total).unwrap_or(i128::MAX);
    rule(
        Rule::VaultCoversOutstanding,
        vault.balance >= outstanding,
        ("vault balance", vault.balance.into()),
        ("lifetime total less claimed total", outstanding.into()),
    );
    rule(
        Rule::CountersAreClaimed,
        counters_total == u128::from(network.claimed_total),
        ("sum of the claim counters", counters),
        ("claimed total", network.claimed_total.into()),
    );
    rule(
        Rule::ClaimedWithinLifetime,
        network.claimed_total <= network.lifetime_total,
        ("claimed total", network.claimed_total.into()),
        ("lifetime total", network.lifetime_total.into()),
    );
    rule(
        Rule::VaultKeepsFunding,
        vault.balance >= kept,
        ("vault balance", vault.balance.into()),
        ("funded total less claimed total", kept.into()),
    );
    rule(
        Rule::LimiterWithinCapacity,
        network.limiter_level <= network.limiter_capacity,
        ("the limiter's level", network.limiter_level.into()),
        ("its capacity", network.limiter_capacity.into()),
    );
    rule(
        Rule::DepthFitsLeaves,
        network.depth == depth_for(network.leaf_count),
        ("the tree's depth", network.depth.into()),
        (
            "the depth of its leaves",
            depth_for(network.leaf_count).into(),
        ),
    );
    if let Some(fault) = vault.fault {
        differences.push(Difference {
            rule: Rule::VaultIsTheNetworks,
            left: format!("vault {}: {fault}", network.vault),
            right: "a token account that the network alone controls".to_owned(),
            difference: 0,
        });
    }
    Books {
        network: *address,
        slot,
        sequence: network.sequence,
        mint: network.mint,
        decimals: network.decimals,
        funded_total: network.funded_total,
        lifetime_total: network.lifetime_total,
        claimed_total: network.claimed_total,
        counters_total,
        vault_balance: vault.balance,
        outstanding,
        surplus: vault.balance.saturating_sub(outstanding),
        donated: vault.balance.saturating_sub(kept),
        pages: u32::try_from(pages.len().saturating_sub(missing_pages.len())).unwrap_or(u32::MAX),
        missing_pages,
        differences,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_chain::{FakeChain, Fault, Schedule, no_faults};
    use crate::rewards::account::encode;
    use node_rewards::constants::COUNTERS_PER_PAGE;
    use solana_rpc_client_api::request::RpcRequest;

    const TOKEN: Pubkey = anchor_spl::token::ID;

    /// A network that granted 1,000 units to as many owners as two full pages and one more, funded with 1,500 and paid
    /// 600.
    struct Example {
        address: Pubkey,
        network: Box<Network>,
        pages: Vec<Box<ClaimPage>>,
        vault: Vec<u8>,
    }

    fn token_account_data(mint: &Pubkey, owner: &Pubkey, amount: u64) -> Vec<u8> {
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(mint.as_ref());
        data[32..64].copy_from_slice(owner.as_ref());
        data[64..72].copy_from_slice(&amount.to_le_bytes());
        data[108] = 1;
        data
    }

    fn example() -> Example {
        let (address, bump) = Network::find_address("wifi");
        let (vault, vault_bump) = Network::find_vault_address(&address);
        let mut network: Box<Network> = Box::new(bytemuck::Zeroable::zeroed());
        network.name[..4].copy_from_slice(b"wifi");
        network.name_len = 4;
        network.bump = bump;
        network.vault = vault;
        network.vault_bump = vault_bump;
        network.publisher_count = 1;
        network.mint = Pubkey::new_from_array([3; 32]);
        network.token_program = TOKEN;
        network.decimals = 6;
        network.active_epoch = 1;
        network.leaf_count = u32::try_from(2 * COUNTERS_PER_PAGE + 1).unwrap();
        network.depth = depth_for(network.leaf_count);
        network.lifetime_total = 1_000;
        network.claimed_total = 600;
        network.funded_total = 1_500;
        network.limiter_capacity = 10;
        let pages = (0..3)
            .map(|page| {
                let (_, bump) = ClaimPage::find_address(&address, page);
                let mut state: Box<ClaimPage> = Box::new(bytemuck::Zeroable::zeroed());
                state.network = address;
                state.page = page;
                state.bump = bump;
                state.counters[0] = 200;
                state
            })
            .collect();
        Example {
            address,
            vault: token_account_data(&network.mint, &address, 900),
            network,
            pages,
        }
    }

    fn chain(example: &Example) -> FakeChain {
        let chain = FakeChain::default();
        let network = encode(&NodeRewardsAccount::Network(example.network.clone()));
        chain.put(example.address, address::PROGRAM, network);
        chain.put(example.network.vault, TOKEN, example.vault.clone());
        for page in &example.pages {
            let at = address::claim_page(&example.address, page.page);
            let data = encode(&NodeRewardsAccount::ClaimPage(page.clone()));
            chain.put(at, address::PROGRAM, data);
        }
        chain
    }

    fn books_of(example: &Example) -> Books {
        read(&chain(example).cluster(no_faults()), &example.address).unwrap()
    }

    #[test]
    fn books_that_balance() {
        let books = books_of(&example());
        assert!(books.balance(), "{:?}", books.differences);
        assert_eq!(books.counters_total, 600);
        assert_eq!(books.vault_balance, 900);
        assert_eq!(books.outstanding, 400);
        assert_eq!(books.surplus, 500);
        assert_eq!(books.donated, 0);
        assert_eq!((books.pages, books.missing_pages), (3, vec![]));
    }

    #[test]
    fn a_donation_is_a_surplus_and_a_missing_page_is_named() {
        let mut example = example();
        example.vault[64..72].copy_from_slice(&950u64.to_le_bytes());
        example.pages.remove(1);
        example.pages[1].counters[0] = 400;
        let books = books_of(&example);
        assert!(books.balance(), "{:?}", books.differences);
        assert_eq!((books.donated, books.surplus), (50, 550));
        assert_eq!((books.pages, books.missing_pages), (2, vec![1]));
    }

    #[test]
    fn every_rule_is_seen_broken() {
        type Change = fn(&mut Example);
        let cases: [(Rule, Change, i128); 11] = [
            (
                Rule::VaultCoversOutstanding,
                |e| {
                    e.network.lifetime_total = 1_501;
                },
                -1,
            ),
            (Rule::CountersAreClaimed, |e| e.pages[2].counters[7] = 1, 1),
            (
                Rule::CountersAreClaimed,
                |e| e.pages[0].counters[0] -= 1,
                -1,
            ),
            (
                Rule::ClaimedWithinLifetime,
                |e| e.network.lifetime_total = 599,
                1,
            ),
            (
                Rule::VaultKeepsFunding,
                |e| e.network.funded_total = 1_501,
                -1,
            ),
            (
                Rule::LimiterWithinCapacity,
                |e| e.network.limiter_level = 11,
                1,
            ),
            (Rule::DepthFitsLeaves, |e| e.network.depth += 1, 1),
            (Rule::VaultIsTheNetworks, |e| e.vault[0] ^= 1, 0),
            (Rule::VaultIsTheNetworks, |e| e.vault[32] ^= 1, 0),
            // A delegate, and a close authority.
            (Rule::VaultIsTheNetworks, |e| e.vault[72] = 1, 0),
            (Rule::VaultIsTheNetworks, |e| e.vault[129] = 1, 0),
        ];
        for (rule, change, difference) in cases {
            let mut example = example();
            change(&mut example);
            let books = books_of(&example);
            let found: Vec<_> = books
                .differences
                .iter()
                .map(|d| (d.rule, d.difference))
                .collect();
            assert_eq!(found, [(rule, difference)]);
        }
        let json = serde_json::to_value(Rule::CountersAreClaimed).unwrap();
        assert_eq!(json, "counters-are-claimed");
    }

    #[test]
    fn claims_between_two_readings_do_not_tear_the_books() {
        let mut example = example();
        let chain = chain(&example);
        // The first call of a reading is for the network, the second for everything.
        for call in [2, 4, 6] {
            example.network.sequence += 1;
            example.network.claimed_total += 5;
            example.pages[1].counters[3] += 5;
            let balance = 1_500 - example.network.claimed_total;
            example.vault[64..72].copy_from_slice(&balance.to_le_bytes());
            let network = NodeRewardsAccount::Network(example.network.clone());
            let page = NodeRewardsAccount::ClaimPage(example.pages[1].clone());
            let page_address = address::claim_page(&example.address, 1);
            let changes = vec![
                (example.address, address::PROGRAM, encode(&network)),
                (page_address, address::PROGRAM, encode(&page)),
                (example.network.vault, TOKEN, example.vault.clone()),
            ];
            chain.0.lock().unwrap().changes.insert(call, changes);
        }
        let books = read(&chain.cluster(no_faults()), &example.address).unwrap();
        assert!(books.balance(), "{:?}", books.differences);
        assert_eq!((books.sequence, books.claimed_total), (3, 615));
        assert_eq!(chain.0.lock().unwrap().calls, 8);
    }

    #[test]
    fn accounts_that_are_not_what_they_should_be() {
        let mut example = example();
        // A page of another network at this one's address.
        example.pages[1].network = Pubkey::default();
        let result = read(&chain(&example).cluster(no_faults()), &example.address);
        assert!(matches!(
            result,
            Err(ClientError::Account(AccountError::Misplaced { .. }))
        ));
        let nobody = FakeChain::default().cluster(no_faults());
        assert!(matches!(
            read(&nobody, &example.address),
            Err(ClientError::Account(AccountError::Missing(_)))
        ));
        let behind: Schedule = Box::new(|_, request| {
            (request == RpcRequest::GetMultipleAccounts).then_some(Fault::Behind)
        });
        let behind = read(&chain(&example).cluster(behind), &example.address);
        assert!(behind.unwrap_err().is_retryable());
    }
}
