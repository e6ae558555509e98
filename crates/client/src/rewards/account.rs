//! The accounts of node-rewards.

use std::ops::RangeInclusive;

use node_rewards::state::{ClaimPage, Epoch, Network, Node, Payout};
#[cfg(test)]
use solana_pubkey::Pubkey;
use wayfare_core::name::is_name;

use super::address::PROGRAM;
#[cfg(test)]
use crate::account::{AccountKind, ProgramAccount};
use crate::account::{Layout, Place, borsh, one, program_accounts, zero_copy};

program_accounts!(
    /// An account of the program.
    NodeRewardsAccount, NodeRewardsKind of PROGRAM, called "node-rewards", counted by Network:
    Network, Epoch, ClaimPage, Payout, Node,
);

impl Layout for Network {
    const VERSION: u8 = Network::VERSION;

    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let network = zero_copy::<Self>(data)?;
        if !is_name(network.scope.name().as_bytes()) {
            return Err("its name is not a valid name of a network");
        }
        // A count that the program's own accessor would cut short.
        let publishers = usize::from(network.publisher_count);
        if publishers == 0 || publishers > network.publishers.len() {
            return Err("it has no publishers, or more than there is room for");
        }
        Ok(network)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(self.scope.name());
        if Self::find_vault_address(&derived.0) != (self.vault, self.vault_bump) {
            return Err("its vault is not the one that its address leads to");
        }
        Ok(Place::new(derived, self.scope.bump))
    }
}

impl Layout for Epoch {
    const VERSION: u8 = Epoch::VERSION;

    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        // The only account with a list: what is behind a short one is left as it was, so it is not checked.
        let epoch = borsh::<Self>(data, "a list or an enum is out of range")?;
        if epoch.approvals.len() > node_rewards::constants::MAX_PUBLISHERS {
            return Err("more approvals than a network can have publishers");
        }
        Ok(epoch)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.network, self.number);
        Ok(Place::new(derived, self.bump))
    }
}

impl Layout for ClaimPage {
    const VERSION: u8 = ClaimPage::VERSION;

    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        let page = zero_copy::<Self>(data)?;
        if page.page >= Self::MAX_PAGES {
            return Err("its number is above the last page");
        }
        Ok(page)
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.network, self.page);
        Ok(Place::new(derived, self.bump))
    }
}

impl Layout for Payout {
    const VERSION: u8 = Payout::VERSION;

    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        borsh(data, "a field is out of range")
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.network, &self.owner);
        Ok(Place::new(derived, self.bump))
    }
}

impl Layout for Node {
    const VERSION: u8 = Node::VERSION;

    fn space() -> RangeInclusive<usize> {
        one(Self::SPACE)
    }

    fn read(data: &[u8]) -> Result<Box<Self>, &'static str> {
        borsh(data, "an enum is out of range")
    }

    fn place(&self) -> Result<Place, &'static str> {
        let derived = Self::find_address(&self.network, &self.device);
        Ok(Place::new(derived, self.bump))
    }
}

