//! A network's books: what came in, what was granted, what was paid, what is there, and whether it adds up.

use node_rewards::state::{ClaimPage, Network};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::{merkle::depth_for, mint::token_account};

use crate::{
    account::{self, AccountError, NodeRewardsAccount, decode_as},
    address,
    cluster::{ACCOUNTS_PER_CALL, Cluster},
    error::{ClientError, InputError, RpcTrouble},
    published::pages_for,
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
                    account::check_address(address, &any, Some(network))?;
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

/// Base units in a token account of a mint.
///
/// # Errors
///
/// [`InputError::NotATokenAccount`] when the account is something else, [`AccountError::Missing`] when there is none.
pub fn token_balance(
    cluster: &Cluster,
    address: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Result<u64, ClientError> {
    let account = cluster
        .account(address)?
        .ok_or(AccountError::Missing(*address))?;
    token_account(&account.data)
        .filter(|view| account.owner == *token_program && view.mint == mint.as_array())
        .map(|view| view.amount)
        .ok_or_else(|| {
            InputError::NotATokenAccount {
                address: *address,
                mint: *mint,
            }
            .into()
        })
}
