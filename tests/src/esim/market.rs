//! A market with its people, and every honest instruction of theirs.

use anchor_lang::{InstructionData, ToAccountMetas};
use esim_market::instructions::{CreateMarketArgs, CreatePlanArgs, DeliverArgs};
use esim_market::state::{
    ActivationPolicy, DisputeReason, Market, MarketTerms, MarketTermsChange, PlanChange, PlanTerms,
    RefundPolicy, SellerProfile, SellerStatus, StockChange,
};
use esim_market::{accounts, instruction};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_core::esim::countries::{Code, Countries};

use crate::chain::Chain;
use crate::esim::address;
use crate::keys::person;
use crate::token::TokenProgram;

/// Seconds for the seller to deliver, unless a test says otherwise.
pub const DELIVERY_WINDOW: i64 = 3_600;

/// Seconds for the buyer to complain.
pub const RELEASE_WINDOW: i64 = 86_400;

/// Seconds for the seller to answer a dispute.
pub const ANSWER_WINDOW: i64 = 172_800;

/// Seconds for the arbiter to resolve.
pub const ARBITER_WINDOW: i64 = 432_000;

/// Seconds for which a delivered order is kept.
pub const RETENTION: i64 = 2_592_000;

/// The market's fee in basis points.
pub const FEE_BPS: u16 = 333;

/// Base units.
pub const PRICE: u64 = 9_999_999;

/// Basis points.
pub const DISCOUNT_BPS: u16 = 1_001;

/// What the buyer pays: 9,999,999 less the discount of 1,000,999 (1,000,999.8999, rounded down).
pub const PAID: u64 = 8_999_000;

/// The fee of a whole release: 299,666.7 of 8,999,000, rounded down.
pub const FEE: u64 = 299_666;

/// What the seller gets of a whole release.
pub const RELEASED: u64 = PAID - FEE;

/// For the buyer, when the arbiter stays silent: basis points.
pub const DEFAULT_SPLIT_BPS: u16 = 3_333;

/// How many of the first plan there are.
pub const STOCK: u32 = 100;

/// A market, by the keys that belong to it. Its state is on the chain.
#[derive(Clone, Debug)]
pub struct MarketFixture {
    pub name: String,
    pub address: Pubkey,
    pub mint: Pubkey,
    pub token: TokenProgram,
    pub vault: Pubkey,
    /// The vault's token account.
    pub tokens: Pubkey,
    pub authority: Pubkey,
    pub arbiter: Pubkey,
    pub guardian: Pubkey,
    /// The wallet that gets the fees.
    pub treasury: Pubkey,
    /// Pays the rents of market, vault, sellers and plans.
    pub operator: Pubkey,
    pub seller: SellerFixture,
    /// The first plan of the first seller.
    pub plan: PlanFixture,
    /// The version of its terms that its buyers were shown.
    pub terms_version: u64,
}

/// A seller, by the keys that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SellerFixture {
    pub address: Pubkey,
    pub authority: Pubkey,
    pub attester: Pubkey,
    /// The wallet that is paid.
    pub payout: Pubkey,
}

/// A plan, by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFixture {
    pub id: String,
    pub address: Pubkey,
    pub seller: SellerFixture,
}

/// An order, by the keys that it was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFixture {
    pub id: u64,
    pub address: Pubkey,
    pub plan: PlanFixture,
    pub buyer: Pubkey,
    /// Who pays, in tokens and in rent.
    pub payer: Pubkey,
    /// Where a top-up has its parent.
    pub parent: Option<Pubkey>,
}

impl SellerFixture {
    pub fn new(market: &Pubkey, name: &str) -> Self {
        let authority = person(&format!("{name}: seller"));
        Self {
            address: address::seller(market, &authority).0,
            authority,
            attester: person(&format!("{name}: attester")),
            payout: person(&format!("{name}: payout")),
        }
    }

    pub fn profile(&self) -> SellerProfile {
        SellerProfile {
            payout: self.payout,
            attester: self.attester,
            contact: [0xc0; 32],
        }
    }
}

