use anchor_lang::prelude::*;
use wayfare_program::numbers::count;

use crate::{
    errors::NodeRewardsError,
    events::{NodeRegistered, emit},
    state::{Network, Node, NodeKind},
};

#[event_cpi]
#[derive(Accounts)]
pub struct RegisterNode<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    pub owner: Signer<'info>,
    /// The device's own key: nobody can register a device without it.
    pub device: Signer<'info>,
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    #[account(
        init,
        payer = payer,
        space = Node::SPACE,
        seeds = [Node::SEED, network.key().as_ref(), device.key().as_ref()],
        bump
    )]
    pub node: Account<'info, Node>,
    pub system_program: Program<'info, System>,
}

impl RegisterNode<'_> {
    fn validate(&self, location: u64, now: i64) -> Result<()> {
        let network = self.network.load()?;
        network.require_not_paused(now)?;
        Node::check_location(location, network.terms.location_resolution)
    }

    /// Registers a device as a node of the owner.
    ///
    /// 1. owner and device both sign: neither can be claimed by somebody else; a third party may pay
    /// 2. the network is not paused, and the location is an H3 cell no finer than it allows
    pub fn register_node(ctx: Context<Self>, kind: NodeKind, location: u64) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        ctx.accounts.validate(location, now)?;

        ctx.accounts.node.set_inner(Node {
            version: Node::VERSION,
            network: ctx.accounts.network.key(),
            device: ctx.accounts.device.key(),
            owner: ctx.accounts.owner.key(),
            pending_owner: Pubkey::default(),
            rent_payer: ctx.accounts.payer.key(),
            kind,
            location,
            registered_at: now,
            located_at: now,
            bump: ctx.bumps.node,
            spare: [0; 7],
        });
        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            let node_count = count(&mut network.node_count).ok_or(NodeRewardsError::Overflow)?;
            NodeRegistered {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                device: ctx.accounts.device.key(),
                owner: ctx.accounts.owner.key(),
                kind,
                location,
                node_count,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
