//! The accounts of esim-market as results.

use std::fmt::{self, Display};

use esim_market::constants::DELIVERY_TIMES;
use esim_market::constants::UNLIMITED_STOCK;
use esim_market::state::{
    Action, ActivationPolicy, Actor, Delivery, Market, MarketVault, Order, Plan, PlanTerms,
    RefundPolicy, Seller, SellerStatus, StoredMarketTerms,
};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::esim::orders::{self, Step, reason_name, state_name};
use wayfare_core::esim::countries::Countries;
use wayfare_core::esim::shop;

use super::{key, or_none};
use crate::output::{Amount, Fields, Moment, Output, Shown, Span};

/// Countries that are named before the rest is counted.
const COUNTRIES_SHOWN: usize = 3;

/// Basis points as a percentage: `2.5 %`.
pub fn percent(bps: u16) -> String {
    let (whole, rest) = (bps / 100, bps % 100);
    let text = format!("{whole}.{rest:02}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} %")
}

/// A moment that has come or is fixed; 0 stands for none.
fn moment(at: i64) -> Option<Moment> {
    (at != 0).then_some(Moment(at))
}

fn span(seconds: u32) -> Span {
    Span(seconds.into())
}

/// What an authority decides about a market.
#[derive(Clone, Debug, Serialize)]
pub struct MarketTermsView {
    pub arbiter: String,
    pub treasury: String,
    pub fee_bps: u16,
    pub max_delivery_window: Span,
    pub min_release_window: Span,
    pub max_release_window: Span,
    pub answer_window: Span,
    pub arbiter_window: Span,
    pub retention: Span,
}

impl From<&StoredMarketTerms> for MarketTermsView {
    fn from(terms: &StoredMarketTerms) -> Self {
        Self {
            arbiter: terms.arbiter.to_string(),
            treasury: terms.treasury.to_string(),
            fee_bps: terms.fee_bps,
            max_delivery_window: span(terms.max_delivery_window),
            min_release_window: span(terms.min_release_window),
            max_release_window: span(terms.max_release_window),
            answer_window: span(terms.answer_window),
            arbiter_window: span(terms.arbiter_window),
            retention: span(terms.retention),
        }
    }
}

impl MarketTermsView {
    /// Name and value of each term.
    pub fn fields(&self) -> Vec<(&'static str, Shown)> {
        vec![
            ("arbiter", self.arbiter.as_str().into()),
            ("treasury", self.treasury.as_str().into()),
            ("fee", Shown::new(percent(self.fee_bps), self.fee_bps)),
            ("max delivery window", Shown::of(self.max_delivery_window)),
            ("min release window", Shown::of(self.min_release_window)),
            ("max release window", Shown::of(self.max_release_window)),
            ("answer window", Shown::of(self.answer_window)),
            ("arbiter window", Shown::of(self.arbiter_window)),
            ("retention", Shown::of(self.retention)),
        ]
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct MarketView {
    pub name: String,
    pub address: String,
    pub authority: String,
    pub pending_authority: Option<String>,
    pub guardian: String,
    #[serde(flatten)]
    pub terms: MarketTermsView,
    /// The number of the event that set the terms.
    pub terms_version: u64,
    pub mints: Vec<String>,
    pub paused_until: Moment,
    pub sequence: u64,
}

impl MarketView {
    pub fn new(address: &Pubkey, market: &Market) -> Self {
        Self {
            name: market.scope.name().to_owned(),
            address: address.to_string(),
            authority: market.scope.authority.to_string(),
            pending_authority: key(&market.scope.pending_authority),
            guardian: market.scope.guardian.to_string(),
            terms: MarketTermsView::from(&market.terms),
            terms_version: market.terms_version,
            mints: market.mints().iter().map(ToString::to_string).collect(),
            paused_until: Moment(market.scope.paused_until),
            sequence: market.scope.sequence,
        }
    }
}

impl Output for MarketView {}

impl Display for MarketView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = vec![
            ("market", self.name.clone()),
            ("address", self.address.clone()),
            ("authority", self.authority.clone()),
            ("pending authority", or_none(&self.pending_authority)),
            ("guardian", self.guardian.clone()),
        ];
        let terms = self.terms.fields().into_iter();
        fields.extend(terms.map(|(name, value)| (name, value.to_string())));
        fields.extend([
            (
                "mints",
                match self.mints.is_empty() {
                    true => "none".into(),
                    false => self.mints.join(" "),
                },
            ),
            (
                "paused until",
                match self.paused_until {
                    Moment(0) => "never paused".into(),
                    until => until.to_string(),
                },
            ),
        ]);
        Fields(&fields).fmt(f)
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct MarketVaultView {
    pub address: String,
    pub market: String,
    pub mint: String,
    pub decimals: u8,
    pub token_program: String,
    pub tokens: String,
    pub held: Amount,
}

impl MarketVaultView {
    pub fn new(address: &Pubkey, vault: &MarketVault) -> Self {
        Self {
            address: address.to_string(),
            market: vault.market.to_string(),
            mint: vault.mint.to_string(),
            decimals: vault.decimals,
            token_program: vault.token_program.to_string(),
            tokens: vault.tokens.to_string(),
            held: Amount::new(vault.held, vault.decimals, &vault.mint),
        }
    }
}

impl Output for MarketVaultView {}

impl Display for MarketVaultView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("vault", self.address.clone()),
            ("market", self.market.clone()),
            (
                "mint",
                format!("{} ({} decimals)", self.mint, self.decimals),
            ),
            ("token program", self.token_program.clone()),
            ("token account", self.tokens.clone()),
            ("held for orders", self.held.to_string()),
        ])
        .fmt(f)
    }
}

