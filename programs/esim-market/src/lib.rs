//! A buyer pays for a travel eSIM from any wallet; the money waits until the profile is really delivered; the activation
//! code reaches the buyer encrypted; when the seller fails, the buyer's refund needs nobody's goodwill.
//!
//! Start reading at [`state::LIFE_CYCLE`] for what may happen to an order, then [`instructions`].
// Anchor's `#[program]` and `#[derive(Accounts)]` expand to code that these lints would refuse.
#![allow(clippy::result_large_err)]

use anchor_lang::prelude::*;

pub mod constants;
pub mod errors;
pub mod events;
pub mod instructions;
pub mod payment;
pub mod state;

use instructions::*;
use state::{DisputeReason, MarketTermsChange, PlanChange, SellerProfile, SellerStatus};

declare_id!("9nWHmGpdkpaK6oqT86ewqosmSbdz1JDbz79w69C48QK");

#[cfg(not(feature = "no-entrypoint"))]
solana_security_txt::security_txt! {
    name: "Wayfare esim-market",
    project_url: "see SECURITY.md in the source",
    contacts: "link:see SECURITY.md in the source",
    policy: "see SECURITY.md in the source",
    preferred_languages: "en",
    source_revision: default_env::default_env!("GIT_REVISION", "unknown")
}

#[program]
pub mod esim_market {
    use super::*;

    // Buyers.
    /// Buys a plan: the money waits in the vault.
    pub fn purchase(
        ctx: Context<Purchase>,
        order_id: u64,
        plan_version: u64,
        market_version: u64,
        max_price: u64,
        encryption_key: [u8; 32],
    ) -> Result<()> {
        Purchase::purchase(
            ctx,
            order_id,
            plan_version,
            market_version,
            max_price,
            encryption_key,
        )
    }

    /// Buys a plan for the profile of a delivered order.
    pub fn top_up(
        ctx: Context<Purchase>,
        order_id: u64,
        plan_version: u64,
        market_version: u64,
        max_price: u64,
    ) -> Result<()> {
        Purchase::top_up(ctx, order_id, plan_version, market_version, max_price)
    }

    /// Accepts the delivery: the seller is paid at once.
    pub fn confirm_delivery(ctx: Context<Settle>) -> Result<()> {
        Settle::confirm_delivery(ctx)
    }

    /// Complains about the delivery: the money waits on.
    pub fn dispute(ctx: Context<ChangeOrder>, reason: DisputeReason) -> Result<()> {
        ChangeOrder::dispute(ctx, reason)
    }

    // Sellers.
    /// Applies to sell in a market.
    pub fn apply(ctx: Context<Apply>, profile: SellerProfile) -> Result<()> {
        Apply::apply(ctx, profile)
    }

    /// Changes payout wallet, attester and contact, for orders to come.
    pub fn update_seller(ctx: Context<UpdateSeller>, profile: SellerProfile) -> Result<()> {
        UpdateSeller::update_seller(ctx, profile)
    }

    /// Offers a plan.
    pub fn create_plan(ctx: Context<CreatePlan>, args: CreatePlanArgs) -> Result<()> {
        CreatePlan::create_plan(ctx, args)
    }

    /// Changes a plan, for orders to come.
    pub fn update_plan(ctx: Context<UpdatePlan>, change: PlanChange) -> Result<()> {
        UpdatePlan::update_plan(ctx, change)
    }

    /// Takes a plan off the market and gives the rent back to who paid it.
    pub fn retire_plan(ctx: Context<RetirePlan>) -> Result<()> {
        RetirePlan::retire_plan(ctx)
    }

    /// Delivers an order: the encrypted profile goes on the chain.
    pub fn deliver(ctx: Context<Deliver>, args: DeliverArgs) -> Result<()> {
        Deliver::deliver(ctx, args)
    }

    /// Reports that the profile was installed. Signed by the attester.
    pub fn report_installed(ctx: Context<ChangeOrder>) -> Result<()> {
        ChangeOrder::report_installed(ctx)
    }

    /// Reports that the profile was first used. Signed by the attester.
    pub fn report_activated(ctx: Context<ChangeOrder>) -> Result<()> {
        ChangeOrder::report_activated(ctx)
    }

