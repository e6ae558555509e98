use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{NodeOwnerChanged, emit},
    state::{Network, Node},
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptNode<'info> {
    #[account(mut)]
    pub network: AccountLoader<'info, Network>,
    #[account(mut, dup, has_one = network @ NodeRewardsError::WrongNetwork)]
    pub node: Account<'info, Node>,
    /// To whom the node is on offer.
    pub new_owner: Signer<'info>,
}

impl AcceptNode<'_> {
    fn validate(&self) -> Result<()> {
        require_keys_neq!(
            self.node.pending_owner,
            Pubkey::default(),
            NodeRewardsError::NotOffered
        );
        require_keys_eq!(
            self.node.pending_owner,
            self.new_owner.key(),
            NodeRewardsError::NotOfferee
        );
        Ok(())
    }

    /// Takes an offered node over. What it earned before stays with the owner before: leaves are per owner.
    pub fn accept_node(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.validate()?;

        let node = &mut ctx.accounts.node;
        let old = node.owner;
        node.owner = node.pending_owner;
        node.pending_owner = Pubkey::default();
        let event = NodeOwnerChanged {
            network: ctx.accounts.network.key(),
            sequence: ctx.accounts.network.load_mut()?.next_sequence()?,
            device: node.device,
            old,
            new: node.owner,
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
