use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{EpochApproved, emit},
    state::{Epoch, Network, Proposal},
};

#[event_cpi]
#[derive(Accounts)]
pub struct ApproveEpoch<'info> {
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    #[account(mut, dup, has_one = network @ NodeRewardsError::WrongNetwork)]
    pub epoch: Account<'info, Epoch>,
    pub publisher: Signer<'info>,
}

impl ApproveEpoch<'_> {
    fn validate(&self, proposal: &Proposal, now: i64) -> Result<()> {
        let network = self.network.load()?;
        network.require_publisher(&self.publisher)?;
        network.require_not_paused(now)?;
        self.epoch.require_open(&network)?;
        // Named whole, so that a replacement that slips in before this approval does not get it: not even one with the
        // same root, and totals that would lock claims out.
        require!(
            self.epoch.proposal() == *proposal,
            NodeRewardsError::WrongProposal
        );
        Ok(())
    }

    /// Approves a proposal.
    ///
    /// 1. the signer is a publisher, and the network is not paused
    /// 2. the proposal is exactly the one that the publisher names, made under the publishers in force
    /// 3. each publisher counts once; the last approval needed starts the challenge period
    pub fn approve_epoch(ctx: Context<Self>, proposal: Proposal) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        ctx.accounts.validate(&proposal, now)?;
        let publisher = ctx.accounts.publisher.key();

        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let epoch = &mut ctx.accounts.epoch;
            let approvals = epoch.approve(publisher, network.threshold, now)?;
            EpochApproved {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                number: epoch.number,
                root: epoch.root,
                publisher,
                approvals,
                threshold: network.threshold,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
