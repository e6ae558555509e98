//! The rules of node-rewards.

use std::collections::BTreeMap;

use node_rewards::{
    constants::COUNTERS_PER_PAGE,
    state::{ClaimPage, Epoch, EpochStatus, Network, Node, Payout},
};
use solana_pubkey::Pubkey;
use wayfare_program::scope::MAX_PAUSE;

use super::{
    account::NodeRewardsAccount as Account,
    books::{self, Books, expected_vault},
    published::pages_for,
};
use crate::books::{
    Audited, Checks, Part, Reading, Relation, Rule, Side, Sum, check_pause,
    vault::{Vault, check_plain_mint},
};

impl Audited for Account {
    type Found = NetworkAudit;

    fn needs(&self) -> Vec<Pubkey> {
        match self {
            Self::Network(network) => vec![network.vault, network.mint],
            _ => vec![],
        }
    }

    fn audit(reading: &Reading<Self>, checks: &mut Checks) -> Vec<NetworkAudit> {
        let networks = networks(reading, checks);
        networks
            .iter()
            .map(|network| audit(reading, network))
            .collect()
    }

    fn checks(found: &NetworkAudit) -> &Checks {
        &found.books.checks
    }
}

/// A network, and what belongs to it.
struct NetworkAccounts<'a> {
    pub address: Pubkey,
    pub network: &'a Network,
    pub epochs: BTreeMap<u64, (Pubkey, &'a Epoch)>,
    pub pages: BTreeMap<u32, (Pubkey, &'a ClaimPage)>,
    payouts: Vec<(Pubkey, &'a Payout)>,
    nodes: Vec<(Pubkey, &'a Node)>,
}

/// A network as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkAudit {
    pub state: Box<Network>,
    /// What it has and owes, with everything that was checked of it.
    pub books: Books,
    /// By number.
    pub epochs: BTreeMap<u64, Epoch>,
    /// By number.
    pub pages: BTreeMap<u32, Box<ClaimPage>>,
}

/// The networks of a reading. What belongs to none of them is a finding.
fn networks<'a>(reading: &'a Reading<Account>, checks: &mut Checks) -> Vec<NetworkAccounts<'a>> {
    let mut networks: BTreeMap<Pubkey, NetworkAccounts> = BTreeMap::new();
    for (at, account) in &reading.accounts {
        if let Account::Network(network) = account {
            networks.insert(
                *at,
                NetworkAccounts {
                    address: *at,
                    network,
                    epochs: BTreeMap::new(),
                    pages: BTreeMap::new(),
                    payouts: vec![],
                    nodes: vec![],
                },
            );
        }
    }
    for (at, account) in &reading.accounts {
        let parent = match account {
            Account::Network(_) => continue,
            Account::Epoch(epoch) => epoch.network,
            Account::ClaimPage(page) => page.network,
            Account::Payout(payout) => payout.network,
            Account::Node(node) => node.network,
        };
        let network = networks.get_mut(&parent);
        checks.fact(
            Rule::AccountBelongs,
            at,
            network
                .is_none()
                .then(|| format!("it belongs to {parent}, which is no network")),
            "a network that exists",
        );
        let Some(network) = network else { continue };
        match account {
            Account::Epoch(epoch) => {
                network.epochs.insert(epoch.number, (*at, epoch));
            }
            Account::ClaimPage(page) => {
                network.pages.insert(page.page, (*at, page));
            }
            Account::Payout(payout) => network.payouts.push((*at, payout)),
            Account::Node(node) => network.nodes.push((*at, node)),
            Account::Network(_) => {}
        }
    }
    networks.into_values().collect()
}

