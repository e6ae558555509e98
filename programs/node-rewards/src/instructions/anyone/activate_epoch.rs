use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{EpochActivated, emit},
    state::{Epoch, EpochStatus, Network},
    vault::vault_balance,
};

#[event_cpi]
#[derive(Accounts)]
pub struct ActivateEpoch<'info> {
    #[account(mut, has_one = vault @ NodeRewardsError::WrongVault)]
    pub network: AccountLoader<'info, Network>,
    #[account(mut, dup, has_one = network @ NodeRewardsError::WrongNetwork)]
    pub epoch: Account<'info, Epoch>,
    /// The epoch that is active now; none before the first activation.
    #[account(mut, dup, has_one = network @ NodeRewardsError::WrongNetwork)]
    pub previous_epoch: Option<Account<'info, Epoch>>,
    /// CHECK: the network's own, by `has_one`.
    pub vault: UncheckedAccount<'info>,
}

impl ActivateEpoch<'_> {
    fn validate(&self, vault_balance: u64, now: i64) -> Result<()> {
        let network = self.network.load()?;
        network.require_not_paused(now)?;
        let epoch = &self.epoch;
        epoch.require_open(&network)?;
        require!(
            network.active_epoch.checked_add(1) == Some(epoch.number),
            NodeRewardsError::WrongEpochNumber
        );
        require!(
            epoch.is_approved(&network),
            NodeRewardsError::TooFewApprovals
        );
        let challenge_ends = epoch
            .approved_at
            .checked_add_unsigned(network.terms.challenge_period)
            .ok_or(NodeRewardsError::Overflow)?;
        require!(now >= challenge_ends, NodeRewardsError::ChallengePeriod);
        // Again, because the cap may have been lowered since the proposal.
        network.growth(epoch.lifetime_total)?;
        let owed = epoch
            .lifetime_total
            .checked_sub(network.claimed_total)
            .ok_or(NodeRewardsError::InvariantBroken)?;
        require!(vault_balance >= owed, NodeRewardsError::Underfunded);
        let previous = self.previous_epoch.as_ref().map_or(0, |epoch| epoch.number);
        require!(
            previous == network.active_epoch,
            NodeRewardsError::WrongPreviousEpoch
        );
        Ok(())
    }

    /// Puts the next epoch in force.
    ///
    /// 1. the network is not paused, and the epoch is the next one, approved by enough of the publishers in force
    /// 2. the challenge period is over, counted from the last approval needed
    /// 3. the vault covers everything that the epoch grants and that is not yet paid
    /// 4. claims are proved against the epoch's root from now on, and the next epoch ends one length after this one
    pub fn activate_epoch(ctx: Context<Self>) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        let vault_balance = vault_balance(&ctx.accounts.vault)?;
        ctx.accounts.validate(vault_balance, now)?;
        let accounts = &mut *ctx.accounts;

        let event = {
            let epoch = &mut accounts.epoch;
            epoch.status = EpochStatus::Active;
            epoch.activated_at = now;
            if let Some(previous) = &mut accounts.previous_epoch {
                previous.status = EpochStatus::Superseded;
            }
            let mut network = accounts.network.load_mut()?;
            network.active_epoch = epoch.number;
            network.root = epoch.root;
            network.depth = epoch.depth;
            network.leaf_count = epoch.leaf_count;
            network.lifetime_total = epoch.lifetime_total;
            network.epoch_ends_at = network
                .epoch_ends_at
                .checked_add_unsigned(network.terms.epoch_length)
                .ok_or(NodeRewardsError::Overflow)?;
            network.invariant(vault_balance)?;
            EpochActivated {
                network: accounts.network.key(),
                sequence: network.next_sequence()?,
                number: epoch.number,
                root: epoch.root,
                leaf_count: epoch.leaf_count,
                lifetime_total: epoch.lifetime_total,
                claimed_total: network.claimed_total,
                vault_balance,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
