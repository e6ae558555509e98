//! Chains full of accounts that an attacker could pass for another, and an honest call of every instruction on them.

use esim_market::state::{DisputeReason, MarketTermsChange, PlanChange, SellerStatus, StockChange};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::esim::address;
use crate::esim::market::{
    ANSWER_WINDOW, ARBITER_WINDOW, DELIVERY_WINDOW, MarketFixture, OrderFixture, PlanFixture,
    RETENTION, SellerFixture, cranker,
};
use crate::esim::world::{Stage, World, buyer, endow, raise};
use crate::honest::{Candidate, Honest, stranger};
use crate::keys::person;
use crate::token::TokenProgram;

/// A chain with two markets in the same mint, and everything that belongs to them. The orders of the first are gifts:
/// somebody else pays.
#[derive(Clone)]
pub struct Crowd {
    pub world: World,
    /// A market of other people, with a delivered order of the same buyer.
    pub other: MarketFixture,
    pub other_order: OrderFixture,
    /// Another plan of the first seller.
    pub second_plan: PlanFixture,
    /// Another order of the same buyer, payer and plan: delivered, and later than the first.
    pub second: OrderFixture,
}

/// Who pays for the orders of the first market.
pub fn patron() -> Pubkey {
    person("patron")
}

impl Crowd {
    /// The first market and its first order at a stage; the other market has a delivered order.
    pub fn at(stage: Stage, token: TokenProgram) -> Self {
        let mut world = World::at(Stage::Minted, token);
        let (other, other_order) = world.add_market("harbour", Stage::Delivered);
        world.order = OrderFixture::new(&world.market.plan, buyer(), 0).paid_by(patron());
        raise(&mut world.chain, &world.market, &world.order, stage);
        let second_plan = PlanFixture::new(&world.market.seller, "es-3gb-15d");
        let second = OrderFixture::new(&world.market.plan, buyer(), 1).paid_by(patron());
        let mut crowd = Self {
            world,
            other,
            other_order,
            second_plan,
            second,
        };
        crowd.populate(stage);
        crowd
    }

    fn populate(&mut self, stage: Stage) {
        let World { chain, market, .. } = &mut self.world;
        chain.give_lamports(&stranger(), 100_000_000_000);
        endow(chain, market, &patron());
        let (token, mint) = (market.token, market.mint);
        chain.create_associated(token, &mint, &stranger());
        for (name, owner) in [
            ("second account of the patron", patron()),
            ("second account of the payout", market.seller.payout),
        ] {
            let account = chain.create_token_account(token, name, &mint, &owner);
            chain.mint_to(token, &mint, &account, 1_000_000_000);
        }
        for (program, name) in [(token, "another mint"), (token.other(), "foreign mint")] {
            let mint = chain.create_mint(program, name);
            for wallet in [patron(), market.seller.payout, stranger()] {
                let account = chain.create_associated(program, &mint, &wallet);
                chain.mint_to(program, &mint, &account, 1_000_000_000);
            }
            chain.create_multisig(program, &format!("multisig beside {name}"), &stranger());
        }
        if stage >= Stage::Accepted {
            let second_mint = market.in_mint(person("another mint"), token);
            chain.accept(second_mint.accept_mint());
        }
        if stage >= Stage::OnSale {
            chain.accept(market.create_plan(&self.second_plan));
            self.world.add_seller("second");
        }
        if stage >= Stage::Paid {
            self.world.chain.pass(1);
            let purchase = self.world.purchase(&self.second);
            self.world.chain.accept(purchase);
            let deliver = self.world.market.deliver(&self.second);
            self.world.chain.accept(deliver);
        }
    }