/// Checks a network against everything that was read.
fn audit(reading: &Reading<Account>, accounts: &NetworkAccounts) -> NetworkAudit {
    let NetworkAccounts {
        address, network, ..
    } = accounts;
    let expected = expected_vault(address, network);
    let mut pages: BTreeMap<u32, Option<&ClaimPage>> = pages_for(network.leaf_count)
        .map(|page| (page, None))
        .collect();
    pages.extend(
        accounts
            .pages
            .iter()
            .map(|(page, (_, state))| (*page, Some(*state))),
    );
    let mut books = books::books(
        address,
        &books::Parts {
            slot: reading.slot,
            network,
            vault: Vault::read(reading.others.get(&network.vault), &expected),
            pages: pages.into_iter().collect(),
        },
    );
    let checks = &mut books.checks;
    check_plain_mint(
        checks,
        Rule::NetworkMintIsPlain,
        &expected,
        network.decimals,
        reading.others.get(&network.mint),
    );
    check_terms(checks, address, network);
    check_roles(checks, address, network);
    check_owners(checks, accounts);
    check_pause(
        checks,
        Rule::NetworkPauseEnds,
        address,
        network.scope.paused_until,
        reading.time.saturating_add(MAX_PAUSE),
    );
    check_epochs(checks, accounts);
    check_totals(checks, accounts);
    check_approvals(checks, accounts);
    check_pages(checks, accounts);
    let nodes = Sum {
        rule: Rule::NodesAreCounted,
        account: *address,
        left: Side::new("node accounts", accounts.nodes.len() as u64),
        relation: Relation::Equal,
        right: Side::new("node count", network.node_count),
    };
    checks.sum(nodes, || {
        let nodes = accounts.nodes.iter();
        nodes
            .map(|(at, node)| Part {
                account: *at,
                adds: format!("device {}", node.device),
            })
            .collect()
    });
    NetworkAudit {
        state: Box::new(**network),
        books,
        epochs: accounts
            .epochs
            .iter()
            .map(|(number, (_, epoch))| (*number, (*epoch).clone()))
            .collect(),
        pages: accounts
            .pages
            .iter()
            .map(|(number, (_, page))| (*number, Box::new(**page)))
            .collect(),
    }
}

fn check_terms(checks: &mut Checks, at: &Pubkey, network: &Network) {
    let fault = network.terms().and_then(|terms| terms.validate()).err();
    checks.fact(
        Rule::NetworkTermsWork,
        at,
        fault.map(|error| format!("terms that the program refuses: {error}")),
        "terms under which everything granted can be paid",
    );
}

fn check_roles(checks: &mut Checks, at: &Pubkey, network: &Network) {
    let keys = [
        ("the authority", network.scope.authority),
        ("the guardian", network.scope.guardian),
    ];
    let zero = keys.iter().find(|(_, key)| *key == Pubkey::default());
    let fault = match (zero, network.publisher_set().validate()) {
        (Some((role, _)), _) => Some(format!("{role} is the zero key")),
        (None, Err(error)) => Some(format!("publishers that the program refuses: {error}")),
        (None, Ok(())) => None,
    };
    checks.fact(
        Rule::NetworkKeysAreSet,
        at,
        fault,
        "a key in every role, and different publishers",
    );
}

/// That nothing is owned by, or paid to, a key that nobody has.
fn check_owners(checks: &mut Checks, accounts: &NetworkAccounts) {
    let payouts = accounts.payouts.iter();
    let payouts = payouts.map(|(at, payout)| (at, [payout.owner, payout.wallet]));
    let nodes = accounts.nodes.iter();
    let nodes = nodes.map(|(at, node)| (at, [node.owner, node.device]));
    for (at, keys) in payouts.chain(nodes) {
        checks.fact(
            Rule::NetworkKeysAreSet,
            at,
            keys.contains(&Pubkey::default())
                .then_some("owner, wallet or device is the zero key"),
            "a key in every role",
        );
    }
}

