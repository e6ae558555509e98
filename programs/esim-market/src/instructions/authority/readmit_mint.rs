use anchor_lang::prelude::*;

use crate::{
    errors::EsimMarketError,
    events::{MintAccepted, emit},
    state::{Market, MarketVault},
};

#[event_cpi]
#[derive(Accounts)]
pub struct ReadmitMint<'info> {
    #[account(
        mut,
        constraint = market.load()?.scope.authority == authority.key() @ EsimMarketError::NotAuthority
    )]
    pub market: AccountLoader<'info, Market>,
    pub authority: Signer<'info>,
    /// The vault that the mint has from before.
    #[account(has_one = market @ EsimMarketError::WrongMarket)]
    pub vault: AccountLoader<'info, MarketVault>,
}

impl ReadmitMint<'_> {
    /// Accepts a mint again that was dropped, with the vault that it had.
    pub fn readmit_mint(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;

        let event = {
            let vault = accounts.vault.load()?;
            let mut market = accounts.market.load_mut()?;
            market.accept_mint(vault.mint)?;
            MintAccepted {
                market: accounts.market.key(),
                sequence: market.next_sequence()?,
                mint: vault.mint,
                vault: accounts.vault.key(),
                tokens: vault.tokens,
            }
        };
        emit(&accounts.event_authority, &event)
    }
}
