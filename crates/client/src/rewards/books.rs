//! A network's books: what came in, what was granted, what was paid, what is there, and whether it adds up.

use node_rewards::state::{ClaimPage, Network};
use solana_pubkey::Pubkey;
use wayfare_core::merkle::depth_for;

use super::{account::NodeRewardsAccount, address, published::pages_for};
use crate::{
    account::{self, AccountError, decode_as},
    books::{
        Checks, Part, Relation, Rule, Side, Sum,
        vault::{Expected, Vault},
    },
    cluster::{ACCOUNTS_PER_CALL, Cluster},
    error::{ClientError, RpcTrouble},
};

/// How often the accounts are read again because the network changed between two calls.
const TRIES: u32 = 20;

/// A network's books at one moment. Amounts are base units of its mint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Books {
    pub network: Pubkey,
    /// The slot that they were read at.
    pub slot: u64,
    /// The number of the network's last event by then.
    pub sequence: u64,
    pub mint: Pubkey,
    pub decimals: u8,
    /// Everything that came in through `fund`.
    pub funded_total: u64,
    /// Everything ever granted, by the active epoch.
    pub lifetime_total: u64,
    /// Everything ever paid, as the network has it.
    pub claimed_total: u64,
    /// The sum of all claim counters.
    pub counters_total: u128,
    /// What the vault holds.
    pub vault_balance: u64,
    /// Granted and not yet paid.
    pub outstanding: u64,
    /// What the vault holds beyond that: for epochs to come.
    pub surplus: u64,
    /// What came into the vault by plain transfers.
    pub donated: u64,
    /// Claim pages that the active epoch needs and that exist.
    pub pages: u32,
    /// Claim pages that it needs and that do not: their owners cannot claim until somebody creates them.
    pub missing_pages: Vec<u32>,
    /// What was checked, and what does not hold.
    pub checks: Checks,
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
    pub network: &'a Network,
    pub vault: Vault,
    /// The pages that the active epoch needs, and any others that there are.
    pub pages: Vec<(u32, Option<&'a ClaimPage>)>,
}

struct Read {
    slot: u64,
    network: Network,
    vault: Vault,
    pages: Vec<(u32, Option<Box<ClaimPage>>)>,
}

/// The vault that a network must have.
pub(crate) fn expected_vault(address: &Pubkey, network: &Network) -> Expected {
    Expected {
        address: network.vault,
        token_program: network.token_program,
        mint: network.mint,
        owner: *address,
    }
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
        if let Some(read) = read_parts(cluster, network)? {
            let pages = read.pages.iter();
            return Ok(books(
                network,
                &Parts {
                    slot: read.slot,
                    network: &read.network,
                    vault: read.vault,
                    pages: pages
                        .map(|(page, state)| (*page, state.as_deref()))
                        .collect(),
                },
            ));
        }
    }
    Err(RpcTrouble::Behind {
        request: "getMultipleAccounts".to_owned(),
        reason: format!("network {network} changed during each of {TRIES} readings"),
    }
    .into())
}

/// `None` when the network changed meanwhile.
fn read_parts(cluster: &Cluster, network: &Pubkey) -> Result<Option<Read>, ClientError> {
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
        if state.scope.sequence != before.scope.sequence {
            return Ok(None);
        }
        let account = accounts.next().and_then(|(_, account)| account);
        let vault = Vault::read(account.as_ref(), &expected_vault(network, &state));
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
    Ok(Some(Read {
        slot,
        network,
        vault,
        pages: found,
    }))
}

