//! The same on a chain.

use esim_market::instruction as args;
use esim_market::state::{
    DisputeReason, Market, MarketTerms, MarketTermsChange, MarketVault, PlanChange, PlanTerms,
    RefundPolicy, SellerProfile, SellerStatus, StockChange,
};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use solana_pubkey::Pubkey;
use spl_token_2022_interface::instruction as token;
use wayfare_tests::chain::Tx;
use wayfare_tests::esim::market::{OrderFixture, PlanFixture, SellerFixture};
use wayfare_tests::esim::world::{Stage, World};
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::{DECIMALS, TokenProgram, freeze_authority};

use crate::lives::{self, Subject, narrow, time};

use super::reference::{
    DEADLINES, End, FIRST_TERMS, KINDS, Key, Model, NEVER_REFUSED, Op, Order, PAYERS, PLANS,
    Reference, SELLERS, State, TOKENS, Terms, WALLETS, Who, quote,
};

/// A life of a market on a chain.
#[derive(Clone)]
pub struct Life {
    world: World,
    /// The model after the last operation.
    last: Model,
}

impl Subject for Life {
    const NAME: &'static str = "esim";
    const KINDS: &'static [&'static str] = KINDS;
    const NEVER_REFUSED: &'static [&'static str] = NEVER_REFUSED;
    const DEADLINES: &'static [&'static str] = DEADLINES;

    fn begin(token: TokenProgram) -> Model {
        Model::new(token)
    }

    fn token(model: &Model) -> TokenProgram {
        model.token
    }
}

fn wallet(number: usize) -> Pubkey {
    person(&format!("wallet {number}"))
}

fn arbiter(number: usize) -> Pubkey {
    person(&format!("arbiter {number}"))
}

fn attester(number: usize) -> Pubkey {
    person(&format!("attester {number}"))
}

impl Life {
    fn seller(&self, number: usize) -> SellerFixture {
        let mut seller =
            SellerFixture::new(&self.world.market.address, &format!("seller {number}"));
        seller.payout = wallet(3 + number);
        seller.attester = attester(0);
        seller
    }

    fn plan(&self, number: usize) -> PlanFixture {
        PlanFixture::new(&self.seller(number), "plan")
    }

    fn order(&self, key: Key, model: Option<&Order>) -> OrderFixture {
        let mut order = OrderFixture::new(&self.plan(key.0), wallet(key.1), key.2);
        if let Some(model) = model {
            order.payer = wallet(model.payer);
            order.plan.seller.payout = wallet(model.payout);
        }
        order
    }

    fn who(&self, who: Who) -> Pubkey {
        match who {
            Who::Buyer(number) => wallet(number),
            Who::Seller(number) => self.seller(number).authority,
            Who::Attester(number) => attester(number),
            Who::Arbiter(number) => arbiter(number),
            Who::Stranger => stranger(),
        }
    }

    fn terms(&self, terms: &Terms) -> PlanTerms {
        PlanTerms {
            price: narrow(terms.price),
            floor_price: narrow(terms.floor),
            discount_bps: terms.discount_bps as u16,
            delivery_window: terms.delivery_window as u32,
            release_window: terms.release_window as u32,
            default_split_bps: terms.split_bps as u16,
            refund_policy: RefundPolicy::ALL[usize::from(terms.refund_policy)],
            top_up: terms.top_up,
            ..self.world.market.plan_terms()
        }
    }

    fn market_terms(&self) -> MarketTerms {
        let model = Model::new(self.last.token);
        MarketTerms {
            arbiter: arbiter(model.arbiter),
            treasury: wallet(model.treasury),
            max_delivery_window: 10_000,
            min_release_window: 1,
            max_release_window: 10_000,
            answer_window: model.windows[0] as u32,
            arbiter_window: model.windows[1] as u32,
            retention: model.windows[2] as u32,
            ..self.world.market.terms()
        }
    }

