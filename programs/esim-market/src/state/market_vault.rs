use anchor_lang::prelude::*;

use crate::errors::EsimMarketError;

/// What a market's orders in one mint hold together, and who signs for it.
///
/// Address: `["vault", market, mint]`. It owns the token account at `["tokens", vault]`. Amounts are base units.
///
/// INVARIANTS, checked by [`MarketVault::invariant`] at the end of every instruction that moves value:
/// - the token account's balance ≥ `held`
///
/// `held` is the sum of what each order still owes: [`Order::owes`](crate::state::Order::owes).
#[account]
#[derive(InitSpace, Debug, PartialEq, Eq)]
pub struct MarketVault {
    pub market: Pubkey,
    pub mint: Pubkey,
    /// The token account at `["tokens", vault]`, owned by this account.
    pub tokens: Pubkey,
    /// SPL Token or Token-2022: the program that owns the mint.
    pub token_program: Pubkey,
    /// What the open and unpaid orders are owed.
    pub held: u64,
    /// Decimals of the mint.
    pub decimals: u8,
    pub bump: u8,
}

impl MarketVault {
    pub const SEED: &'static [u8] = b"vault";
    pub const TOKENS_SEED: &'static [u8] = b"tokens";
    pub const SPACE: usize = 8 + Self::INIT_SPACE;

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
    use anchor_lang::Discriminator;

    use super::*;

    #[test]
    fn layout() {
        assert_eq!(
            MarketVault::DISCRIMINATOR,
            [49, 9, 150, 132, 124, 162, 137, 208]
        );
        let vault = MarketVault {
            market: Pubkey::new_from_array([1; 32]),
            mint: Pubkey::new_from_array([2; 32]),
            tokens: Pubkey::new_from_array([3; 32]),
            token_program: Pubkey::new_from_array([4; 32]),
            held: 5,
            decimals: 6,
            bump: 7,
        };
        let mut bytes = vec![];
        vault.serialize(&mut bytes).unwrap();
        let mut expected = [[1; 32], [2; 32], [3; 32], [4; 32]].concat();
        expected.extend(5u64.to_le_bytes());
        expected.extend([6, 7]);
        assert_eq!(bytes, expected);
        assert_eq!(bytes.len(), MarketVault::INIT_SPACE);
    }
}
