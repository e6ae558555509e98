use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use wayfare_core::mint::TOKEN_ACCOUNT_BYTES;
use wayfare_program::vault;

use crate::{
    errors::NodeRewardsError,
    events::{NetworkCreated, emit},
    state::{Network, NetworkTerms, PublisherSet},
    vault::vault_balance,
};

/// What a network starts with.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct CreateNetworkArgs {
    /// 1 to 32 of a–z, 0–9 and `-`, without a `-` at either end.
    pub name: String,
    pub terms: NetworkTerms,
    pub guardian: Pubkey,
    pub publisher_set: PublisherSet,
}

#[event_cpi]
#[derive(Accounts)]
#[instruction(args: CreateNetworkArgs)]
pub struct CreateNetwork<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Becomes the network's authority.
    pub authority: Signer<'info>,
    #[account(
        init,
        payer = payer,
        space = Network::SPACE,
        seeds = [Network::SEED, args.name.as_bytes()],
        bump
    )]
    pub network: AccountLoader<'info, Network>,
    /// CHECK: an accepted mint of the token program, see `check_mint`.
    pub mint: UncheckedAccount<'info>,
    /// A token account without extensions: no accepted mint asks for one.
    /// CHECK: made here, and initialised in `create_network`, once the mint is accepted.
    #[account(
        init,
        payer = payer,
        seeds = [Network::VAULT_SEED, network.key().as_ref()],
        bump,
        space = TOKEN_ACCOUNT_BYTES,
        owner = token_program.key()
    )]
    pub vault: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl CreateNetwork<'_> {
    /// Creates a network and its vault.
    ///
    /// 1. name, terms, guardian and publishers are possible ones
    /// 2. no extension of the mint can move, hide, tax or stop what the vault will hold; a freeze authority still can
    /// 3. the network is empty, its first epoch starts now, and its limiter is full
    pub fn create_network(ctx: Context<Self>, args: CreateNetworkArgs) -> Result<()> {
        args.terms.validate()?;
        args.publisher_set.validate()?;
        let accounts = &ctx.accounts;
        let token_program = accounts.token_program.key();
        let mint = vault::check_mint(&accounts.mint, &token_program)
            .ok_or(NodeRewardsError::MintRefused)?;
        vault::initialize(
            &accounts.vault,
            &accounts.mint,
            accounts.network.as_ref(),
            &token_program,
        )?;
        let now = Clock::get()?.unix_timestamp;

        let event = {
            let mut network = accounts.network.load_init()?;
            let opened = network.scope.open(
                Network::VERSION,
                ctx.bumps.network,
                &args.name,
                accounts.authority.key(),
                args.guardian,
            );
            opened.map_err(NodeRewardsError::from)?;
            network.mint = accounts.mint.key();
            network.vault = accounts.vault.key();
            network.token_program = accounts.token_program.key();
            network.decimals = mint.decimals;
            network.vault_bump = ctx.bumps.vault;
            network.set_publishers(&args.publisher_set)?;
            network.set_terms(&args.terms, now);
            network.limiter_level = args.terms.limiter_capacity;
            network.epoch_ends_at = now
                .checked_add_unsigned(args.terms.epoch_length)
                .ok_or(NodeRewardsError::Overflow)?;
            network.invariant(vault_balance(&accounts.vault)?)?;
            NetworkCreated {
                network: accounts.network.key(),
                sequence: network.next_sequence()?,
                authority: network.scope.authority,
                guardian: network.scope.guardian,
                mint: network.mint,
                vault: network.vault,
                terms: args.terms,
                publisher_set: args.publisher_set,
            }
        };
        emit(&ctx.accounts.event_authority, &event)
    }
}