    /// What the operation sends, given the model before it.
    fn transaction(&self, was: &Model, op: &Op) -> Tx {
        let World { market, chain, .. } = &self.world;
        let account = |number: &Option<usize>| match number {
            Some(number) => market.tokens_of(&wallet(*number)),
            None => market.tokens,
        };
        match op {
            Op::Time(_) => unreachable!("time sends nothing"),
            Op::Donate(amount) => token::transfer_checked(
                &market.token.id(),
                &market.tokens_of(&wallet(PAYERS - 1)),
                &market.mint,
                &market.tokens,
                &wallet(PAYERS - 1),
                &[],
                *amount,
                DECIMALS,
            )
            .expect("a token program")
            .into(),
            Op::Freeze(number) => token::freeze_account(
                &market.token.id(),
                &account(number),
                &market.mint,
                &freeze_authority(),
                &[],
            )
            .expect("a token program")
            .into(),
            Op::Thaw(number) => token::thaw_account(
                &market.token.id(),
                &account(number),
                &market.mint,
                &freeze_authority(),
                &[],
            )
            .expect("a token program")
            .into(),
            Op::Purchase {
                key,
                payer,
                stale,
                stale_market,
                short,
                parent,
            } => {
                let mut order = self.order(*key, None).paid_by(wallet(*payer));
                order.parent = parent.map(|parent| self.order(parent, None).address);
                let (version, price) = was.plans[key.0]
                    .as_ref()
                    .map_or((0, 0), |plan| (plan.version, quote(&plan.terms)));
                let version = narrow(version).saturating_sub(u64::from(*stale));
                let limit = narrow(price).saturating_sub(u64::from(*short));
                let mut market = market.clone();
                market.terms_version =
                    narrow(was.terms_version).saturating_sub(u64::from(*stale_market));
                match parent {
                    None => market.purchase(&order, version, limit),
                    Some(_) => market.top_up(&order, version, limit),
                }
                .into()
            }
            Op::Deliver { key, by } => {
                let order = self.order(*key, was.orders.get(key));
                let mut call = market.deliver(&order);
                call.accounts[0].pubkey = self.who(*by);
                call.into()
            }
            Op::Report { key, by, activated } => {
                let (order, by) = (self.order(*key, was.orders.get(key)), self.who(*by));
                match activated {
                    true => market.change(&order, by, args::ReportActivated {}),
                    false => market.change(&order, by, args::ReportInstalled {}),
                }
                .into()
            }
            Op::Dispute { key, by, unused } => {
                let order = self.order(*key, was.orders.get(key));
                let reason = match unused {
                    true => DisputeReason::Unused,
                    false => DisputeReason::Other,
                };
                market
                    .change(&order, self.who(*by), args::Dispute { reason })
                    .into()
            }
            Op::Answer { key, by } => {
                let order = self.order(*key, was.orders.get(key));
                market.answer_by(&order, self.who(*by)).into()
            }
            Op::Settle {
                key,
                by,
                end,
                theft,
            } => {
                let model = was.orders.get(key);
                let (order, by) = (self.order(*key, model), self.who(*by));
                let mut market = market.clone();
                market.treasury = wallet(model.map_or(5, |order| order.treasury));
                let call = match *end {
                    End::Confirm => market.settle(&order, by, None, args::ConfirmDelivery {}),
                    End::Refund => market.settle(&order, by, None, args::Refund {}),
                    End::Part { amount, signed_by } => {
                        let signer = Some(wallet(signed_by));
                        market.settle(&order, by, signer, args::RefundPart { amount })
                    }
                    End::Resolve(buyer_bps) => {
                        market.settle(&order, by, None, args::Resolve { buyer_bps })
                    }
                    End::Undelivered => market.settle(&order, by, None, args::RefundUndelivered {}),
                    End::Unanswered => market.settle(&order, by, None, args::RefundUnanswered {}),
                    End::Release => market.settle(&order, by, None, args::Release {}),
                    End::Default => market.settle(&order, by, None, args::ResolveByDefault {}),
                    End::PayOut => market.settle(&order, by, None, args::PayOut {}),
                };
                if *theft {
                    let honest = market.tokens_of(&order.plan.seller.payout);
                    call.swap(&honest, &market.tokens_of(&stranger())).into()
                } else {
                    call.into()
                }
            }
            Op::Close { key, by } => {
                let model = was.orders.get(key);
                let order = self.order(*key, model);
                let delivered = model.is_some_and(|order| order.delivered_at.is_some());
                market.close_by(&order, self.who(*by), delivered).into()
            }
            Op::CreatePlan(number, terms) => market
                .create_plan_with(&self.plan(*number), |args| {
                    args.terms = self.terms(terms);
                    args.stock = StockChange::Set(5);
                })
                .into(),
            Op::UpdatePlan {
                plan,
                by,
                terms,
                stock,
                on_sale,
            } => {
                let change = PlanChange {
                    terms: terms.as_ref().map(|terms| self.terms(terms)),
                    stock: stock.map(StockChange::Set),
                    on_sale: *on_sale,
                };
                let mut call = market.update_plan(&self.plan(*plan), change);
                call.accounts[2].pubkey = self.seller(*by).authority;
                call.into()
            }
            Op::RetirePlan { plan, by } => {
                let mut call = market.retire_plan(&self.plan(*plan));
                call.accounts[2].pubkey = self.seller(*by).authority;
                call.into()
            }
            Op::UpdateMarket {
                fee,
                windows,
                arbiter: next_arbiter,
                treasury,
                accepts,
            } => {
                let change = MarketTermsChange {
                    fee_bps: *fee,
                    arbiter: next_arbiter.map(arbiter),
                    treasury: treasury.map(wallet),
                    answer_window: windows.map(|all| all[0]),
                    arbiter_window: windows.map(|all| all[1]),
                    retention: windows.map(|all| all[2]),
                    ..Default::default()
                };
                let mut calls = vec![market.update_market(change)];
                match accepts.filter(|accepts| *accepts != was.accepts) {
                    Some(true) => calls.push(market.readmit_mint()),
                    Some(false) => calls.push(market.drop_mint()),
                    None => {}
                }
                calls.into()
            }
            Op::UpdateSeller {
                seller,
                by,
                payout,
                attester: next,
            } => {
                let profile = SellerProfile {
                    payout: wallet(*payout),
                    attester: attester(*next),
                    contact: [0xc0; 32],
                };
                let mut call = market.update_seller(&self.seller(*seller), profile);
                call.accounts[2].pubkey = self.seller(*by).authority;
                call.into()
            }
            Op::SellerStatus {
                seller,
                approved,
                by_authority,
            } => {
                let status = match approved {
                    true => SellerStatus::Approved,
                    false => SellerStatus::Suspended,
                };
                let call = market.set_seller_status(&self.seller(*seller), status);
                match by_authority {
                    true => call.into(),
                    false => call.swap(&market.authority, &stranger()).into(),
                }
            }
            Op::Pause(0) => market.unpause().into(),
            Op::Pause(seconds) => market.pause(chain.now() + i64::from(*seconds)).into(),
        }
    }