/// A seller's status in the words of the flags.
pub fn seller_status(seller: &Seller) -> &'static str {
    match seller.status() {
        Ok(SellerStatus::Pending) => "pending",
        Ok(SellerStatus::Approved) => "approved",
        Ok(SellerStatus::Suspended) => "suspended",
        Err(_) => "unknown",
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct SellerView {
    pub address: String,
    pub market: String,
    pub authority: String,
    pub status: &'static str,
    pub payout: String,
    pub attester: String,
    pub contact: Option<String>,
    pub plans: u32,
    pub orders: u64,
    pub delivered: u64,
    /// Deliveries by the time that they took: within 1, 5 and 15 minutes, 1, 4, 12 and 24 hours, and longer.
    pub delivery_times: [u64; 8],
    pub disputed: u64,
    pub refunded: u64,
}

impl SellerView {
    pub fn new(address: &Pubkey, seller: &Seller) -> Self {
        Self {
            address: address.to_string(),
            market: seller.market.to_string(),
            authority: seller.authority.to_string(),
            status: seller_status(seller),
            payout: seller.payout.to_string(),
            attester: seller.attester.to_string(),
            contact: key(&Pubkey::new_from_array(seller.contact)),
            plans: seller.plan_count,
            orders: seller.order_count,
            delivered: seller.delivered_count,
            delivery_times: seller.delivery_times,
            disputed: seller.disputed_count,
            refunded: seller.refunded_count,
        }
    }
}

impl Output for SellerView {}

impl Display for SellerView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("seller", self.address.clone()),
            ("market", self.market.clone()),
            ("authority", self.authority.clone()),
            ("status", self.status.to_owned()),
            ("paid to", self.payout.clone()),
            ("attester", self.attester.clone()),
            ("contact", or_none(&self.contact)),
            ("plans", self.plans.to_string()),
            ("orders", self.orders.to_string()),
            ("delivered", self.delivered.to_string()),
            ("delivered within", delivered_within(&self.delivery_times)),
            ("disputed", self.disputed.to_string()),
            ("refunded", self.refunded.to_string()),
        ])
        .fmt(f)
    }
}

