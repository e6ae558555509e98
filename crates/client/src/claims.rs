//! Claims from published data: what each owner can claim, and the job that claims it.
//!
//! Proofs are derived from the data themselves, so there is no server whose absence could keep an owner from its money,
//! and showing what is claimable takes no key.

use std::{collections::HashMap, time::Duration};

use node_rewards::{
    errors::NodeRewardsError,
    state::{ClaimPage, Network, Payout},
};
use solana_pubkey::Pubkey;
use solana_sha256_hasher::hashv;
use solana_signer::Signer;
use wayfare_core::rewards::epoch_data::Epoch;

use crate::{
    account::{self, NodeRewardsAccount, decode_as},
    address,
    bulk::{Assessment, Job, Verdict},
    cluster::Cluster,
    error::{ClientError, Refusal},
    instruction::{self, NetworkAccounts},
    journal::Binding,
};

/// What an owner can claim, and where it goes. Amounts are base units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimable {
    /// The owner's place among the leaves.
    pub index: u32,
    pub owner: Pubkey,
    /// The wallet that is paid: the owner, or the one that the owner set.
    pub wallet: Pubkey,
    /// The wallet's associated token account.
    pub destination: Pubkey,
    pub has_destination: bool,
    /// The page of the owner's counter.
    pub page: u32,
    pub has_page: bool,
    /// Everything that the owner ever earned.
    pub lifetime: u64,
    /// Everything that the owner ever claimed.
    pub claimed: u64,
}

impl Claimable {
    /// What is left to claim.
    pub fn due(&self) -> u64 {
        // A counter above the lifetime was claimed from a later epoch's data.
        self.lifetime.saturating_sub(self.claimed)
    }
}

/// What owners can claim, by their indices, in order. Indices without a leaf are left out. `min_slot`: as of this slot or
/// later.
pub fn claimable(
    cluster: &Cluster,
    network: &NetworkAccounts,
    data: &Epoch,
    indices: &[u32],
    min_slot: Option<u64>,
) -> Result<Vec<Claimable>, ClientError> {
    let leaves: Vec<_> = indices
        .iter()
        .filter_map(|index| {
            let leaf = data.leaves().get(usize::try_from(*index).ok()?)?;
            Some((*index, Pubkey::from(leaf.owner), leaf.lifetime))
        })
        .collect();
    let mut pages: Vec<u32> = leaves
        .iter()
        .map(|(i, _, _)| ClaimPage::locate(*i).0)
        .collect();
    pages.sort_unstable();
    pages.dedup();

    let mut addresses: Vec<Pubkey> = pages
        .iter()
        .map(|page| address::claim_page(&network.network, *page))
        .collect();
    addresses.extend(
        leaves
            .iter()
            .map(|(_, owner, _)| address::payout(&network.network, owner)),
    );
    let mut accounts = cluster.accounts(&addresses, min_slot)?.accounts.into_iter();
    let mut addresses = addresses.into_iter();

    let mut counters: HashMap<u32, Box<ClaimPage>> = HashMap::new();
    for page in pages {
        let (Some(address), Some(account)) = (addresses.next(), accounts.next()) else {
            break;
        };
        let Some(account) = account.filter(|a| a.owner == address::PROGRAM) else {
            continue;
        };
        let state: ClaimPage = decode_as(&address, &account.owner, &account.data)?;
        let state = NodeRewardsAccount::ClaimPage(Box::new(state));
        account::check_address(&address, &state, Some(&network.network))?;
        if let NodeRewardsAccount::ClaimPage(state) = state {
            counters.insert(page, state);
        }
    }

    let mut claimables = Vec::with_capacity(leaves.len());
    for (index, owner, lifetime) in leaves {
        let payout = addresses.next().zip(accounts.next().flatten());
        let wallet = match payout.filter(|(_, a)| a.owner == address::PROGRAM) {
            Some((address, account)) => {
                let payout: Payout = decode_as(&address, &account.owner, &account.data)?;
                payout.wallet
            }
            None => owner,
        };
        let (page, slot) = ClaimPage::locate(index);
        let counter = counters.get(&page).and_then(|p| p.counters.get(slot));
        claimables.push(Claimable {
            index,
            owner,
            wallet,
            destination: address::token_account(&wallet, &network.mint, &network.token_program),
            has_destination: false,
            page,
            has_page: counter.is_some(),
            lifetime,
            claimed: counter.copied().unwrap_or(0),
        });
    }
    let destinations: Vec<Pubkey> = claimables.iter().map(|c| c.destination).collect();
    let accounts = cluster.accounts(&destinations, min_slot)?.accounts;
    for (claimable, account) in claimables.iter_mut().zip(accounts) {
        claimable.has_destination = account.is_some_and(|a| a.owner == network.token_program);
    }
    Ok(claimables)
}

