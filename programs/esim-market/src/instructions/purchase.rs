use anchor_lang::prelude::*;
use wayfare_core::esim::public_key::is_usable_key;
use wayfare_program::{
    numbers::{after, count},
    stored::Stored,
    token::Transfer,
};

use crate::{
    errors::EsimMarketError,
    events::{OrderPaid, emit},
    payment::vault_balance,
    state::{Market, MarketVault, Order, OrderState, Plan, Quote, Seller, SellerStatus},
};

#[event_cpi]
#[derive(Accounts)]
#[instruction(order_id: u64)]
pub struct Purchase<'info> {
    /// Pays tokens and rent, and gets both back.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Whose order it is.
    pub buyer: Signer<'info>,
    #[account(mut)]
    pub market: AccountLoader<'info, Market>,
    #[account(mut, dup, has_one = market @ EsimMarketError::WrongMarket)]
    pub seller: AccountLoader<'info, Seller>,
    #[account(
        mut,
        dup,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = seller @ EsimMarketError::WrongSeller
    )]
    pub plan: Box<Account<'info, Plan>>,
    #[account(
        mut,
        dup,
        has_one = market @ EsimMarketError::WrongMarket,
        has_one = tokens @ EsimMarketError::WrongVault,
        has_one = token_program @ EsimMarketError::WrongTokenProgram,
        constraint = vault.load()?.mint == plan.terms.mint @ EsimMarketError::WrongVault
    )]
    pub vault: AccountLoader<'info, MarketVault>,
    /// CHECK: the vault's own, by `has_one`.
    #[account(mut)]
    pub tokens: UncheckedAccount<'info>,
    /// The token account that pays. The vault's can never stand here: only this program signs for it.
    /// CHECK: the token program checks it.
    #[account(mut)]
    pub source: UncheckedAccount<'info>,
    #[account(
        init,
        payer = payer,
        space = Order::SPACE,
        seeds = [Order::SEED, plan.key().as_ref(), buyer.key().as_ref(), &order_id.to_le_bytes()],
        bump
    )]
    pub order: AccountLoader<'info, Order>,
    /// The order to top up; a purchase has none.
    pub parent: Option<AccountLoader<'info, Order>>,
    /// CHECK: the vault's own, by `has_one`.
    pub token_program: UncheckedAccount<'info>,
    pub system_program: Program<'info, System>,
}

