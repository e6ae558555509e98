//! Token mints and token accounts, read from their bytes.
//!
//! Layouts: SPL Token, `spl-token-interface` (`state.rs`: a mint is 82 bytes, an account 165, a
//! multisig 355). Token-2022, `spl-token-2022-interface` (`extension/mod.rs`): a mint with
//! extensions is padded with zeros to 165 bytes; byte 165 is the account type; entries of type
//! (u16 LE), length (u16 LE) and value follow from byte 166, with zeros after the last.
//!
//! Nothing here checks which program owns an account: the caller does, first.

use thiserror::Error;

/// Size of a mint without extensions.
pub const MINT_BYTES: usize = 82;

/// Size of a token account without extensions.
pub const TOKEN_ACCOUNT_BYTES: usize = 165;

/// Size of a multisig of either token program. Token-2022 gives no mint or account this size.
pub const MULTISIG_BYTES: usize = 355;

/// Account type of a mint, at byte 165.
const TYPE_MINT: u8 = 1;

/// Account type of a token account, at byte 165.
const TYPE_TOKEN_ACCOUNT: u8 = 2;

/// A mint that Wayfare accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mint {
    /// Decimal digits of one token.
    pub decimals: u8,
    /// Base units in existence.
    pub supply: u64,
    /// Whether somebody can mint more.
    pub mint_authority: bool,
    /// Whether somebody can freeze accounts, including the vault.
    pub freeze_authority: bool,
}

/// Why a mint is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RefusedMint {
    /// The size or the account type is not that of a mint.
    #[error("the account is not a mint")]
    NotAMint,
    /// The account was created, but no mint was initialised in it.
    #[error("the mint is not initialised")]
    Uninitialised,
    /// A flag, the padding or an extension entry does not follow the format.
    #[error("the mint's data is malformed")]
    Malformed,
    /// Each transfer would deliver less than was sent.
    #[error("the mint takes a fee on transfers")]
    TransferFee,
    /// Accounts would outlive the mint, and it could come back with other rules.
    #[error("the mint has a close authority")]
    MintCloseAuthority,
    /// Amounts would be hidden from the books.
    #[error("the mint allows confidential transfers")]
    ConfidentialTransfer,
    /// New accounts could be frozen from the start, including those of recipients.
    #[error("the mint sets a default state for new accounts")]
    DefaultAccountState,
    /// Nobody could be paid.
    #[error("the mint's tokens cannot be transferred")]
    NonTransferable,
    /// The amount shown would not be the amount held.
    #[error("the mint bears interest")]
    InterestBearing,
    /// Somebody could take tokens out of any account, including the vault.
    #[error("the mint has a permanent delegate")]
    PermanentDelegate,
    /// A foreign program could refuse each payment.
    #[error("the mint calls a hook on transfers")]
    TransferHook,
    /// Amounts and fees would be hidden from the books.
    #[error("the mint takes confidential fees on transfers")]
    ConfidentialTransferFee,
    /// Tokens could come and go unseen.
    #[error("the mint allows confidential minting and burning")]
    ConfidentialMintBurn,
    /// The amount shown would not be the amount held.
    #[error("the mint scales the amounts shown")]
    ScaledUiAmount,
    /// Somebody could stop all payments.
    #[error("the mint can be paused")]
    Pausable,
    /// Burning needs a second authority.
    #[error("the mint restricts burning")]
    PermissionedBurn,
    /// An extension that this version does not know, or that does not belong on a mint.
    #[error("the mint has extension {0}, which is not on the list of allowed extensions")]
    UnknownExtension(u16),
}