    /// Lets an operation happen whose outcome the model after it knows, and compares.
    fn perform(&mut self, was: &Model, model: &Model, op: &Op) {
        if let Op::Time(_) = op {
            self.world.chain.set_time(time(model.now));
            lives::happened(op.kind());
        } else {
            let result = self.world.chain.attempt(self.transaction(was, op));
            lives::judge(op.kind(), op, &model.reasons, &model.beside, 0, result);
        }
        self.compare(model);
    }

    /// Lets an operation happen that the model must allow.
    fn must(&mut self, model: &mut Model, op: Op) {
        let next = Reference::apply(model.clone(), &op);
        assert!(next.reasons.is_empty(), "{op:?}: {:?}", next.reasons);
        self.perform(model, &next, &op);
        *model = next;
    }

    /// Compares everything that the program keeps with the model.
    fn compare(&self, model: &Model) {
        let World { chain, market, .. } = &self.world;
        let state: Market = chain.read(&market.address);
        assert_eq!(u128::from(state.scope.sequence), model.sequence);
        assert_eq!(i128::from(state.scope.paused_until), model.paused_until);
        assert_eq!(state.mints().contains(&market.mint), model.accepts);
        let terms = MarketTerms {
            fee_bps: model.fee_bps as u16,
            arbiter: arbiter(model.arbiter),
            treasury: wallet(model.treasury),
            answer_window: model.windows[0] as u32,
            arbiter_window: model.windows[1] as u32,
            retention: model.windows[2] as u32,
            ..self.market_terms()
        };
        assert_eq!(state.terms(), Ok(terms));
        assert_eq!(u128::from(state.terms_version), model.terms_version);

        let vault: MarketVault = chain.read(&market.vault);
        assert_eq!(u128::from(vault.held), model.held());
        assert_eq!(u128::from(chain.tokens(&market.tokens)), model.vault);
        assert_eq!(model.vault, model.held() + model.donated);
        for (number, balance) in model.balances.iter().enumerate() {
            let has = chain.tokens(&market.tokens_of(&wallet(number)));
            assert_eq!(u128::from(has), *balance, "wallet {number}");
        }
        assert_eq!(chain.tokens(&market.tokens_of(&stranger())), 0);
        let all = model.balances.iter().sum::<u128>() + model.vault;
        assert_eq!(all, TOKENS * PAYERS as u128, "tokens came or went");

        for number in 0..SELLERS {
            let seller: esim_market::state::Seller = chain.read(&self.seller(number).address);
            let due = &model.sellers[number];
            assert_eq!(
                (seller.payout, seller.attester),
                (wallet(due.payout), attester(due.attester))
            );
            let plans = u32::from(model.plans[number].is_some());
            assert_eq!(seller.plan_count, plans);
            let approved = seller.status == SellerStatus::Approved as u8;
            assert_eq!(approved, due.approved);
            assert_eq!(
                [
                    seller.order_count,
                    seller.delivered_count,
                    seller.disputed_count,
                    seller.refunded_count
                ]
                .map(u128::from),
                [due.orders, due.delivered, due.disputed, due.refunded]
            );
            assert_eq!(seller.delivery_times.map(u128::from), due.times);
        }
        for number in 0..PLANS {
            let address = self.plan(number).address;
            let Some(due) = &model.plans[number] else {
                assert!(chain.account(&address).is_none());
                continue;
            };
            let plan: esim_market::state::Plan = chain.read(&address);
            assert_eq!(
                (u128::from(plan.terms_version), u128::from(plan.sold)),
                (due.version, due.sold)
            );
            assert_eq!(
                (u128::from(plan.stock), plan.on_sale),
                (due.stock, due.on_sale)
            );
            assert_eq!(plan.terms, self.terms(&due.terms));
        }
        let orders = chain
            .snapshot()
            .values()
            .filter(|account| {
                use solana_account::ReadableAccount;
                account.data().starts_with(
                    <esim_market::state::Order as anchor_lang::Discriminator>::DISCRIMINATOR,
                )
            })
            .count();
        assert_eq!(orders, model.orders.len());
        for (key, due) in &model.orders {
            self.compare_order(*key, due);
        }
    }

