//! Reading the accounts of node-rewards, from any bytes that a node of any cluster may return.
//!
//! [`decode`] tells an account by its owner, its discriminator and its length, and refuses everything that the program
//! could not have written. [`check_address`] proves that an account stands where its content says.

use anchor_lang::{AccountDeserialize, Discriminator};
use node_rewards::state::{ClaimPage, Epoch, Network, Node, Payout};
use solana_pubkey::Pubkey;
use thiserror::Error;

use crate::address::PROGRAM;

/// An account of the program.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeRewardsAccount {
    Network(Box<Network>),
    Epoch(Box<Epoch>),
    ClaimPage(Box<ClaimPage>),
    Payout(Box<Payout>),
    Node(Box<Node>),
}

/// The accounts' names, as the IDL and the documentation have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub enum AccountKind {
    Network,
    Epoch,
    ClaimPage,
    Payout,
    Node,
}

impl AccountKind {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] = [
        Self::Network,
        Self::Epoch,
        Self::ClaimPage,
        Self::Payout,
        Self::Node,
    ];

    /// As it is written in the IDL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Epoch => "Epoch",
            Self::ClaimPage => "ClaimPage",
            Self::Payout => "Payout",
            Self::Node => "Node",
        }
    }

    /// The first bytes of the account's data.
    pub fn discriminator(self) -> &'static [u8] {
        match self {
            Self::Network => Network::DISCRIMINATOR,
            Self::Epoch => Epoch::DISCRIMINATOR,
            Self::ClaimPage => ClaimPage::DISCRIMINATOR,
            Self::Payout => Payout::DISCRIMINATOR,
            Self::Node => Node::DISCRIMINATOR,
        }
    }

    /// Bytes that the account always has, discriminator included.
    pub fn space(self) -> usize {
        match self {
            Self::Network => Network::SPACE,
            Self::Epoch => Epoch::SPACE,
            Self::ClaimPage => ClaimPage::SPACE,
            Self::Payout => Payout::SPACE,
            Self::Node => Node::SPACE,
        }
    }

    /// Which kind the data claim to be.
    pub fn of(data: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| data.starts_with(kind.discriminator()))
    }
}

impl std::fmt::Display for AccountKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Why bytes are no account of the program, or not the one expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// There is nothing at the address, or only lamports.
    #[error("there is no account at {0}: check the address and the cluster")]
    Missing(Pubkey),
    /// Another program owns the account: its content means nothing here.
    #[error(
        "{address} belongs to program {owner}, not to node-rewards ({PROGRAM}): check the address"
    )]
    ForeignOwner { address: Pubkey, owner: Pubkey },
    /// The first eight bytes are none of the program's.
    #[error(
        "{0} is owned by node-rewards but starts with none of its discriminators: a newer release may have written it"
    )]
    UnknownDiscriminator(Pubkey),
    /// Too short or too long for its kind. The program never resizes an account.
    #[error("{address} is a {kind} of {found} bytes, where a {kind} has {expected}")]
    Length {
        address: Pubkey,
        kind: AccountKind,
        expected: usize,
        found: usize,
    },
    /// A field has a value that the program never writes.
    #[error("{address} does not decode as a {kind}: {reason}")]
    Malformed {
        address: Pubkey,
        kind: AccountKind,
        reason: &'static str,
    },
    /// Another kind of account than the one asked for.
    #[error("{address} is a {found}, not a {expected}: check the address")]
    OtherKind {
        address: Pubkey,
        expected: AccountKind,
        found: AccountKind,
    },
    /// The content belongs at another address. The program cannot write that: the node that answered lies, or the
    /// program at this address is another one.
    #[error(
        "{address} holds a {kind} that belongs at {derived} with bump {bump}: do not trust this RPC node"
    )]
    Misplaced {
        address: Pubkey,
        kind: AccountKind,
        derived: Pubkey,
        bump: u8,
    },
}

impl NodeRewardsAccount {
    pub fn kind(&self) -> AccountKind {
        match self {
            Self::Network(_) => AccountKind::Network,
            Self::Epoch(_) => AccountKind::Epoch,
            Self::ClaimPage(_) => AccountKind::ClaimPage,
            Self::Payout(_) => AccountKind::Payout,
            Self::Node(_) => AccountKind::Node,
        }
    }
}