/// How many orders were delivered how fast, as in `3 in 1m, 1 in 4h, 1 later`.
fn delivered_within(times: &[u64; DELIVERY_TIMES.len() + 1]) -> String {
    let spans = DELIVERY_TIMES.map(|seconds| format!("in {}", Span(seconds.unsigned_abs())));
    let names = spans.into_iter().chain(["later".to_owned()]);
    let counted: Vec<_> = times
        .iter()
        .zip(names)
        .filter(|(count, _)| **count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    match counted.is_empty() {
        true => "none".to_owned(),
        false => counted.join(", "),
    }
}

/// When the right to a refund of an unused plan ends, in a word or two.
pub fn refundable(policy: RefundPolicy) -> &'static str {
    match policy {
        RefundPolicy::UntilDelivery => "until delivery",
        RefundPolicy::UntilInstalled => "until installed",
        RefundPolicy::UntilActivated => "until first use",
    }
}

/// What a buyer gets, and for how much.
#[derive(Clone, Debug, Serialize)]
pub struct PlanTermsView {
    pub countries: Vec<String>,
    pub country_names: Vec<String>,
    #[serde(skip)]
    summary: String,
    /// 0 is unlimited.
    pub data_mb: u64,
    pub validity_days: u16,
    pub price: Amount,
    pub discount_bps: u16,
    /// What a buyer pays: the price less the discount.
    pub paid: Amount,
    /// Tokens, rounded to cents; `None` for unlimited data.
    pub price_per_gb: Option<String>,
    pub floor_price: Amount,
    pub voice_minutes: u32,
    pub sms: u32,
    pub throttle_kbps: u32,
    pub valid_from: &'static str,
    pub refundable: &'static str,
    pub top_up: bool,
    pub delivery_window: Span,
    pub release_window: Span,
    pub default_split_bps: u16,
    pub description_hash: String,
}

impl PlanTermsView {
    /// `decimals` are those of the terms' mint.
    pub fn new(terms: &PlanTerms, decimals: u8) -> Self {
        let amount = |units| Amount::new(units, decimals, &terms.mint);
        let countries = Countries(terms.countries);
        // The floor is the market's and the seller's to check: here the price is only shown.
        let quote = PlanTerms {
            floor_price: 0,
            ..*terms
        }
        .quote(0);
        let paid = quote.map_or(terms.price, |quote| quote.paid);
        Self {
            countries: countries.iter().map(|code| code.to_string()).collect(),
            country_names: countries.names(),
            summary: countries.summary(COUNTRIES_SHOWN),
            data_mb: terms.data_mb,
            validity_days: terms.validity_days,
            price: amount(terms.price),
            discount_bps: terms.discount_bps,
            paid: amount(paid),
            price_per_gb: shop::price_per_gb(paid, decimals, terms.data_mb),
            floor_price: amount(terms.floor_price),
            voice_minutes: terms.voice_minutes,
            sms: terms.sms,
            throttle_kbps: terms.throttle_kbps,
            valid_from: match terms.activation_policy {
                ActivationPolicy::Installation => "installation",
                ActivationPolicy::FirstUse => "first use",
            },
            refundable: refundable(terms.refund_policy),
            top_up: terms.top_up,
            delivery_window: span(terms.delivery_window),
            release_window: span(terms.release_window),
            default_split_bps: terms.default_split_bps,
            description_hash: hex::encode(terms.description_hash),
        }
    }

    /// The countries in one line.
    pub fn countries_in_short(&self) -> &str {
        &self.summary
    }

