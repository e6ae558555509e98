use anchor_lang::prelude::*;
use wayfare_program::version;

use crate::errors::EsimMarketError;

/// What a market's orders in one mint hold together, and who signs for it.
///
/// Address: `["vault", market, mint]`. It owns the token account at `["tokens", vault]`. Amounts are base units.
///
/// INVARIANTS, checked by [`MarketVault::invariant`] at the end of every instruction that moves value:
/// - the token account's balance ≥ `held`
///
/// `held` is the sum of what each order still owes: [`Order::owes`](crate::state::Order::owes).
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct MarketVault {
    /// Version of the layout: see [`wayfare_program::version`].
    pub version: u8,
    pub bump: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    pub padding: [u8; 5],
    pub market: Pubkey,
    pub mint: Pubkey,
    /// The token account at `["tokens", vault]`, owned by this account.
    pub tokens: Pubkey,
    /// SPL Token or Token-2022: the program that owns the mint.
    pub token_program: Pubkey,
    /// What the open and unpaid orders are owed.
    pub held: u64,
    /// Zero; for fields to come.
    pub spare: [u8; 16],
}

impl MarketVault {
    pub const VERSION: u8 = version::FIRST;
    pub const SEED: &'static [u8] = b"vault";
    pub const TOKENS_SEED: &'static [u8] = b"tokens";
    pub const SPACE: usize = 8 + std::mem::size_of::<Self>();

    pub fn find_address(market: &Pubkey, mint: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::SEED, market.as_ref(), mint.as_ref()], &crate::ID)
    }

    pub fn find_tokens_address(vault: &Pubkey) -> (Pubkey, u8) {
        Pubkey::find_program_address(&[Self::TOKENS_SEED, vault.as_ref()], &crate::ID)
    }

    /// Takes an order's money into the books.
    pub fn hold(&mut self, amount: u64) -> Result<()> {
        self.held = self
            .held
            .checked_add(amount)
            .ok_or(EsimMarketError::Overflow)?;
        Ok(())
    }

    /// Takes what was paid out of the books.
    pub fn let_go(&mut self, amount: u64) -> Result<()> {
        self.held = self
            .held
            .checked_sub(amount)
            .ok_or(EsimMarketError::InvariantBroken)?;
        Ok(())
    }

    /// The vault's books, given the balance of its token account in base units.
    pub fn invariant(&self, balance: u64) -> Result<()> {
        require!(balance >= self.held, EsimMarketError::InvariantBroken);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(
            MarketVault::DISCRIMINATOR,
            [49, 9, 150, 132, 124, 162, 137, 208]
        );
        assert_eq!(size_of::<MarketVault>(), 160);
        assert_eq!(offset_of!(MarketVault, version), 0);
        assert_eq!(offset_of!(MarketVault, bump), 1);
        assert_eq!(offset_of!(MarketVault, decimals), 2);
        assert_eq!(offset_of!(MarketVault, padding), 3);
        assert_eq!(offset_of!(MarketVault, market), 8);
        assert_eq!(offset_of!(MarketVault, mint), 40);
        assert_eq!(offset_of!(MarketVault, tokens), 72);
        assert_eq!(offset_of!(MarketVault, token_program), 104);
        assert_eq!(offset_of!(MarketVault, held), 136);
        assert_eq!(offset_of!(MarketVault, spare), 144);
    }
}
