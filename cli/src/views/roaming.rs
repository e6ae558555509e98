//! The accounts of roaming-escrow as results.

use std::fmt::{self, Display};

use roaming_escrow::state::{
    Action, Actor, Agreement, AgreementState, AgreementTerms, Hub, Operator, OperatorStatus, Side,
    SideBooks, Statement, StatementState, StoredHubTerms,
};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::roaming::statements::{self, Step};

use super::esim::percent;
use super::{key, or_none};
use crate::output::{Amount, Fields, Moment, Output, Shown, Span};

/// A moment that has come or is fixed; 0 stands for none.
fn moment(at: i64) -> Option<Moment> {
    (at != 0).then_some(Moment(at))
}

fn moment_or_none(at: Option<Moment>) -> String {
    at.map_or_else(|| "none".into(), |at| at.to_string())
}

fn span(seconds: u32) -> Span {
    Span(seconds.into())
}

/// 32 bytes in hexadecimal; `None` when they are all zero.
fn hash(bytes: &[u8; 32]) -> Option<String> {
    (*bytes != [0; 32]).then(|| hex::encode(bytes))
}

/// A TADIG code as text.
pub fn code(tadig: &[u8; 5]) -> String {
    String::from_utf8_lossy(tadig).into_owned()
}

/// The two operators of an agreement by their TADIG codes, the first side's first.
#[derive(Clone, Debug)]
pub struct Names([String; 2]);

impl Names {
    pub fn new(first: &Operator, second: &Operator) -> Self {
        Self([code(&first.tadig), code(&second.tadig)])
    }

    pub fn of(&self, side: Side) -> &str {
        let [first, second] = &self.0;
        match side {
            Side::First => first,
            Side::Second => second,
        }
    }

    /// What is written for a byte that stands for a side.
    fn of_byte(&self, side: u8) -> String {
        let side = Side::ALL.iter().copied().find(|known| known.byte() == side);
        side.map_or("unknown", |side| self.of(side)).to_owned()
    }
}

// Hubs.

/// What an authority decides about a hub.
#[derive(Clone, Debug, Serialize)]
pub struct HubTermsView {
    pub arbiter: String,
    pub treasury: String,
    pub fee_bps: u16,
}

impl From<&StoredHubTerms> for HubTermsView {
    fn from(terms: &StoredHubTerms) -> Self {
        Self {
            arbiter: terms.arbiter.to_string(),
            treasury: terms.treasury.to_string(),
            fee_bps: terms.fee_bps,
        }
    }
}

impl HubTermsView {
    /// Name and value of each term.
    pub fn fields(&self) -> Vec<(&'static str, Shown)> {
        vec![
            ("arbiter", self.arbiter.as_str().into()),
            ("treasury", self.treasury.as_str().into()),
            ("fee", Shown::new(percent(self.fee_bps), self.fee_bps)),
        ]
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct HubView {
    pub name: String,
    pub address: String,
    pub authority: String,
    pub pending_authority: Option<String>,
    pub guardian: String,
    #[serde(flatten)]
    pub terms: HubTermsView,
    pub paused_until: Moment,
    pub sequence: u64,
}

impl HubView {
    pub fn new(address: &Pubkey, hub: &Hub) -> Self {
        Self {
            name: hub.scope.name().to_owned(),
            address: address.to_string(),
            authority: hub.scope.authority.to_string(),
            pending_authority: key(&hub.scope.pending_authority),
            guardian: hub.scope.guardian.to_string(),
            terms: HubTermsView::from(&hub.terms),
            paused_until: Moment(hub.scope.paused_until),
            sequence: hub.scope.sequence,
        }
    }
}

impl Output for HubView {}

impl Display for HubView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = vec![
            ("hub", self.name.clone()),
            ("address", self.address.clone()),
            ("authority", self.authority.clone()),
            ("pending authority", or_none(&self.pending_authority)),
            ("guardian", self.guardian.clone()),
        ];
        let terms = self.terms.fields().into_iter();
        fields.extend(terms.map(|(name, value)| (name, value.to_string())));
        fields.push((
            "paused until",
            match self.paused_until {
                Moment(0) => "never paused".into(),
                until => until.to_string(),
            },
        ));
        Fields(&fields).fmt(f)
    }
}

// Operators.

