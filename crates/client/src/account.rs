//! Reading accounts of the programs, from any bytes that a node of any cluster may return.
//!
//! [`decode`] recognises an account by its owner, its discriminator and its length, and refuses everything that the program
//! could not have written. [`check_address`] proves that an account stands where its content says. Each program says
//! what its accounts are by `program_accounts!` and a [`Layout`] for each kind.
//! [`AnyAccount`](crate::programs::AnyAccount) is an account of any program.

use std::{
    fmt::{Debug, Display},
    ops::RangeInclusive,
};

use anchor_lang::{AccountDeserialize, Discriminator};
use solana_pubkey::Pubkey;
use thiserror::Error;
use wayfare_program::version::{FIRST, is_readable};

/// Where the version of an account's layout is: behind the discriminator.
const VERSION_AT: usize = 8;

/// The kinds of account that a program has.
pub trait AccountKind: Copy + Debug + Display + PartialEq + 'static {
    /// All of them, in the order of the documentation.
    const ALL: &'static [Self];

    /// As it is written in the IDL.
    fn name(self) -> &'static str;

    /// The first bytes of the account's data.
    fn discriminator(self) -> &'static [u8];

    /// See [`Layout::VERSION`].
    fn version(self) -> u8;

    /// See [`Layout::space`].
    fn space(self) -> RangeInclusive<usize>;

    /// Which kind the data claim to be.
    fn of(data: &[u8]) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| data.starts_with(kind.discriminator()))
    }
}

/// An account of one program: an enum with a variant for each kind.
pub trait ProgramAccount: Sized {
    type Kind: AccountKind;

    /// The program that owns them.
    const PROGRAM: Pubkey;

    /// What the documentation calls the program.
    const PROGRAM_NAME: &'static str;

    fn kind(&self) -> Self::Kind;

    /// The number of the last event that this account counted; `None` if it counts none. One that counts changes with every
    /// change of the accounts that belong to it.
    fn sequence(&self) -> Option<u64>;

    /// The account in data that start with the kind's discriminator and have a length that it can have.
    ///
    /// # Errors
    ///
    /// What it is that the program never writes.
    fn read(kind: Self::Kind, data: &[u8]) -> Result<Self, &'static str>;

    /// Where the content leads, and the bump that it stores.
    ///
    /// # Errors
    ///
    /// What leads elsewhere.
    fn place(&self) -> Result<Place, &'static str>;
}

/// An address that an account's content leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address and its bump.
    pub derived: (Pubkey, u8),
    /// The bump that the account stores.
    pub stored_bump: u8,
}

impl Place {
    pub(crate) fn new(derived: (Pubkey, u8), stored_bump: u8) -> Self {
        Self {
            derived,
            stored_bump,
        }
    }
}

/// Why bytes are not an account of a program, or not the one expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccountError {
    /// There is nothing at the address, or only lamports.
    #[error("there is no account at {0}: check the address and the cluster")]
    Missing(Pubkey),
    /// Another program owns the account: its content means nothing here.
    #[error("{address} belongs to program {owner}, not to {expected}: check the address")]
    ForeignOwner {
        address: Pubkey,
        owner: Pubkey,
        /// The program that should own it, or the programs that could.
        expected: &'static str,
    },
    /// The first eight bytes are not a discriminator of the program.
    #[error(
        "{address} is owned by {program} but starts with none of its discriminators: a newer release may have written it"
    )]
    UnknownDiscriminator {
        address: Pubkey,
        program: &'static str,
    },
    /// A newer release of the program wrote it, in a layout that this release does not know.
    #[error(
        "{address} is a {kind} of layout version {found}, where this release of wayfare reads versions up to {known}: \
         update wayfare"
    )]
    Version {
        address: Pubkey,
        kind: &'static str,
        found: u8,
        known: u8,
    },
    /// Too short or too long for its kind. The programs never resize an account.
    #[error("{address} is a {kind} of {found} bytes, where a {kind} has {}", one_or_range(.expected))]
    Length {
        address: Pubkey,
        kind: &'static str,
        expected: RangeInclusive<usize>,
        found: usize,
    },
    /// A field has a value that the program never writes.
    #[error("{address} does not decode as a {kind}: {reason}")]
    Malformed {
        address: Pubkey,
        kind: &'static str,
        reason: &'static str,
    },
    /// Another kind of account than the one asked for.
    #[error("{address} is a {found}, not a {expected}: check the address")]
    OtherKind {
        address: Pubkey,
        expected: &'static str,
        found: &'static str,
    },
    /// The content belongs at another address. The program cannot write that: the node that answered lies, or the
    /// program at this address is another one.
    #[error(
        "{address} holds a {kind} that belongs at {derived} with bump {bump}: do not trust this RPC node"
    )]
    Misplaced {
        address: Pubkey,
        kind: &'static str,
        derived: Pubkey,
        bump: u8,
    },
}