    fn compare_order(&self, key: Key, due: &Order) {
        let address = self.order(key, None).address;
        let is: esim_market::state::Order = self.world.chain.read(&address);
        let state = match due.state {
            State::Paid => 0,
            State::Delivered => 1,
            State::Disputed => 2,
            State::Contested => 3,
            State::Refunded => 4,
            State::Completed => 5,
            State::Resolved => 6,
        };
        assert_eq!(is.state, state, "{key:?}");
        assert_eq!(is.terms().unwrap(), self.terms(&due.terms));
        assert_eq!(u128::from(is.plan_version), due.version);
        assert_eq!(u128::from(is.market_version), due.market_version);
        assert_eq!(
            (is.payer, is.payout, is.treasury),
            (wallet(due.payer), wallet(due.payout), wallet(due.treasury))
        );
        assert_eq!(
            (is.arbiter, is.attester),
            (arbiter(due.arbiter), attester(due.attester))
        );
        let parent = due.parent.map(|parent| self.order(parent, None).address);
        assert_eq!(is.parent, parent.unwrap_or_default());
        assert_eq!(u128::from(is.paid), due.paid);
        assert_eq!(u128::from(is.discount), due.terms.price - due.paid);
        assert_eq!(
            [is.answer_window, is.arbiter_window, is.retention].map(i128::from),
            due.windows
        );
        if due.disputed_at.is_some() {
            let reason = match due.unused {
                true => DisputeReason::Unused,
                false => DisputeReason::Other,
            };
            assert_eq!(is.reason, reason as u8);
        }
        // What the deeds carry themselves is there from the deed on.
        let written = |bytes: [u8; 32]| bytes != [0; 32];
        assert_eq!(written(is.commitment), due.delivered_at.is_some());
        assert_eq!(written(is.answer_hash), due.answered_at.is_some());
        assert_eq!(u128::from(is.fee_bps), due.fee_bps);
        assert_eq!(
            [is.refunded, is.released, is.fee].map(u128::from),
            due.division
        );
        assert_eq!(
            [is.refund_due, is.release_due, is.fee_due].map(u128::from),
            due.due
        );
        assert_eq!(
            [
                is.purchased_at,
                is.deliver_by,
                is.delivered_at,
                is.release_at,
                is.installed_at,
                is.activated_at,
                is.disputed_at,
                is.answer_by,
                is.resolve_by,
                is.ended_at,
                is.closable_at,
            ]
            .map(i128::from),
            [
                due.purchased_at,
                due.deliver_by(),
                due.delivered_at.unwrap_or(0),
                due.release_at(),
                due.installed_at.unwrap_or(0),
                due.activated_at.unwrap_or(0),
                due.disputed_at.unwrap_or(0),
                due.answer_by(),
                due.resolve_by(),
                due.ended_at.unwrap_or(0),
                due.closable_at(),
            ]
        );
    }