/// Reads a mint, and refuses it if its extensions could change what a transfer does.
///
/// Only extensions that describe are allowed: metadata pointer and metadata, group pointer and
/// group, group member pointer and member. All others are refused, including those that do not exist
/// yet: an extension is harmless only once somebody has read its code.
///
/// # Errors
///
/// [`RefusedMint`] names the first reason found, in the order of the data.
pub fn check_mint(data: &[u8]) -> Result<Mint, RefusedMint> {
    let (base, rest) = data
        .split_first_chunk::<MINT_BYTES>()
        .ok_or(RefusedMint::NotAMint)?;
    let extensions = if rest.is_empty() {
        rest
    } else {
        extension_entries(data.len(), rest)?
    };

    let mint = Mint {
        mint_authority: option_flag(base, 0).ok_or(RefusedMint::Malformed)?,
        supply: u64_at(base, 36).ok_or(RefusedMint::Malformed)?,
        decimals: base[44],
        freeze_authority: option_flag(base, 46).ok_or(RefusedMint::Malformed)?,
    };
    match base[45] {
        0 => return Err(RefusedMint::Uninitialised),
        1 => {}
        _ => return Err(RefusedMint::Malformed),
    }
    check_extensions(extensions)?;
    Ok(mint)
}

/// The entries of a mint longer than [`MINT_BYTES`]; `rest` is the bytes after those.
fn extension_entries(length: usize, rest: &[u8]) -> Result<&[u8], RefusedMint> {
    const PADDING_BYTES: usize = TOKEN_ACCOUNT_BYTES - MINT_BYTES;
    let (padding, typed) = rest
        .split_first_chunk::<PADDING_BYTES>()
        .ok_or(RefusedMint::NotAMint)?;
    let (account_type, entries) = typed.split_first().ok_or(RefusedMint::NotAMint)?;
    // A token account of 165 bytes and more has its owner and amount where a mint has padding.
    if length == MULTISIG_BYTES || *account_type != TYPE_MINT {
        return Err(RefusedMint::NotAMint);
    }
    if !is_zero(padding) {
        return Err(RefusedMint::Malformed);
    }
    Ok(entries)
}

fn check_extensions(mut entries: &[u8]) -> Result<(), RefusedMint> {
    loop {
        let Some((kind, after_kind)) = entries.split_first_chunk::<2>() else {
            // Nothing, or one byte too few for a type: the token program leaves it unread.
            return if is_zero(entries) {
                Ok(())
            } else {
                Err(RefusedMint::Malformed)
            };
        };
        let kind = u16::from_le_bytes(*kind);
        if kind == 0 {
            // The token program reads no further, and keeps everything after its entries zero.
            return if is_zero(after_kind) {
                Ok(())
            } else {
                Err(RefusedMint::Malformed)
            };
        }
        check_extension(kind)?;
        let (length, after_length) = after_kind
            .split_first_chunk::<2>()
            .ok_or(RefusedMint::Malformed)?;
        entries = after_length
            .get(usize::from(u16::from_le_bytes(*length))..)
            .ok_or(RefusedMint::Malformed)?;
    }
}

/// The numbers are those of `ExtensionType` in `spl-token-2022-interface`, which are never reused.
fn check_extension(kind: u16) -> Result<(), RefusedMint> {
    Err(match kind {
        // MetadataPointer, TokenMetadata, GroupPointer, TokenGroup, GroupMemberPointer,
        // TokenGroupMember.
        18..=23 => return Ok(()),
        1 => RefusedMint::TransferFee,
        3 => RefusedMint::MintCloseAuthority,
        4 => RefusedMint::ConfidentialTransfer,
        6 => RefusedMint::DefaultAccountState,
        9 => RefusedMint::NonTransferable,
        10 => RefusedMint::InterestBearing,
        12 => RefusedMint::PermanentDelegate,
        14 => RefusedMint::TransferHook,
        16 => RefusedMint::ConfidentialTransferFee,
        24 => RefusedMint::ConfidentialMintBurn,
        25 => RefusedMint::ScaledUiAmount,
        26 => RefusedMint::Pausable,
        28 => RefusedMint::PermissionedBurn,
        unknown => RefusedMint::UnknownExtension(unknown),
    })
}

/// A token account, read from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenAccountView<'a> {
    /// The mint it holds.
    pub mint: &'a [u8; 32],
    /// The key that can spend from it.
    pub owner: &'a [u8; 32],
    /// Base units held.
    pub amount: u64,
    /// Whether the mint's freeze authority has frozen it.
    pub is_frozen: bool,
    /// Whether a delegate is set. A delegate can spend up to an allowance.
    pub has_delegate: bool,
    /// Whether somebody other than the owner can close it.
    pub has_close_authority: bool,
}

