use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use wayfare_core::mint::TOKEN_ACCOUNT_BYTES;
use wayfare_program::vault;

use crate::{
    errors::EsimMarketError,
    events::{MintAccepted, emit},
    payment::vault_balance,
    state::{Market, MarketVault},
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptMint<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub authority: Signer<'info>,
    #[account(
        mut,
        constraint = market.load()?.scope.authority == authority.key() @ EsimMarketError::NotAuthority
    )]
    pub market: AccountLoader<'info, Market>,
    /// CHECK: an accepted mint of the token program, see `check_mint`.
    pub mint: UncheckedAccount<'info>,
    #[account(
        init,
        payer = payer,
        space = MarketVault::SPACE,
        seeds = [MarketVault::SEED, market.key().as_ref(), mint.key().as_ref()],
        bump
    )]
    pub vault: AccountLoader<'info, MarketVault>,
    /// CHECK: made here, and initialised in `accept_mint`, once the mint is accepted.
    #[account(
        init,
        payer = payer,
        seeds = [MarketVault::TOKENS_SEED, vault.key().as_ref()],
        bump,
        space = TOKEN_ACCOUNT_BYTES,
        owner = token_program.key()
    )]
    pub tokens: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl AcceptMint<'_> {
    /// Accepts a mint for the first time.
    ///
    /// 1. no extension of it can move, hide, tax or stop what the vault will hold; a freeze authority still can
    /// 2. its vault is made, for good
    pub fn accept_mint(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let token_program = accounts.token_program.key();
        let mint = vault::check_mint(&accounts.mint, &token_program)
            .ok_or(EsimMarketError::MintRefused)?;
        vault::initialize(
            &accounts.tokens,
            &accounts.mint,
            accounts.vault.as_ref(),
            &token_program,
        )?;

        {
            let mut vault = accounts.vault.load_init()?;
            vault.version = MarketVault::VERSION;
            vault.market = accounts.market.key();
            vault.mint = accounts.mint.key();
            vault.tokens = accounts.tokens.key();
            vault.token_program = token_program;
            vault.decimals = mint.decimals;
            vault.bump = ctx.bumps.vault;
            vault.invariant(vault_balance(&accounts.tokens)?)?;
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