    /// Contests a dispute: the arbiter will resolve it.
    pub fn answer_dispute(ctx: Context<ChangeOrder>, answer_hash: [u8; 32]) -> Result<()> {
        ChangeOrder::answer_dispute(ctx, answer_hash)
    }

    /// Gives all the money back.
    pub fn refund(ctx: Context<Settle>) -> Result<()> {
        Settle::refund(ctx)
    }

    /// Gives an agreed part of the money back. Signed by the buyer too.
    pub fn refund_part(ctx: Context<Settle>, amount: u64) -> Result<()> {
        Settle::refund_part(ctx, amount)
    }

    // Arbiter.
    /// Divides a contested order's money.
    pub fn resolve(ctx: Context<Settle>, buyer_bps: u16) -> Result<()> {
        Settle::resolve(ctx, buyer_bps)
    }

    // Anyone.
    /// Gives all the money back once the time to deliver is over.
    pub fn refund_undelivered(ctx: Context<Settle>) -> Result<()> {
        Settle::refund_undelivered(ctx)
    }

    /// Gives all the money back once the time to answer a dispute is over.
    pub fn refund_unanswered(ctx: Context<Settle>) -> Result<()> {
        Settle::refund_unanswered(ctx)
    }

    /// Pays the seller once the time to complain is over.
    pub fn release(ctx: Context<Settle>) -> Result<()> {
        Settle::release(ctx)
    }

    /// Divides a contested order's money as its plan says, once the arbiter's time is over.
    pub fn resolve_by_default(ctx: Context<Settle>) -> Result<()> {
        Settle::resolve_by_default(ctx)
    }

    /// Pays what an ended order still owes, to whoever can take it by now.
    pub fn pay_out(ctx: Context<Settle>) -> Result<()> {
        Settle::pay_out(ctx)
    }

    /// Closes an ended order and gives the rent back to who paid it.
    pub fn close_order(ctx: Context<CloseOrder>) -> Result<()> {
        CloseOrder::close_order(ctx)
    }

    // Market authority.
    /// Creates a market. The signer becomes its authority.
    pub fn create_market(ctx: Context<CreateMarket>, args: CreateMarketArgs) -> Result<()> {
        CreateMarket::create_market(ctx, args)
    }

    /// Changes the market's terms, for orders to come.
    pub fn update_market(ctx: Context<Govern>, change: MarketTermsChange) -> Result<()> {
        Govern::update_market(ctx, change)
    }

    /// Accepts a mint for the first time, and makes its vault.
    pub fn accept_mint(ctx: Context<AcceptMint>) -> Result<()> {
        AcceptMint::accept_mint(ctx)
    }

    /// Accepts a mint no more. Open orders go on.
    pub fn drop_mint(ctx: Context<Govern>, mint: Pubkey) -> Result<()> {
        Govern::drop_mint(ctx, mint)
    }

    /// Accepts a mint again that was dropped.
    pub fn readmit_mint(ctx: Context<ReadmitMint>) -> Result<()> {
        ReadmitMint::readmit_mint(ctx)
    }

    /// Approves or suspends a seller. Open orders go on.
    pub fn set_seller_status(ctx: Context<SetSellerStatus>, status: SellerStatus) -> Result<()> {
        SetSellerStatus::set_seller_status(ctx, status)
    }

    /// Replaces the guardian.
    pub fn set_guardian(ctx: Context<Govern>, guardian: Pubkey) -> Result<()> {
        Govern::set_guardian(ctx, guardian)
    }

    /// Nominates the next authority, or withdraws the nomination.
    pub fn nominate_authority(ctx: Context<Govern>, nominee: Option<Pubkey>) -> Result<()> {
        Govern::nominate_authority(ctx, nominee)
    }

    /// Takes the authority over. Signed by the nominee.
    pub fn accept_authority(ctx: Context<AcceptAuthority>) -> Result<()> {
        AcceptAuthority::accept_authority(ctx)
    }

    /// Ends a pause.
    pub fn unpause(ctx: Context<Govern>) -> Result<()> {
        Govern::unpause(ctx)
    }

    // Guardian.
    /// Refuses entries until a time within 7 days.
    pub fn pause(ctx: Context<Pause>, until: i64) -> Result<()> {
        Pause::pause(ctx, until)
    }
}