/// An operator's status in the words of the flags.
pub fn operator_status(operator: &Operator) -> &'static str {
    match operator.status {
        OperatorStatus::Active => "active",
        OperatorStatus::Suspended => "suspended",
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct OperatorView {
    pub tadig: String,
    pub display_name: String,
    pub address: String,
    pub hub: String,
    pub status: &'static str,
    pub authority: String,
    pub pending_authority: Option<String>,
    pub voucher_signer: String,
    pub payout: String,
}

impl OperatorView {
    pub fn new(address: &Pubkey, operator: &Operator) -> Self {
        Self {
            tadig: code(&operator.tadig),
            display_name: operator.display_name.clone(),
            address: address.to_string(),
            hub: operator.hub.to_string(),
            status: operator_status(operator),
            authority: operator.authority.to_string(),
            pending_authority: key(&operator.pending_authority),
            voucher_signer: operator.voucher_signer.to_string(),
            payout: operator.payout.to_string(),
        }
    }
}

impl Output for OperatorView {}

impl Display for OperatorView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("operator", self.tadig.clone()),
            ("name", self.display_name.clone()),
            ("address", self.address.clone()),
            ("hub", self.hub.clone()),
            ("status", self.status.to_owned()),
            ("authority", self.authority.clone()),
            ("pending authority", or_none(&self.pending_authority)),
            ("voucher signer", self.voucher_signer.clone()),
            ("paid to", self.payout.clone()),
        ])
        .fmt(f)
    }
}

// Agreements.

/// What two operators agree on.
#[derive(Clone, Debug, Serialize)]
pub struct AgreementTermsView {
    /// SHA-256 of the tariff for the first operator's subscribers; `None` where no tariff is named.
    pub first_tariff: Option<String>,
    pub second_tariff: Option<String>,
    pub statement_window: Span,
    pub dispute_window: Span,
    pub arbitration_window: Span,
    pub withdrawal_notice: Span,
    pub tolerance_bps: u16,
    pub default_award_bps: u16,
}

impl AgreementTermsView {
    /// `None` for terms that are all zero: there are none.
    pub fn new(terms: &AgreementTerms) -> Option<Self> {
        (*terms != AgreementTerms::default()).then(|| Self {
            first_tariff: hash(&terms.first_tariff_hash),
            second_tariff: hash(&terms.second_tariff_hash),
            statement_window: span(terms.statement_window),
            dispute_window: span(terms.dispute_window),
            arbitration_window: span(terms.arbitration_window),
            withdrawal_notice: span(terms.withdrawal_notice),
            tolerance_bps: terms.tolerance_bps,
            default_award_bps: terms.default_award_bps,
        })
    }

    /// Name and value of each term.
    pub fn fields(&self) -> Vec<(&'static str, Shown)> {
        let tariff = |hash: &Option<String>| Shown::new(or_none(hash), hash);
        vec![
            ("first's tariff", tariff(&self.first_tariff)),
            ("second's tariff", tariff(&self.second_tariff)),
            ("statement window", Shown::of(self.statement_window)),
            ("dispute window", Shown::of(self.dispute_window)),
            ("arbitration window", Shown::of(self.arbitration_window)),
            ("withdrawal notice", Shown::of(self.withdrawal_notice)),
            (
                "tolerance",
                Shown::new(percent(self.tolerance_bps), self.tolerance_bps),
            ),
            (
                "default award",
                Shown::new(percent(self.default_award_bps), self.default_award_bps),
            ),
        ]
    }
}

/// An agreement's state in a word.
pub fn agreement_state(agreement: &Agreement) -> &'static str {
    match agreement.state() {
        Ok(AgreementState::Proposed) => "proposed",
        Ok(AgreementState::Active) => "active",
        Ok(AgreementState::Closing) => "closing",
        Err(_) => "unknown",
    }
}