    /// Lets the clock go to the end of what the order waits for, and ends it as anyone may.
    fn wait_and_end(&mut self, model: &mut Model, key: Key) {
        let order = &model.orders[&key];
        let (at, end) = match order.state {
            State::Paid => (order.deliver_by(), End::Undelivered),
            State::Delivered => (order.release_at(), End::Release),
            State::Disputed => (order.answer_by(), End::Unanswered),
            State::Contested => (order.resolve_by(), End::Default),
            _ => (model.now, End::PayOut),
        };
        if at > model.now {
            let seconds = time(at - model.now);
            self.must(model, Op::Time(seconds));
        }
        let (by, theft) = (Who::Stranger, false);
        self.must(
            model,
            Op::Settle {
                key,
                by,
                end,
                theft,
            },
        );
    }
}

impl StateMachineTest for Life {
    type SystemUnderTest = Self;
    type Reference = Reference;

    fn init_test(model: &Model) -> Self {
        let program = model.token;
        let mut life = Self {
            world: World::at(Stage::Minted, program),
            last: model.clone(),
        };
        let market = life.world.market.clone();
        let terms = life.market_terms();
        let sellers = [0, 1].map(|number| life.seller(number));
        let chain = &mut life.world.chain;
        for number in 0..WALLETS {
            let key = wallet(number);
            chain.give_lamports(&key, 100_000_000_000);
            let tokens = chain.create_associated(program, &market.mint, &key);
            if number < PAYERS {
                chain.mint_to(program, &market.mint, &tokens, narrow(TOKENS));
            }
        }
        chain.create_associated(program, &market.mint, &stranger());
        for key in [stranger(), arbiter(0), arbiter(1), attester(0), attester(1)] {
            chain.give_lamports(&key, 100_000_000_000);
        }
        chain.accept([market.create_with(terms), market.accept_mint()]);
        for seller in &sellers {
            chain.give_lamports(&seller.authority, 100_000_000_000);
            let status = SellerStatus::Approved;
            chain.accept([
                market.apply(seller),
                market.set_seller_status(seller, status),
            ]);
        }
        for number in 0..PLANS {
            let op = Op::CreatePlan(number, FIRST_TERMS);
            let create = life.transaction(model, &op);
            life.world.chain.accept(create);
        }
        life.compare(model);
        life
    }

    fn apply(mut life: Self, model: &Model, op: Op) -> Self {
        let was = std::mem::replace(&mut life.last, model.clone());
        life.perform(&was, model, &op);
        life
    }

    fn teardown(mut life: Self, mut model: Model) {
        // The mint's freeze authority is no part of the market: it thaws the vault, or nobody is paid.
        if model.vault_frozen {
            life.must(&mut model, Op::Thaw(None));
        }
        // Each side alone: the accounts of the others are frozen, and nobody else does anything.
        let keys: Vec<Key> = model.orders.keys().copied().collect();
        for key in &keys {
            for side in 0..3 {
                let (mut alone, mut model) = (life.clone(), model.clone());
                let own = model.orders[key].wallets()[side];
                for number in model.orders[key].wallets() {
                    if number == own && model.frozen[number] {
                        alone.must(&mut model, Op::Thaw(Some(number)));
                    } else if number != own && !model.frozen[number] {
                        alone.must(&mut model, Op::Freeze(Some(number)));
                    }
                }
                alone.wait_and_end(&mut model, *key);
                let order = &model.orders[key];
                assert!(!order.state.is_open());
                assert_eq!(order.due[side], 0, "{key:?} holds its money back");
            }
        }
        // Everybody together: nothing is left but what was given.
        for number in 0..WALLETS {
            if model.frozen[number] {
                life.must(&mut model, Op::Thaw(Some(number)));
            }
        }
        for key in keys {
            life.wait_and_end(&mut model, key);
            let by = Who::Buyer(key.1);
            life.must(&mut model, Op::Close { key, by });
        }
        assert_eq!((model.held(), model.vault), (0, model.donated));
    }
}
