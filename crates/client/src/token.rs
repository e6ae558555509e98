//! Token accounts, of SPL Token and Token-2022 alike.

use solana_account::Account;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use spl_associated_token_account_interface::address::get_associated_token_address_with_program_id;
use wayfare_core::mint::{requires_memo, token_account as token_account_view};

use crate::{
    account::AccountError,
    cluster::Cluster,
    error::{ClientError, InputError},
};

/// A wallet's associated token account.
pub fn token_account(wallet: &Pubkey, mint: &Pubkey, token_program: &Pubkey) -> Pubkey {
    get_associated_token_address_with_program_id(wallet, mint, token_program)
}

/// A wallet's associated token account with the bump of its address, which a claim passes on.
pub fn token_account_and_bump(
    wallet: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> (Pubkey, u8) {
    Pubkey::find_program_address(
        &[wallet.as_ref(), token_program.as_ref(), mint.as_ref()],
        &spl_associated_token_account_interface::program::ID,
    )
}

/// Creates a wallet's associated token account, unless it exists. `payer` signs and pays the rent.
pub fn create_token_account(
    payer: &Pubkey,
    wallet: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent(
        payer,
        wallet,
        mint,
        token_program,
    )
}

/// Base units in a token account of a mint.
///
/// # Errors
///
/// [`InputError::NotATokenAccount`] when the account is something else, [`AccountError::Missing`] when there is none.
pub fn token_balance(
    cluster: &Cluster,
    address: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Result<u64, ClientError> {
    let account = cluster
        .account(address)?
        .ok_or(AccountError::Missing(*address))?;
    token_account_view(&account.data)
        .filter(|view| account.owner == *token_program && view.mint == mint.as_array())
        .map(|view| view.amount)
        .ok_or_else(|| {
            InputError::NotATokenAccount {
                address: *address,
                mint: *mint,
            }
            .into()
        })
}

/// Why a wallet's token account cannot take a payment; `None` when it can. The programs ask the same.
pub fn cannot_take(
    account: Option<&Account>,
    wallet: &Pubkey,
    mint: &Pubkey,
    token_program: &Pubkey,
) -> Option<&'static str> {
    let Some(account) = account.filter(|account| account.owner == *token_program) else {
        return Some("does not exist");
    };
    let Some(view) = token_account_view(&account.data) else {
        return Some("is not initialised");
    };
    if view.mint != mint.as_array() {
        Some("is of another mint")
    } else if view.owner != wallet.as_array() {
        Some("was given away")
    } else if view.is_frozen {
        Some("is frozen")
    } else if requires_memo(&account.data) {
        Some("takes no payment without a memo")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_chain::{FakeChain, no_faults};

    #[test]
    fn the_token_accounts_agree() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let (address, bump) = token_account_and_bump(&key(1), &key(2), &key(3));
        assert_eq!(address, token_account(&key(1), &key(2), &key(3)));
        assert_eq!(
            address.to_bytes(),
            wayfare_core::pda::pda_hash(
                [&[1; 32], &[3; 32], &[2; 32]],
                bump,
                &wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM
            )
        );
    }

    #[test]
    fn a_balance() {
        let (at, mint) = (
            Pubkey::new_from_array([1; 32]),
            Pubkey::new_from_array([2; 32]),
        );
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(mint.as_ref());
        data[64..72].copy_from_slice(&900u64.to_le_bytes());
        data[108] = 1;
        let chain = FakeChain::default();
        chain.put(at, anchor_spl::token::ID, data);
        let cluster = chain.cluster(no_faults());
        let balance = |address, mint, program| token_balance(&cluster, &address, &mint, &program);
        assert_eq!(balance(at, mint, anchor_spl::token::ID).unwrap(), 900);
        for (mint, program) in [
            (Pubkey::default(), anchor_spl::token::ID),
            (mint, anchor_spl::token_2022::ID),
        ] {
            assert!(matches!(
                balance(at, mint, program),
                Err(ClientError::Input(InputError::NotATokenAccount { .. }))
            ));
        }
        assert!(matches!(
            balance(Pubkey::default(), mint, anchor_spl::token::ID),
            Err(ClientError::Account(AccountError::Missing(_)))
        ));
    }
    #[test]
    fn what_cannot_be_paid() {
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        let (wallet, mint, program) = (key(1), key(2), anchor_spl::token::ID);
        let with = |change: fn(&mut Vec<u8>)| {
            let mut data = vec![0; 165];
            data[..32].copy_from_slice(mint.as_ref());
            data[32..64].copy_from_slice(wallet.as_ref());
            data[108] = 1;
            change(&mut data);
            let account = Account {
                owner: program,
                data,
                ..Account::default()
            };
            cannot_take(Some(&account), &wallet, &mint, &program)
        };
        assert_eq!(with(|_| {}), None);
        assert_eq!(with(|d| d[0] ^= 1), Some("is of another mint"));
        assert_eq!(with(|d| d[32] ^= 1), Some("was given away"));
        assert_eq!(with(|d| d[108] = 2), Some("is frozen"));
        assert_eq!(with(|d| d[108] = 0), Some("is not initialised"));
        let missing = Some("does not exist");
        assert_eq!(cannot_take(None, &wallet, &mint, &program), missing);
        let foreign = Account::default();
        assert_eq!(
            cannot_take(Some(&foreign), &wallet, &mint, &program),
            missing
        );
    }
}
