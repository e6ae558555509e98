use anchor_lang::prelude::*;
use wayfare_program::numbers::count;

use crate::{
    errors::EsimMarketError,
    events::{DuesPaid, OrderEnded, emit},
    payment::{Payment, VaultBooks},
    state::{Action, Division, Market, MarketVault, Order, Seller},
};

/// What ends an order and divides its money, whoever does it: buyer, seller, arbiter, or anyone once it is due.
#[event_cpi]
#[derive(Accounts)]
pub struct Settle<'info> {
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(mut, dup)]
    pub seller: AccountLoader<'info, Seller>,
    #[account(
        mut,
        dup,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = tokens @ EsimMarketError::WrongVault,
        has_one = token_program @ EsimMarketError::WrongTokenProgram,
        constraint = vault.load()?.mint == order.load()?.terms.mint @ EsimMarketError::WrongVault
    )]
    pub vault: AccountLoader<'info, MarketVault>,
    /// CHECK: the vault's own, by `has_one`.
    #[account(mut)]
    pub tokens: UncheckedAccount<'info>,
    #[account(
        mut,
        dup,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = seller @ EsimMarketError::WrongSeller
    )]
    pub order: AccountLoader<'info, Order>,
    /// Who does it: the life-cycle's table says who may.
    pub actor: Signer<'info>,
    /// The buyer, where seller and buyer must agree: `refund_part`.
    pub buyer: Option<Signer<'info>>,
    /// The associated token account of who paid.
    /// CHECK: its address is compared before it is paid.
    #[account(mut)]
    pub refund_to: UncheckedAccount<'info>,
    /// The associated token account of the seller's payout wallet.
    /// CHECK: its address is compared before it is paid.
    #[account(mut)]
    pub release_to: UncheckedAccount<'info>,
    /// The associated token account of the market's treasury.
    /// CHECK: its address is compared before it is paid.
    #[account(mut)]
    pub fee_to: UncheckedAccount<'info>,
    /// CHECK: the vault's own, by `has_one`.
    pub token_program: UncheckedAccount<'info>,
}

/// How an ended order's money is divided.
#[derive(Clone, Copy)]
enum Share {
    /// All to who paid.
    Refund,
    /// All to the seller, less the fee.
    Release,
    /// So many base units to who paid, the rest to the seller, less the fee.
    Part(u64),
    /// So many basis points to the buyer, the rest to the seller, less the fee.
    Split(u16),
    /// As the plan says.
    Default,
}

impl Share {
    fn of(self, order: &Order) -> Result<Division> {
        match self {
            Self::Refund => Ok(Division::refund(order.paid)),
            Self::Release => Division::part(order.paid, 0, order.fee_bps),
            Self::Part(amount) => Division::part(order.paid, amount, order.fee_bps),
            Self::Split(bps) => Division::split(order.paid, bps, order.fee_bps),
            Self::Default => {
                Division::split(order.paid, order.terms.default_split_bps, order.fee_bps)
            }
        }
    }
}

impl Settle<'_> {
    /// The buyer is content, at once or after a complaint.
    pub fn confirm_delivery(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.end(Action::Confirm, Share::Release)
    }

    /// The buyer did not complain in time.
    pub fn release(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.end(Action::Release, Share::Release)
    }

    /// The seller gives all of it back, from any open state: so it also accepts a dispute.
    pub fn refund(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.end(Action::Refund, Share::Refund)
    }

    /// The seller gives a part of it back and is paid for the rest, as agreed with the buyer.
    pub fn refund_part(ctx: Context<Self>, amount: u64) -> Result<()> {
        {
            let order = ctx.accounts.order.load()?;
            let buyer = ctx.accounts.buyer.as_ref().map(|buyer| buyer.key());
            require!(buyer == Some(order.buyer), EsimMarketError::NotBuyer);
            require!(amount > 0 && amount < order.paid, EsimMarketError::BadPart);
        }
        ctx.accounts.end(Action::RefundPart, Share::Part(amount))
    }

    /// The seller did not deliver in time.
    pub fn refund_undelivered(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.end(Action::RefundUndelivered, Share::Refund)
    }

    /// The seller did not answer a dispute in time.
    pub fn refund_unanswered(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.end(Action::RefundUnanswered, Share::Refund)
    }

    /// The arbiter divides, `buyer_bps` basis points for the buyer.
    pub fn resolve(ctx: Context<Self>, buyer_bps: u16) -> Result<()> {
        ctx.accounts.end(Action::Resolve, Share::Split(buyer_bps))
    }

    /// The arbiter did not divide in time: the plan's published split counts.
    pub fn resolve_by_default(ctx: Context<Self>) -> Result<()> {
        ctx.accounts.end(Action::ResolveByDefault, Share::Default)
    }

    /// Pays what an ended order still owes.
    ///
    /// 1. the order has ended
    /// 2. whoever can take its part by now is paid; nothing due changes nothing
    pub fn pay_out(ctx: Context<Self>) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let mut order = accounts.order.load_mut()?;
        order.step(Action::PayOut, accounts.actor.key, now)?;

        let due = order.due();
        let vault = accounts.pay(&mut order)?;
        if order.due() == due {
            return Ok(());
        }
        let event = DuesPaid {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            order: accounts.order.key(),
            due: order.due(),
            held: vault.held,
            vault_balance: vault.balance,
        };
        emit(&accounts.event_authority, &event)
    }

    /// Ends an order.
    ///
    /// 1. the table allows the action to this actor, in this state, at this time
    /// 2. the order's money is divided, to the last unit
    /// 3. each part is paid, or stays due where the account cannot take it
    #[inline(never)]
    fn end(&self, action: Action, share: Share) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        let mut order = self.order.load_mut()?;
        order.step(action, self.actor.key, now)?;

        let division = share.of(&order)?;
        order.end(division, now)?;
        if division.refund > 0 {
            let mut seller = self.seller.load_mut()?;
            count(&mut seller.refunded_count).ok_or(EsimMarketError::Overflow)?;
        }
        let vault = self.pay(&mut order)?;

        let event = OrderEnded {
            market: self.market.key(),
            sequence: self.market.load_mut()?.next_sequence()?,
            order: self.order.key(),
            action,
            by: self.actor.key(),
            division,
            due: order.due(),
            held: vault.held,
            vault_balance: vault.balance,
        };
        emit(&self.event_authority, &event)
    }

    fn pay(&self, order: &mut Order) -> Result<VaultBooks> {
        Payment {
            vault: &self.vault,
            tokens: &self.tokens,
            token_program: &self.token_program,
            refund_to: &self.refund_to,
            release_to: &self.release_to,
            fee_to: &self.fee_to,
        }
        .pay(order)
    }
}