/// That every epoch up to the active one is there, in the state that its number asks for, and says what the network says.
fn check_epochs(checks: &mut Checks, accounts: &NetworkAccounts) {
    let NetworkAccounts {
        address,
        network,
        epochs,
        ..
    } = accounts;
    let active = network.active_epoch;
    // The numbers are as many as there are accounts, plus gaps: a broken network may name any.
    let mut expected = 1;
    for (number, (at, epoch)) in epochs {
        if *number <= active && *number > expected {
            checks.fact(
                Rule::EpochsInOrder,
                address,
                Some(missing(expected, number.saturating_sub(1))),
                "an account for every epoch",
            );
        }
        expected = number.saturating_add(1);
        let right = match number {
            number if *number < active => &[EpochStatus::Superseded][..],
            number if *number == active => &[EpochStatus::Active],
            _ => &[EpochStatus::Proposed, EpochStatus::Vetoed],
        };
        let fault = if *number == 0 || *number > active.saturating_add(1) {
            Some(format!("epoch {number}, while {active} is active"))
        } else if !right.contains(&epoch.status) {
            Some(format!(
                "epoch {number} is {:?}, while {active} is active",
                epoch.status
            ))
        } else {
            None
        };
        checks.fact(
            Rule::EpochsInOrder,
            at,
            fault,
            "epochs 1, 2, 3 and so on; those before the active one superseded",
        );
    }
    if expected <= active {
        checks.fact(
            Rule::EpochsInOrder,
            address,
            Some(missing(expected, active)),
            "an account for every epoch",
        );
    }
    if let Some((at, epoch)) = epochs.get(&active) {
        let of_epoch = (
            epoch.root,
            epoch.depth,
            epoch.leaf_count,
            epoch.lifetime_total,
        );
        let of_network = (
            network.root,
            network.depth,
            network.leaf_count,
            network.lifetime_total,
        );
        checks.fact(
            Rule::EpochsInOrder,
            at,
            (of_epoch != of_network).then(|| described(of_epoch)),
            format!("what the network has: {}", described(of_network)),
        );
    }
}

fn missing(first: u64, last: u64) -> String {
    format!("no accounts for epochs {first} to {last}")
}

fn described((root, depth, leaves, total): ([u8; 32], u8, u32, u64)) -> String {
    format!(
        "root {}, depth {depth}, {leaves} leaves, lifetime total {total}",
        hex::encode(root)
    )
}

/// That from each epoch that was in force to the next nothing falls.
fn check_totals(checks: &mut Checks, accounts: &NetworkAccounts) {
    let in_force: Vec<_> = accounts
        .epochs
        .range(..=accounts.network.active_epoch)
        .map(|(_, epoch)| epoch)
        .collect();
    for pair in in_force.windows(2) {
        let [(_, before), (at, after)] = pair else {
            continue;
        };
        for (what, of_before, now, then) in [
            (
                "lifetime total",
                "lifetime total of the epoch before",
                after.lifetime_total,
                before.lifetime_total,
            ),
            (
                "leaves",
                "leaves of the epoch before",
                after.leaf_count.into(),
                before.leaf_count.into(),
            ),
        ] {
            let sum = Sum {
                rule: Rule::TotalsNeverFall,
                account: *at,
                left: Side::new(what, now),
                relation: Relation::AtLeast,
                right: Side::new(of_before, then),
            };
            checks.amounts(&sum, Vec::new);
        }
    }
}

/// That the epochs which were in force were approved. Under which threshold is known only while the publishers are the
/// same still.
fn check_approvals(checks: &mut Checks, accounts: &NetworkAccounts) {
    let network = accounts.network;
    for (at, epoch) in accounts
        .epochs
        .range(..=network.active_epoch)
        .map(|(_, e)| e)
    {
        let approvals = &epoch.approvals;
        let repeated = approvals
            .iter()
            .enumerate()
            .any(|(i, key)| approvals.iter().skip(i.saturating_add(1)).any(|k| k == key));
        let same_set = epoch.publisher_set == network.publisher_set;
        let stranger = approvals
            .iter()
            .find(|key| same_set && !network.publishers().contains(key));
        let fault = if approvals.is_empty() {
            Some("it has no approvals".to_owned())
        } else if repeated {
            Some("a publisher approved it twice".to_owned())
        } else if let Some(stranger) = stranger {
            Some(format!("{stranger} approved it, who is no publisher"))
        } else if same_set && !epoch.is_approved(network) {
            Some(format!(
                "{} approvals of {}",
                approvals.len(),
                network.threshold
            ))
        } else if epoch.approved_at == 0 || epoch.activated_at < epoch.approved_at {
            Some(format!(
                "approved at {}, activated at {}",
                epoch.approved_at, epoch.activated_at
            ))
        } else {
            None
        };
        checks.fact(
            Rule::EpochIsApproved,
            at,
            fault,
            "approvals of enough different publishers, before its activation",
        );
    }
}