    /// Name and value of each term that matters to a buyer.
    pub fn fields(&self) -> Vec<(&'static str, Shown)> {
        let mut fields = vec![
            (
                "countries",
                Shown::new(self.country_names.join(", "), &self.countries),
            ),
            ("data", Shown::new(shop::data(self.data_mb), self.data_mb)),
            (
                "validity",
                Shown::new(
                    format!(
                        "{} from {}",
                        shop::days(self.validity_days),
                        self.valid_from
                    ),
                    self.validity_days,
                ),
            ),
            ("price", Shown::of(&self.paid)),
        ];
        if self.discount_bps > 0 {
            fields.push((
                "list price",
                Shown::new(
                    format!("{} less {}", self.price, percent(self.discount_bps)),
                    &self.price,
                ),
            ));
        }
        if let Some(per_gb) = &self.price_per_gb {
            fields.push(("price per GB", per_gb.as_str().into()));
        }
        if self.voice_minutes > 0 {
            fields.push((
                "calls",
                Shown::new(
                    format!("{} minutes", self.voice_minutes),
                    self.voice_minutes,
                ),
            ));
        }
        if self.sms > 0 {
            fields.push(("text messages", Shown::of(self.sms)));
        }
        fields.extend([
            (
                "after the data",
                Shown::new(
                    match self.throttle_kbps {
                        0 => "no service".to_owned(),
                        kbps => format!("{kbps} kbit/s"),
                    },
                    self.throttle_kbps,
                ),
            ),
            ("delivered within", Shown::of(self.delivery_window)),
            ("time to complain", Shown::of(self.release_window)),
            ("unused: refundable", self.refundable.into()),
            (
                "can be topped up",
                Shown::new(if self.top_up { "yes" } else { "no" }, self.top_up),
            ),
            (
                "if the arbiter is silent",
                Shown::new(
                    format!("{} to the buyer", percent(self.default_split_bps)),
                    self.default_split_bps,
                ),
            ),
        ]);
        fields
    }
}

/// What is left of a plan.
pub fn stock(stock: u32) -> String {
    match stock {
        UNLIMITED_STOCK => "unlimited".to_owned(),
        0 => "sold out".to_owned(),
        left => left.to_string(),
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct PlanView {
    pub id: String,
    pub address: String,
    pub market: String,
    pub seller: String,
    pub version: u64,
    pub on_sale: bool,
    /// `None` never sells out.
    pub stock: Option<u32>,
    pub sold: u64,
    pub mint: String,
    #[serde(flatten)]
    pub terms: PlanTermsView,
    pub rent_payer: String,
}

impl PlanView {
    /// `decimals` are those of the plan's mint.
    pub fn new(address: &Pubkey, plan: &Plan, decimals: u8) -> Self {
        Self {
            id: plan.id.clone(),
            address: address.to_string(),
            market: plan.market.to_string(),
            seller: plan.seller.to_string(),
            version: plan.terms_version,
            on_sale: plan.on_sale,
            stock: (plan.stock != UNLIMITED_STOCK).then_some(plan.stock),
            sold: plan.sold,
            mint: plan.terms.mint.to_string(),
            terms: PlanTermsView::new(&plan.terms, decimals),
            rent_payer: plan.rent_payer.to_string(),
        }
    }
}

impl Output for PlanView {}

impl Display for PlanView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields: Vec<(&str, String)> = vec![
            ("plan", self.id.clone()),
            ("address", self.address.clone()),
            ("market", self.market.clone()),
            ("seller", self.seller.clone()),
            ("version", self.version.to_string()),
            (
                "on sale",
                if self.on_sale { "yes" } else { "no" }.to_owned(),
            ),
            ("left", stock(self.stock.unwrap_or(UNLIMITED_STOCK))),
            ("sold", self.sold.to_string()),
            ("mint", self.mint.clone()),
        ];
        let terms = self.terms.fields().into_iter();
        fields.extend(terms.map(|(name, value)| (name, value.to_string())));
        Fields(&fields).fmt(f)
    }
}

/// What an action does, as something that one can do.
pub fn deed(action: Action) -> &'static str {
    match action {
        Action::Deliver => "deliver",
        Action::RefundUndelivered => "refund, since nothing was delivered",
        Action::Report => "report that it is used",
        Action::Confirm => "confirm",
        Action::Release => "pay the seller, since nobody complained",
        Action::Dispute => "dispute",
        Action::Answer => "contest the dispute",
        Action::RefundUnanswered => "refund, since the dispute was not answered",
        Action::Refund => "refund all",
        Action::RefundPart => "refund a part, with the buyer",
        Action::Resolve => "resolve",
        Action::ResolveByDefault => "divide as the plan says, since the arbiter was silent",
        Action::PayOut => "pay out what is due",
        Action::CloseOwn | Action::Close => "close",
    }
}

