use anchor_lang::prelude::*;
use wayfare_program::{numbers::after, stored::Stored};

use crate::{
    errors::RoamingEscrowError,
    events::{AgreementClosing, TermsOffered, WithdrawalRequested, emit},
    state::{Agreement, AgreementState, AgreementTerms, Hub, Operator, Side, StoredAgreementTerms},
};

/// What a side does to an agreement without moving value.
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeAgreement<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(mut, dup, has_one = hub @ RoamingEscrowError::WrongHub)]
    pub agreement: AccountLoader<'info, Agreement>,
    /// One of the agreement's two.
    #[account(has_one = authority @ RoamingEscrowError::NotAuthority)]
    pub operator: Box<Account<'info, Operator>>,
    pub authority: Signer<'info>,
}

impl ChangeAgreement<'_> {
    fn side(&self) -> Result<Side> {
        self.agreement.load()?.side_of(&self.operator.key())
    }

    /// Offers other terms; `None` withdraws the offer. An offer replaces the one before, of whichever side.
    pub fn offer_terms(ctx: Context<Self>, terms: Option<AgreementTerms>) -> Result<()> {
        let accounts = ctx.accounts;
        let by = accounts.side()?;
        {
            let mut agreement = accounts.agreement.load_mut()?;
            agreement.require_not_closing()?;
            match &terms {
                Some(terms) => terms.validate()?,
                None => require!(
                    agreement.offered_by()? == by,
                    RoamingEscrowError::NothingToAccept
                ),
            }

            agreement.offered = terms.map(|terms| terms.to_stored()).unwrap_or_default();
            agreement.offered_by = by.to_stored();
        }
        let event = TermsOffered {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            by,
            terms,
        };
        emit(&accounts.event_authority, &event)
    }

    /// Announces a withdrawal: the other side has the notice to state and to redeem. An amount of 0 takes it back.
    ///
    /// 1. the amount is at most the balance as it is now
    pub fn request_withdrawal(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let side = accounts.side()?;
        let mut agreement = accounts.agreement.load_mut()?;
        agreement.require_accepted()?;
        let notice = agreement.terms.withdrawal_notice;

        agreement.books_mut(side).request(amount, now, notice)?;
        let event = WithdrawalRequested {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            side,
            amount,
            withdrawable_at: agreement.books(side).withdrawable_at,
        };
        emit(&accounts.event_authority, &event)
    }

    /// Starts the end of an agreement: it takes statements and vouchers for one more withdrawal notice.
    pub fn close_agreement(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let by = accounts.side()?;
        let mut agreement = accounts.agreement.load_mut()?;
        agreement.require_accepted()?;
        agreement.require_not_closing()?;

        agreement.state = AgreementState::Closing.to_stored();
        agreement.closes_at =
            after(now, agreement.terms.withdrawal_notice).ok_or(RoamingEscrowError::Overflow)?;
        agreement.offered = StoredAgreementTerms::default();
        let event = AgreementClosing {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            by,
            closes_at: agreement.closes_at,
        };
        emit(&accounts.event_authority, &event)
    }
}
