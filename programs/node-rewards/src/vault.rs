//! The one place that reads a network's vault and moves its tokens.

use anchor_lang::{
    prelude::*,
    solana_program::{
        instruction::{AccountMeta, Instruction},
        program::invoke_signed,
    },
};
use wayfare_core::mint::token_account;

use crate::errors::NodeRewardsError;

/// Tag of `TransferChecked` in both token programs, followed by the amount (u64 LE) and the decimals
/// (<https://docs.rs/spl-token-interface>, `TokenInstruction`).
const TRANSFER_CHECKED: u8 = 12;

/// The vault's balance in base units, read from the account as it is now.
pub fn vault_balance(vault: &AccountInfo) -> Result<u64> {
    let data = vault.try_borrow_data()?;
    let view = token_account(&data).ok_or(NodeRewardsError::WrongVault)?;
    Ok(view.amount)
}

/// A transfer from or to a vault. The token program checks both token accounts, the mint and the authority.
pub struct Transfer<'a, 'info> {
    pub token_program: &'a AccountInfo<'info>,
    pub from: &'a AccountInfo<'info>,
    pub mint: &'a AccountInfo<'info>,
    pub to: &'a AccountInfo<'info>,
    pub authority: &'a AccountInfo<'info>,
    pub decimals: u8,
}

impl Transfer<'_, '_> {
    /// Moves `amount` base units. `signer_seeds` are the authority's where it is an account of this program, else empty.
    pub fn invoke(&self, amount: u64, signer_seeds: &[&[&[u8]]]) -> Result<()> {
        let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
        let instruction = Instruction {
            program_id: self.token_program.key(),
            accounts: vec![
                AccountMeta::new(self.from.key(), false),
                AccountMeta::new_readonly(self.mint.key(), false),
                AccountMeta::new(self.to.key(), false),
                AccountMeta::new_readonly(self.authority.key(), true),
            ],
            data: vec![TRANSFER_CHECKED, a, b, c, d, e, f, g, h, self.decimals],
        };
        let accounts = [
            self.from.clone(),
            self.mint.clone(),
            self.to.clone(),
            self.authority.clone(),
        ];
        invoke_signed(&instruction, &accounts, signer_seeds)?;
        Ok(())
    }
}