/// One side's part of an agreement.
#[derive(Clone, Debug, Serialize)]
pub struct SideView {
    pub operator: String,
    pub tadig: String,
    pub balance: Amount,
    pub arrears: Amount,
    pub exposure: Amount,
    /// What it could withdraw, if its notice were over.
    pub free: Amount,
    pub requested: Amount,
    pub withdrawable_at: Option<Moment>,
    pub next_period: u32,
    pub next_record: u64,
    pub vouchers: Amount,
    pub open_statements: u32,
    pub last_returned: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct AgreementView {
    pub address: String,
    pub hub: String,
    pub state: &'static str,
    pub mint: String,
    pub decimals: u8,
    pub token_program: String,
    pub vault: String,
    pub fee_bps: u16,
    pub fees: Amount,
    pub closes_at: Option<Moment>,
    pub first: SideView,
    pub second: SideView,
    pub terms: Option<AgreementTermsView>,
    pub offered: Option<AgreementTermsView>,
    pub offered_by: Option<String>,
}

impl AgreementView {
    pub fn new(address: &Pubkey, agreement: &Agreement, names: &Names) -> Self {
        let amount = |units| Amount::new(units, agreement.decimals, &agreement.mint);
        let side = |side: Side, operator: &Pubkey| {
            let books: &SideBooks = agreement.books(side);
            SideView {
                operator: operator.to_string(),
                tadig: names.of(side).to_owned(),
                balance: amount(books.balance),
                arrears: amount(books.arrears),
                exposure: amount(books.exposure),
                // In arrears nothing is free.
                free: amount(agreement.free_balance(side).unwrap_or(0)),
                requested: amount(books.requested),
                withdrawable_at: moment(books.withdrawable_at),
                next_period: books.next_period,
                next_record: books.next_record,
                vouchers: amount(books.vouchers),
                open_statements: books.open_statements,
                last_returned: books.is_returned(),
            }
        };
        let offered = agreement
            .offered
            .get()
            .as_ref()
            .and_then(AgreementTermsView::new);
        Self {
            address: address.to_string(),
            hub: agreement.hub.to_string(),
            state: agreement_state(agreement),
            mint: agreement.mint.to_string(),
            decimals: agreement.decimals,
            token_program: agreement.token_program.to_string(),
            vault: agreement.vault.to_string(),
            fee_bps: agreement.fee_bps,
            fees: amount(agreement.fees),
            closes_at: moment(agreement.closes_at),
            first: side(Side::First, &agreement.first),
            second: side(Side::Second, &agreement.second),
            terms: agreement
                .terms
                .get()
                .as_ref()
                .and_then(AgreementTermsView::new),
            offered_by: offered
                .is_some()
                .then(|| names.of_byte(agreement.offered_by)),
            offered,
        }
    }
}

impl Output for AgreementView {}

impl Display for AgreementView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("agreement", self.address.clone()),
            ("hub", self.hub.clone()),
            ("state", self.state.to_owned()),
            (
                "mint",
                format!("{} ({} decimals)", self.mint, self.decimals),
            ),
            ("vault", self.vault.clone()),
            ("hub's fee", percent(self.fee_bps)),
            ("fees not collected", self.fees.to_string()),
            (
                "takes statements until",
                match self.closes_at {
                    None => "it is closed".into(),
                    Some(at) => at.to_string(),
                },
            ),
        ])
        .fmt(f)?;
        for (name, side) in [("first", &self.first), ("second", &self.second)] {
            writeln!(f, "\n{name}: {} ({})", side.tadig, side.operator)?;
            let withdrawal = match side.withdrawable_at {
                None => "none".into(),
                Some(at) => format!("{}, possible from {at}", side.requested),
            };
            let mut next = format!("{}, from record {} on", side.next_period, side.next_record);
            if side.last_returned {
                next = format!("{}, once the one before is restated", side.next_period);
            }
            Fields(&[
                ("balance", side.balance.to_string()),
                ("arrears", side.arrears.to_string()),
                ("exposure", side.exposure.to_string()),
                ("free", side.free.to_string()),
                ("withdrawal requested", withdrawal),
                ("next period it pays", next),
                ("vouchers for that", side.vouchers.to_string()),
                ("open statements", side.open_statements.to_string()),
            ])
            .fmt(f)?;
        }
        for (title, terms) in [("terms", &self.terms), ("on offer", &self.offered)] {
            match (terms, title, &self.offered_by) {
                (None, "terms", _) => writeln!(f, "\nterms: none are accepted yet")?,
                (None, ..) => continue,
                (Some(_), "on offer", Some(by)) => writeln!(f, "\non offer, by {by}")?,
                (Some(_), ..) => writeln!(f, "\n{title}")?,
            }
            if let Some(terms) = terms {
                Fields(&terms.fields()).fmt(f)?;
            }
        }
        Ok(())
    }
}

// Statements.

/// A statement's state in a word.
pub fn statement_state(statement: &Statement) -> &'static str {
    match statement.state() {
        Ok(StatementState::Stated) => "stated",
        Ok(StatementState::Returned) => "returned",
        Ok(StatementState::Matched) => "matched",
        Ok(StatementState::Countered) => "countered",
        Ok(StatementState::Resolved) => "resolved",
        Ok(StatementState::Settled) => "settled",
        Err(_) => "unknown",
    }
}

/// What an action does, as something that one can do.
pub fn deed(action: Action) -> &'static str {
    match action {
        Action::Accept => "accept",
        Action::DeemAccepted => "take silence for agreement",
        Action::Counter => "counter",
        Action::Return => "return",
        Action::Restate => "restate",
        Action::Lapse => "take it for a period without traffic",
        Action::ConcedeAll => "concede all of the difference",
        Action::ConcedeNone => "forgo the difference",
        Action::Award => "award a part of the difference",
        Action::AwardByDefault => "award the agreed default",
        Action::Settle => "settle what is payable",
        Action::Close => "close",
    }
}

