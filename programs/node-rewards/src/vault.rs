//! The one place that looks at a network's vault.

use anchor_lang::prelude::*;
use wayfare_core::mint::token_account;

use crate::errors::NodeRewardsError;

/// The vault's balance in base units, read from the account as it is now: again after every transfer.
pub fn vault_balance(vault: &AccountInfo) -> Result<u64> {
    let data = vault.try_borrow_data()?;
    let view = token_account(&data).ok_or(NodeRewardsError::WrongVault)?;
    Ok(view.amount)
}