    /// Every account that there is, and some addresses where none is.
    pub fn candidates(&self) -> Vec<Candidate> {
        let Self { world, other, .. } = self;
        let token = world.market.token;
        let mut candidates = vec![];
        let mut add = |label: String, key: Pubkey| candidates.push(Candidate { label, key });

        for market in [&world.market, other] {
            let mut add = |what: &str, key| add(format!("{what} of {}", market.name), key);
            add("market", market.address);
            add("tokens", market.tokens);
            add("vault", market.vault);
            add("authority", market.authority);
            add("arbiter", market.arbiter);
            add("guardian", market.guardian);
            add("operator", market.operator);
            add("treasury", market.treasury);
            add("tokens of the treasury", market.tokens_of(&market.treasury));
            add("seller", market.seller.address);
            add("seller's authority", market.seller.authority);
            add("attester", market.seller.attester);
            add("payout", market.seller.payout);
            add(
                "tokens of the payout",
                market.tokens_of(&market.seller.payout),
            );
            add("plan", market.plan.address);
        }
        let second_seller = SellerFixture::new(&world.market.address, "second");
        let second_mint = world.market.in_mint(person("another mint"), token);
        let empty = OrderFixture::new(&world.market.plan, buyer(), 7);
        for (label, key) in [
            ("first order", world.order.address),
            ("delivery of the first order", world.order.delivery()),
            ("second order", self.second.address),
            ("delivery of the second order", self.second.delivery()),
            ("order of harbour", self.other_order.address),
            (
                "delivery of the order of harbour",
                self.other_order.delivery(),
            ),
            ("order that there is none of", empty.address),
            ("delivery that there is none of", empty.delivery()),
            ("second plan", self.second_plan.address),
            ("second seller", second_seller.address),
            ("authority of the second seller", second_seller.authority),
            (
                "plan of the second seller",
                PlanFixture::new(&second_seller, "de-1gb-7d").address,
            ),
            ("vault in another mint", second_mint.vault),
            ("tokens of the vault in another mint", second_mint.tokens),
            ("buyer", buyer()),
            ("patron", patron()),
            ("cranker", cranker()),
            ("tokens of the buyer", world.market.tokens_of(&buyer())),
            ("tokens of the patron", world.market.tokens_of(&patron())),
            (
                "tokens of the stranger",
                world.market.tokens_of(&stranger()),
            ),
            ("program", esim_market::ID),
            ("program of the networks", node_rewards::ID),
            ("event authority", address::event_authority()),
            ("system program", solana_sdk_ids::system_program::ID),
            ("SPL Token", TokenProgram::Spl.id()),
            ("Token-2022", TokenProgram::Token2022.id()),
            (
                "associated token program",
                wayfare_core::pda::ASSOCIATED_TOKEN_PROGRAM.into(),
            ),
            ("loader", solana_sdk_ids::bpf_loader_upgradeable::ID),
            ("clock sysvar", solana_sdk_ids::sysvar::clock::ID),
            ("rent sysvar", solana_sdk_ids::sysvar::rent::ID),
        ] {
            add(label.to_owned(), key);
        }
        for name in [
            "mint",
            "another mint",
            "foreign mint",
            "second account of the patron",
            "second account of the payout",
            "multisig beside another mint",
            "multisig beside foreign mint",
            "stranger",
            "heir",
            "nobody",
            "fee payer",
        ] {
            add(name.to_owned(), person(name));
        }
        for (program, mint) in [(token, "another mint"), (token.other(), "foreign mint")] {
            for (whose, wallet) in [
                ("the patron", patron()),
                ("the payout", world.market.seller.payout),
                ("the stranger", stranger()),
            ] {
                add(
                    format!("tokens of {whose} in {mint}"),
                    wayfare_client::token::token_account(&wallet, &person(mint), &program.id()),
                );
            }
        }

        // A key counts once, under its first label.
        let mut seen = std::collections::HashSet::new();
        candidates.retain(|candidate| seen.insert(candidate.key));
        candidates
    }
}

