use anchor_lang::prelude::*;
use wayfare_core::merkle::{MAX_DEPTH, depth_for};

use crate::{
    errors::NodeRewardsError,
    events::{EpochProposed, emit},
    state::{Epoch, EpochStatus, Network, Proposal},
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: Proposal)]
pub struct ProposeEpoch<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub publisher: Signer<'info>,
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    /// Made here, or taken over from a proposal that `validate` lets go.
    #[account(
        init_if_needed,
        dup,
        payer = payer,
        space = Epoch::SPACE,
        seeds = [Epoch::SEED, network.key().as_ref(), &args.number.to_le_bytes()],
        bump
    )]
    pub epoch: Account<'info, Epoch>,
    pub system_program: Program<'info, System>,
}

impl ProposeEpoch<'_> {
    fn validate(&self, args: &Proposal, now: i64) -> Result<()> {
        let network = self.network.load()?;
        network.require_publisher(&self.publisher)?;
        network.require_not_paused(now)?;
        require!(
            network.active_epoch.checked_add(1) == Some(args.number),
            NodeRewardsError::WrongEpochNumber
        );
        require!(now >= network.epoch_ends_at, NodeRewardsError::EpochNotOver);
        require!(
            args.depth <= MAX_DEPTH
                && args.leaf_count > 0
                && args.depth == depth_for(args.leaf_count),
            NodeRewardsError::BadDepth
        );
        require!(
            args.leaf_count >= network.leaf_count,
            NodeRewardsError::LeafCountFell
        );
        network.growth(args.lifetime_total)?;

        // The account is new (its network still all zero), or holds a proposal for this number. A proposal that has
        // its approvals under the publishers in force stays until the guardian vetoes it: otherwise one stolen
        // publisher key could replace each good proposal just before its activation.
        let epoch = &self.epoch;
        let held = epoch.network != Pubkey::default()
            && epoch.status == EpochStatus::Proposed
            && epoch.is_approved(&network);
        require!(!held, NodeRewardsError::AlreadyApproved);
        Ok(())
    }

    /// Proposes the next epoch, and approves it for the proposer.
    ///
    /// 1. the signer is a publisher, and the network is not paused
    /// 2. the epoch is the next one, and it is over
    /// 3. nothing that was granted is taken back, no owner loses its index, and the growth is within the cap
    /// 4. a proposal in its place loses its approvals with it
    pub fn propose_epoch(ctx: Context<Self>, args: Proposal) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        ctx.accounts.validate(&args, now)?;
        let publisher = ctx.accounts.publisher.key();

        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            ctx.accounts.epoch.set_inner(Epoch {
                version: Epoch::VERSION,
                network: ctx.accounts.network.key(),
                number: args.number,
                root: args.root,
                depth: args.depth,
                leaf_count: args.leaf_count,
                lifetime_total: args.lifetime_total,
                data_hash: args.data_hash,
                proposer: publisher,
                publisher_set: network.publisher_set,
                proposed_at: now,
                approved_at: 0,
                activated_at: 0,
                status: EpochStatus::Proposed,
                bump: ctx.bumps.epoch,
                spare: [0; 16],
                approvals: vec![],
            });
            ctx.accounts
                .epoch
                .approve(publisher, network.threshold, now)?;
            EpochProposed {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                number: args.number,
                root: args.root,
                depth: args.depth,
                leaf_count: args.leaf_count,
                lifetime_total: args.lifetime_total,
                data_hash: args.data_hash,
                proposer: publisher,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
