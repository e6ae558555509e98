//! Token accounts of both token programs: their balances, transfers between them, and their addresses.

use std::mem::ManuallyDrop;

use anchor_lang::{
    prelude::*,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        program::invoke_signed_unchecked,
    },
};
use wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM;

use crate::address::find_address;

/// Tag of `Transfer` in both token programs, followed by the amount (u64 LE)
/// (<https://docs.rs/spl-token-interface>, `TokenInstruction`).
///
/// Not `TransferChecked`: that names the mint, to be sure of it and its decimals. A program here checks a vault's mint
/// when it makes the vault, and the mint cannot change; both token programs refuse to move tokens between accounts of
/// two mints; and amounts are base units throughout. Without the mint, a transaction has room for 33 bytes more.
const TRANSFER: u8 = 3;

/// Where a token account of either token program keeps its amount (u64 LE).
const AMOUNT: std::ops::Range<usize> = 64..72;

/// The balance of a token account in base units, read from the account as it is now. That it is a token account, and
/// which, is the caller's to know.
///
/// `None` when the account is too short to be one, or borrowed for writing.
pub fn balance(account: &AccountInfo) -> Option<u64> {
    let data = account.try_borrow_data().ok()?;
    let amount = data.get(AMOUNT)?.first_chunk()?;
    Some(u64::from_le_bytes(*amount))
}

/// The associated token account of a wallet: where the associated token program makes it, and nowhere else.
///
/// `None` when no bump gives an address, which nobody has ever seen.
pub fn associated_token_address(
    wallet: &Pubkey,
    token_program: &Pubkey,
    mint: &Pubkey,
) -> Option<Pubkey> {
    let seeds: [&[u8]; 3] = [wallet.as_ref(), token_program.as_ref(), mint.as_ref()];
    find_address(seeds, &Pubkey::new_from_array(ASSOCIATED_TOKEN_PROGRAM))
}

/// A transfer. The token program checks both token accounts and the authority; which token program, the caller.
pub struct Transfer<'a, 'info> {
    pub token_program: &'a AccountInfo<'info>,
    pub from: &'a AccountInfo<'info>,
    pub to: &'a AccountInfo<'info>,
    pub authority: &'a AccountInfo<'info>,
}

impl Transfer<'_, '_> {
    /// Moves `amount` base units. `signer_seeds` are the authority's where it is an account of the calling program,
    /// else empty.
    ///
    /// No account of the transfer may be borrowed meanwhile: neither by the caller nor through another `AccountInfo`.
    ///
    /// # Errors
    ///
    /// The token program's.
    pub fn invoke(&self, amount: u64, signer_seeds: &[&[&[u8]]]) -> Result<()> {
        let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
        let instruction = Instruction {
            program_id: self.token_program.key(),
            accounts: vec![
                AccountMeta::new(self.from.key(), false),
                AccountMeta::new(self.to.key(), false),
                AccountMeta::new_readonly(self.authority.key(), true),
            ],
            data: vec![TRANSFER, a, b, c, d, e, f, g, h],
        };
        // Never dropped: a count of references that stays too high costs nothing in a program, and dropping costs.
        let accounts =
            ManuallyDrop::new([self.from.clone(), self.to.clone(), self.authority.clone()]);
        // Unchecked: the caller holds no borrow of these accounts, and the check would compare each of their keys with
        // every other.
        invoke_signed_unchecked(&instruction, &*accounts, signer_seeds)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_is_where_token_accounts_keep_it() {
        let key = Pubkey::default();
        let mut data = [0xff; 165];
        data[AMOUNT].copy_from_slice(&5_000_000u64.to_le_bytes());
        for (len, expected) in [
            (165, Some(5_000_000)),
            (72, Some(5_000_000)),
            (71, None),
            (0, None),
        ] {
            let mut lamports = 1;
            let account = AccountInfo::new(
                &key,
                false,
                true,
                &mut lamports,
                &mut data[..len],
                &key,
                false,
            );
            assert_eq!(balance(&account), expected, "{len} bytes");
        }
    }

    #[test]
    fn a_borrowed_account_has_no_balance_yet() {
        let key = Pubkey::default();
        let mut lamports = 1;
        let mut data = [0; 165];
        let account = AccountInfo::new(&key, false, true, &mut lamports, &mut data, &key, false);
        let borrowed = account.try_borrow_mut_data().unwrap();
        assert_eq!(balance(&account), None);
        drop(borrowed);
        assert_eq!(balance(&account), Some(0));
    }

    #[test]
    fn an_associated_token_account() {
        let token = pubkey!("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
        let mint = pubkey!("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
        let program = pubkey!("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
        // Wallets of which the first bumps differ: some of 64 are on the curve at the first.
        let mut bumps = vec![];
        for i in 0..64 {
            let wallet = Pubkey::new_from_array([i; 32]);
            let (address, bump) = Pubkey::find_program_address(
                &[wallet.as_ref(), token.as_ref(), mint.as_ref()],
                &program,
            );
            assert_eq!(
                associated_token_address(&wallet, &token, &mint),
                Some(address)
            );
            bumps.push(bump);
        }
        assert!(bumps.contains(&255) && bumps.iter().any(|bump| *bump < 254));
    }
}
