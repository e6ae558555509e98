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

use super::{
    account::NodeRewardsAccount,
    address,
    instruction::{self, NetworkAccounts},
};
use crate::{
    account::{self, decode_as},
    bulk::{Assessment, Job, Verdict},
    cluster::Cluster,
    error::{ClientError, Refusal},
    journal::Binding,
    token::{create_token_account, token_account},
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
        account::check_address(&address, &state)?;
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
            destination: token_account(&wallet, &network.mint, &network.token_program),
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
    /// The active epoch's ([`super::published::open_active`]).
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
            instructions.push(create_token_account(
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
        if refusal.is(NodeRewardsError::OutflowLimited) {
            let index = self.owners.get(item).copied().unwrap_or(u32::MAX);
            let claimables = claimable(cluster, &self.network, self.data, &[index], None)?;
            let due = claimables.first().map_or(0, Claimable::due);
            return Ok(match payable_in(cluster, &self.network.network, due)? {
                Some(wait) => Verdict::Wait(wait.max(Duration::from_secs(1))),
                None => Verdict::Fail,
            });
        }
        // The data agreed with the active epoch when they were opened: another one was activated since.
        Ok(match refusal.is(NodeRewardsError::WrongProof) {
            true => Verdict::Stop,
            false => Verdict::Fail,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cluster::Blockhash,
        error::InputError,
        fake_chain::{FakeChain, no_faults},
        rewards::account::encode,
        send::{self, Budget, Lifetime, MAX_COMPUTE_UNITS},
    };
    use solana_hash::Hash;
    use std::{fs, path::Path};
    use tempfile::TempDir;
    use wayfare_core::rewards::{
        compute::{ComputeInput, compute},
        epoch_data::{EpochDir, MetricsSource},
    };

    const TOKEN: Pubkey = anchor_spl::token::ID;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    fn network() -> NetworkAccounts {
        NetworkAccounts {
            network: key(1),
            vault: key(2),
            mint: key(3),
            token_program: TOKEN,
        }
    }

    /// The data of an epoch in which four owners earned 10 units each.
    fn data(directory: &Path) -> Epoch {
        let metrics = directory.join("metrics.csv");
        let policy = directory.join("policy.toml");
        let mut rows =
            String::from("device,owner,uptime_seconds,bytes_carried,sessions,check_ins\n");
        for owner in 1..=4 {
            rows.push_str(&format!(
                "{},{},5,1,1,1\n",
                key(10 + owner),
                key(20 + owner)
            ));
        }
        fs::write(&metrics, rows).unwrap();
        let text = "emission = \"40\"\n[weights]\nuptime = 10000\ntraffic = 0\ncheck_ins = 0\n";
        fs::write(&policy, text).unwrap();
        let out = directory.join("epoch-1");
        let input = ComputeInput {
            metrics,
            source: MetricsSource::Simulated { seed: 1 },
            policy,
            previous: None,
            registry: None,
            network: network().network.to_bytes(),
            mint: network().mint.to_bytes(),
            decimals: 0,
            epoch: 1,
            epoch_length_seconds: 60,
            out: out.clone(),
        };
        compute(&input, &mut |_| ()).unwrap();
        EpochDir::open(&out).unwrap().load().unwrap()
    }

    fn owner(data: &Epoch, index: usize) -> Pubkey {
        Pubkey::from(data.leaves()[index].owner)
    }

    fn put_page(chain: &FakeChain, counters: &[u64]) {
        let (address, bump) = ClaimPage::find_address(&network().network, 0);
        let mut page: Box<ClaimPage> = Box::new(bytemuck::Zeroable::zeroed());
        page.version = ClaimPage::VERSION;
        page.network = network().network;
        page.bump = bump;
        page.counters[..counters.len()].copy_from_slice(counters);
        let data = encode(&NodeRewardsAccount::ClaimPage(page));
        chain.put(address, address::PROGRAM, data);
    }

    #[test]
    fn what_each_owner_can_claim_and_where_it_goes() {
        let directory = TempDir::new().unwrap();
        let data = data(directory.path());
        let chain = FakeChain::default();
        put_page(&chain, &[0, 4, 10, 11]);
        // The second owner has set a wallet, and that wallet has a token account.
        let (address, bump) = Payout::find_address(&network().network, &owner(&data, 1));
        let payout = Payout {
            version: Payout::VERSION,
            network: network().network,
            owner: owner(&data, 1),
            wallet: key(99),
            rent_payer: key(98),
            bump,
            spare: [0; 7],
        };
        let payout = encode(&NodeRewardsAccount::Payout(Box::new(payout)));
        chain.put(address, address::PROGRAM, payout);
        let destination = token_account(&key(99), &network().mint, &TOKEN);
        chain.put(destination, TOKEN, vec![0; 165]);
        // Lamports alone at the third owner's payout address change nothing.
        let empty = address::payout(&network().network, &owner(&data, 2));
        chain.put(empty, solana_sdk_ids::system_program::ID, vec![]);

        let cluster = chain.cluster(no_faults());
        let all = claimable(&cluster, &network(), &data, &[0, 1, 2, 3, 4], None).unwrap();
        let due: Vec<u64> = all.iter().map(Claimable::due).collect();
        assert_eq!(due, [10, 6, 0, 0], "an index without a leaf is left out");
        assert!(
            all.iter()
                .all(|c| c.has_page && c.lifetime == 10 && c.page == 0)
        );
        assert_eq!(all[0].wallet, owner(&data, 0));
        assert!(!all[0].has_destination);
        assert_eq!((all[1].wallet, all[1].destination), (key(99), destination));
        assert!(all[1].has_destination);
        assert_eq!(all[2].wallet, owner(&data, 2));

        let job = ClaimRewards {
            network: network(),
            data: &data,
            owners: vec![0, 1, 2, 3],
            payer: key(7),
        };
        let assessments = job.assess(&cluster, &[0, 1, 2, 3], None).unwrap();
        let steps: Vec<usize> = assessments
            .iter()
            .map(|assessment| match assessment {
                Assessment::Due { instructions, .. } => instructions.len(),
                _ => 0,
            })
            .collect();
        // A token account first; a claim alone; nothing.
        assert_eq!(steps, [2, 1, 0, 0]);
        assert_eq!(assessments[2..], [Assessment::Done, Assessment::Done]);
    }

    #[test]
    fn an_owner_alone_makes_its_own_page_and_a_crank_does_not() {
        let directory = TempDir::new().unwrap();
        let data = data(directory.path());
        let cluster = FakeChain::default().cluster(no_faults());
        let mut job = ClaimRewards {
            network: network(),
            data: &data,
            owners: vec![2],
            payer: key(7),
        };
        let alone = job.assess(&cluster, &[0], None).unwrap();
        assert!(
            matches!(&alone[0], Assessment::Due { instructions, .. } if instructions.len() == 3)
        );
        job.owners = vec![1, 2];
        let crank = job.assess(&cluster, &[0, 1], None).unwrap();
        assert!(matches!(&crank[1], Assessment::Impossible(reason) if reason.contains("page 0")));
    }

    #[test]
    fn progress_is_seen_at_every_step() {
        let directory = TempDir::new().unwrap();
        let data = data(directory.path());
        let job = ClaimRewards {
            network: network(),
            data: &data,
            owners: vec![0],
            payer: key(7),
        };
        let mut seen = Vec::new();
        for (has_page, has_destination, claimed) in [
            (false, false, 0),
            (true, false, 0),
            (true, true, 0),
            (true, true, 1),
            (true, true, 9),
        ] {
            let claimable = Claimable {
                index: 0,
                owner: owner(&data, 0),
                wallet: owner(&data, 0),
                destination: key(1),
                has_destination,
                page: 0,
                has_page,
                lifetime: 10,
                claimed,
            };
            let Assessment::Due { progress, .. } = job.assessment(&claimable) else {
                panic!("it is due");
            };
            assert!(!seen.contains(&progress));
            seen.push(progress);
        }
    }

    #[test]
    fn a_journal_is_of_the_same_data_and_owners() {
        let directory = TempDir::new().unwrap();
        let data = data(directory.path());
        let mut job = ClaimRewards {
            network: network(),
            data: &data,
            owners: vec![0, 1],
            payer: key(7),
        };
        let binding = job.binding(Hash::default());
        job.payer = key(8);
        assert_eq!(job.binding(Hash::default()), binding);
        job.owners.pop();
        assert_ne!(job.binding(Hash::default()), binding);
    }

    #[test]
    fn the_deepest_claim_fits_a_packet_and_with_its_token_account_takes_two() {
        let claim = instruction::claim(
            &network(),
            instruction::Claim {
                owner: key(4),
                wallet: key(4),
                index: 0,
                lifetime: 5,
                detail_root: [6; 32],
                proof: vec![7; 21 * 32],
            },
        );
        let create = create_token_account(&key(9), &key(4), &key(3), &TOKEN);
        let lifetime = Lifetime::Blockhash(Blockhash {
            hash: Hash::default(),
            last_valid_block_height: 0,
        });
        let budget = Budget {
            limit: Some(MAX_COMPUTE_UNITS),
            price: Some(1),
        };
        let both = [create, claim];
        send::message(&both[1..], &key(9), &lifetime, budget).unwrap();
        assert!(matches!(
            send::message(&both, &key(9), &lifetime, budget),
            Err(ClientError::Input(InputError::TooLarge { .. }))
        ));
    }
}