/// The job of claiming for owners: an item for each. An item is done when the owner's counter is its lifetime; where the
/// outflow limiter pays in instalments, it waits for the next one.
pub struct ClaimRewards<'a> {
    pub network: NetworkAccounts,
    /// The active epoch's ([`crate::published::open_active`]).
    pub data: &'a Epoch,
    /// The owners' indices.
    pub owners: Vec<u32>,
    /// Pays the fees, and the rent of token accounts that are missing.
    pub payer: Pubkey,
}

impl ClaimRewards<'_> {
    /// What ties a journal to this job: the data and the owners.
    pub fn binding(&self, genesis: solana_hash::Hash) -> Binding {
        let data_hash = self.data.dir().data_hash();
        let owners: Vec<u8> = self.owners.iter().flat_map(|i| i.to_le_bytes()).collect();
        Binding {
            job: "claim-rewards".to_owned(),
            input: hashv(&[&data_hash, &owners]).to_bytes(),
            network: self.network.network,
            genesis,
        }
    }

    fn assessment(&self, claimable: &Claimable) -> Assessment {
        if claimable.due() == 0 {
            return Assessment::Done;
        }
        let network = &self.network;
        let mut instructions = Vec::with_capacity(3);
        if !claimable.has_page {
            if self.owners.len() > 1 {
                // Two owners of one page would both create it.
                return Assessment::Impossible(format!(
                    "claim page {} does not exist: create it first",
                    claimable.page
                ));
            }
            instructions.push(instruction::create_page(
                network.network,
                self.payer,
                claimable.page,
            ));
        }
        if !claimable.has_destination {
            instructions.push(instruction::create_token_account(
                &self.payer,
                &claimable.wallet,
                &network.mint,
                &network.token_program,
            ));
        }
        let Some(leaf) = self.data.claim(claimable.index) else {
            return Assessment::Impossible("it has no leaf in the data".to_owned());
        };
        instructions.push(instruction::claim(
            network,
            instruction::Claim {
                owner: claimable.owner,
                wallet: claimable.wallet,
                index: leaf.index,
                lifetime: leaf.lifetime,
                detail_root: leaf.detail_root,
                proof: leaf.proof,
            },
        ));
        // Different after each step: a new page, a new token account, another counter.
        let flags = u64::from(claimable.has_page) * 2 + u64::from(claimable.has_destination);
        Assessment::Due {
            instructions,
            progress: claimable.claimed.wrapping_mul(4).wrapping_add(flags),
        }
    }
}

impl Job for ClaimRewards<'_> {
    fn len(&self) -> usize {
        self.owners.len()
    }

    fn name(&self, item: usize) -> String {
        let index = self.owners.get(item).copied().unwrap_or(u32::MAX);
        match self.data.leaves().get(index as usize) {
            Some(leaf) => format!("owner {}", Pubkey::from(leaf.owner)),
            None => format!("owner with index {index}"),
        }
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let indices: Vec<u32> = items
            .iter()
            .map(|item| self.owners.get(*item).copied().unwrap_or(u32::MAX))
            .collect();
        let claimables: HashMap<u32, Claimable> =
            claimable(cluster, &self.network, self.data, &indices, min_slot)?
                .into_iter()
                .map(|claimable| (claimable.index, claimable))
                .collect();
        Ok(indices
            .iter()
            .map(|index| match claimables.get(index) {
                Some(claimable) => self.assessment(claimable),
                None => Assessment::Impossible("it has no leaf in the data".to_owned()),
            })
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![]
    }

    fn judge(
        &self,
        cluster: &Cluster,
        item: usize,
        refusal: &Refusal,
    ) -> Result<Verdict, ClientError> {
        Ok(match refusal.node_rewards_error() {
            Some(NodeRewardsError::OutflowLimited) => {
                let index = self.owners.get(item).copied().unwrap_or(u32::MAX);
                let claimables = claimable(cluster, &self.network, self.data, &[index], None)?;
                let due = claimables.first().map_or(0, Claimable::due);
                match payable_in(cluster, &self.network.network, due)? {
                    Some(wait) => Verdict::Wait(wait.max(Duration::from_secs(1))),
                    None => Verdict::Fail,
                }
            }
            // The data agreed with the active epoch when they were opened: another one was activated since.
            Some(NodeRewardsError::WrongProof) => Verdict::Stop,
            _ => Verdict::Fail,
        })
    }
}

/// How long until the outflow limiter pays `due` base units or an instalment of them, if nobody else claims before;
/// `None` for never.
pub fn payable_in(
    cluster: &Cluster,
    network: &Pubkey,
    due: u64,
) -> Result<Option<Duration>, ClientError> {
    let state: Network = cluster.state(network)?;
    let now = cluster.unix_time()?;
    Ok(match state.limiter().take(due, now) {
        Ok(_) => Some(Duration::ZERO),
        Err(retry) if retry.seconds == u64::MAX => None,
        Err(retry) => Some(Duration::from_secs(retry.seconds)),
    })
}
