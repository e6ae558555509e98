use anchor_lang::prelude::*;
use wayfare_core::merkle::{MAX_DEPTH, depth_for};

use crate::{
    errors::NodeRewardsError,
    events::{EpochProposed, emit},
    state::{Epoch, EpochStatus, Network},
};

/// What a publisher says that an epoch granted.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct ProposeEpochArgs {
    /// The active epoch's number plus one.
    pub number: u64,
    pub root: [u8; 32],
    /// Smallest depth that holds `leaf_count` leaves, at most 21.
    pub depth: u8,
    /// At least as many as in the active epoch, and at least 1.
    pub leaf_count: u32,
    /// Sum of all leaves, in base units: at least the active epoch's, at most the emission cap above it.
    pub lifetime_total: u64,
    /// SHA-256 of the published `manifest.json`.
    pub data_hash: [u8; 32],
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: ProposeEpochArgs)]
pub struct ProposeEpoch<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub publisher: Signer<'info>,
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    /// Made anew, or taken over from a proposal that `validate` lets go.
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
    fn validate(&self, args: &ProposeEpochArgs, now: i64) -> Result<()> {
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
    pub fn propose_epoch(ctx: Context<Self>, args: ProposeEpochArgs) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        ctx.accounts.validate(&args, now)?;
        let publisher = ctx.accounts.publisher.key();

        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            ctx.accounts.epoch.set_inner(Epoch {
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
