use anchor_lang::prelude::*;
use anchor_spl::token_interface::TokenInterface;
use wayfare_core::mint::TOKEN_ACCOUNT_BYTES;
use wayfare_program::{stored::Stored, vault};

use crate::{
    errors::RoamingEscrowError,
    events::{AgreementProposed, emit},
    state::{Agreement, AgreementState, AgreementTerms, Hub, Operator, Side},
    vault::vault_balance,
};

#[event_cpi]
#[derive(Accounts)]
pub struct ProposeAgreement<'info> {
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Of one of the two operators.
    pub authority: Signer<'info>,
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    /// The operator with the smaller address.
    #[account(has_one = hub @ RoamingEscrowError::WrongHub)]
    pub first: Box<Account<'info, Operator>>,
    #[account(has_one = hub @ RoamingEscrowError::WrongHub)]
    pub second: Box<Account<'info, Operator>>,
    /// CHECK: an accepted mint of the token program, see `check_mint`.
    pub mint: UncheckedAccount<'info>,
    #[account(
        init,
        payer = payer,
        space = Agreement::SPACE,
        seeds = [
            Agreement::SEED,
            hub.key().as_ref(),
            first.key().as_ref(),
            second.key().as_ref(),
            mint.key().as_ref(),
        ],
        bump
    )]
    pub agreement: AccountLoader<'info, Agreement>,
    /// CHECK: made here, and initialised in `propose_agreement`, once the mint is accepted.
    #[account(
        init,
        payer = payer,
        seeds = [Agreement::VAULT_SEED, agreement.key().as_ref()],
        bump,
        space = TOKEN_ACCOUNT_BYTES,
        owner = token_program.key()
    )]
    pub vault: UncheckedAccount<'info>,
    pub token_program: Interface<'info, TokenInterface>,
    pub system_program: Program<'info, System>,
}

impl ProposeAgreement<'_> {
    fn validate(&self, terms: &AgreementTerms, now: i64) -> Result<Side> {
        self.hub.load()?.require_not_paused(now)?;
        // In order, so that a pair has one address for a mint; and so never an operator with itself.
        require!(
            self.first.key() < self.second.key(),
            RoamingEscrowError::BadParties
        );
        self.first.require_active()?;
        self.second.require_active()?;
        terms.validate()?;
        if self.authority.key() == self.first.authority {
            Ok(Side::First)
        } else if self.authority.key() == self.second.authority {
            Ok(Side::Second)
        } else {
            err!(RoamingEscrowError::NotAuthority)
        }
    }

    /// Proposes an agreement between two operators of a hub.
    ///
    /// 1. one of the two signs; both are active operators of the hub; the terms are possible ones
    /// 2. no extension of the mint can move, hide, tax or stop what the vault will hold; a freeze authority still can
    /// 3. nothing is in force before the other side accepts
    pub fn propose_agreement(ctx: Context<Self>, terms: AgreementTerms) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        let by = ctx.accounts.validate(&terms, now)?;
        let accounts = ctx.accounts;
        let token_program = accounts.token_program.key();
        let mint = vault::check_mint(&accounts.mint, &token_program)
            .ok_or(RoamingEscrowError::MintRefused)?;
        vault::initialize(
            &accounts.vault,
            &accounts.mint,
            accounts.agreement.as_ref(),
            &token_program,
        )?;

        {
            let mut agreement = accounts.agreement.load_init()?;
            agreement.version = Agreement::VERSION;
            agreement.hub = accounts.hub.key();
            agreement.first = accounts.first.key();
            agreement.second = accounts.second.key();
            agreement.mint = accounts.mint.key();
            agreement.vault = accounts.vault.key();
            agreement.token_program = token_program;
            agreement.state = AgreementState::Proposed.to_stored();
            agreement.offered = terms.to_stored();
            agreement.offered_by = by.to_stored();
            agreement.decimals = mint.decimals;
            agreement.bump = ctx.bumps.agreement;
            agreement.vault_bump = ctx.bumps.vault;
            agreement.invariant(vault_balance(&accounts.vault)?)?;
        }
        let event = AgreementProposed {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            first: accounts.first.key(),
            second: accounts.second.key(),
            mint: accounts.mint.key(),
            by,
            terms,
        };
        emit(&accounts.event_authority, &event)
    }
}
