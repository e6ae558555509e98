//! A chain with an eSIM market on it, at any stage of the market's and an order's life.

use esim_market::state::{
    DisputeReason, Market, MarketVault, Order, OrderState, Plan, Seller, SellerStatus,
};
use solana_pubkey::Pubkey;

use crate::chain::{Chain, Tx};
use crate::esim::event::Event;
use crate::esim::market::{
    ARBITER_WINDOW, MarketFixture, OrderFixture, PlanFixture, SellerFixture, cranker,
};
use crate::governance::Governed;
use crate::idl::ESIM_MARKET;
use crate::keys::person;
use crate::snapshot::changed;
use crate::token::TokenProgram;

/// What each buyer has at the beginning, in base units.
pub const BUYER_TOKENS: u64 = 1_000_000_000_000;

/// How far a market and its first order have come. Each stage holds the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// There are a mint, people and token accounts, but no market.
    Minted,
    /// The market is on the chain.
    Created,
    /// The market accepts the mint.
    Accepted,
    /// The seller has applied.
    Applied,
    /// The seller is approved.
    Approved,
    /// The plan is on sale.
    OnSale,
    /// The buyer has paid the first order.
    Paid,
    /// The seller has delivered it.
    Delivered,
    /// The buyer complained: there is no service.
    Disputed,
    /// The seller contested that.
    Contested,
    /// The arbiter gave the buyer 40 %.
    Resolved,
}

/// The share of the buyer that the arbiter of [`Stage::Resolved`] decided, in basis points.
pub const RESOLVED_BPS: u16 = 4_000;

/// A chain, a market and its first order.
#[derive(Clone)]
pub struct World {
    pub chain: Chain,
    pub market: MarketFixture,
    /// The first order, which the stages are about.
    pub order: OrderFixture,
}

impl World {
    /// A chain with one market, `travel`, at a stage.
    pub fn at(stage: Stage, token: TokenProgram) -> Self {
        let mut chain = Chain::new();
        let mint = chain.create_mint(token, "mint");
        let market = MarketFixture::new("travel", mint, token);
        let order = OrderFixture::new(&market.plan, buyer(), 0);
        raise(&mut chain, &market, &order, stage);
        Self {
            chain,
            market,
            order,
        }
    }

    /// A chain with one market whose first order is in this state. What is not on the straight way to a resolved order:
    /// the seller refunds a delivered order, the buyer confirms a delivered one.
    pub fn in_state(state: OrderState, token: TokenProgram) -> Self {
        let at = |stage| Self::at(stage, token);
        match state {
            OrderState::Paid => at(Stage::Paid),
            OrderState::Delivered => at(Stage::Delivered),
            OrderState::Disputed => at(Stage::Disputed),
            OrderState::Contested => at(Stage::Contested),
            OrderState::Resolved => at(Stage::Resolved),
            OrderState::Refunded => {
                let mut world = at(Stage::Delivered);
                world.chain.accept(world.market.refund(&world.order));
                world
            }
            OrderState::Completed => {
                let mut world = at(Stage::Delivered);
                world.chain.accept(world.market.confirm(&world.order));
                world
            }
        }
    }

    /// Another market on the same chain, in the same mint, with its own people and an order of the same buyer.
    pub fn add_market(&mut self, name: &str, stage: Stage) -> (MarketFixture, OrderFixture) {
        let market = MarketFixture::new(name, self.market.mint, self.market.token);
        let order = OrderFixture::new(&market.plan, buyer(), 0);
        raise(&mut self.chain, &market, &order, stage);
        (market, order)
    }

    /// Another seller of the market, approved, with a plan on sale.
    pub fn add_seller(&mut self, name: &str) -> PlanFixture {
        let seller = SellerFixture::new(&self.market.address, name);
        let plan = PlanFixture::new(&seller, "de-1gb-7d");
        self.chain.give_lamports(&seller.authority, 10_000_000_000);
        self.chain
            .create_associated(self.market.token, &self.market.mint, &seller.payout);
        self.chain.accept(self.market.apply(&seller));
        self.chain.accept(
            self.market
                .set_seller_status(&seller, SellerStatus::Approved),
        );
        self.chain.accept(self.market.create_plan(&plan));
        plan
    }

    /// A buyer with lamports and tokens.
    pub fn add_buyer(&mut self, name: &str) -> Pubkey {
        let buyer = person(name);
        endow(&mut self.chain, &self.market, &buyer);
        buyer
    }

    /// Buys the plan as it is on the chain now, for whatever it costs.
    pub fn purchase(&self, order: &OrderFixture) -> Tx {
        let plan: Plan = self.chain.read(&order.plan.address);
        let market = self.market.as_of_now(&self.chain);
        let instruction = match order.parent {
            None => market.purchase(order, plan.terms_version, u64::MAX),
            Some(_) => market.top_up(order, plan.terms_version, u64::MAX),
        };
        instruction.into()
    }

