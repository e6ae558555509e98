//! The one place that reads a network's vault.

use anchor_lang::prelude::*;
use wayfare_program::token;

use crate::errors::NodeRewardsError;

/// The balance of a vault in base units, read from the account as it is now. That it is the network's vault, and so a
/// token account, is `has_one`'s to check.
pub fn vault_balance(vault: &AccountInfo) -> Result<u64> {
    Ok(token::balance(vault).ok_or(NodeRewardsError::WrongVault)?)
}
