use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use wayfare_core::mint::check_mint;

use crate::{
    errors::RoamingEscrowError,
    events::{AgreementProposed, emit},
    state::{Agreement, AgreementState, AgreementTerms, Hub, Operator, Side},
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
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
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
    #[account(
        init,
        payer = payer,
        seeds = [Agreement::VAULT_SEED, agreement.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = agreement,
        token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
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
        let mint = self.mint.to_account_info();
        if let Err(refused) = check_mint(&mint.try_borrow_data()?) {
            msg!("mint refused: {}", refused);
            return err!(RoamingEscrowError::MintRefused);
        }
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

        {
            let mut agreement = accounts.agreement.load_init()?;
            agreement.hub = accounts.hub.key();
            agreement.first = accounts.first.key();
            agreement.second = accounts.second.key();
            agreement.mint = accounts.mint.key();
            agreement.vault = accounts.vault.key();
            agreement.token_program = accounts.token_program.key();
            agreement.state = AgreementState::Proposed as u8;
            agreement.offered = terms;
            agreement.offered_by = by.byte();
            agreement.decimals = accounts.mint.decimals;
            agreement.bump = ctx.bumps.agreement;
            agreement.vault_bump = ctx.bumps.vault;
            agreement.invariant(accounts.vault.amount)?;
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