/// That no owner was paid who has no leaf.
fn check_pages(checks: &mut Checks, accounts: &NetworkAccounts) {
    let leaves = u64::from(accounts.network.leaf_count);
    for (number, (at, page)) in &accounts.pages {
        let first = u64::from(*number).saturating_mul(COUNTERS_PER_PAGE as u64);
        let paid = (first..)
            .zip(page.counters)
            .find(|(index, claimed)| *index >= leaves && *claimed > 0);
        checks.fact(
            Rule::CountersHaveLeaves,
            at,
            paid.map(|(index, claimed)| format!("index {index} has claimed {claimed}")),
            format!("nothing claimed from index {leaves} on"),
        );
    }
}

/// A network and its accounts, for tests.
#[cfg(test)]
pub(crate) mod examples {
    use node_rewards::state::NodeKind;
    use wayfare_core::merkle::depth_for;

    use super::*;
    use crate::{
        books::fixture::{self, TOKEN},
        fake_chain::FakeChain,
        rewards::{account::encode, address::PROGRAM},
    };

    pub const LEAVES: u32 = 2 * COUNTERS_PER_PAGE as u32 + 1;
    pub const MINT: Pubkey = Pubkey::new_from_array([3; 32]);

    pub fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    pub fn network_address() -> Pubkey {
        Network::find_address("wifi").0
    }

    /// A network in its second epoch, which granted 1,000 units to as many owners as two full pages and one more, was
    /// funded with 1,500 and paid 600. A third epoch is proposed.
    pub struct Example {
        pub network: Box<Network>,
        pub epochs: Vec<Epoch>,
        pub pages: Vec<Box<ClaimPage>>,
        pub nodes: Vec<Node>,
        pub payout: Payout,
        pub vault: Vec<u8>,
        pub mint: Vec<u8>,
    }

    pub fn epoch(number: u64, status: EpochStatus, lifetime_total: u64) -> Epoch {
        Epoch {
            version: Epoch::VERSION,
            network: network_address(),
            number,
            root: [number as u8; 32],
            depth: depth_for(LEAVES),
            leaf_count: LEAVES,
            lifetime_total,
            data_hash: [9; 32],
            proposer: key(11),
            publisher_set: 4,
            proposed_at: 100,
            approved_at: 110,
            activated_at: if status == EpochStatus::Proposed {
                0
            } else {
                120
            },
            status,
            bump: Epoch::find_address(&network_address(), number).1,
            spare: [0; 16],
            approvals: vec![key(11), key(12)],
        }
    }

    pub fn node(device: u8) -> Node {
        Node {
            version: Node::VERSION,
            network: network_address(),
            device: key(device),
            owner: key(21),
            pending_owner: Pubkey::default(),
            rent_payer: key(21),
            kind: NodeKind::Wifi,
            location: 0x08a2_a107_2b59_ffff,
            registered_at: 5,
            located_at: 5,
            bump: Node::find_address(&network_address(), &key(device)).1,
            spare: [0; 7],
        }
    }

    pub fn example() -> Example {
        let (address, bump) = Network::find_address("wifi");
        let (vault, vault_bump) = Network::find_vault_address(&address);
        let mut network: Box<Network> = Box::new(bytemuck::Zeroable::zeroed());
        network
            .scope
            .open(Network::VERSION, bump, "wifi", key(31), key(32))
            .unwrap();
        (network.vault, network.vault_bump) = (vault, vault_bump);
        network.publishers[..2].copy_from_slice(&[key(11), key(12)]);
        (
            network.publisher_count,
            network.threshold,
            network.publisher_set,
        ) = (2, 2, 4);
        (network.mint, network.token_program, network.decimals) = (MINT, TOKEN, 6);
        (network.terms.epoch_length, network.terms.challenge_period) = (86_400, 3_600);
        (
            network.terms.emission_cap,
            network.terms.limiter_capacity,
            network.terms.limiter_refill,
        ) = (500, 10, 1);
        (network.active_epoch, network.root) = (2, [2; 32]);
        (network.leaf_count, network.depth) = (LEAVES, depth_for(LEAVES));
        network.lifetime_total = 1_000;
        (network.claimed_total, network.funded_total) = (600, 1_500);
        (network.node_count, network.scope.sequence) = (2, 40);
        let pages = (0..3)
            .map(|page| {
                let mut state: Box<ClaimPage> = Box::new(bytemuck::Zeroable::zeroed());
                state.version = ClaimPage::VERSION;
                state.network = address;
                (state.page, state.bump) = (page, ClaimPage::find_address(&address, page).1);
                state.counters[0] = 200;
                state
            })
            .collect();
        let (_, payout_bump) = Payout::find_address(&address, &key(21));
        Example {
            vault: fixture::token_account(&MINT, &address, 900),
            mint: fixture::mint(6),
            network,
            epochs: vec![
                epoch(1, EpochStatus::Superseded, 700),
                epoch(2, EpochStatus::Active, 1_000),
                epoch(3, EpochStatus::Proposed, 1_200),
            ],
            pages,
            nodes: vec![node(41), node(42)],
            payout: Payout {
                version: Payout::VERSION,
                network: address,
                owner: key(21),
                wallet: key(22),
                rent_payer: key(21),
                bump: payout_bump,
                spare: [0; 7],
            },
        }
    }