impl Purchase<'_> {
    /// Buys a plan. The encryption key may be somebody else's: then the order is a gift, and a refund still goes to the
    /// payer.
    pub fn purchase(
        ctx: Context<Self>,
        order_id: u64,
        plan_version: u64,
        market_version: u64,
        max_price: u64,
        encryption_key: [u8; 32],
    ) -> Result<()> {
        require!(ctx.accounts.parent.is_none(), EsimMarketError::WrongParent);
        Self::pay(
            ctx,
            order_id,
            plan_version,
            market_version,
            max_price,
            encryption_key,
        )
    }

    /// Buys a plan for the profile of a delivered order, under the same key.
    ///
    /// 1. the parent order was delivered to the same buyer by the same seller, and its plan allows it
    /// 2. the rest is a purchase
    pub fn top_up(
        ctx: Context<Self>,
        order_id: u64,
        plan_version: u64,
        market_version: u64,
        max_price: u64,
    ) -> Result<()> {
        let encryption_key = {
            let parent = ctx.accounts.parent.as_ref();
            let parent = parent.ok_or(EsimMarketError::WrongParent)?.load()?;
            require_keys_eq!(
                parent.buyer,
                ctx.accounts.buyer.key(),
                EsimMarketError::NotBuyer
            );
            require!(
                parent.seller == ctx.accounts.seller.key()
                    && parent.terms.top_up == 1
                    && matches!(
                        parent.state()?,
                        OrderState::Delivered | OrderState::Completed
                    ),
                EsimMarketError::NoTopUp
            );
            parent.encryption_key
        };
        Self::pay(
            ctx,
            order_id,
            plan_version,
            market_version,
            max_price,
            encryption_key,
        )
    }

    fn validate(
        &self,
        plan_version: u64,
        market_version: u64,
        encryption_key: &[u8; 32],
        now: i64,
    ) -> Result<Quote> {
        let market = self.market.load()?;
        market.require_not_paused(now)?;
        require!(
            self.seller.load()?.status()? == SellerStatus::Approved,
            EsimMarketError::SellerNotApproved
        );
        require!(
            self.plan.terms_version == plan_version,
            EsimMarketError::WrongPlanVersion
        );
        require!(
            market.terms_version == market_version,
            EsimMarketError::WrongMarketVersion
        );
        require!(
            is_usable_key(encryption_key),
            EsimMarketError::BadEncryptionKey
        );
        // The market may have changed its terms since the plan was made.
        self.plan.terms.validate(&market)
    }

    /// Pays an order into the vault.
    ///
    /// 1. the market is open, the seller approved, the plan on sale and in stock; its terms and the market's are the
    ///    versions that were quoted, and the market still allows the plan's
    /// 2. price less discount is at most what the buyer allows, and leaves the seller's floor
    /// 3. the order takes every term along under which it was bought
    /// 4. the tokens move, and the vault has exactly that much more
    #[inline(never)]
    fn pay(
        ctx: Context<Self>,
        order_id: u64,
        plan_version: u64,
        market_version: u64,
        max_price: u64,
        encryption_key: [u8; 32],
    ) -> Result<()> {
        let accounts = ctx.accounts;
        let now = Clock::get()?.unix_timestamp;
        let quote = accounts.validate(plan_version, market_version, &encryption_key, now)?;
        let terms = accounts.plan.terms;
        let market = accounts.market.load()?.terms;
        require!(quote.paid <= max_price, EsimMarketError::AbovePriceLimit);

        accounts.plan.sell()?;
        let mut order = accounts.order.load_init()?;
        {
            let mut seller = accounts.seller.load_mut()?;
            count(&mut seller.order_count).ok_or(EsimMarketError::Overflow)?;
            order.seller_authority = seller.authority;
            order.payout = seller.payout;
            order.attester = seller.attester;
        }
        order.version = Order::VERSION;
        order.market = accounts.market.key();
        order.seller = accounts.seller.key();
        order.plan = accounts.plan.key();
        order.buyer = accounts.buyer.key();
        order.payer = accounts.payer.key();
        order.treasury = market.treasury;
        order.arbiter = market.arbiter;
        order.parent = accounts
            .parent
            .as_ref()
            .map_or(Pubkey::default(), |parent| parent.key());
        order.encryption_key = encryption_key;
        order.order_id = order_id;
        order.plan_version = plan_version;
        order.market_version = market_version;
        order.terms = terms.to_stored();
        order.fee_bps = market.fee_bps;
        order.answer_window = market.answer_window;
        order.arbiter_window = market.arbiter_window;
        order.retention = market.retention;
        order.discount = quote.discount;
        order.paid = quote.paid;
        order.set_state(OrderState::Paid);
        order.purchased_at = now;
        order.deliver_by = after(now, terms.delivery_window).ok_or(EsimMarketError::Overflow)?;
        order.bump = ctx.bumps.order;

        let before = vault_balance(&accounts.tokens)?;
        Transfer {
            token_program: &accounts.token_program,
            from: &accounts.source,
            to: &accounts.tokens,
            authority: &accounts.payer,
        }
        .invoke(quote.paid, &[])?;
        let vault_balance = vault_balance(&accounts.tokens)?;
        require!(
            before.checked_add(quote.paid) == Some(vault_balance),
            EsimMarketError::WrongVaultDelta
        );

        let mut vault = accounts.vault.load_mut()?;
        vault.hold(quote.paid)?;
        order.invariant()?;
        vault.invariant(vault_balance)?;
        let event = OrderPaid {
            market: accounts.market.key(),
            sequence: accounts.market.load_mut()?.next_sequence()?,
            order: accounts.order.key(),
            plan: accounts.plan.key(),
            plan_version,
            market_version,
            buyer: accounts.buyer.key(),
            payer: accounts.payer.key(),
            parent: order.parent,
            paid: quote.paid,
            discount: quote.discount,
            deliver_by: order.deliver_by,
            stock: accounts.plan.stock,
            held: vault.held,
            vault_balance,
        };
        emit(&accounts.event_authority, &event)
    }
}