impl PlanFixture {
    pub fn new(seller: &SellerFixture, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            address: address::plan(&seller.address, id).0,
            seller: seller.clone(),
        }
    }
}

impl OrderFixture {
    /// An order whose buyer pays for it.
    pub fn new(plan: &PlanFixture, buyer: Pubkey, id: u64) -> Self {
        Self {
            id,
            address: address::order(&plan.address, &buyer, id).0,
            plan: plan.clone(),
            buyer,
            payer: buyer,
            parent: None,
        }
    }

    /// The same order, paid by somebody else.
    pub fn paid_by(mut self, payer: Pubkey) -> Self {
        self.payer = payer;
        self
    }

    /// The same order, topping up another.
    pub fn topping_up(mut self, parent: &Self) -> Self {
        self.parent = Some(parent.address);
        self
    }

    /// Where its delivery is, or will be.
    pub fn delivery(&self) -> Pubkey {
        address::delivery(&self.address).0
    }
}

/// The buyer's X25519 public key of each order: the base point, which everybody knows the secret of.
pub fn encryption_key() -> [u8; 32] {
    let mut key = [0; 32];
    key[0] = 9;
    key
}

/// What every order is delivered with, until a test says otherwise.
pub fn delivery_args() -> DeliverArgs {
    DeliverArgs {
        commitment: [0xcc; 32],
        ciphertext: (0..200).map(|n| n as u8).collect(),
    }
}

impl MarketFixture {
    pub fn new(name: &str, mint: Pubkey, token: TokenProgram) -> Self {
        let address = address::market(name).0;
        let vault = address::vault(&address, &mint).0;
        let seller = SellerFixture::new(&address, name);
        Self {
            name: name.to_owned(),
            address,
            mint,
            token,
            vault,
            tokens: address::tokens(&vault).0,
            authority: person(&format!("{name}: authority")),
            arbiter: person(&format!("{name}: arbiter")),
            guardian: person(&format!("{name}: guardian")),
            terms_version: 1,
            treasury: person(&format!("{name}: treasury")),
            operator: person(&format!("{name}: operator")),
            plan: PlanFixture::new(&seller, "fr-5gb-30d"),
            seller,
        }
    }

    /// The same market, with the version of its terms that is on the chain now.
    pub fn as_of_now(&self, chain: &Chain) -> Self {
        let state: Market = chain.read(&self.address);
        Self {
            terms_version: state.terms_version,
            ..self.clone()
        }
    }

    /// The same market and its people, for another mint.
    pub fn in_mint(&self, mint: Pubkey, token: TokenProgram) -> Self {
        let vault = address::vault(&self.address, &mint).0;
        Self {
            mint,
            token,
            vault,
            tokens: address::tokens(&vault).0,
            ..self.clone()
        }
    }

    pub fn terms(&self) -> MarketTerms {
        MarketTerms {
            arbiter: self.arbiter,
            treasury: self.treasury,
            max_delivery_window: 3 * 86_400,
            min_release_window: 3_600,
            max_release_window: 7 * 86_400,
            answer_window: ANSWER_WINDOW as u32,
            arbiter_window: ARBITER_WINDOW as u32,
            retention: RETENTION as u32,
            fee_bps: FEE_BPS,
        }
    }

    pub fn plan_terms(&self) -> PlanTerms {
        let mut countries = Countries::NONE;
        for code in [*b"FR", *b"MC"] {
            countries.insert(Code::new(code).expect("two letters"));
        }
        PlanTerms {
            mint: self.mint,
            price: PRICE,
            floor_price: 8_000_000,
            discount_bps: DISCOUNT_BPS,
            data_mb: 5_000,
            validity_days: 30,
            countries: countries.0,
            voice_minutes: 0,
            sms: 0,
            throttle_kbps: 0,
            activation_policy: ActivationPolicy::FirstUse,
            refund_policy: RefundPolicy::UntilInstalled,
            top_up: true,
            delivery_window: DELIVERY_WINDOW as u32,
            release_window: RELEASE_WINDOW as u32,
            default_split_bps: DEFAULT_SPLIT_BPS,
            description_hash: [0xde; 32],
        }
    }