    /// Another order of the first plan by the buyer, paid.
    pub fn buy(&mut self, id: u64) -> OrderFixture {
        let order = OrderFixture::new(&self.market.plan, buyer(), id);
        let purchase = self.purchase(&order);
        self.chain.accept(purchase);
        order
    }

    /// The market's account.
    pub fn market(&self) -> Market {
        self.chain.read(&self.market.address)
    }

    /// The vault's account.
    pub fn vault(&self) -> MarketVault {
        self.chain.read(&self.market.vault)
    }

    /// The seller's account.
    pub fn seller(&self) -> Seller {
        self.chain.read(&self.market.seller.address)
    }

    /// The plan's account.
    pub fn plan(&self) -> Plan {
        self.chain.read(&self.market.plan.address)
    }

    /// The first order's account.
    pub fn order(&self) -> Order {
        self.chain.read(&self.order.address)
    }

    /// What a wallet has in its associated token account, in base units.
    pub fn tokens_of(&self, wallet: &Pubkey) -> u64 {
        self.chain.tokens(&self.market.tokens_of(wallet))
    }

    /// What buyer, payout wallet and treasury have, in base units.
    pub fn balances(&self) -> [u64; 3] {
        [
            self.order.payer,
            self.order.plan.seller.payout,
            self.market.treasury,
        ]
        .map(|wallet| self.tokens_of(&wallet))
    }

    /// Sends a transaction that must touch exactly these accounts, besides the fee payer and the market, and tell one
    /// event, which is returned.
    #[track_caller]
    pub fn touches(&mut self, tx: impl Into<Tx>, others: &[Pubkey]) -> Event {
        let before = self.chain.snapshot();
        let event = self.chain.accept(tx).market_event();
        let touched = changed(&before, &self.chain.snapshot());
        let due = [Chain::fee_payer(), self.market.address];
        assert_eq!(touched, others.iter().copied().chain(due).collect());
        event
    }
}

/// The buyer of the first order.
pub fn buyer() -> Pubkey {
    person("traveller")
}

/// Gives a wallet lamports and, once, tokens.
pub fn endow(chain: &mut Chain, market: &MarketFixture, wallet: &Pubkey) {
    chain.give_lamports(wallet, 100_000_000_000);
    let tokens = market.tokens_of(wallet);
    if chain.account(&tokens).is_none() {
        chain.create_associated(market.token, &market.mint, wallet);
        chain.mint_to(market.token, &market.mint, &tokens, BUYER_TOKENS);
    }
}

/// Takes a market and an order through their lives, from before they are created.
pub fn raise(chain: &mut Chain, market: &MarketFixture, order: &OrderFixture, stage: Stage) {
    for wallet in [market.operator, market.seller.authority, cranker()] {
        chain.give_lamports(&wallet, 100_000_000_000);
    }
    endow(chain, market, &order.payer);
    for wallet in [market.seller.payout, market.treasury] {
        chain.create_associated(market.token, &market.mint, &wallet);
    }
    if stage >= Stage::Created {
        chain.accept(market.create());
    }
    if stage >= Stage::Accepted {
        chain.accept(market.accept_mint());
    }
    if stage >= Stage::Applied {
        chain.accept(market.apply(&market.seller));
    }
    if stage >= Stage::Approved {
        chain.accept(market.set_seller_status(&market.seller, SellerStatus::Approved));
    }
    if stage >= Stage::OnSale {
        chain.accept(market.create_plan(&market.plan));
    }
    if stage >= Stage::Paid {
        let plan: Plan = chain.read(&market.plan.address);
        chain.accept(market.purchase(order, plan.terms_version, u64::MAX));
    }
    // Time passes between the steps, so that no two instants of an order are the same.
    if stage >= Stage::Delivered {
        chain.pass(101);
        chain.accept(market.deliver(order));
    }
    if stage >= Stage::Disputed {
        chain.pass(102);
        chain.accept(market.dispute(order, DisputeReason::NoService));
    }
    if stage >= Stage::Contested {
        chain.pass(103);
        chain.accept(market.answer(order));
    }
    if stage >= Stage::Resolved {
        chain.pass(ARBITER_WINDOW - 1);
        chain.accept(market.resolve(order, RESOLVED_BPS));
    }
}

/// A market as its governors see it.
pub fn governed() -> Governed {
    let World { chain, market, .. } = World::at(Stage::OnSale, TokenProgram::Spl);
    let plan: Plan = chain.read(&market.plan.address);
    let order = OrderFixture::new(&market.plan, buyer(), 7);
    Governed {
        idl: &ESIM_MARKET,
        scope: "market",
        address: market.address,
        authority: market.authority,
        guardian: market.guardian,
        others: vec![market.arbiter, market.treasury, market.seller.authority],
        entry: market.purchase(&order, plan.terms_version, u64::MAX),
        chain,
    }
}