fn one_or_range(range: &RangeInclusive<usize>) -> String {
    if range.start() == range.end() {
        range.start().to_string()
    } else {
        format!("{} to {}", range.start(), range.end())
    }
}

/// Decodes the account at `address`, by the program that owns it and its data.
///
/// # Errors
///
/// [`AccountError`] when the owner is another program, or the bytes are not what the program writes. Any bytes end in
/// a result.
pub fn decode<A: ProgramAccount>(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
) -> Result<A, AccountError> {
    let address = *address;
    if *owner != A::PROGRAM {
        return Err(foreign(address, owner, data, A::PROGRAM_NAME));
    }
    let kind = A::Kind::of(data).ok_or(AccountError::UnknownDiscriminator {
        address,
        program: A::PROGRAM_NAME,
    })?;
    if let Some(version) = data.get(VERSION_AT) {
        check_version(address, kind, *version)?;
    }
    if !kind.space().contains(&data.len()) {
        return Err(AccountError::Length {
            address,
            kind: kind.name(),
            expected: kind.space(),
            found: data.len(),
        });
    }
    A::read(kind, data).map_err(|reason| AccountError::Malformed {
        address,
        kind: kind.name(),
        reason,
    })
}

/// Refuses a layout that this release does not know: [`wayfare_program::version`] has the rule.
fn check_version(address: Pubkey, kind: impl AccountKind, found: u8) -> Result<(), AccountError> {
    let known = kind.version();
    if is_readable(found, known) {
        Ok(())
    } else if found < FIRST {
        Err(AccountError::Malformed {
            address,
            kind: kind.name(),
            reason: "its layout has no version",
        })
    } else {
        Err(AccountError::Version {
            address,
            kind: kind.name(),
            found,
            known,
        })
    }
}

/// The error for an account that another program owns than `expected`.
pub(crate) fn foreign(
    address: Pubkey,
    owner: &Pubkey,
    data: &[u8],
    expected: &'static str,
) -> AccountError {
    if data.is_empty() && *owner == solana_sdk_ids::system_program::ID {
        AccountError::Missing(address)
    } else {
        AccountError::ForeignOwner {
            address,
            owner: *owner,
            expected,
        }
    }
}

/// Decodes an account, and proves that it stands at its address.
///
/// # Errors
///
/// As [`decode`] and [`check_address`].
pub fn decode_at<A: ProgramAccount>(
    address: &Pubkey,
    owner: &Pubkey,
    data: &[u8],
) -> Result<A, AccountError> {
    let account = decode(address, owner, data)?;
    check_address(address, &account)?;
    Ok(account)
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
    of_kind(address, decode(address, owner, data)?)
}

/// The account, if it is of one kind.
///
/// # Errors
///
/// [`AccountError::OtherKind`].
pub fn of_kind<T: FromAccount>(address: &Pubkey, account: T::Of) -> Result<T, AccountError> {
    let found = account.kind().name();
    T::from_account(account).ok_or(AccountError::OtherKind {
        address: *address,
        expected: T::KIND.name(),
        found,
    })
}

/// A kind of account that [`decode_as`] can be asked for.
pub trait FromAccount: Sized {
    /// The program's accounts.
    type Of: ProgramAccount;

    const KIND: <Self::Of as ProgramAccount>::Kind;

    fn from_account(account: Self::Of) -> Option<Self>;
}

