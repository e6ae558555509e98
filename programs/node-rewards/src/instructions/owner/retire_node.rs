use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{NodeRetired, emit},
    state::{Network, Node},
};

#[event_cpi]
#[derive(Accounts)]
pub struct RetireNode<'info> {
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    #[account(
        mut,
        dup,
        close = rent_payer,
        has_one = network @ NodeRewardsError::WrongNetwork,
        has_one = owner @ NodeRewardsError::NotNodeOwner,
        has_one = rent_payer @ NodeRewardsError::WrongRentReceiver
    )]
    pub node: Account<'info, Node>,
    pub owner: Signer<'info>,
    /// CHECK: the payer of the node's rent, by `has_one`; gets it back.
    #[account(mut)]
    pub rent_payer: UncheckedAccount<'info>,
}

impl RetireNode<'_> {
    /// Takes the node off the network. An exit: not stopped by a pause. What it earned stays claimable.
    pub fn retire_node(ctx: Context<Self>) -> Result<()> {
        let event = {
            let mut network = ctx.accounts.network.load_mut()?;
            network.node_count = network
                .node_count
                .checked_sub(1)
                .ok_or(NodeRewardsError::InvariantBroken)?;
            NodeRetired {
                network: ctx.accounts.network.key(),
                sequence: network.next_sequence()?,
                device: ctx.accounts.node.device,
                owner: ctx.accounts.node.owner,
                node_count: network.node_count,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
