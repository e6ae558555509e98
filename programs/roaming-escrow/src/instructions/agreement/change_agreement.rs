use anchor_lang::prelude::*;

use crate::{
    errors::RoamingEscrowError,
    events::{AgreementClosing, TermsAccepted, TermsOffered, WithdrawalRequested, emit},
    state::{
        Agreement, AgreementState, AgreementTerms, Hub, Operator, OperatorStatus, Side, after,
    },
};

/// What a side does to an agreement without moving value.
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeAgreement<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(mut, dup, has_one = hub @ RoamingEscrowError::WrongHub)]
    pub agreement: Box<Account<'info, Agreement>>,
    /// One of the agreement's two.
    #[account(has_one = authority @ RoamingEscrowError::NotAuthority)]
    pub operator: Box<Account<'info, Operator>>,
    pub authority: Signer<'info>,
}

impl ChangeAgreement<'_> {
    fn side(&self) -> Result<Side> {
        self.agreement.side_of(&self.operator.key())
    }

    /// Offers other terms; `None` withdraws the offer. An offer replaces the one before, of whichever side.
    pub fn offer_terms(ctx: Context<Self>, terms: Option<AgreementTerms>) -> Result<()> {
        let accounts = ctx.accounts;
        let by = accounts.side()?;
        require!(
            accounts.agreement.state != AgreementState::Closing,
            RoamingEscrowError::ClosingAlready
        );
        match &terms {
            Some(terms) => terms.validate()?,
            None => require!(
                accounts.agreement.offered_by == by,
                RoamingEscrowError::NothingToAccept
            ),
        }

        accounts.agreement.offered = terms.unwrap_or_default();
        accounts.agreement.offered_by = by;
        let event = TermsOffered {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            by,
            terms,
        };
        emit(&accounts.event_authority, &event)
    }

    /// Accepts the terms that the other side offers.
    ///
    /// 1. they are exactly the ones that are named: an offer that was replaced meanwhile is not accepted
    /// 2. they are in force from now on; statements that exist keep theirs
    /// 3. the first acceptance opens the agreement, if the hub is not paused, both operators are active, and the hub's
    ///    fee is at most what the one who accepts has seen
    pub fn accept_terms(ctx: Context<Self>, terms: AgreementTerms, max_fee_bps: u16) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let by = accounts.side()?;
        let agreement = &mut accounts.agreement;
        require!(
            agreement.offered != AgreementTerms::default() && agreement.offered_by != by,
            RoamingEscrowError::NothingToAccept
        );
        require!(agreement.offered == terms, RoamingEscrowError::WrongTerms);
        require!(
            agreement.state != AgreementState::Closing,
            RoamingEscrowError::ClosingAlready
        );

        if agreement.state == AgreementState::Proposed {
            let hub = accounts.hub.load()?;
            hub.require_not_paused(now)?;
            require!(
                accounts.operator.status == OperatorStatus::Active,
                RoamingEscrowError::OperatorSuspended
            );
            require!(hub.fee_bps <= max_fee_bps, RoamingEscrowError::BadFee);
            agreement.fee_bps = hub.fee_bps;
            agreement.state = AgreementState::Active;
        }
        let old = agreement.terms;
        agreement.terms = terms;
        agreement.offered = AgreementTerms::default();
        let event = TermsAccepted {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: agreement.key(),
            by,
            old,
            new: terms,
            fee_bps: agreement.fee_bps,
        };
        emit(&accounts.event_authority, &event)
    }

    /// Announces a withdrawal: the other side has the notice to state and to redeem. An amount of 0 takes it back.
    pub fn request_withdrawal(ctx: Context<Self>, amount: u64) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let side = accounts.side()?;
        accounts.agreement.require_accepted()?;
        let notice = accounts.agreement.terms.withdrawal_notice;

        let books = accounts.agreement.books_mut(side);
        books.requested = amount;
        books.withdrawable_at = if amount == 0 { 0 } else { after(now, notice)? };
        let event = WithdrawalRequested {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            side,
            amount,
            withdrawable_at: accounts.agreement.books(side).withdrawable_at,
        };
        emit(&accounts.event_authority, &event)
    }

    /// Starts the end of an agreement: it takes statements and vouchers for one more withdrawal notice.
    pub fn close_agreement(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let by = accounts.side()?;
        let agreement = &mut accounts.agreement;
        agreement.require_accepted()?;
        require!(
            agreement.state == AgreementState::Active,
            RoamingEscrowError::ClosingAlready
        );

        agreement.state = AgreementState::Closing;
        agreement.closes_at = after(now, agreement.terms.withdrawal_notice)?;
        agreement.offered = AgreementTerms::default();
        let event = AgreementClosing {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: agreement.key(),
            by,
            closes_at: agreement.closes_at,
        };
        emit(&accounts.event_authority, &event)
    }
}
