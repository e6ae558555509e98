//! The one place that reads a network's vault and moves its tokens.

use anchor_lang::{
    prelude::*,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        program::invoke_signed_unchecked,
    },
};

use crate::errors::NodeRewardsError;

/// Tag of `Transfer` in both token programs, followed by the amount (u64 LE)
/// (<https://docs.rs/spl-token-interface>, `TokenInstruction`).
///
/// Not `TransferChecked`: that names the mint, to be sure of it and its decimals. The vault's mint was checked when the
/// network was created and cannot change; both token programs refuse to move tokens between accounts of two mints; and
/// amounts are base units throughout. Without the mint, a claim of the deepest tree has room for 33 bytes more.
const TRANSFER: u8 = 3;

/// Where a token account of either token program keeps its amount (u64 LE).
const AMOUNT: std::ops::Range<usize> = 64..72;

/// The balance of a vault in base units, read from the account as it is now. That it is the network's vault, and so a
/// token account, is `has_one`'s to check.
pub fn vault_balance(vault: &AccountInfo) -> Result<u64> {
    let data = vault.try_borrow_data()?;
    let amount = data
        .get(AMOUNT)
        .and_then(|bytes| bytes.first_chunk())
        .ok_or(NodeRewardsError::WrongVault)?;
    Ok(u64::from_le_bytes(*amount))
}

/// A transfer from or to a vault. The token program checks both token accounts and the authority.
pub struct Transfer<'a, 'info> {
    pub token_program: &'a AccountInfo<'info>,
    pub from: &'a AccountInfo<'info>,
    pub to: &'a AccountInfo<'info>,
    pub authority: &'a AccountInfo<'info>,
}

impl Transfer<'_, '_> {
    /// Moves `amount` base units. `signer_seeds` are the authority's where it is an account of this program, else empty.
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
        let accounts = [self.from.clone(), self.to.clone(), self.authority.clone()];
        // Unchecked: no handler holds a borrow of these accounts while it transfers, and the check would compare each
        // of their keys with every other.
        invoke_signed_unchecked(&instruction, &accounts, signer_seeds)?;
        Ok(())
    }
}
