//! The one place that moves an agreement's tokens.

use anchor_lang::prelude::*;
use wayfare_program::token::{self, Transfer};

use crate::{errors::RoamingEscrowError, events::Balances, state::Agreement};

/// An agreement's vault and its token program.
pub struct Vault<'a, 'info> {
    pub agreement: &'a AccountLoader<'info, Agreement>,
    pub tokens: &'a AccountInfo<'info>,
    pub token_program: &'a AccountInfo<'info>,
}

impl<'info> Vault<'_, 'info> {
    /// Moves an amount into the vault. Returns its balance after it.
    pub fn take(
        &self,
        from: &AccountInfo<'info>,
        authority: &AccountInfo<'info>,
        amount: u64,
    ) -> Result<u64> {
        let before = vault_balance(self.tokens)?;
        Transfer {
            token_program: self.token_program,
            from,
            to: self.tokens,
            authority,
        }
        .invoke(amount, &[])?;
        let balance = vault_balance(self.tokens)?;
        require!(
            before.checked_add(amount) == Some(balance),
            RoamingEscrowError::WrongVaultDelta
        );
        Ok(balance)
    }

    /// Moves an amount to a wallet's associated token account. Returns the vault's balance after it.
    pub fn give(&self, wallet: &Pubkey, to: &AccountInfo<'info>, amount: u64) -> Result<u64> {
        // A copy: the account must not be borrowed while the token program runs.
        let agreement = *self.agreement.load()?;
        let address =
            token::associated_token_address(wallet, &agreement.token_program, &agreement.mint);
        require!(
            address == Some(*to.key),
            RoamingEscrowError::WrongDestination
        );
        // In SPL Token an owner can give an associated token account away. It then has the right address.
        let is_theirs = wayfare_core::mint::token_account(&to.try_borrow_data()?)
            .is_some_and(|account| account.owner == wallet.as_array());
        require!(is_theirs, RoamingEscrowError::WrongDestination);
        let before = vault_balance(self.tokens)?;
        Transfer {
            token_program: self.token_program,
            from: self.tokens,
            to,
            authority: self.agreement.as_ref(),
        }
        .invoke(
            amount,
            &[&[
                Agreement::SEED,
                agreement.hub.as_ref(),
                agreement.first.as_ref(),
                agreement.second.as_ref(),
                agreement.mint.as_ref(),
                &[agreement.bump],
            ]],
        )?;
        let balance = vault_balance(self.tokens)?;
        require!(
            before.checked_sub(amount) == Some(balance),
            RoamingEscrowError::WrongVaultDelta
        );
        Ok(balance)
    }
}

/// The balance of a vault in base units.
pub fn vault_balance(tokens: &AccountInfo) -> Result<u64> {
    Ok(token::balance(tokens).ok_or(RoamingEscrowError::WrongVault)?)
}

/// The ledger after what moved value in it, with its books checked.
pub fn balances(agreement: &Agreement, vault: u64) -> Result<Balances> {
    agreement.invariant(vault)?;
    Ok(Balances {
        first: agreement.first_books.balance,
        second: agreement.second_books.balance,
        first_arrears: agreement.first_books.arrears,
        second_arrears: agreement.second_books.arrears,
        fees: agreement.fees,
        vault,
    })
}