    pub fn chain(example: &Example) -> FakeChain {
        let chain = fixture::chain();
        let network = network_address();
        let put = |at, account: Account| chain.put(at, PROGRAM, encode(&account));
        put(network, Account::Network(example.network.clone()));
        for epoch in &example.epochs {
            let at = Epoch::find_address(&network, epoch.number).0;
            put(
                at,
                Account::Epoch(Box::new(Epoch {
                    approvals: epoch.approvals.clone(),
                    ..*epoch
                })),
            );
        }
        for page in &example.pages {
            let at = ClaimPage::find_address(&network, page.page).0;
            put(at, Account::ClaimPage(page.clone()));
        }
        for node in &example.nodes {
            let at = Node::find_address(&network, &node.device).0;
            put(at, Account::Node(Box::new(Node { ..*node })));
        }
        let payout = Payout { ..example.payout };
        let at = Payout::find_address(&network, &payout.owner).0;
        put(at, Account::Payout(Box::new(payout)));
        chain.put(example.network.vault, TOKEN, example.vault.clone());
        chain.put(MINT, TOKEN, example.mint.clone());
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::{examples::*, *};
    use crate::{
        audit::audit,
        books::fixture::{NOW, TOKEN, findings},
        fake_chain::no_faults,
        rewards::{account::encode, address::PROGRAM},
    };

    fn found(change: impl FnOnce(&mut Example)) -> Vec<(Rule, Pubkey)> {
        let mut example = example();
        change(&mut example);
        let audit = audit::<Account>(&chain(&example).cluster(no_faults())).unwrap();
        findings(&audit.checks)
    }

    #[test]
    fn a_network_that_balances() {
        let audit = audit::<Account>(&chain(&example()).cluster(no_faults())).unwrap();
        assert!(audit.checks.hold(), "{:?}", audit.checks.findings);
        assert_eq!(
            audit.accounts,
            [
                ("Network", 1),
                ("Epoch", 3),
                ("ClaimPage", 3),
                ("Payout", 1),
                ("Node", 2)
            ]
        );
        assert_eq!(audit.time, NOW);
        let [network] = &audit.books[..] else {
            panic!("one network")
        };
        assert_eq!((network.books.surplus, network.books.donated), (500, 0));
        // Those that need the published data too.
        let of_data = [
            Rule::CounterWithinLeaf,
            Rule::LeavesAddUp,
            Rule::OwnersKeepTheirIndex,
            Rule::DataLeadToRoot,
            Rule::DataAreThePublished,
        ];
        let of_program = Rule::ALL.iter().filter(|rule| rule.id().starts_with("NR-"));
        for rule in of_program {
            let was_checked = audit.checks.tallies.contains_key(rule);
            assert_eq!(was_checked, !of_data.contains(rule), "{rule:?}");
        }
        assert_eq!(audit.checks.tallies[&Rule::AccountInPlace].checked, 10);
        assert_eq!(audit.checks.tallies[&Rule::AccountBelongs].checked, 9);
    }

    #[test]
    fn every_rule_is_seen_broken() {
        type Change = fn(&mut Example);
        let network = network_address();
        let vault = Network::find_vault_address(&network).0;
        let epoch_at = |number| Epoch::find_address(&network, number).0;
        let last_page = ClaimPage::find_address(&network, 2).0;
        let node_at = |device| Node::find_address(&network, &key(device)).0;
        let payout = Payout::find_address(&network, &key(21)).0;
        let cases: [(Rule, Pubkey, Change); 34] = [
            (Rule::VaultCoversOutstanding, network, |e| {
                e.network.funded_total = 0;
                e.vault[64..72].copy_from_slice(&399u64.to_le_bytes());
            }),
            (Rule::CountersAreClaimed, network, |e| {
                e.pages[1].counters[7] = 1
            }),
            (Rule::VaultKeepsFunding, network, |e| {
                e.network.funded_total += 1
            }),
            (Rule::VaultIsTheNetworks, vault, |e| e.vault[0] ^= 1),
            (Rule::VaultIsTheNetworks, vault, |e| e.vault[32] ^= 1),
            (Rule::VaultIsTheNetworks, vault, |e| e.vault[72] = 1),
            (Rule::VaultIsTheNetworks, vault, |e| e.vault[129] = 1),
            (Rule::NetworkVaultIsFree, vault, |e| e.vault[108] = 2),
            (Rule::LimiterWithinCapacity, network, |e| {
                e.network.limiter_level = 11
            }),
            (Rule::NetworkTermsWork, network, |e| {
                e.network.terms.limiter_refill = 0
            }),
            (Rule::NetworkTermsWork, network, |e| {
                e.network.terms.emission_cap = 86_401
            }),
            (Rule::NetworkMintIsPlain, MINT, |e| e.mint[44] = 7),
            (Rule::NetworkMintIsPlain, MINT, |e| e.mint.push(0)),
            (Rule::TotalsNeverFall, epoch_at(2), |e| {
                e.epochs[0].lifetime_total = 1_001
            }),
            (Rule::TotalsNeverFall, epoch_at(2), |e| {
                e.epochs[0].leaf_count += 1
            }),
            (Rule::EpochsInOrder, network, |e| {
                e.epochs.remove(0);
            }),
            (Rule::EpochsInOrder, epoch_at(1), |e| {
                e.epochs[0].status = EpochStatus::Active;
            }),
            (Rule::EpochsInOrder, epoch_at(3), |e| {
                e.epochs[2].status = EpochStatus::Superseded;
            }),
            (Rule::EpochsInOrder, epoch_at(4), |e| {
                e.epochs.push(epoch(4, EpochStatus::Proposed, 1_300));
            }),
            (Rule::EpochsInOrder, epoch_at(2), |e| {
                e.network.root[31] ^= 1
            }),
            (Rule::EpochsInOrder, epoch_at(2), |e| {
                e.epochs[1].root[0] ^= 1
            }),
            (Rule::EpochIsApproved, epoch_at(1), |e| {
                e.epochs[0].approvals.clear()
            }),
            (Rule::EpochIsApproved, epoch_at(2), |e| {
                e.epochs[1].approvals[1] = key(11);
            }),
            (Rule::EpochIsApproved, epoch_at(2), |e| {
                e.epochs[1].approvals[1] = key(13);
            }),
            (Rule::EpochIsApproved, epoch_at(2), |e| {
                e.epochs[1].approvals.pop();
            }),
            (Rule::EpochIsApproved, epoch_at(2), |e| {
                e.epochs[1].activated_at = 109
            }),
            (Rule::CountersHaveLeaves, last_page, |e| {
                (e.pages[2].counters[0], e.pages[2].counters[1]) = (199, 1);
            }),
            (Rule::NetworkPauseEnds, network, |e| {
                e.network.scope.paused_until = NOW + MAX_PAUSE + 1;
            }),
            (Rule::NetworkKeysAreSet, network, |e| {
                e.network.scope.guardian = Pubkey::default();
            }),
            (Rule::NetworkKeysAreSet, node_at(41), |e| {
                e.nodes[0].owner = Pubkey::default();
            }),
            (Rule::NetworkKeysAreSet, payout, |e| {
                e.payout.wallet = Pubkey::default();
            }),
            (Rule::NodesAreCounted, network, |e| e.network.node_count = 3),
            (Rule::NodesAreCounted, network, |e| {
                e.nodes.pop();
            }),
            (Rule::NetworkKeysAreSet, network, |e| {
                e.network.scope.authority = Pubkey::default();
            }),
        ];
        for (rule, account, change) in cases {
            assert_eq!(found(change), [(rule, account)]);
        }
        // The lifetime total is the epoch's too, and the depth.
        for (rule, change) in [
            (
                Rule::ClaimedWithinLifetime,
                (|e| e.network.lifetime_total = 599) as Change,
            ),
            (Rule::DepthFitsLeaves, |e| e.network.depth += 1),
        ] {
            assert_eq!(
                found(change),
                [(rule, network), (Rule::EpochsInOrder, epoch_at(2))]
            );
        }
        // More approvals than there are publishers.
        let epochs = [1, 2].map(|number| (Rule::EpochIsApproved, epoch_at(number)));
        let mut expected = vec![(Rule::NetworkKeysAreSet, network)];
        expected.extend(epochs);
        assert_eq!(found(|e| e.network.threshold = 3), expected);
        assert_eq!(
            found(|e| e.network.scope.paused_until = NOW + MAX_PAUSE),
            []
        );
    }

    #[test]
    fn a_donation_is_a_surplus_and_a_page_beyond_the_leaves_is_none() {
        assert_eq!(
            found(|e| {
                e.vault[64..72].copy_from_slice(&950u64.to_le_bytes());
                let mut page = e.pages[0].clone();
                (page.page, page.bump) = (9, ClaimPage::find_address(&network_address(), 9).1);
                page.counters = [0; COUNTERS_PER_PAGE];
                e.pages.push(page);
            }),
            []
        );
    }

    #[test]
    fn accounts_out_of_place() {
        let network = network_address();
        let page = ClaimPage::find_address(&network, 1).0;
        // Its counters are not among those that count.
        assert_eq!(
            found(|e| e.pages[1].bump ^= 1),
            [
                (Rule::AccountInPlace, page),
                (Rule::CountersAreClaimed, network)
            ]
        );
        let chain = chain(&example());
        // A node of a network that does not exist, and bytes that are nothing.
        let (other, _) = Network::find_address("lorawan");
        let (at, bump) = Node::find_address(&other, &key(41));
        let stray = Node {
            version: Node::VERSION,
            network: other,
            bump,
            ..node(41)
        };
        chain.put(at, PROGRAM, encode(&Account::Node(Box::new(stray))));
        chain.put(key(99), PROGRAM, vec![1; 100]);
        let audit = audit::<Account>(&chain.cluster(no_faults())).unwrap();
        let mut found = findings(&audit.checks);
        found.sort();
        assert_eq!(
            found,
            [(Rule::AccountDecodes, key(99)), (Rule::AccountBelongs, at)]
        );
    }

    #[test]
    fn a_change_between_two_answers_is_read_again() {
        let mut example = example();
        let chain = chain(&example);
        // Calls of the first reading: accounts and clock in any order, then vault and mint, then the network again.
        example.network.scope.sequence += 1;
        example.network.claimed_total += 5;
        example.pages[1].counters[3] += 5;
        example.vault[64..72].copy_from_slice(&895u64.to_le_bytes());
        let page = ClaimPage::find_address(&network_address(), 1).0;
        let changes = vec![
            (
                network_address(),
                PROGRAM,
                encode(&Account::Network(example.network.clone())),
            ),
            (
                page,
                PROGRAM,
                encode(&Account::ClaimPage(example.pages[1].clone())),
            ),
            (example.network.vault, TOKEN, example.vault.clone()),
        ];
        chain.0.lock().unwrap().changes.insert(3, changes);
        let audit = audit::<Account>(&chain.cluster(no_faults())).unwrap();
        assert!(audit.checks.hold(), "{:?}", audit.checks.findings);
        assert_eq!(audit.books[0].books.claimed_total, 605);
    }

    #[test]
    fn a_network_that_never_rests_is_not_audited() {
        let mut example = example();
        let chain = chain(&example);
        for call in 0..200 {
            example.network.scope.sequence += 1;
            let network = Account::Network(example.network.clone());
            let changes = vec![(network_address(), PROGRAM, encode(&network))];
            chain.0.lock().unwrap().changes.insert(call, changes);
        }
        let error = audit::<Account>(&chain.cluster(no_faults())).unwrap_err();
        assert!(error.is_retryable(), "{error}");
    }
}