pub fn role(actor: Actor) -> &'static str {
    match actor {
        Actor::Buyer => "buyer",
        Actor::Seller => "seller",
        Actor::Attester => "attester",
        Actor::Arbiter => "arbiter",
        Actor::Anyone => "anyone",
    }
}

/// Something that can be done with an order.
#[derive(Clone, Debug, Serialize)]
pub struct StepView {
    pub action: &'static str,
    pub by: &'static str,
    /// Whether it can be done now.
    pub now: bool,
    pub from: Option<Moment>,
    pub until: Option<Moment>,
}

impl StepView {
    pub fn new(step: &Step, now: i64) -> Self {
        Self {
            action: deed(step.action),
            by: role(step.actor),
            now: step.is_open(now),
            from: step.from.map(Moment),
            until: step.until.map(Moment),
        }
    }
}

impl Display for StepView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.by, self.action)?;
        match (self.now, self.from, self.until) {
            (true, _, Some(until)) => write!(f, ", until {until}"),
            (true, _, None) => Ok(()),
            (false, Some(from), _) => write!(f, ", from {from} on"),
            (false, None, _) => Ok(()),
        }
    }
}

/// What can be done with an order at a time, and what later.
pub fn steps(order: &Order, now: i64) -> Vec<StepView> {
    orders::steps(order, now)
        .iter()
        .map(|step| StepView::new(step, now))
        .collect()
}

#[derive(Clone, Debug, Serialize)]
pub struct OrderView {
    pub address: String,
    pub order_id: String,
    pub market: String,
    pub seller: String,
    pub plan: String,
    pub plan_version: u64,
    pub market_version: u64,
    pub buyer: String,
    pub payer: String,
    pub payout: String,
    pub treasury: String,
    pub arbiter: String,
    pub attester: String,
    pub parent: Option<String>,
    pub encryption_key: String,
    pub commitment: Option<String>,
    pub answer_hash: Option<String>,
    pub state: &'static str,
    pub reason: Option<&'static str>,
    pub mint: String,
    pub paid: Amount,
    pub fee_bps: u16,
    pub terms: Option<PlanTermsView>,
    pub purchased_at: Moment,
    pub deliver_by: Moment,
    pub delivered_at: Option<Moment>,
    pub release_at: Option<Moment>,
    pub installed_at: Option<Moment>,
    pub activated_at: Option<Moment>,
    pub disputed_at: Option<Moment>,
    pub answer_by: Option<Moment>,
    pub resolve_by: Option<Moment>,
    pub ended_at: Option<Moment>,
    pub closable_at: Option<Moment>,
    /// What was decided for who paid, for the seller and for the market.
    pub refunded: Amount,
    pub released: Amount,
    pub fee: Amount,
    /// What of it their accounts could not take yet.
    pub refund_due: Amount,
    pub release_due: Amount,
    pub fee_due: Amount,
    /// What can be done, now and later.
    pub steps: Vec<StepView>,
}

impl OrderView {
    /// `decimals` are those of the order's mint; `now` is the cluster's time.
    pub fn new(address: &Pubkey, order: &Order, decimals: u8, now: i64) -> Self {
        let amount = |units| Amount::new(units, decimals, &order.terms.mint);
        let hash = |bytes: [u8; 32]| (bytes != [0; 32]).then(|| hex::encode(bytes));
        Self {
            address: address.to_string(),
            // As text: it can be more than a double holds.
            order_id: order.order_id.to_string(),
            market: order.market.to_string(),
            seller: order.seller.to_string(),
            plan: order.plan.to_string(),
            plan_version: order.plan_version,
            market_version: order.market_version,
            buyer: order.buyer.to_string(),
            payer: order.payer.to_string(),
            payout: order.payout.to_string(),
            treasury: order.treasury.to_string(),
            arbiter: order.arbiter.to_string(),
            attester: order.attester.to_string(),
            parent: key(&order.parent),
            encryption_key: Pubkey::new_from_array(order.encryption_key).to_string(),
            commitment: hash(order.commitment),
            answer_hash: hash(order.answer_hash),
            state: state_name(order),
            reason: order.reason().ok().and_then(reason_name),
            mint: order.terms.mint.to_string(),
            paid: amount(order.paid),
            fee_bps: order.fee_bps,
            terms: order
                .terms()
                .ok()
                .map(|terms| PlanTermsView::new(&terms, decimals)),
            purchased_at: Moment(order.purchased_at),
            deliver_by: Moment(order.deliver_by),
            delivered_at: moment(order.delivered_at),
            release_at: moment(order.release_at),
            installed_at: moment(order.installed_at),
            activated_at: moment(order.activated_at),
            disputed_at: moment(order.disputed_at),
            answer_by: moment(order.answer_by),
            resolve_by: moment(order.resolve_by),
            ended_at: moment(order.ended_at),
            closable_at: moment(order.closable_at),
            refunded: amount(order.refunded),
            released: amount(order.released),
            fee: amount(order.fee),
            refund_due: amount(order.refund_due),
            release_due: amount(order.release_due),
            fee_due: amount(order.fee_due),
            steps: steps(order, now),
        }
    }
}

