//! The one place that moves tokens out of a market's vault.

use anchor_lang::prelude::*;
use wayfare_core::mint::{requires_memo, token_account};
use wayfare_program::token::{self, Transfer};

use crate::{
    errors::EsimMarketError,
    state::{MarketVault, Order},
};

/// The accounts through which an ended order pays what it owes.
pub struct Payment<'a, 'info> {
    pub vault: &'a AccountLoader<'info, MarketVault>,
    pub tokens: &'a AccountInfo<'info>,
    pub token_program: &'a AccountInfo<'info>,
    /// Who paid gets a refund here.
    pub refund_to: &'a AccountInfo<'info>,
    /// The seller is paid here.
    pub release_to: &'a AccountInfo<'info>,
    /// The market's fee goes here.
    pub fee_to: &'a AccountInfo<'info>,
}

/// A vault after what moved value in it, in base units.
pub struct VaultBooks {
    pub held: u64,
    pub balance: u64,
}

/// The balance of a vault's token account in base units.
pub fn vault_balance(tokens: &AccountInfo) -> Result<u64> {
    Ok(token::balance(tokens).ok_or(EsimMarketError::WrongVault)?)
}

impl<'info> Payment<'_, 'info> {
    /// Pays what an ended order owes, each part to the associated token account of whom it is due. Returns the vault's
    /// books after it.
    ///
    /// A part whose account cannot take it stays due: nobody's closed or frozen account holds the others up. `pay_out`
    /// tries again.
    pub fn pay(&self, order: &mut Order) -> Result<VaultBooks> {
        let before = vault_balance(self.tokens)?;
        let owed = order.due().total()?;
        // A copy: the account must not be borrowed while the token program runs.
        let vault = *self.vault.load()?;
        if self.try_pay(&vault, order.refund_due, &order.payer, self.refund_to)? {
            order.refund_due = 0;
        }
        if self.try_pay(&vault, order.release_due, &order.payout, self.release_to)? {
            order.release_due = 0;
        }
        if self.try_pay(&vault, order.fee_due, &order.treasury, self.fee_to)? {
            order.fee_due = 0;
        }
        let paid = owed
            .checked_sub(order.due().total()?)
            .ok_or(EsimMarketError::InvariantBroken)?;
        let balance = vault_balance(self.tokens)?;
        require!(
            before.checked_sub(paid) == Some(balance),
            EsimMarketError::WrongVaultDelta
        );

        let mut vault = self.vault.load_mut()?;
        vault.let_go(paid)?;
        order.invariant()?;
        vault.invariant(balance)?;
        Ok(VaultBooks {
            held: vault.held,
            balance,
        })
    }

    /// Pays an amount to a wallet's associated token account, if the account can take it.
    fn try_pay(
        &self,
        vault: &MarketVault,
        amount: u64,
        wallet: &Pubkey,
        to: &AccountInfo<'info>,
    ) -> Result<bool> {
        if amount == 0 {
            return Ok(false);
        }
        let address = token::associated_token_address(wallet, &vault.token_program, &vault.mint);
        require!(address == Some(*to.key), EsimMarketError::WrongDestination);
        if !Self::can_take(vault, wallet, to)? {
            return Ok(false);
        }
        Transfer {
            token_program: self.token_program,
            from: self.tokens,
            to,
            authority: self.vault.as_ref(),
        }
        .invoke(
            amount,
            &[&[
                MarketVault::SEED,
                vault.market.as_ref(),
                vault.mint.as_ref(),
                &[vault.bump],
            ]],
        )?;
        Ok(true)
    }

    /// Whether a transfer to the account would succeed, and reach the wallet: the account exists, is not frozen, was not
    /// given away, and wants no memo.
    fn can_take(vault: &MarketVault, wallet: &Pubkey, to: &AccountInfo) -> Result<bool> {
        if *to.owner != vault.token_program {
            return Ok(false);
        }
        let data = to.try_borrow_data()?;
        Ok(token_account(&data).is_some_and(|account| {
            account.owner == wallet.as_array()
                && account.mint == vault.mint.as_array()
                && !account.is_frozen
        }) && !requires_memo(&data))
    }
}