/// An account's data as the program writes them.
#[cfg(test)]
pub(crate) fn encode(account: &NodeRewardsAccount) -> Vec<u8> {
    fn borsh(account: &impl anchor_lang::AnchorSerialize) -> Vec<u8> {
        let mut bytes = Vec::new();
        account.serialize(&mut bytes).unwrap();
        bytes
    }
    let fields = match account {
        NodeRewardsAccount::Network(a) => bytemuck::bytes_of(&**a).to_vec(),
        NodeRewardsAccount::ClaimPage(a) => bytemuck::bytes_of(&**a).to_vec(),
        NodeRewardsAccount::Epoch(a) => borsh(&**a),
        NodeRewardsAccount::Payout(a) => borsh(&**a),
        NodeRewardsAccount::Node(a) => borsh(&**a),
    };
    let mut data = [account.kind().discriminator(), &fields].concat();
    data.resize(*account.kind().space().end(), 0);
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::{AccountError, check_address, decode, decode_as},
        rewards::read::{NETWORK_AT, OWNER_AT},
    };
    use node_rewards::{
        constants::COUNTERS_PER_PAGE,
        state::{EpochStatus, NodeKind},
    };
    use proptest::prelude::*;

    fn read(
        address: &Pubkey,
        owner: &Pubkey,
        data: &[u8],
    ) -> Result<NodeRewardsAccount, AccountError> {
        decode(address, owner, data)
    }

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    fn network() -> (Pubkey, Box<Network>) {
        let (address, bump) = Network::find_address("wifi");
        let (vault, vault_bump) = Network::find_vault_address(&address);
        let mut network: Box<Network> = Box::new(bytemuck::Zeroable::zeroed());
        network
            .scope
            .open(Network::VERSION, bump, "wifi", key(1), key(2))
            .unwrap();
        network.vault = vault;
        network.vault_bump = vault_bump;
        network.publisher_count = 1;
        network.threshold = 1;
        (address, network)
    }

    /// One account of each kind, at its address.
    fn examples() -> Vec<(Pubkey, NodeRewardsAccount)> {
        let (network_address, network) = network();
        let (epoch_address, bump) = Epoch::find_address(&network_address, 3);
        let epoch = Epoch {
            version: Epoch::VERSION,
            network: network_address,
            number: 3,
            root: [1; 32],
            depth: 2,
            leaf_count: 3,
            lifetime_total: 4,
            data_hash: [5; 32],
            proposer: key(6),
            publisher_set: 7,
            proposed_at: 8,
            approved_at: 9,
            activated_at: 10,
            status: EpochStatus::Vetoed,
            bump,
            spare: [0; 16],
            approvals: vec![key(6), key(7)],
        };
        let (page_address, bump) = ClaimPage::find_address(&network_address, 5);
        let page = ClaimPage {
            version: ClaimPage::VERSION,
            bump,
            padding: [0; 2],
            page: 5,
            network: network_address,
            counters: [11; COUNTERS_PER_PAGE],
            spare: [0; 24],
        };
        let (payout_address, bump) = Payout::find_address(&network_address, &key(1));
        let payout = Payout {
            version: Payout::VERSION,
            network: network_address,
            owner: key(1),
            wallet: key(2),
            rent_payer: key(3),
            bump,
            spare: [0; 7],
        };
        let (node_address, bump) = Node::find_address(&network_address, &key(4));
        let node = Node {
            version: Node::VERSION,
            network: network_address,
            device: key(4),
            owner: key(1),
            pending_owner: Pubkey::default(),
            rent_payer: key(3),
            kind: NodeKind::SmallCell,
            location: 6,
            registered_at: 7,
            located_at: 8,
            bump,
            spare: [0; 7],
        };
        vec![
            (network_address, NodeRewardsAccount::Network(network)),
            (epoch_address, NodeRewardsAccount::Epoch(Box::new(epoch))),
            (page_address, NodeRewardsAccount::ClaimPage(Box::new(page))),
            (payout_address, NodeRewardsAccount::Payout(Box::new(payout))),
            (node_address, NodeRewardsAccount::Node(Box::new(node))),
        ]
    }

    #[test]
    fn every_kind_is_read_back_and_stands_at_its_address() {
        for (address, account) in examples() {
            let data = encode(&account);
            assert_eq!(decode(&address, &PROGRAM, &data), Ok(account.clone()));
            // At any alignment.
            let shifted = [&[0], &data[..]].concat();
            assert_eq!(
                decode(&address, &PROGRAM, &shifted[1..]),
                Ok(account.clone())
            );
            check_address(&address, &account).unwrap();
            let elsewhere = check_address(&key(9), &account);
            assert!(
                matches!(elsewhere, Err(AccountError::Misplaced { derived, .. }) if derived == address)
            );
        }
    }

    #[test]
    fn the_fields_by_which_a_node_of_the_cluster_filters() {
        for (_, account) in examples() {
            let data = encode(&account);
            let (network, owner) = match &account {
                NodeRewardsAccount::Epoch(epoch) => (epoch.network, None),
                NodeRewardsAccount::Payout(payout) => (payout.network, None),
                NodeRewardsAccount::Node(node) => (node.network, Some(node.owner)),
                _ => continue,
            };
            assert_eq!(data[NETWORK_AT..NETWORK_AT + 32], network.to_bytes());
            if let Some(owner) = owner {
                assert_eq!(data[OWNER_AT..OWNER_AT + 32], owner.to_bytes());
            }
        }
    }

    #[test]
    fn no_length_but_its_own() {
        for (address, account) in examples() {
            let data = encode(&account);
            for length in 0..data.len() {
                let error = read(&address, &PROGRAM, &data[..length]).unwrap_err();
                match length {
                    0..8 => assert_eq!(
                        error,
                        AccountError::UnknownDiscriminator {
                            address,
                            program: "node-rewards"
                        }
                    ),
                    _ => assert!(
                        matches!(error, AccountError::Length { found, .. } if found == length)
                    ),
                }
            }
            let longer = [&data[..], &[0]].concat();
            assert!(matches!(
                read(&address, &PROGRAM, &longer),
                Err(AccountError::Length { .. })
            ));
        }
    }

    #[test]
    fn what_belongs_to_others() {
        for (address, account) in examples() {
            let data = encode(&account);
            assert_eq!(
                read(&address, &key(8), &data),
                Err(AccountError::ForeignOwner {
                    address,
                    owner: key(8),
                    expected: "node-rewards",
                })
            );
        }
        let system = solana_sdk_ids::system_program::ID;
        assert_eq!(
            read(&key(1), &system, &[]),
            Err(AccountError::Missing(key(1)))
        );
    }

    #[test]
    fn another_kind_than_asked_for() {
        let (address, account) = examples().remove(0);
        assert_eq!(
            decode_as::<Node>(&address, &PROGRAM, &encode(&account)),
            Err(AccountError::OtherKind {
                address,
                expected: "Node",
                found: "Network"
            })
        );
    }

    #[test]
    fn fields_that_the_program_never_writes() {
        let (address, network) = network();
        let malformed = |change: fn(&mut Network)| {
            let mut network = network.clone();
            change(&mut network);
            let data = encode(&NodeRewardsAccount::Network(network));
            matches!(
                read(&address, &PROGRAM, &data),
                Err(AccountError::Malformed { .. })
            )
        };
        assert!(malformed(|n| n.scope.name_len = 0));
        assert!(malformed(|n| n.scope.name_len = 33));
        assert!(malformed(|n| n.scope.name[0] = b'W'));
        assert!(malformed(|n| n.publisher_count = 0));
        assert!(malformed(|n| n.publisher_count = 6));
        assert!(!malformed(|n| n.publisher_count = 5));
    }

    #[test]
    fn a_bump_or_a_network_that_does_not_fit() {
        let (_, mut network) = network();
        let address = Network::find_address("wifi").0;
        network.scope.bump -= 1;
        let account = NodeRewardsAccount::Network(network.clone());
        assert!(check_address(&address, &account).is_err());
        network.scope.bump += 1;
        network.vault = key(3);
        let account = NodeRewardsAccount::Network(network);
        assert!(check_address(&address, &account).is_err());
        let (address, page) = examples().remove(2);
        let NodeRewardsAccount::ClaimPage(mut page) = page else {
            panic!("the third example is a page");
        };
        page.network = key(8);
        let account = NodeRewardsAccount::ClaimPage(page);
        assert!(check_address(&address, &account).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_bytes_end_in_a_result(
            kind in 0usize..5,
            bytes in proptest::collection::vec(any::<u8>(), 2_100),
            length in proptest::option::of(0usize..2_100),
        ) {
            let kind = NodeRewardsKind::ALL[kind];
            let mut data = [kind.discriminator(), &bytes].concat();
            data.truncate(length.unwrap_or(*kind.space().end()));
            if let Ok(account) = read(&key(1), &PROGRAM, &data) {
                prop_assert_eq!(account.kind(), kind);
                prop_assert!(kind.space().contains(&data.len()));
                let _ = check_address(&key(1), &account);
            }
            let _ = read(&key(1), &PROGRAM, &bytes);
        }
    }
}
