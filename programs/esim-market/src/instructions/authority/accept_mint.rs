use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use wayfare_core::mint::check_mint;

use crate::{
    errors::EsimMarketError,
    events::{MintAccepted, emit},
    state::{Market, MarketVault},
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptMint<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub authority: Signer<'info>,
    #[account(mut, has_one = authority @ EsimMarketError::NotAuthority)]
    pub market: AccountLoader<'info, Market>,
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    #[account(
        init,
        payer = payer,
        space = MarketVault::SPACE,
        seeds = [MarketVault::SEED, market.key().as_ref(), mint.key().as_ref()],
        bump
    )]
    pub vault: AccountLoader<'info, MarketVault>,
    #[account(
        init,
        payer = payer,
        seeds = [MarketVault::TOKENS_SEED, vault.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = vault,
        token::token_program = token_program
    )]
    pub tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl AcceptMint<'_> {
    fn validate(&self) -> Result<()> {
        let mint = self.mint.to_account_info();
        if let Err(refused) = check_mint(&mint.try_borrow_data()?) {
            msg!("mint refused: {}", refused);
            return err!(EsimMarketError::MintRefused);
        }
        Ok(())
    }

    /// Accepts a mint for the first time.
    ///
    /// 1. no extension of it can move, hide, tax or stop what the vault will hold; a freeze authority still can
    /// 2. its vault is made, for good
    pub fn accept_mint(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.validate()?;
        let accounts = ctx.accounts;

        {
            let mut vault = accounts.vault.load_init()?;
            vault.market = accounts.market.key();
            vault.mint = accounts.mint.key();
            vault.tokens = accounts.tokens.key();
            vault.token_program = accounts.token_program.key();
            vault.decimals = accounts.mint.decimals;
            vault.bump = ctx.bumps.vault;
            vault.invariant(accounts.tokens.amount)?;
        }
        let event = {
            let mut market = accounts.market.load_mut()?;
            market.accept_mint(accounts.mint.key())?;
            MintAccepted {
                market: accounts.market.key(),
                sequence: market.next_sequence()?,
                mint: accounts.mint.key(),
                vault: accounts.vault.key(),
                tokens: accounts.tokens.key(),
            }
        };
        emit(&accounts.event_authority, &event)
    }
}
