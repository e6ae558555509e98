use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    errors::RoamingEscrowError,
    events::{HubCreated, emit},
    state::{Hub, HubTerms},
};

/// What a hub starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct CreateHubArgs {
    /// 1 to 32 of a–z, 0–9 and `-`.
    pub name: String,
    pub terms: HubTerms,
    pub guardian: Pubkey,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: CreateHubArgs)]
pub struct CreateHub<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Becomes the hub's authority.
    pub authority: Signer<'info>,
    #[account(
        init,
        payer = payer,
        space = Hub::SPACE,
        seeds = [Hub::SEED, args.name.as_bytes()],
        bump
    )]
    pub hub: AccountLoader<'info, Hub>,
    pub system_program: Program<'info, System>,
}

impl CreateHub<'_> {
    /// Creates a hub.
    ///
    /// 1. name, terms and guardian are possible ones
    pub fn create_hub(ctx: Context<Self>, args: CreateHubArgs) -> Result<()> {
        args.terms.validate()?;
        let accounts = &ctx.accounts;
        let authority = accounts.authority.key();

        let event = {
            let mut hub = accounts.hub.load_init()?;
            hub.scope
                .open(
                    Hub::VERSION,
                    ctx.bumps.hub,
                    &args.name,
                    authority,
                    args.guardian,
                )
                .map_err(RoamingEscrowError::from)?;
            hub.terms = args.terms.to_stored();
            HubCreated {
                hub: accounts.hub.key(),
                sequence: hub.next_sequence()?,
                authority,
                guardian: args.guardian,
                terms: args.terms,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
