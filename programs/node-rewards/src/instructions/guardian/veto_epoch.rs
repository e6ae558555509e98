use anchor_lang::prelude::*;

use crate::{
    errors::NodeRewardsError,
    events::{EpochVetoed, emit},
    state::{Epoch, EpochStatus, Network},
};

#[event_cpi]
#[derive(Accounts)]
pub struct VetoEpoch<'info> {
    #[account(
        mut,
        constraint = network.load()?.scope.guardian == guardian.key() @ NodeRewardsError::NotGuardian
    )]
    pub network: AccountLoader<'info, Network>,
    #[account(mut, dup, has_one = network @ NodeRewardsError::WrongNetwork)]
    pub epoch: Account<'info, Epoch>,
    pub guardian: Signer<'info>,
}

impl VetoEpoch<'_> {
    fn validate(&self) -> Result<()> {
        require!(
            self.epoch.status == EpochStatus::Proposed,
            NodeRewardsError::NotProposed
        );
        Ok(())
    }

    /// Refuses the proposal. Only a proposed epoch can be vetoed: what is active is owed.
    pub fn veto_epoch(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.validate()?;

        let epoch = &mut ctx.accounts.epoch;
        epoch.status = EpochStatus::Vetoed;
        let event = EpochVetoed {
            network: ctx.accounts.network.key(),
            sequence: ctx.accounts.network.load_mut()?.next_sequence()?,
            number: epoch.number,
            root: epoch.root,
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
