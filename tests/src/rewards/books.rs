//! The books of every network on a chain, and the rules that hold after every transaction.
//!
//! The rules are written down here once more, from the design, and not taken from the program: see INVARIANTS in
//! `node_rewards::state`.

use std::collections::BTreeMap;

use node_rewards::constants::COUNTERS_PER_PAGE;
use node_rewards::state::Network;
use solana_account::ReadableAccount;
use solana_pubkey::Pubkey;
use wayfare_client::account;
use wayfare_client::rewards::account::NodeRewardsAccount;
use wayfare_core::mint::token_account;

use crate::rewards::event::Event;
use crate::snapshot::Snapshot;

/// What all networks hold and owe.
#[derive(Debug, Default)]
pub struct Books {
    pub networks: BTreeMap<Pubkey, NetworkBooks>,
}

/// What one network holds and owes.
#[derive(Debug)]
pub struct NetworkBooks {
    pub state: Box<Network>,
    /// Base units in the vault.
    pub vault: u64,
    /// Claim counters, by page.
    pub pages: BTreeMap<u32, [u64; COUNTERS_PER_PAGE]>,
    /// Node accounts.
    pub nodes: u64,
}

impl Books {
    /// Reads every account of the program. One that it could not have written is a failure.
    pub fn read(snapshot: &Snapshot) -> Self {
        let mut books = Self::default();
        let mut pages = vec![];
        let mut nodes = vec![];
        for (address, account) in snapshot {
            if *account.owner() != node_rewards::ID {
                continue;
            }
            let decoded = account::decode(address, account.owner(), account.data())
                .unwrap_or_else(|error| panic!("{error}"));
            match decoded {
                NodeRewardsAccount::Network(state) => {
                    let vault = token_account(snapshot[&state.vault].data())
                        .expect("the vault is a token account")
                        .amount;
                    let network = NetworkBooks {
                        state,
                        vault,
                        pages: BTreeMap::new(),
                        nodes: 0,
                    };
                    books.networks.insert(*address, network);
                }
                NodeRewardsAccount::ClaimPage(page) => pages.push((address, page)),
                NodeRewardsAccount::Node(node) => nodes.push(node.network),
                NodeRewardsAccount::Epoch(_) | NodeRewardsAccount::Payout(_) => {}
            }
        }
        for (address, page) in pages {
            let due = wayfare_client::rewards::address::claim_page(&page.network, page.page);
            assert_eq!(*address, due, "a claim page stands elsewhere");
            let network = books.networks.get_mut(&page.network);
            let network = network.expect("a claim page belongs to a network");
            network.pages.insert(page.page, page.counters);
        }
        for network in nodes {
            let network = books.networks.get_mut(&network);
            network.expect("a node belongs to a network").nodes += 1;
        }
        books
    }

    /// Checks the rules of each network, and that nothing happened since `before` but what the events tell.
    pub fn check_after(&self, before: &Self, _: (&Snapshot, &Snapshot), events: &[Event]) {
        for address in before.networks.keys() {
            assert!(
                self.networks.contains_key(address),
                "network {address} was closed"
            );
        }
        for (address, network) in &self.networks {
            network.check();
            let told: Vec<_> = events
                .iter()
                .filter(|event| event.network() == *address)
                .collect();
            let was = before.networks.get(address);
            let mut sequence = was.map_or(0, |was| was.state.scope.sequence);
            for event in &told {
                sequence += 1;
                assert_eq!(event.sequence(), sequence, "an event is missing: {told:?}");
            }
            assert_eq!(
                network.state.scope.sequence, sequence,
                "the network changed without an event"
            );
            if let Some(was) = was {
                network.check_after(was, &told);
            }
        }
        for event in events {
            assert!(self.networks.contains_key(&event.network()));
        }
    }
}

impl NetworkBooks {
    /// Sum of all claim counters.
    pub fn counters(&self) -> u128 {
        self.pages
            .values()
            .flatten()
            .map(|counter| u128::from(*counter))
            .sum()
    }

    /// The rules that hold at any time.
    fn check(&self) {
        let Self { state, vault, .. } = self;
        assert!(
            state.invariant(*vault).is_ok(),
            "the program's own invariant"
        );
        assert!(state.claimed_total <= state.lifetime_total);
        assert!(
            u128::from(*vault) + u128::from(state.claimed_total)
                >= u128::from(state.lifetime_total),
            "the vault does not cover what is owed"
        );
        assert_eq!(
            self.counters(),
            u128::from(state.claimed_total),
            "the counters do not add up to the claimed total"
        );
        assert!(state.limiter_level <= state.terms.limiter_capacity);
        assert_eq!(self.nodes, state.node_count);
        assert!(u64::from(state.leaf_count) <= 1 << state.depth);
        assert!(state.threshold >= 1 && state.threshold <= state.publisher_count);
    }

    /// The rules between two states of the same network.
    fn check_after(&self, before: &Self, told: &[&Event]) {
        let (was, is) = (&before.state, &self.state);
        for (what, was, is) in [
            ("lifetime total", was.lifetime_total, is.lifetime_total),
            ("claimed total", was.claimed_total, is.claimed_total),
            ("funded total", was.funded_total, is.funded_total),
            ("active epoch", was.active_epoch, is.active_epoch),
            ("leaf count", was.leaf_count.into(), is.leaf_count.into()),
            (
                "publisher set",
                was.publisher_set.into(),
                is.publisher_set.into(),
            ),
        ] {
            assert!(is >= was, "the {what} fell from {was} to {is}");
        }
        assert!(is.epoch_ends_at >= was.epoch_ends_at);
        assert!(
            (
                is.mint,
                is.vault,
                is.token_program,
                is.scope.name,
                is.decimals
            ) == (
                was.mint,
                was.vault,
                was.token_program,
                was.scope.name,
                was.decimals
            ),
            "something changed that was settled when the network was created"
        );
        for (number, counters) in &before.pages {
            let now = self
                .pages
                .get(number)
                .unwrap_or_else(|| panic!("page {number} was closed"));
            assert!(
                counters.iter().zip(now).all(|(was, is)| is >= was),
                "a counter of page {number} fell"
            );
        }

        let (mut funded, mut claimed) = (0u128, 0u128);
        for event in told {
            match event {
                Event::Funded(event) => funded += u128::from(event.amount),
                Event::Claimed(event) => claimed += u128::from(event.amount),
                _ => {}
            }
        }
        assert_eq!(u128::from(is.funded_total - was.funded_total), funded);
        assert_eq!(u128::from(is.claimed_total - was.claimed_total), claimed);
        // More, when somebody gave tokens in the same transaction.
        assert!(
            u128::from(self.vault) + claimed >= u128::from(before.vault) + funded,
            "the vault lost what no claim took"
        );
    }
}