/// Reads an initialised token account of either token program.
///
/// `None` for a mint, a multisig, an uninitialised account, and anything malformed.
#[inline]
pub fn token_account(data: &[u8]) -> Option<TokenAccountView<'_>> {
    let (base, rest) = data.split_first_chunk::<TOKEN_ACCOUNT_BYTES>()?;
    // A mint with extensions, and a multisig, are longer than 165 bytes too.
    if let Some(account_type) = rest.first()
        && (*account_type != TYPE_TOKEN_ACCOUNT || data.len() == MULTISIG_BYTES)
    {
        return None;
    }
    let is_frozen = match base[108] {
        1 => false,
        2 => true,
        _ => return None,
    };
    let (mint, after_mint) = base.split_first_chunk::<32>()?;
    let (owner, _) = after_mint.split_first_chunk::<32>()?;
    Some(TokenAccountView {
        mint,
        owner,
        amount: u64_at(base, 64)?,
        is_frozen,
        has_delegate: option_flag(base, 72)?,
        has_close_authority: option_flag(base, 129)?,
    })
}

/// Whether a token account accepts a transfer only with a memo before it: the extension `MemoTransfer` of
/// Token-2022 (`ExtensionType` 8), whose one byte says whether it is switched on.
///
/// `data` is that of an account that [`token_account`] reads. Entries that cannot be read count as a yes.
pub fn requires_memo(data: &[u8]) -> bool {
    const MEMO_TRANSFER: u16 = 8;
    let Some(mut entries) = data.get(TOKEN_ACCOUNT_BYTES.saturating_add(1)..) else {
        return false;
    };
    loop {
        let Some((kind, after_kind)) = entries.split_first_chunk::<2>() else {
            return false;
        };
        let kind = u16::from_le_bytes(*kind);
        if kind == 0 {
            return false;
        }
        let Some((length, after_length)) = after_kind.split_first_chunk::<2>() else {
            return true;
        };
        let length = usize::from(u16::from_le_bytes(*length));
        let Some((value, rest)) = after_length.split_at_checked(length) else {
            return true;
        };
        if kind == MEMO_TRANSFER {
            return value != [0];
        }
        entries = rest;
    }
}

