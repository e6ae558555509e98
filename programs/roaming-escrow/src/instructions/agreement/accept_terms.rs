use anchor_lang::prelude::*;
use wayfare_program::stored::Stored;

use crate::{
    errors::RoamingEscrowError,
    events::{TermsAccepted, emit},
    state::{
        Agreement, AgreementState, AgreementTerms, Hub, Operator, Side, StoredAgreementTerms, read,
    },
};

#[event_cpi]
#[derive(Accounts)]
pub struct AcceptTerms<'info> {
    #[account(mut)]
    pub hub: AccountLoader<'info, Hub>,
    #[account(
        mut,
        dup,
        has_one = hub @ RoamingEscrowError::WrongHub,
        has_one = first @ RoamingEscrowError::NotAParty,
        has_one = second @ RoamingEscrowError::NotAParty
    )]
    pub agreement: AccountLoader<'info, Agreement>,
    pub first: Box<Account<'info, Operator>>,
    pub second: Box<Account<'info, Operator>>,
    /// Of the side that did not make the offer.
    pub authority: Signer<'info>,
}

impl AcceptTerms<'_> {
    /// Accepts the terms that the other side offers.
    ///
    /// 1. they are exactly the ones that are named: an offer that was replaced meanwhile is not accepted
    /// 2. they are in force from now on; statements that exist keep theirs
    /// 3. the first acceptance opens the agreement, if the hub is not paused, both operators are active, and the hub's
    ///    fee is at most what the accepting side has seen
    pub fn accept_terms(ctx: Context<Self>, terms: AgreementTerms, max_fee_bps: u16) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut agreement = accounts.agreement.load_mut()?;
        let by = agreement.offered_by()?.other();
        let operator = match by {
            Side::First => &accounts.first,
            Side::Second => &accounts.second,
        };
        require_keys_eq!(
            operator.authority,
            accounts.authority.key(),
            RoamingEscrowError::NotAuthority
        );
        let named = terms.to_stored();
        require!(
            agreement.offered != StoredAgreementTerms::default(),
            RoamingEscrowError::NothingToAccept
        );
        require!(agreement.offered == named, RoamingEscrowError::WrongTerms);

        if agreement.state()? == AgreementState::Proposed {
            let hub = accounts.hub.load()?;
            hub.require_not_paused(now)?;
            accounts.first.require_active()?;
            accounts.second.require_active()?;
            require!(hub.terms.fee_bps <= max_fee_bps, RoamingEscrowError::BadFee);
            agreement.fee_bps = hub.terms.fee_bps;
            agreement.state = AgreementState::Active.to_stored();
        }
        let old: AgreementTerms = read(&agreement.terms)?;
        agreement.terms = named;
        agreement.offered = StoredAgreementTerms::default();
        let event = TermsAccepted {
            hub: accounts.hub.key(),
            sequence: accounts.hub.load_mut()?.next_sequence()?,
            agreement: accounts.agreement.key(),
            by,
            old,
            new: terms,
            fee_bps: agreement.fee_bps,
        };
        emit(&accounts.event_authority, &event)
    }
}
