use anchor_lang::prelude::*;
use wayfare_program::{
    numbers::{after, count},
    stored::Stored,
};

use crate::{
    errors::EsimMarketError,
    events::{DisputeAnswered, OrderDisputed, UseReported, emit},
    state::{Action, DisputeReason, Market, Order, Seller},
};

/// What changes an open order and leaves its money where it is.
#[event_cpi]
#[derive(Accounts)]
pub struct ChangeOrder<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(mut, dup)]
    pub seller: AccountLoader<'info, Seller>,
    #[account(
        mut,
        dup,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = seller @ EsimMarketError::WrongSeller
    )]
    pub order: AccountLoader<'info, Order>,
    /// Who does it: the life-cycle's table says who may.
    pub actor: Signer<'info>,
}

impl ChangeOrder<'_> {
    /// The buyer complains.
    ///
    /// 1. the order is delivered, and the time to complain is not over
    /// 2. who wants the money for an unused plan still has the right to it
    /// 3. from now on the seller has the order's answer window
    pub fn dispute(ctx: Context<Self>, reason: DisputeReason) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut order = accounts.order.load_mut()?;
        order.step(Action::Dispute, accounts.actor.key, now)?;
        require!(
            reason != DisputeReason::None,
            EsimMarketError::BadDisputeReason
        );
        require!(
            reason != DisputeReason::Unused || order.refund_right_holds()?,
            EsimMarketError::RefundRightEnded
        );

        order.reason = reason.to_stored();
        order.disputed_at = now;
        order.answer_by = after(now, order.answer_window).ok_or(EsimMarketError::Overflow)?;
        let mut seller = accounts.seller.load_mut()?;
        count(&mut seller.disputed_count).ok_or(EsimMarketError::Overflow)?;
        let event = OrderDisputed {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            order: accounts.order.key(),
            reason,
            answer_by: order.answer_by,
        };
        emit(&accounts.event_authority, &event)
    }

    /// The seller contests a dispute. To accept it, the seller refunds.
    ///
    /// 1. the order is disputed, and the time to answer is not over
    /// 2. a plan that is unused as far as anybody reported cannot be contested: its refund is the buyer's right
    /// 3. from now on the arbiter has the order's arbiter window
    pub fn answer_dispute(ctx: Context<Self>, answer_hash: [u8; 32]) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut order = accounts.order.load_mut()?;
        order.step(Action::Answer, accounts.actor.key, now)?;
        require!(
            order.reason()? != DisputeReason::Unused || !order.refund_right_holds()?,
            EsimMarketError::RefundRightHolds
        );

        order.answer_hash = answer_hash;
        order.resolve_by = after(now, order.arbiter_window).ok_or(EsimMarketError::Overflow)?;
        let event = DisputeAnswered {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            order: accounts.order.key(),
            answer_hash,
            resolve_by: order.resolve_by,
        };
        emit(&accounts.event_authority, &event)
    }

    /// The attester saw the profile installed.
    pub fn report_installed(ctx: Context<Self>) -> Result<()> {
        Self::report(ctx, |order, now| {
            require!(order.installed_at == 0, EsimMarketError::ReportedTwice);
            order.installed_at = now;
            Ok(())
        })
    }

    /// The attester saw the profile used: so it is installed too.
    pub fn report_activated(ctx: Context<Self>) -> Result<()> {
        Self::report(ctx, |order, now| {
            require!(order.activated_at == 0, EsimMarketError::ReportedTwice);
            order.activated_at = now;
            if order.installed_at == 0 {
                order.installed_at = now;
            }
            Ok(())
        })
    }

    fn report(ctx: Context<Self>, note: impl FnOnce(&mut Order, i64) -> Result<()>) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut order = accounts.order.load_mut()?;
        order.step(Action::Report, accounts.actor.key, now)?;

        note(&mut order, now)?;
        let event = UseReported {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            order: accounts.order.key(),
            installed_at: order.installed_at,
            activated_at: order.activated_at,
        };
        emit(&accounts.event_authority, &event)
    }
}
