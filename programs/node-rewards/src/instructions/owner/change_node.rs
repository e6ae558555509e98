use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{NodeMoved, NodeOffered, emit},
    state::{Network, Node},
};

/// What an owner does to a node that stays the owner's.
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeNode<'info> {
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    #[account(
        mut,
        dup,
        has_one = network @ NodeRewardsError::WrongNetwork,
        has_one = owner @ NodeRewardsError::NotNodeOwner
    )]
    pub node: Account<'info, Node>,
    pub owner: Signer<'info>,
}

impl ChangeNode<'_> {
    /// Publishes another location for the node: an H3 cell no finer than the network allows.
    pub fn move_node(ctx: Context<Self>, location: u64) -> Result<()> {
        let resolution = ctx.accounts.network.load()?.terms.location_resolution;
        Node::check_location(location, resolution)?;

        let node = &mut ctx.accounts.node;
        let old = node.location;
        node.location = location;
        node.located_at = Clock::get()?.unix_timestamp;
        let event = NodeMoved {
            network: ctx.accounts.network.key(),
            sequence: ctx.accounts.network.load_mut()?.next_sequence()?,
            device: node.device,
            old,
            new: location,
        };
        emit(&ctx.accounts.event_authority, &event)
    }

    /// Offers the node to another owner; `None` withdraws the offer. Nothing changes hands before the other accepts.
    pub fn offer_node(ctx: Context<Self>, new_owner: Option<Pubkey>) -> Result<()> {
        // The zero key stands for "nobody" in the account.
        require!(
            new_owner != Some(Pubkey::default()),
            NodeRewardsError::ZeroKey
        );

        let node = &mut ctx.accounts.node;
        let old = Some(node.pending_owner).filter(|key| *key != Pubkey::default());
        node.pending_owner = new_owner.unwrap_or_default();
        let event = NodeOffered {
            network: ctx.accounts.network.key(),
            sequence: ctx.accounts.network.load_mut()?.next_sequence()?,
            device: node.device,
            old,
            new: new_owner,
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