fn role(actor: Actor) -> &'static str {
    match actor {
        Actor::Home => "home network",
        Actor::Visited => "visited network",
        Actor::Arbiter => "arbiter",
        Actor::Anyone => "anyone",
    }
}

/// Something that can be done with a statement.
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
    fn new(step: &Step, now: i64) -> Self {
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

/// What can be done with a statement at a time, and what later.
pub fn steps(agreement: &Agreement, statement: &Statement, now: i64) -> Vec<StepView> {
    statements::steps(agreement, statement, now)
        .iter()
        .map(|step| StepView::new(step, now))
        .collect()
}

#[derive(Clone, Debug, Serialize)]
pub struct StatementView {
    pub address: String,
    pub agreement: String,
    pub period: u32,
    /// Who pays.
    pub home: String,
    /// Who states.
    pub visited: String,
    pub state: &'static str,
    pub records: u64,
    pub first_record: u64,
    pub root: Option<String>,
    pub total: Amount,
    pub counter_root: Option<String>,
    pub counter_total: Amount,
    pub disputed: Amount,
    pub award: Amount,
    pub accepted: Amount,
    pub paid: Amount,
    pub returns: u8,
    pub stated_at: Moment,
    pub answer_by: Option<Moment>,
    pub dispute_by: Option<Moment>,
    pub award_by: Option<Moment>,
    pub terms: Option<AgreementTermsView>,
    pub rent_payer: String,
    /// What can be done now, and what later.
    pub steps: Vec<StepView>,
}

impl StatementView {
    /// At a time, in Unix seconds.
    pub fn new(
        address: &Pubkey,
        statement: &Statement,
        agreement: &Agreement,
        names: &Names,
        now: i64,
    ) -> Self {
        let amount = |units| Amount::new(units, agreement.decimals, &agreement.mint);
        let visited = match statement.home {
            0 => 1,
            _ => 0,
        };
        Self {
            address: address.to_string(),
            agreement: statement.agreement.to_string(),
            period: statement.period,
            home: names.of_byte(statement.home),
            visited: names.of_byte(visited),
            state: statement_state(statement),
            records: statement.records,
            first_record: statement.first_record,
            root: hash(&statement.root),
            total: amount(statement.total),
            counter_root: hash(&statement.counter_root),
            counter_total: amount(statement.counter_total),
            // The account was decoded, so its state is one.
            disputed: amount(statement.disputed().unwrap_or(0)),
            award: amount(statement.award),
            accepted: amount(statement.accepted),
            paid: amount(statement.paid),
            returns: statement.returns,
            stated_at: Moment(statement.stated_at),
            answer_by: moment(statement.answer_by),
            dispute_by: moment(statement.dispute_by),
            award_by: moment(statement.award_by),
            terms: statement
                .terms
                .get()
                .as_ref()
                .and_then(AgreementTermsView::new),
            rent_payer: statement.rent_payer.to_string(),
            steps: steps(agreement, statement, now),
        }
    }
}

impl Output for StatementView {}

impl Display for StatementView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("statement", self.address.clone()),
            ("agreement", self.agreement.clone()),
            ("period", self.period.to_string()),
            ("home network, pays", self.home.clone()),
            ("visited network", self.visited.clone()),
            ("state", self.state.to_owned()),
            (
                "records",
                format!("{}, from {} on", self.records, self.first_record),
            ),
            ("root", or_none(&self.root)),
            ("total", self.total.to_string()),
            ("counter root", or_none(&self.counter_root)),
            ("counter total", self.counter_total.to_string()),
            ("disputed", self.disputed.to_string()),
            ("award", self.award.to_string()),
            ("accepted", self.accepted.to_string()),
            ("paid", self.paid.to_string()),
            ("returned", format!("{} times", self.returns)),
            ("stated at", self.stated_at.to_string()),
            ("answer by", moment_or_none(self.answer_by)),
            ("dispute by", moment_or_none(self.dispute_by)),
            ("award by", moment_or_none(self.award_by)),
        ])
        .fmt(f)?;
        if let Some(terms) = &self.terms {
            writeln!(f, "\nits terms")?;
            Fields(&terms.fields()).fmt(f)?;
        }
        if !self.steps.is_empty() {
            writeln!(f, "\nwhat can be done")?;
        }
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        Ok(())
    }
}