/// The tag of a `COption` at `at`: four bytes, little-endian, 0 or 1.
#[inline(always)]
fn option_flag(data: &[u8], at: usize) -> Option<bool> {
    match u32::from_le_bytes(*data.get(at..)?.first_chunk()?) {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

#[inline(always)]
fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

fn is_zero(data: &[u8]) -> bool {
    data.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use solana_program_option::COption;
    use solana_program_pack::Pack;
    use spl_token_2022_interface::{
        extension::{
            AccountType, BaseStateWithExtensions, BaseStateWithExtensionsMut, ExtensionType,
            PodStateWithExtensions, PodStateWithExtensionsMut, StateWithExtensions,
            cpi_guard::CpiGuard, group_member_pointer::GroupMemberPointer,
            group_pointer::GroupPointer, immutable_owner::ImmutableOwner,
            memo_transfer::MemoTransfer, metadata_pointer::MetadataPointer,
            transfer_fee::TransferFeeConfig,
        },
        pod::{PodAccount, PodMint},
        state::{Account, AccountState, Mint as SplMint, Multisig},
    };

    const EVERY_EXTENSION: [ExtensionType; 29] = {
        use ExtensionType::*;
        [
            Uninitialized,
            TransferFeeConfig,
            TransferFeeAmount,
            MintCloseAuthority,
            ConfidentialTransferMint,
            ConfidentialTransferAccount,
            DefaultAccountState,
            ImmutableOwner,
            MemoTransfer,
            NonTransferable,
            InterestBearingConfig,
            CpiGuard,
            PermanentDelegate,
            NonTransferableAccount,
            TransferHook,
            TransferHookAccount,
            ConfidentialTransferFeeConfig,
            ConfidentialTransferFeeAmount,
            MetadataPointer,
            TokenMetadata,
            GroupPointer,
            TokenGroup,
            GroupMemberPointer,
            TokenGroupMember,
            ConfidentialMintBurn,
            ScaledUiAmount,
            Pausable,
            PausableAccount,
            PermissionedBurn,
        ]
    };

    fn plain_mint() -> Vec<u8> {
        let mut data = vec![0; MINT_BYTES];
        SplMint {
            mint_authority: COption::Some([1; 32].into()),
            supply: 77,
            decimals: 6,
            is_initialized: true,
            freeze_authority: COption::None,
        }
        .pack_into_slice(&mut data);
        data
    }

    fn with_entries(entries: &[(u16, &[u8])]) -> Vec<u8> {
        let mut data = plain_mint();
        data.resize(TOKEN_ACCOUNT_BYTES, 0);
        data.push(TYPE_MINT);
        for (kind, value) in entries {
            data.extend(kind.to_le_bytes());
            data.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
            data.extend(*value);
        }
        data
    }

    fn plain_account() -> Vec<u8> {
        let mut data = vec![0; TOKEN_ACCOUNT_BYTES];
        Account {
            mint: [3; 32].into(),
            owner: [4; 32].into(),
            amount: 1 << 40,
            delegate: COption::None,
            state: AccountState::Initialized,
            is_native: COption::None,
            delegated_amount: 0,
            close_authority: COption::None,
        }
        .pack_into_slice(&mut data);
        data
    }

    #[test]
    fn a_plain_mint() {
        let expected = Mint {
            decimals: 6,
            supply: 77,
            mint_authority: true,
            freeze_authority: false,
        };
        assert_eq!(check_mint(&plain_mint()), Ok(expected));
        assert_eq!(check_mint(&with_entries(&[])), Ok(expected));

        let mut data = plain_mint();
        data[0] = 0;
        data[46] = 1;
        assert_eq!(
            check_mint(&data),
            Ok(Mint {
                mint_authority: false,
                freeze_authority: true,
                ..expected
            })
        );
    }

    #[test]
    fn sizes_that_no_mint_has() {
        let data = with_entries(&[(18, &[0; 64])]);
        for length in (0..=165).filter(|l| *l != MINT_BYTES) {
            assert_eq!(
                check_mint(&data[..length]),
                Err(RefusedMint::NotAMint),
                "{length}"
            );
        }
        assert!(check_mint(&data[..166]).is_ok());
        let mut multisig_size = data.clone();
        multisig_size.resize(MULTISIG_BYTES, 0);
        assert_eq!(check_mint(&multisig_size), Err(RefusedMint::NotAMint));
        multisig_size.push(0);
        assert!(check_mint(&multisig_size).is_ok());
    }

    #[test]
    fn accounts_and_multisigs_are_not_mints() {
        assert_eq!(check_mint(&plain_account()), Err(RefusedMint::NotAMint));
        let mut account = plain_account();
        account.push(TYPE_TOKEN_ACCOUNT);
        assert_eq!(check_mint(&account), Err(RefusedMint::NotAMint));
        // Even with the account type of a mint: its amount is where a mint has padding.
        account[165] = TYPE_MINT;
        account[85] = 1;
        assert_eq!(check_mint(&account), Err(RefusedMint::Malformed));

        let mut data = vec![0; MULTISIG_BYTES];
        Multisig {
            m: 1,
            n: 1,
            is_initialized: true,
            signers: [[1; 32].into(); 11],
        }
        .pack_into_slice(&mut data);
        assert_eq!(check_mint(&data), Err(RefusedMint::NotAMint));
    }

    #[test]
    fn flags_are_read_strictly() {
        let mut data = plain_mint();
        data[45] = 0;
        assert_eq!(check_mint(&data), Err(RefusedMint::Uninitialised));
        assert_eq!(
            check_mint(&[0; MINT_BYTES]),
            Err(RefusedMint::Uninitialised)
        );
        for (at, value) in [(45, 2), (0, 2), (3, 1), (46, 2), (49, 1)] {
            let mut data = plain_mint();
            data[at] = value;
            assert_eq!(
                check_mint(&data),
                Err(RefusedMint::Malformed),
                "{at} {value}"
            );
        }
        let mut data = with_entries(&[]);
        data[164] = 1;
        assert_eq!(check_mint(&data), Err(RefusedMint::Malformed));
        data[164] = 0;
        for account_type in [0, 2, 3] {
            data[165] = account_type;
            assert_eq!(check_mint(&data), Err(RefusedMint::NotAMint));
        }
    }

    #[test]
    fn only_descriptive_extensions_are_allowed() {
        use RefusedMint::*;
        for kind in EVERY_EXTENSION {
            let number = u16::from(kind);
            let expected = match kind {
                // A zero type ends the entries, and this one has a length after it.
                ExtensionType::Uninitialized => Some(Malformed),
                ExtensionType::MetadataPointer
                | ExtensionType::TokenMetadata
                | ExtensionType::GroupPointer
                | ExtensionType::TokenGroup
                | ExtensionType::GroupMemberPointer
                | ExtensionType::TokenGroupMember => None,
                ExtensionType::TransferFeeConfig => Some(TransferFee),
                ExtensionType::MintCloseAuthority => Some(MintCloseAuthority),
                ExtensionType::ConfidentialTransferMint => Some(ConfidentialTransfer),
                ExtensionType::DefaultAccountState => Some(DefaultAccountState),
                ExtensionType::NonTransferable => Some(NonTransferable),
                ExtensionType::InterestBearingConfig => Some(InterestBearing),
                ExtensionType::PermanentDelegate => Some(PermanentDelegate),
                ExtensionType::TransferHook => Some(TransferHook),
                ExtensionType::ConfidentialTransferFeeConfig => Some(ConfidentialTransferFee),
                ExtensionType::ConfidentialMintBurn => Some(ConfidentialMintBurn),
                ExtensionType::ScaledUiAmount => Some(ScaledUiAmount),
                ExtensionType::Pausable => Some(Pausable),
                ExtensionType::PermissionedBurn => Some(PermissionedBurn),
                // Account extensions have no place on a mint.
                _ => Some(UnknownExtension(number)),
            };
            let data = with_entries(&[(18, &[0; 64]), (number, &[0; 4])]);
            assert_eq!(check_mint(&data).err(), expected, "{kind:?}");
        }
        for number in [29, 30, 255, 256, 18 << 8, u16::MAX] {
            assert_eq!(
                check_mint(&with_entries(&[(number, &[])])),
                Err(UnknownExtension(number))
            );
        }
    }

    #[test]
    fn mints_as_the_token_program_writes_them() {
        let allowed = [
            ExtensionType::MetadataPointer,
            ExtensionType::GroupPointer,
            ExtensionType::GroupMemberPointer,
        ];
        let size = ExtensionType::try_calculate_account_len::<PodMint>(&allowed).unwrap();
        let mut data = vec![0; size + 300];
        let mut state =
            PodStateWithExtensionsMut::<PodMint>::unpack_uninitialized(&mut data).unwrap();
        *state.base = *bytemuck::from_bytes(&plain_mint());
        state.init_account_type().unwrap();
        state.init_extension::<MetadataPointer>(true).unwrap();
        state.init_extension::<GroupPointer>(true).unwrap();
        state.init_extension::<GroupMemberPointer>(true).unwrap();
        assert_eq!(check_mint(&data).unwrap().decimals, 6);

        let mut state = PodStateWithExtensionsMut::<PodMint>::unpack(&mut data).unwrap();
        state.init_extension::<TransferFeeConfig>(true).unwrap();
        assert_eq!(check_mint(&data), Err(RefusedMint::TransferFee));
    }

    #[test]
    fn malformed_entries() {
        let data = with_entries(&[(19, &[5; 10]), (18, &[0; 64])]);
        assert!(check_mint(&data).is_ok());
        // Cut anywhere but between two entries.
        for length in 167..data.len() {
            let expected = if length == 166 + 14 {
                None
            } else {
                Some(RefusedMint::Malformed)
            };
            assert_eq!(check_mint(&data[..length]).err(), expected, "{length}");
        }
        let mut padded = data.clone();
        for _ in 0..40 {
            padded.push(0);
            assert!(check_mint(&padded).is_ok(), "{}", padded.len());
        }
        *padded.last_mut().unwrap() = 1;
        assert_eq!(check_mint(&padded), Err(RefusedMint::Malformed));
        // A zero type must not hide an entry after it.
        let hidden = with_entries(&[(0, &[]), (1, &[0; 108])]);
        assert_eq!(check_mint(&hidden), Err(RefusedMint::Malformed));
        let one_byte = [with_entries(&[]), vec![1]].concat();
        assert_eq!(check_mint(&one_byte), Err(RefusedMint::Malformed));
    }

    #[test]
    fn token_accounts() {
        let data = plain_account();
        let view = token_account(&data).unwrap();
        assert_eq!(
            view,
            TokenAccountView {
                mint: &[3; 32],
                owner: &[4; 32],
                amount: 1 << 40,
                is_frozen: false,
                has_delegate: false,
                has_close_authority: false,
            }
        );
        let mut other = data.clone();
        other[72] = 1;
        assert!(token_account(&other).unwrap().has_delegate);
        other[129] = 1;
        assert!(token_account(&other).unwrap().has_close_authority);
        other[108] = 2;
        assert!(token_account(&other).unwrap().is_frozen);
        for (at, value) in [(108, 0), (108, 3), (72, 2), (129, 2), (132, 1)] {
            let mut wrong = data.clone();
            wrong[at] = value;
            assert_eq!(token_account(&wrong), None, "{at} {value}");
        }
        for length in 0..165 {
            assert_eq!(token_account(&data[..length]), None, "{length}");
        }
    }

    #[test]
    fn token_accounts_with_extensions() {
        let mut data = plain_account();
        data.push(TYPE_TOKEN_ACCOUNT);
        assert!(token_account(&data).is_some());
        data.resize(MULTISIG_BYTES - 1, 0);
        assert!(token_account(&data).is_some());
        data.push(0);
        assert_eq!(token_account(&data), None, "a multisig's size");
        data.push(0);
        assert!(token_account(&data).is_some());
        for account_type in [0, TYPE_MINT, 3] {
            data[165] = account_type;
            assert_eq!(token_account(&data), None, "{account_type}");
        }
        assert_eq!(token_account(&plain_mint()), None);
        assert_eq!(token_account(&with_entries(&[(18, &[1; 64])])), None);
        assert_eq!(AccountType::Mint as u8, TYPE_MINT);
        assert_eq!(AccountType::Account as u8, TYPE_TOKEN_ACCOUNT);
    }

    /// Accounts with extensions as Token-2022's own code writes them.
    #[test]
    fn accounts_that_require_a_memo() {
        assert!(!requires_memo(&plain_account()));
        for (switch, expected) in [(None, false), (Some(false), false), (Some(true), true)] {
            let mut extensions = vec![ExtensionType::ImmutableOwner, ExtensionType::CpiGuard];
            extensions.extend(switch.map(|_| ExtensionType::MemoTransfer));
            let length = ExtensionType::try_calculate_account_len::<Account>(&extensions).unwrap();
            let mut data = plain_account();
            data.resize(length, 0);
            // Space that is still empty requires nothing.
            assert!(!requires_memo(&data));
            data[TOKEN_ACCOUNT_BYTES] = TYPE_TOKEN_ACCOUNT;
            {
                let mut account =
                    PodStateWithExtensionsMut::<PodAccount>::unpack(&mut data).unwrap();
                account.init_extension::<ImmutableOwner>(false).unwrap();
                // The switch of another extension does not count.
                let guard = account.init_extension::<CpiGuard>(false).unwrap();
                guard.lock_cpi = true.into();
                if let Some(on) = switch {
                    let memo = account.init_extension::<MemoTransfer>(false).unwrap();
                    memo.require_incoming_transfer_memos = on.into();
                }
            }
            assert!(token_account(&data).is_some());
            assert_eq!(requires_memo(&data), expected, "{switch:?}");
            // Cut off anywhere after the type of its entry, the account still requires a memo.
            let entry = length - 5;
            for end in 0..length {
                let cut = requires_memo(&data[..end]);
                match switch {
                    Some(true) if end > entry + 2 => assert!(cut, "{end}"),
                    _ if end <= TOKEN_ACCOUNT_BYTES + 1 => assert!(!cut, "{end}"),
                    _ => {}
                }
            }
        }
    }

    #[test]
    fn entries_that_cannot_be_read_require_a_memo() {
        let with = |entries: &[u8]| {
            let mut data = plain_account();
            data.push(TYPE_TOKEN_ACCOUNT);
            data.extend(entries);
            requires_memo(&data)
        };
        for (entries, expected) in [
            // No entry, half a kind, the end of all entries.
            (&[][..], false),
            (&[8], false),
            (&[0, 0, 8, 0, 1, 0, 1], false),
            // The switch.
            (&[8, 0, 1, 0, 0], false),
            (&[8, 0, 1, 0, 1], true),
            (&[8, 0, 1, 0, 2], true),
            (&[8, 0, 0, 0], true),
            (&[8, 0, 2, 0, 0, 0], true),
            // No length, half a length, less than the length says.
            (&[7, 0], true),
            (&[7, 0, 0], true),
            (&[7, 0, 1, 0], true),
            // After another entry.
            (&[7, 0, 0, 0, 8, 0, 1, 0, 1], true),
            (&[7, 0, 1, 0, 9, 8, 0, 1, 0, 0], false),
            // The high byte of a kind and of a length count.
            (&[8, 1, 1, 0, 1], false),
            (&[7, 0, 0, 1, 1], true),
        ] {
            assert_eq!(with(entries), expected, "{entries:?}");
        }
    }

    /// Account-like bytes: flags and types are often plausible.
    fn account_like() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![Just(0u8), Just(1), Just(2), any::<u8>()];
        (
            prop_oneof![
                Just(82usize),
                Just(165),
                Just(166),
                Just(355),
                Just(400),
                0usize..420
            ],
            proptest::collection::vec((0usize..420, byte), 0..24),
            any::<bool>(),
        )
            .prop_map(|(length, changes, from_mint)| {
                let mut data = if from_mint {
                    with_entries(&[(18, &[0; 64])])
                } else {
                    plain_account()
                };
                data.resize(length, 0);
                for (at, value) in changes {
                    if let Some(byte) = data.get_mut(at) {
                        *byte = value;
                    }
                }
                data
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn accepted_data_also_passes_the_token_programs_own_reader(data in account_like()) {
            if let Ok(mint) = check_mint(&data) {
                let theirs = StateWithExtensions::<SplMint>::unpack(&data).unwrap();
                prop_assert_eq!(theirs.base.decimals, mint.decimals);
                prop_assert_eq!(theirs.base.supply, mint.supply);
                prop_assert_eq!(theirs.base.mint_authority.is_some(), mint.mint_authority);
                prop_assert_eq!(theirs.base.freeze_authority.is_some(), mint.freeze_authority);
                for kind in theirs.get_extension_types().unwrap() {
                    prop_assert!((18..=23).contains(&u16::from(kind)));
                }
                prop_assert_eq!(token_account(&data), None);
            }
            if let Some(account) = token_account(&data) {
                let theirs = PodStateWithExtensions::<PodAccount>::unpack(&data).unwrap();
                prop_assert_eq!(theirs.base.mint.as_ref(), account.mint);
                prop_assert_eq!(theirs.base.owner.as_ref(), account.owner);
                prop_assert_eq!(u64::from(theirs.base.amount), account.amount);
                prop_assert_eq!(theirs.base.is_frozen(), account.is_frozen);
                prop_assert_eq!(theirs.base.delegate.is_some(), account.has_delegate);
                prop_assert_eq!(theirs.base.close_authority.is_some(), account.has_close_authority);
                prop_assert!(check_mint(&data).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(data in proptest::collection::vec(any::<u8>(), 0..420)) {
            let _ = check_mint(&data);
            let _ = token_account(&data);
        }
    }
}