    pub fn create_plan_args(&self, plan: &PlanFixture) -> CreatePlanArgs {
        CreatePlanArgs {
            id: plan.id.clone(),
            terms: self.plan_terms(),
            stock: StockChange::Set(STOCK),
            on_sale: true,
        }
    }

    /// A wallet's associated token account for the market's mint.
    pub fn tokens_of(&self, wallet: &Pubkey) -> Pubkey {
        wayfare_client::token::token_account(wallet, &self.mint, &self.token.id())
    }

    // The authority.
    pub fn create(&self) -> Instruction {
        self.create_with(self.terms())
    }

    pub fn create_with(&self, terms: MarketTerms) -> Instruction {
        build(
            accounts::CreateMarket {
                payer: self.operator,
                authority: self.authority,
                market: self.address,
                system_program: SYSTEM,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::CreateMarket {
                args: CreateMarketArgs {
                    name: self.name.clone(),
                    terms,
                    guardian: self.guardian,
                },
            },
        )
    }

    pub fn accept_mint(&self) -> Instruction {
        build(
            accounts::AcceptMint {
                payer: self.operator,
                authority: self.authority,
                market: self.address,
                mint: self.mint,
                vault: self.vault,
                tokens: self.tokens,
                token_program: self.token.id(),
                system_program: SYSTEM,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::AcceptMint {},
        )
    }

    pub fn readmit_mint(&self) -> Instruction {
        build(
            accounts::ReadmitMint {
                market: self.address,
                authority: self.authority,
                vault: self.vault,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::ReadmitMint {},
        )
    }

    fn govern(&self, args: impl InstructionData) -> Instruction {
        build(
            accounts::Govern {
                market: self.address,
                authority: self.authority,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            args,
        )
    }

    pub fn update_market(&self, change: MarketTermsChange) -> Instruction {
        self.govern(instruction::UpdateMarket { change })
    }

    pub fn drop_mint(&self) -> Instruction {
        self.govern(instruction::DropMint { mint: self.mint })
    }

    pub fn set_guardian(&self, guardian: Pubkey) -> Instruction {
        self.govern(instruction::SetGuardian { guardian })
    }

    pub fn nominate(&self, nominee: Option<Pubkey>) -> Instruction {
        self.govern(instruction::NominateAuthority { nominee })
    }

    pub fn unpause(&self) -> Instruction {
        self.govern(instruction::Unpause {})
    }

    pub fn accept_authority(&self, nominee: Pubkey) -> Instruction {
        build(
            accounts::AcceptAuthority {
                market: self.address,
                nominee,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::AcceptAuthority {},
        )
    }

    pub fn set_seller_status(&self, seller: &SellerFixture, status: SellerStatus) -> Instruction {
        build(
            accounts::SetSellerStatus {
                market: self.address,
                authority: self.authority,
                seller: seller.address,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::SetSellerStatus { status },
        )
    }

    // The guardian.
    pub fn pause(&self, until: i64) -> Instruction {
        build(
            accounts::Pause {
                market: self.address,
                guardian: self.guardian,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::Pause { until },
        )
    }

    // Sellers.
    pub fn apply(&self, seller: &SellerFixture) -> Instruction {
        build(
            accounts::Apply {
                payer: self.operator,
                authority: seller.authority,
                market: self.address,
                seller: seller.address,
                system_program: SYSTEM,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::Apply {
                profile: seller.profile(),
            },
        )
    }

    pub fn update_seller(&self, seller: &SellerFixture, profile: SellerProfile) -> Instruction {
        build(
            accounts::UpdateSeller {
                market: self.address,
                seller: seller.address,
                authority: seller.authority,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::UpdateSeller { profile },
        )
    }

    pub fn create_plan(&self, plan: &PlanFixture) -> Instruction {
        self.create_plan_with(plan, |_| {})
    }

    pub fn create_plan_with(
        &self,
        plan: &PlanFixture,
        change: impl FnOnce(&mut CreatePlanArgs),
    ) -> Instruction {
        let mut args = self.create_plan_args(plan);
        change(&mut args);
        build(
            accounts::CreatePlan {
                payer: self.operator,
                market: self.address,
                seller: plan.seller.address,
                authority: plan.seller.authority,
                plan: plan.address,
                system_program: SYSTEM,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::CreatePlan { args },
        )
    }

    pub fn update_plan(&self, plan: &PlanFixture, change: PlanChange) -> Instruction {
        build(
            accounts::UpdatePlan {
                market: self.address,
                seller: plan.seller.address,
                authority: plan.seller.authority,
                plan: plan.address,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::UpdatePlan { change },
        )
    }

    pub fn retire_plan(&self, plan: &PlanFixture) -> Instruction {
        build(
            accounts::RetirePlan {
                market: self.address,
                seller: plan.seller.address,
                authority: plan.seller.authority,
                plan: plan.address,
                rent_payer: self.operator,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::RetirePlan {},
        )
    }

    // Buyers.
    /// The order's payer pays the quoted versions from its associated token account, up to a price.
    pub fn purchase(&self, order: &OrderFixture, plan_version: u64, max_price: u64) -> Instruction {
        self.purchase_with_key(order, plan_version, max_price, encryption_key())
    }

    pub fn purchase_with_key(
        &self,
        order: &OrderFixture,
        plan_version: u64,
        max_price: u64,
        encryption_key: [u8; 32],
    ) -> Instruction {
        build(
            self.purchase_accounts(order),
            instruction::Purchase {
                order_id: order.id,
                plan_version,
                market_version: self.terms_version,
                max_price,
                encryption_key,
            },
        )
    }

    pub fn top_up(&self, order: &OrderFixture, plan_version: u64, max_price: u64) -> Instruction {
        build(
            self.purchase_accounts(order),
            instruction::TopUp {
                order_id: order.id,
                plan_version,
                market_version: self.terms_version,
                max_price,
            },
        )
    }

    fn purchase_accounts(&self, order: &OrderFixture) -> accounts::Purchase {
        accounts::Purchase {
            payer: order.payer,
            buyer: order.buyer,
            market: self.address,
            seller: order.plan.seller.address,
            plan: order.plan.address,
            vault: self.vault,
            tokens: self.tokens,
            source: self.tokens_of(&order.payer),
            order: order.address,
            parent: order.parent,
            token_program: self.token.id(),
            system_program: SYSTEM,
            event_authority: address::event_authority(),
            program: esim_market::ID,
        }
    }

    // Orders: the seller.
    pub fn deliver(&self, order: &OrderFixture) -> Instruction {
        self.deliver_with(order, delivery_args())
    }

    pub fn deliver_with(&self, order: &OrderFixture, args: DeliverArgs) -> Instruction {
        build(
            accounts::Deliver {
                authority: order.plan.seller.authority,
                market: self.address,
                seller: order.plan.seller.address,
                order: order.address,
                delivery: order.delivery(),
                system_program: SYSTEM,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::Deliver { args },
        )
    }

    pub fn answer(&self, order: &OrderFixture) -> Instruction {
        self.answer_by(order, order.plan.seller.authority)
    }

    pub fn answer_by(&self, order: &OrderFixture, actor: Pubkey) -> Instruction {
        let answer_hash = [0xaa; 32];
        self.change(order, actor, instruction::AnswerDispute { answer_hash })
    }

    pub fn refund(&self, order: &OrderFixture) -> Instruction {
        self.settle(
            order,
            order.plan.seller.authority,
            None,
            instruction::Refund {},
        )
    }

    /// Seller and buyer agree on a part.
    pub fn refund_part(&self, order: &OrderFixture, amount: u64) -> Instruction {
        self.settle(
            order,
            order.plan.seller.authority,
            Some(order.buyer),
            instruction::RefundPart { amount },
        )
    }

    // Orders: the attester.
    pub fn report_installed(&self, order: &OrderFixture) -> Instruction {
        let attester = order.plan.seller.attester;
        self.change(order, attester, instruction::ReportInstalled {})
    }

    pub fn report_activated(&self, order: &OrderFixture) -> Instruction {
        let attester = order.plan.seller.attester;
        self.change(order, attester, instruction::ReportActivated {})
    }

    // Orders: the buyer.
    pub fn confirm(&self, order: &OrderFixture) -> Instruction {
        self.settle(order, order.buyer, None, instruction::ConfirmDelivery {})
    }

    pub fn dispute(&self, order: &OrderFixture, reason: DisputeReason) -> Instruction {
        self.change(order, order.buyer, instruction::Dispute { reason })
    }

    // Orders: the arbiter.
    pub fn resolve(&self, order: &OrderFixture, buyer_bps: u16) -> Instruction {
        self.settle(
            order,
            self.arbiter,
            None,
            instruction::Resolve { buyer_bps },
        )
    }

    // Orders: anyone, which is the cranker here.
    pub fn refund_undelivered(&self, order: &OrderFixture) -> Instruction {
        self.settle(order, cranker(), None, instruction::RefundUndelivered {})
    }

    pub fn refund_unanswered(&self, order: &OrderFixture) -> Instruction {
        self.settle(order, cranker(), None, instruction::RefundUnanswered {})
    }

    pub fn release(&self, order: &OrderFixture) -> Instruction {
        self.settle(order, cranker(), None, instruction::Release {})
    }

    pub fn resolve_by_default(&self, order: &OrderFixture) -> Instruction {
        self.settle(order, cranker(), None, instruction::ResolveByDefault {})
    }

    pub fn pay_out(&self, order: &OrderFixture) -> Instruction {
        self.settle(order, cranker(), None, instruction::PayOut {})
    }

    /// An instruction that ends an order, or pays what an ended one owes, by anyone.
    pub fn settle(
        &self,
        order: &OrderFixture,
        actor: Pubkey,
        buyer: Option<Pubkey>,
        args: impl InstructionData,
    ) -> Instruction {
        build(
            accounts::Settle {
                market: self.address,
                seller: order.plan.seller.address,
                vault: self.vault,
                tokens: self.tokens,
                order: order.address,
                actor,
                buyer,
                refund_to: self.tokens_of(&order.payer),
                release_to: self.tokens_of(&order.plan.seller.payout),
                fee_to: self.tokens_of(&self.treasury),
                token_program: self.token.id(),
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            args,
        )
    }

    /// An instruction that changes an open order and leaves its money, by anyone.
    pub fn change(
        &self,
        order: &OrderFixture,
        actor: Pubkey,
        args: impl InstructionData,
    ) -> Instruction {
        build(
            accounts::ChangeOrder {
                market: self.address,
                seller: order.plan.seller.address,
                order: order.address,
                actor,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            args,
        )
    }

    /// The buyer closes an order that was delivered.
    pub fn close(&self, order: &OrderFixture) -> Instruction {
        self.close_by(order, order.buyer, true)
    }

    pub fn close_by(&self, order: &OrderFixture, actor: Pubkey, delivered: bool) -> Instruction {
        build(
            accounts::CloseOrder {
                market: self.address,
                order: order.address,
                delivery: delivered.then(|| order.delivery()),
                payer: order.payer,
                rent_payer: order.plan.seller.authority,
                actor,
                event_authority: address::event_authority(),
                program: esim_market::ID,
            },
            instruction::CloseOrder {},
        )
    }
}

/// Whoever has nothing to do with an order, and moves it on.
pub fn cranker() -> Pubkey {
    person("cranker")
}

const SYSTEM: Pubkey = solana_sdk_ids::system_program::ID;

fn build(accounts: impl ToAccountMetas, args: impl InstructionData) -> Instruction {
    Instruction {
        program_id: esim_market::ID,
        accounts: accounts.to_account_metas(None),
        data: args.data(),
    }
}