/// Decodes the account at `address`, by the program that owns it and its data.
///
/// # Errors
///
/// [`AccountError`] when the owner is another program, or the bytes are not what the program writes. Any bytes end in
/// a result.
pub fn decode(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
) -> Result<NodeRewardsAccount, AccountError> {
    let address = *address;
    if *owner != PROGRAM {
        return Err(
            if data.is_empty() && *owner == solana_sdk_ids::system_program::ID {
                AccountError::Missing(address)
            } else {
                AccountError::ForeignOwner {
                    address,
                    owner: *owner,
                }
            },
        );
    }
    let kind = AccountKind::of(data).ok_or(AccountError::UnknownDiscriminator(address))?;
    if data.len() != kind.space() {
        return Err(AccountError::Length {
            address,
            kind,
            expected: kind.space(),
            found: data.len(),
        });
    }
    let malformed = |reason| AccountError::Malformed {
        address,
        kind,
        reason,
    };
    Ok(match kind {
        AccountKind::Network => {
            let network = zero_copy::<Network>(data).ok_or(malformed("wrong length"))?;
            check_network(&network).map_err(malformed)?;
            NodeRewardsAccount::Network(network)
        }
        AccountKind::ClaimPage => {
            let page = zero_copy::<ClaimPage>(data).ok_or(malformed("wrong length"))?;
            if page.page >= ClaimPage::MAX_PAGES {
                return Err(malformed("its number is above the last page"));
            }
            NodeRewardsAccount::ClaimPage(page)
        }
        AccountKind::Epoch => {
            // The only account with a list: what is behind a short one is left as it was, so it is not checked.
            let epoch: Epoch = borsh(data).ok_or(malformed("a list or an enum is out of range"))?;
            if epoch.approvals.len() > node_rewards::constants::MAX_PUBLISHERS {
                return Err(malformed(
                    "more approvals than a network can have publishers",
                ));
            }
            NodeRewardsAccount::Epoch(Box::new(epoch))
        }
        AccountKind::Payout => NodeRewardsAccount::Payout(Box::new(
            borsh(data).ok_or(malformed("a field is out of range"))?,
        )),
        AccountKind::Node => NodeRewardsAccount::Node(Box::new(
            borsh(data).ok_or(malformed("an enum is out of range"))?,
        )),
    })
}

/// The struct behind the discriminator, wherever the bytes are aligned.
fn zero_copy<T: bytemuck::Pod>(data: &[u8]) -> Option<Box<T>> {
    let fields = data.get(8..)?;
    (fields.len() == std::mem::size_of::<T>())
        .then(|| Box::new(bytemuck::pod_read_unaligned(fields)))
}

fn borsh<T: AccountDeserialize>(data: &[u8]) -> Option<T> {
    T::try_deserialize(&mut &data[..]).ok()
}

/// Counts that the program's own accessors would cut short.
fn check_network(network: &Network) -> Result<(), &'static str> {
    let name = usize::from(network.name_len);
    if name > network.name.len() || Network::check_name(network.name()).is_err() {
        return Err("its name is no network's name");
    }
    let publishers = usize::from(network.publisher_count);
    if publishers == 0 || publishers > network.publishers.len() {
        return Err("it has no publishers, or more than there is room for");
    }
    Ok(())
}

/// Decodes an account that must be of one kind.
///
/// # Errors
///
/// [`AccountError`], with the kind that was found where another was expected.
pub fn decode_as<T: FromAccount>(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
) -> Result<T, AccountError> {
    let account = decode(address, owner, data)?;
    let found = account.kind();
    T::from_account(account).ok_or(AccountError::OtherKind {
        address: *address,
        expected: T::KIND,
        found,
    })
}

/// A kind of account that [`decode_as`] can be asked for.
pub trait FromAccount: Sized {
    const KIND: AccountKind;

    fn from_account(account: NodeRewardsAccount) -> Option<Self>;
}

macro_rules! from_account {
    ($($kind:ident),*) => {$(
        impl FromAccount for $kind {
            const KIND: AccountKind = AccountKind::$kind;

            fn from_account(account: NodeRewardsAccount) -> Option<Self> {
                match account {
                    NodeRewardsAccount::$kind(account) => Some(*account),
                    _ => None,
                }
            }
        }
    )*};
}
from_account!(Network, Epoch, ClaimPage, Payout, Node);