impl Output for OrderView {}

impl Display for OrderView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = vec![
            ("order", self.address.clone()),
            ("state", self.state.to_owned()),
            ("plan", self.plan.clone()),
            ("seller", self.seller.clone()),
            ("buyer", self.buyer.clone()),
        ];
        if self.payer != self.buyer {
            fields.push(("paid by", self.payer.clone()));
        }
        if let Some(parent) = &self.parent {
            fields.push(("tops up", parent.clone()));
        }
        if let Some(terms) = &self.terms {
            fields.extend([
                ("countries", terms.countries_in_short().to_owned()),
                ("data", shop::data(terms.data_mb)),
                ("validity", shop::days(terms.validity_days)),
            ]);
        }
        fields.extend([
            ("paid", self.paid.to_string()),
            ("mint", self.mint.clone()),
            ("bought", self.purchased_at.to_string()),
        ]);
        let moments = [
            (
                "deliver by",
                Some(self.deliver_by).filter(|_| self.delivered_at.is_none()),
            ),
            ("delivered", self.delivered_at),
            (
                "complain by",
                self.release_at.filter(|_| self.disputed_at.is_none()),
            ),
            ("installed", self.installed_at),
            ("first used", self.activated_at),
            ("disputed", self.disputed_at),
            ("answer by", self.answer_by),
            ("resolve by", self.resolve_by),
            ("ended", self.ended_at),
        ];
        for (name, at) in moments {
            fields.extend(at.map(|at| (name, at.to_string())));
        }
        fields.extend(self.reason.map(|reason| ("complaint", reason.to_owned())));
        if self.ended_at.is_some() {
            for (name, decided, due) in [
                ("refunded", &self.refunded, &self.refund_due),
                ("to the seller", &self.released, &self.release_due),
                ("fee", &self.fee, &self.fee_due),
            ] {
                let text = if due.is_zero() {
                    decided.to_string()
                } else {
                    format!("{decided}, of which {due} is still due: the account cannot take it")
                };
                fields.push((name, text));
            }
        }
        Fields(&fields).fmt(f)?;
        if !self.steps.is_empty() {
            writeln!(f, "what can be done")?;
            for step in &self.steps {
                writeln!(f, "  {step}")?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct DeliveryView {
    pub address: String,
    pub order: String,
    pub ciphertext: String,
    pub rent_payer: String,
}

impl DeliveryView {
    pub fn new(address: &Pubkey, delivery: &Delivery) -> Self {
        Self {
            address: address.to_string(),
            order: delivery.order.to_string(),
            ciphertext: hex::encode(&delivery.ciphertext),
            rent_payer: delivery.rent_payer.to_string(),
        }
    }
}

impl Output for DeliveryView {}

impl Display for DeliveryView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("delivery", self.address.clone()),
            ("order", self.order.clone()),
            ("ciphertext", self.ciphertext.clone()),
            ("rent paid by", self.rent_payer.clone()),
        ])
        .fmt(f)
    }
}