/// Checks everything that the books alone show.
pub(crate) fn books(address: &Pubkey, parts: &Parts) -> Books {
    let Parts {
        slot,
        network,
        vault,
        pages,
    } = parts;
    let present = || pages.iter().filter_map(|(_, page)| *page);
    let counters_total: u128 = present().map(claimed).sum();
    let missing_pages: Vec<u32> = pages
        .iter()
        .filter(|(_, page)| page.is_none())
        .map(|(page, _)| *page)
        .collect();
    let outstanding = network.lifetime_total.saturating_sub(network.claimed_total);
    let kept = network.funded_total.saturating_sub(network.claimed_total);

    let mut checks = Checks::default();
    let mut sum = |rule, left, relation, right| {
        let sum = Sum {
            rule,
            account: *address,
            left,
            relation,
            right,
        };
        checks.sum(sum, || match rule {
            Rule::CountersAreClaimed => present()
                .filter(|page| claimed(page) > 0)
                .map(|page| Part {
                    account: address::claim_page(address, page.page),
                    adds: format!("page {}: counters {}", page.page, claimed(page)),
                })
                .collect(),
            Rule::VaultCoversOutstanding | Rule::VaultKeepsFunding => vec![Part {
                account: network.vault,
                adds: format!("vault balance {}", vault.balance),
            }],
            _ => vec![],
        });
    };
    let claimed_total = Side::new("claimed total", network.claimed_total);
    sum(
        Rule::VaultCoversOutstanding,
        Side::new("vault balance", vault.balance),
        Relation::AtLeast,
        Side::new("lifetime total less claimed total", outstanding),
    );
    sum(
        Rule::CountersAreClaimed,
        Side::new("sum of the claim counters", counters_total),
        Relation::Equal,
        claimed_total,
    );
    sum(
        Rule::ClaimedWithinLifetime,
        claimed_total,
        Relation::AtMost,
        Side::new("lifetime total", network.lifetime_total),
    );
    sum(
        Rule::VaultKeepsFunding,
        Side::new("vault balance", vault.balance),
        Relation::AtLeast,
        Side::new("funded total less claimed total", kept),
    );
    sum(
        Rule::LimiterWithinCapacity,
        Side::new("the limiter's level", network.limiter_level),
        Relation::AtMost,
        Side::new("its capacity", network.terms.limiter_capacity),
    );
    sum(
        Rule::DepthFitsLeaves,
        Side::new("the tree's depth", network.depth),
        Relation::Equal,
        Side::new("the depth of its leaves", depth_for(network.leaf_count)),
    );
    let expected = expected_vault(address, network);
    vault.check_control(&mut checks, Rule::VaultIsTheNetworks, &expected);
    vault.check_freedom(&mut checks, Rule::NetworkVaultIsFree, &expected);
    Books {
        network: *address,
        slot: *slot,
        sequence: network.scope.sequence,
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
        checks,
    }
}

/// What a page's owners have claimed.
fn claimed(page: &ClaimPage) -> u128 {
    page.counters.iter().copied().map(u128::from).sum()
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
        let (authority, guardian) = (
            Pubkey::new_from_array([31; 32]),
            Pubkey::new_from_array([32; 32]),
        );
        network
            .scope
            .open(Network::VERSION, bump, "wifi", authority, guardian)
            .unwrap();
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
        network.terms.limiter_capacity = 10;
        let pages = (0..3)
            .map(|page| {
                let (_, bump) = ClaimPage::find_address(&address, page);
                let mut state: Box<ClaimPage> = Box::new(bytemuck::Zeroable::zeroed());
                state.version = ClaimPage::VERSION;
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
        assert!(books.balance(), "{:?}", books.checks.findings);
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
        assert!(books.balance(), "{:?}", books.checks.findings);
        assert_eq!((books.donated, books.surplus), (50, 550));
        assert_eq!((books.pages, books.missing_pages), (2, vec![1]));
    }

    #[test]
    fn every_rule_is_seen_broken() {
        type Change = fn(&mut Example);
        let cases: [(Rule, Change, Option<i128>); 12] = [
            (
                Rule::VaultCoversOutstanding,
                |e| {
                    e.network.lifetime_total = 1_501;
                },
                Some(-1),
            ),
            (
                Rule::CountersAreClaimed,
                |e| e.pages[2].counters[7] = 1,
                Some(1),
            ),
            (
                Rule::CountersAreClaimed,
                |e| e.pages[0].counters[0] -= 1,
                Some(-1),
            ),
            (
                Rule::ClaimedWithinLifetime,
                |e| e.network.lifetime_total = 599,
                Some(1),
            ),
            (
                Rule::VaultKeepsFunding,
                |e| e.network.funded_total = 1_501,
                Some(-1),
            ),
            (
                Rule::LimiterWithinCapacity,
                |e| e.network.limiter_level = 11,
                Some(1),
            ),
            (Rule::DepthFitsLeaves, |e| e.network.depth += 1, Some(1)),
            (Rule::VaultIsTheNetworks, |e| e.vault[0] ^= 1, None),
            (Rule::VaultIsTheNetworks, |e| e.vault[32] ^= 1, None),
            // A delegate, and a close authority.
            (Rule::VaultIsTheNetworks, |e| e.vault[72] = 1, None),
            (Rule::VaultIsTheNetworks, |e| e.vault[129] = 1, None),
            (Rule::NetworkVaultIsFree, |e| e.vault[108] = 2, None),
        ];
        for (rule, change, difference) in cases {
            let mut example = example();
            change(&mut example);
            let books = books_of(&example);
            let found: Vec<_> = books
                .checks
                .findings
                .iter()
                .map(|d| (d.rule, d.difference))
                .collect();
            assert_eq!(found, [(rule, difference)]);
        }
    }

    #[test]
    fn claims_between_two_readings_do_not_tear_the_books() {
        let mut example = example();
        let chain = chain(&example);
        // The first call of a reading is for the network, the second for everything.
        for call in [2, 4, 6] {
            example.network.scope.sequence += 1;
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
        assert!(books.balance(), "{:?}", books.checks.findings);
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
