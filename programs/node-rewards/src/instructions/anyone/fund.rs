use anchor_lang::prelude::*;
use wayfare_program::token::Transfer;

use crate::{
    errors::NodeRewardsError,
    events::{Funded, emit},
    state::Network,
    vault::vault_balance,
};

#[event_cpi]
#[derive(Accounts)]
pub struct Fund<'info> {
    #[account(
        mut,
        has_one = vault @ NodeRewardsError::WrongVault,
        has_one = token_program @ NodeRewardsError::WrongTokenProgram
    )]
    pub network: AccountLoader<'info, Network>,
    pub funder: Signer<'info>,
    /// The token account that pays. The vault can never stand here: only this program signs for it.
    /// CHECK: the token program checks it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    /// CHECK: the network's own, by `has_one`.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// CHECK: the network's own, by `has_one`.
    pub token_program: UncheckedAccount<'info>,
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

        let before = vault_balance(&accounts.vault)?;
        Transfer {
            token_program: &accounts.token_program,
            from: &accounts.source,
            to: &accounts.vault,
            authority: &accounts.funder,
        }
        .invoke(amount, &[])?;
        let vault_balance = vault_balance(&accounts.vault)?;
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
        emit(&ctx.accounts.event_authority, &event)
    }
}