/// Proves that an account stands at the address that its content leads to, with the bump that it stores.
///
/// # Errors
///
/// [`AccountError::Misplaced`]; [`AccountError::Malformed`] for a network with a vault at another address than its own.
pub fn check_address(address: &Pubkey, account: &NodeRewardsAccount) -> Result<(), AccountError> {
    let kind = account.kind();
    let ((derived, bump), stored) = match account {
        NodeRewardsAccount::Network(state) => {
            let derived = Network::find_address(state.name());
            if Network::find_vault_address(&derived.0) != (state.vault, state.vault_bump) {
                return Err(AccountError::Malformed {
                    address: *address,
                    kind,
                    reason: "its vault is not the one that its address leads to",
                });
            }
            (derived, state.bump)
        }
        NodeRewardsAccount::Epoch(epoch) => (
            Epoch::find_address(&epoch.network, epoch.number),
            epoch.bump,
        ),
        NodeRewardsAccount::ClaimPage(page) => {
            (ClaimPage::find_address(&page.network, page.page), page.bump)
        }
        NodeRewardsAccount::Payout(payout) => (
            Payout::find_address(&payout.network, &payout.owner),
            payout.bump,
        ),
        NodeRewardsAccount::Node(node) => {
            (Node::find_address(&node.network, &node.device), node.bump)
        }
    };
    if derived == *address && bump == stored {
        Ok(())
    } else {
        Err(AccountError::Misplaced {
            address: *address,
            kind,
            derived,
            bump,
        })
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
    data.resize(account.kind().space(), 0);
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use node_rewards::{
        constants::COUNTERS_PER_PAGE,
        state::{EpochStatus, NodeKind},
    };
    use proptest::prelude::*;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    fn network() -> (Pubkey, Box<Network>) {
        let (address, bump) = Network::find_address("wifi");
        let (vault, vault_bump) = Network::find_vault_address(&address);
        let mut network: Box<Network> = Box::new(bytemuck::Zeroable::zeroed());
        network.name[..4].copy_from_slice(b"wifi");
        network.name_len = 4;
        network.bump = bump;
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
            approvals: vec![key(6), key(7)],
        };
        let (page_address, bump) = ClaimPage::find_address(&network_address, 5);
        let page = ClaimPage {
            network: network_address,
            page: 5,
            bump,
            padding: [0; 3],
            counters: [11; COUNTERS_PER_PAGE],
        };
        let (payout_address, bump) = Payout::find_address(&network_address, &key(1));
        let payout = Payout {
            network: network_address,
            owner: key(1),
            wallet: key(2),
            rent_payer: key(3),
            bump,
        };
        let (node_address, bump) = Node::find_address(&network_address, &key(4));
        let node = Node {
            network: network_address,
            device: key(4),
            owner: key(1),
            pending_owner: Pubkey::default(),
            rent_payer: key(3),
            kind: NodeKind::SmallCell,
            location: 6,
            registered_at: 7,
            bump,
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
    fn no_length_but_its_own() {
        for (address, account) in examples() {
            let data = encode(&account);
            for length in 0..data.len() {
                let error = decode(&address, &PROGRAM, &data[..length]).unwrap_err();
                match length {
                    0..8 => assert_eq!(error, AccountError::UnknownDiscriminator(address)),
                    _ => assert!(
                        matches!(error, AccountError::Length { found, .. } if found == length)
                    ),
                }
            }
            let longer = [&data[..], &[0]].concat();
            assert!(matches!(
                decode(&address, &PROGRAM, &longer),
                Err(AccountError::Length { .. })
            ));
        }
    }

    #[test]
    fn what_belongs_to_others() {
        for (address, account) in examples() {
            let data = encode(&account);
            assert_eq!(
                decode(&address, &key(8), &data),
                Err(AccountError::ForeignOwner {
                    address,
                    owner: key(8)
                })
            );
        }
        let system = solana_sdk_ids::system_program::ID;
        assert_eq!(
            decode(&key(1), &system, &[]),
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
                expected: AccountKind::Node,
                found: AccountKind::Network
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
                decode(&address, &PROGRAM, &data),
                Err(AccountError::Malformed { .. })
            )
        };
        assert!(malformed(|n| n.name_len = 0));
        assert!(malformed(|n| n.name_len = 33));
        assert!(malformed(|n| n.name[0] = b'W'));
        assert!(malformed(|n| n.publisher_count = 0));
        assert!(malformed(|n| n.publisher_count = 6));
        assert!(!malformed(|n| n.publisher_count = 5));
    }

    #[test]
    fn a_bump_or_a_network_that_does_not_fit() {
        let (_, mut network) = network();
        let address = Network::find_address("wifi").0;
        network.bump -= 1;
        let account = NodeRewardsAccount::Network(network.clone());
        assert!(check_address(&address, &account).is_err());
        network.bump += 1;
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
            let kind = AccountKind::ALL[kind];
            let mut data = [kind.discriminator(), &bytes].concat();
            data.truncate(length.unwrap_or(kind.space()));
            if let Ok(account) = decode(&key(1), &PROGRAM, &data) {
                prop_assert_eq!(account.kind(), kind);
                prop_assert_eq!(data.len(), kind.space());
                let _ = check_address(&key(1), &account);
            }
            let _ = decode(&key(1), &PROGRAM, &bytes);
        }
    }
}