/// Proves that an account stands at the address that its content leads to, with the bump that it stores.
///
/// # Errors
///
/// [`AccountError::Misplaced`]; [`AccountError::Malformed`] when the content leads to two places.
pub fn check_address<A: ProgramAccount>(address: &Pubkey, account: &A) -> Result<(), AccountError> {
    let kind = account.kind().name();
    let place = account.place().map_err(|reason| AccountError::Malformed {
        address: *address,
        kind,
        reason,
    })?;
    let (derived, bump) = place.derived;
    if derived == *address && bump == place.stored_bump {
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

/// How one kind of account is laid out, and where it stands: all that is particular to the kind. Its name and the program
/// that owns it come from `program_accounts!`, its discriminator from its type.
pub trait Layout: Sized + Discriminator {
    /// The newest version of the layout that this release knows. The rule of versions is in [`wayfare_program::version`].
    const VERSION: u8;

    /// Bytes that it can have, discriminator included: one number, except for an account with a list of any length.
    fn space() -> RangeInclusive<usize>;

    /// See [`ProgramAccount::read`].
    fn read(data: &[u8]) -> Result<Box<Self>, &'static str>;

    /// See [`ProgramAccount::place`].
    fn place(&self) -> Result<Place, &'static str>;
}

/// The accounts of a program: an enum of them and an enum of their kinds, in the order of the documentation. Each kind is a
/// type in scope with a [`Layout`]; `counted by` names the one that counts events, by its field `sequence`.
macro_rules! program_accounts {
    (
        $(#[$doc:meta])*
        $account:ident, $kinds:ident of $program:path, called $name:literal, counted by $scope:ident:
        $($kind:ident),* $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $account {
            $($kind(Box<$kind>),)*
        }

        /// The accounts' names, as the IDL and the documentation have them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ::serde::Serialize)]
        pub enum $kinds {
            $($kind,)*
        }

        impl $crate::account::AccountKind for $kinds {
            const ALL: &'static [Self] = &[$(Self::$kind,)*];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)*
                }
            }

            fn discriminator(self) -> &'static [u8] {
                match self {
                    $(Self::$kind => <$kind as ::anchor_lang::Discriminator>::DISCRIMINATOR,)*
                }
            }

            fn version(self) -> u8 {
                match self {
                    $(Self::$kind => <$kind as $crate::account::Layout>::VERSION,)*
                }
            }

            fn space(self) -> ::std::ops::RangeInclusive<usize> {
                match self {
                    $(Self::$kind => <$kind as $crate::account::Layout>::space(),)*
                }
            }
        }

        impl ::std::fmt::Display for $kinds {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str($crate::account::AccountKind::name(*self))
            }
        }

        impl $crate::account::ProgramAccount for $account {
            type Kind = $kinds;

            const PROGRAM: ::solana_pubkey::Pubkey = $program;
            const PROGRAM_NAME: &'static str = $name;

            fn kind(&self) -> $kinds {
                match self {
                    $(Self::$kind(_) => $kinds::$kind,)*
                }
            }

            fn sequence(&self) -> Option<u64> {
                match self {
                    Self::$scope(state) => Some(state.scope.sequence),
                    _ => None,
                }
            }

            fn read(kind: $kinds, data: &[u8]) -> Result<Self, &'static str> {
                Ok(match kind {
                    $($kinds::$kind => Self::$kind($crate::account::Layout::read(data)?),)*
                })
            }

            fn place(&self) -> Result<$crate::account::Place, &'static str> {
                match self {
                    $(Self::$kind(state) => $crate::account::Layout::place(&**state),)*
                }
            }
        }

        $(
            impl $crate::account::FromAccount for $kind {
                type Of = $account;

                const KIND: $kinds = $kinds::$kind;

                fn from_account(account: $account) -> Option<Self> {
                    match account {
                        $account::$kind(account) => Some(*account),
                        _ => None,
                    }
                }
            }
        )*
    };
}
pub(crate) use program_accounts;

/// One size, discriminator included.
pub(crate) const fn one(space: usize) -> RangeInclusive<usize> {
    space..=space
}

/// The struct behind the discriminator, wherever the bytes are aligned.
pub(crate) fn zero_copy<T: bytemuck::Pod>(data: &[u8]) -> Result<Box<T>, &'static str> {
    data.get(8..)
        .filter(|fields| fields.len() == std::mem::size_of::<T>())
        .map(|fields| Box::new(bytemuck::pod_read_unaligned(fields)))
        .ok_or("wrong length")
}

/// The struct in Borsh, its discriminator checked; what follows it is left alone.
pub(crate) fn borsh<T: AccountDeserialize>(
    data: &[u8],
    fault: &'static str,
) -> Result<Box<T>, &'static str> {
    T::try_deserialize(&mut &data[..])
        .map(Box::new)
        .map_err(|_| fault)
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    /// A kind of account whose layouts this release knows up to version 2.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Kind;

    impl fmt::Display for Kind {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.name())
        }
    }

    impl AccountKind for Kind {
        const ALL: &'static [Self] = &[Self];

        fn name(self) -> &'static str {
            "Market"
        }

        fn discriminator(self) -> &'static [u8] {
            &[7; 8]
        }

        fn version(self) -> u8 {
            2
        }

        fn space(self) -> RangeInclusive<usize> {
            one(9)
        }
    }

    #[test]
    fn a_newer_layout_is_refused_with_its_address_both_versions_and_what_to_do() {
        let address = Pubkey::new_from_array([1; 32]);
        for found in [1, 2] {
            assert_eq!(check_version(address, Kind, found), Ok(()));
        }
        for found in [3, u8::MAX] {
            let error = check_version(address, Kind, found).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!(
                    "{address} is a Market of layout version {found}, where this release of wayfare reads versions up \
                     to 2: update wayfare"
                )
            );
        }
        assert_eq!(
            check_version(address, Kind, 0),
            Err(AccountError::Malformed {
                address,
                kind: "Market",
                reason: "its layout has no version",
            })
        );
    }
}
