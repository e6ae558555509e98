use anchor_lang::prelude::*;
use anchor_spl::token_interface::{
    Mint, TokenAccount, TokenInterface, TransferChecked, transfer_checked,
};

use crate::{errors::NodeRewardsError, events::Funded, state::Network, vault::vault_balance};

#[event_cpi]
#[derive(Accounts)]
pub struct Fund<'info> {
    #[account(
        mut,
        has_one = mint @ NodeRewardsError::WrongMint,
        has_one = vault @ NodeRewardsError::WrongVault,
        has_one = token_program @ NodeRewardsError::WrongTokenProgram
    )]
    pub network: AccountLoader<'info, Network>,
    pub funder: Signer<'info>,
    /// The token account that pays. The vault can never stand here: only this program signs for it.
    #[account(mut, token::mint = mint, token::authority = funder, token::token_program = token_program)]
    pub source: InterfaceAccount<'info, TokenAccount>,
    #[account(mut)]
    pub vault: InterfaceAccount<'info, TokenAccount>,
    pub mint: InterfaceAccount<'info, Mint>,
    pub token_program: Interface<'info, TokenInterface>,
}

impl Fund<'_> {
    fn validate(&self, amount: u64, now: i64) -> Result<()> {
        require!(amount > 0, NodeRewardsError::ZeroAmount);
        self.network.load()?.require_not_paused(now)
    }

    /// Moves tokens into the vault, from where only claims lead out.
    ///
    /// 1. the amount is above zero, and the network is not paused
    /// 2. the tokens move, and the vault has exactly that much more
    pub fn fund(ctx: Context<Self>, amount: u64) -> Result<()> {
        ctx.accounts
            .validate(amount, Clock::get()?.unix_timestamp)?;
        let accounts = &ctx.accounts;

        let before = accounts.vault.amount;
        transfer_checked(
            CpiContext::new(
                accounts.token_program.key(),
                TransferChecked {
                    from: accounts.source.to_account_info(),
                    mint: accounts.mint.to_account_info(),
                    to: accounts.vault.to_account_info(),
                    authority: accounts.funder.to_account_info(),
                },
            ),
            amount,
            accounts.mint.decimals,
        )?;
        let vault_balance = vault_balance(&accounts.vault.to_account_info())?;
        require!(
            before.checked_add(amount) == Some(vault_balance),
            NodeRewardsError::WrongVaultDelta
        );

        let event = {
            let mut network = accounts.network.load_mut()?;
            network.funded_total = network
                .funded_total
                .checked_add(amount)
                .ok_or(NodeRewardsError::Overflow)?;
            network.invariant(vault_balance)?;
            Funded {
                network: accounts.network.key(),
                sequence: network.next_sequence()?,
                funder: accounts.funder.key(),
                amount,
                funded_total: network.funded_total,
                vault_balance,
            }
        };
        emit_cpi!(event);
        Ok(())
    }
}
