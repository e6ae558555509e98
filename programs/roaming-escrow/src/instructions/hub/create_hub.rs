use anchor_lang::prelude::*;

use crate::{
    constants::MAX_NAME_LEN,
    errors::RoamingEscrowError,
    events::{HubCreated, emit},
    state::{Hub, HubTerms},
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(name: String)]
pub struct CreateHub<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Becomes the hub's authority.
    pub authority: Signer<'info>,
    #[account(
        init,
        payer = payer,
        space = Hub::SPACE,
        seeds = [Hub::SEED, name.as_bytes()],
        bump
    )]
    pub hub: AccountLoader<'info, Hub>,
    pub system_program: Program<'info, System>,
}

impl CreateHub<'_> {
    /// Creates a hub.
    ///
    /// 1. name and terms are possible ones
    pub fn create_hub(ctx: Context<Self>, name: String, terms: HubTerms) -> Result<()> {
        Hub::check_name(&name)?;
        terms.validate()?;
        let accounts = &ctx.accounts;

        let event = {
            let mut hub = accounts.hub.load_init()?;
            hub.authority = accounts.authority.key();
            let mut padded = [0; MAX_NAME_LEN];
            for (slot, byte) in padded.iter_mut().zip(name.bytes()) {
                *slot = byte;
            }
            hub.name = padded;
            hub.name_len = u8::try_from(name.len()).map_err(|_| RoamingEscrowError::BadName)?;
            hub.bump = ctx.bumps.hub;
            hub.set_terms(&terms);
            HubCreated {
                hub: accounts.hub.key(),
                sequence: hub.next_sequence()?,
                authority: hub.authority,
                terms,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
