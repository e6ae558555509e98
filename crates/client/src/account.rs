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
/// A claim page does not say which network it is of: the caller names the network it looked for, and every other kind
/// must belong to it too when it is given.
///
/// # Errors
///
/// [`AccountError::Misplaced`]; [`AccountError::Malformed`] for a claim page without a network.
pub fn check_address(
    address: &Pubkey,
    account: &NodeRewardsAccount,
    network: Option<&Pubkey>,
) -> Result<(), AccountError> {
    let kind = account.kind();
    let of = |own: &Pubkey| *network.unwrap_or(own);
    let (derived, bump, stored) = match account {
        NodeRewardsAccount::Network(state) => {
            let (derived, bump) = Network::find_address(state.name());
            let (vault, vault_bump) = Network::find_vault_address(&derived);
            if (vault, vault_bump) != (state.vault, state.vault_bump) {
                return Err(AccountError::Malformed {
                    address: *address,
                    kind,
                    reason: "its vault is not the one that its address leads to",
                });
            }
            (derived, bump, state.bump)
        }
        NodeRewardsAccount::Epoch(epoch) => {
            let (derived, bump) = Epoch::find_address(&of(&epoch.network), epoch.number);
            (derived, bump, epoch.bump)
        }
        NodeRewardsAccount::ClaimPage(page) => {
            let network = network.ok_or(AccountError::Malformed {
                address: *address,
                kind,
                reason: "a claim page's address can be checked only for a given network",
            })?;
            let (derived, bump) = ClaimPage::find_address(network, page.page);
            (derived, bump, page.bump)
        }
        NodeRewardsAccount::Payout(payout) => {
            let (derived, bump) = Payout::find_address(&of(&payout.network), &payout.owner);
            (derived, bump, payout.bump)
        }
        NodeRewardsAccount::Node(node) => {
            let (derived, bump) = Node::find_address(&of(&node.network), &node.device);
            (derived, bump, node.bump)
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