/// Honest calls of the instruction with this name in the IDL: at least one.
pub fn honest(name: &str, token: TokenProgram) -> Vec<Honest> {
    let mut calls = vec![];
    let mut add = |case, crowd: Crowd, call: Instruction| {
        calls.push(Honest {
            case,
            candidates: crowd.candidates(),
            chain: crowd.world.chain,
            before: vec![],
            call,
        });
    };
    let at = |stage| {
        let crowd = Crowd::at(stage, token);
        let (market, order) = (crowd.world.market.clone(), crowd.world.order.clone());
        (crowd, market, order)
    };
    match name {
        "create_market" => {
            let (crowd, market, _) = at(Stage::Minted);
            add("", crowd, market.create());
        }
        "update_market" => {
            let (crowd, market, _) = at(Stage::OnSale);
            let change = MarketTermsChange {
                fee_bps: Some(1),
                ..Default::default()
            };
            add("", crowd, market.update_market(change));
        }
        "set_guardian" => {
            let (crowd, market, _) = at(Stage::OnSale);
            add("", crowd, market.set_guardian(person("another guardian")));
        }
        "accept_mint" => {
            let (crowd, market, _) = at(Stage::Created);
            add("", crowd, market.accept_mint());
        }
        "drop_mint" => {
            let (crowd, market, _) = at(Stage::Paid);
            add("", crowd, market.drop_mint());
        }
        "readmit_mint" => {
            let (mut crowd, market, _) = at(Stage::Paid);
            crowd.world.chain.accept(market.drop_mint());
            add("", crowd, market.readmit_mint());
        }
        "set_seller_status" => {
            let (crowd, market, _) = at(Stage::OnSale);
            let call = market.set_seller_status(&market.seller, SellerStatus::Suspended);
            add("", crowd, call);
        }
        "nominate_authority" => {
            let (crowd, market, _) = at(Stage::OnSale);
            add("", crowd, market.nominate(Some(person("heir"))));
        }
        "accept_authority" => {
            let (mut crowd, market, _) = at(Stage::OnSale);
            let nominate = market.nominate(Some(person("heir")));
            crowd.world.chain.accept(nominate);
            add("", crowd, market.accept_authority(person("heir")));
        }
        "pause" => {
            let (crowd, market, _) = at(Stage::OnSale);
            let until = crowd.world.chain.now() + 1_000;
            add("", crowd, market.pause(until));
        }
        "unpause" => {
            let (mut crowd, market, _) = at(Stage::OnSale);
            let until = crowd.world.chain.now() + 1_000;
            crowd.world.chain.accept(market.pause(until));
            add("", crowd, market.unpause());
        }
        "apply" => {
            let (crowd, market, _) = at(Stage::Created);
            add("", crowd, market.apply(&market.seller));
        }
        "update_seller" => {
            let (crowd, market, _) = at(Stage::OnSale);
            let mut profile = market.seller.profile();
            profile.payout = person("another payout");
            add("", crowd, market.update_seller(&market.seller, profile));
        }
        "create_plan" => {
            let (crowd, market, _) = at(Stage::Approved);
            add("", crowd, market.create_plan(&market.plan));
        }
        "update_plan" => {
            let (crowd, market, _) = at(Stage::OnSale);
            let mut terms = market.plan_terms();
            terms.price += 1;
            let change = PlanChange {
                terms: Some(terms),
                stock: Some(StockChange::Add(1)),
                on_sale: Some(true),
            };
            add("", crowd, market.update_plan(&market.plan, change));
        }
        "retire_plan" => {
            let (crowd, market, _) = at(Stage::OnSale);
            add("", crowd, market.retire_plan(&market.plan));
        }
        "purchase" => {
            let (crowd, market, order) = at(Stage::Paid);
            let third = OrderFixture::new(&order.plan, buyer(), 2).paid_by(patron());
            let version = crowd.world.plan().terms_version;
            add("", crowd, market.purchase(&third, version, u64::MAX));
        }
        "top_up" => {
            let (crowd, market, order) = at(Stage::Delivered);
            let third = OrderFixture::new(&order.plan, buyer(), 2)
                .paid_by(patron())
                .topping_up(&order);
            let version = crowd.world.plan().terms_version;
            add("", crowd, market.top_up(&third, version, u64::MAX));
        }
        "deliver" => {
            let (crowd, market, order) = at(Stage::Paid);
            add("", crowd, market.deliver(&order));
        }
        "report_installed" => {
            let (crowd, market, order) = at(Stage::Delivered);
            add("", crowd, market.report_installed(&order));
        }
        "report_activated" => {
            let (crowd, market, order) = at(Stage::Delivered);
            add("", crowd, market.report_activated(&order));
        }
        "confirm_delivery" => {
            let (crowd, market, order) = at(Stage::Delivered);
            add("", crowd, market.confirm(&order));
        }
        "dispute" => {
            let (crowd, market, order) = at(Stage::Delivered);
            add("", crowd, market.dispute(&order, DisputeReason::NoService));
        }
        "answer_dispute" => {
            let (crowd, market, order) = at(Stage::Disputed);
            add("", crowd, market.answer(&order));
        }
        "refund" => {
            let (crowd, market, order) = at(Stage::Delivered);
            add("", crowd, market.refund(&order));
        }
        "refund_part" => {
            let (crowd, market, order) = at(Stage::Delivered);
            add("", crowd, market.refund_part(&order, 1_000));
        }
        "resolve" => {
            let (crowd, market, order) = at(Stage::Contested);
            add("", crowd, market.resolve(&order, 5_000));
        }
        "refund_undelivered" => {
            let (mut crowd, market, order) = at(Stage::Paid);
            let due = crowd.world.order().deliver_by;
            crowd.world.chain.set_time(due);
            add("", crowd, market.refund_undelivered(&order));
        }
        "refund_unanswered" => {
            let (mut crowd, market, order) = at(Stage::Disputed);
            crowd.world.chain.pass(ANSWER_WINDOW);
            add("", crowd, market.refund_unanswered(&order));
        }
        "release" => {
            let (mut crowd, market, order) = at(Stage::Delivered);
            let due = crowd.world.order().release_at;
            crowd.world.chain.set_time(due);
            add("", crowd, market.release(&order));
        }
        "resolve_by_default" => {
            let (mut crowd, market, order) = at(Stage::Contested);
            crowd.world.chain.pass(ARBITER_WINDOW);
            add("", crowd, market.resolve_by_default(&order));
        }
        "pay_out" => {
            let (mut crowd, market, order) = at(Stage::Paid);
            let chain = &mut crowd.world.chain;
            let tokens = market.tokens_of(&patron());
            chain.freeze(token, &market.mint, &tokens);
            chain.accept(market.refund(&order));
            chain.thaw(token, &market.mint, &tokens);
            add("", crowd, market.pay_out(&order));
        }
        "close_order" => {
            let (mut crowd, market, order) = at(Stage::Delivered);
            crowd.world.chain.accept(market.confirm(&order));
            add("by the buyer", crowd.clone(), market.close(&order));
            crowd.world.chain.pass(RETENTION);
            let call = market.close_by(&order, cranker(), true);
            add("kept no longer", crowd, call);
            let (mut crowd, market, order) = at(Stage::Paid);
            crowd.world.chain.pass(DELIVERY_WINDOW);
            crowd.world.chain.accept(market.refund_undelivered(&order));
            let call = market.close_by(&order, buyer(), false);
            add("never delivered", crowd, call);
        }
        _ => panic!("no honest call of {name}: write one here, and the generated tests cover it"),
    }
    calls
}
