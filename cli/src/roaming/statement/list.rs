use std::fmt::{self, Display};

use anyhow::Result;
use clap::Args;
use roaming_escrow::state::StatementState;
use serde::Serialize;
use wayfare_core::roaming::tadig::Tadig;

use crate::context::Context;
use crate::output::{Amount, Moment, Output, table};
use crate::roaming::args::{AgreementArg, FirstPeriodArg};
use crate::roaming::find::{find_agreement, tadig};
use crate::roaming::views::{statement_state, steps};
use crate::views::step::StepView;

#[derive(Args)]
pub struct StatementListArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,
    #[command(flatten)]
    pub first: FirstPeriodArg,

    /// Only those that this network pays
    #[arg(long, value_name = "TADIG", value_parser = Tadig::fold)]
    pub home: Option<wayfare_core::roaming::tadig::Folded>,

    /// Only those that are not settled
    #[arg(long)]
    pub open: bool,
}

/// Statements of an agreement.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Statements(Vec<Row>);

#[derive(Serialize)]
struct Row {
    address: String,
    period: u32,
    month: Option<String>,
    home: String,
    visited: String,
    state: &'static str,
    total: Amount,
    counter_total: Amount,
    disputed: Amount,
    accepted: Amount,
    paid: Amount,
    answer_by: Moment,
    dispute_by: Moment,
    award_by: Moment,
    steps: Vec<StepView>,
}

impl Output for Statements {}

impl Display for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no statements");
        }
        let mut statements = table([
            "period", "pays", "state", "total", "disputed", "accepted", "paid", "now",
        ]);
        for row in &self.0 {
            let now = row.steps.iter().filter(|step| step.now);
            let now: Vec<String> = now
                .map(|step| format!("{}: {}", step.by, step.action))
                .collect();
            statements.add_row([
                match &row.month {
                    Some(month) => format!("{} {month}", row.period),
                    None => row.period.to_string(),
                },
                row.home.clone(),
                row.state.to_owned(),
                row.total.to_string(),
                row.disputed.to_string(),
                row.accepted.to_string(),
                row.paid.to_string(),
                now.join("; "),
            ]);
        }
        statements.fmt(f)
    }
}

impl StatementListArgs {
    pub fn run(&self, ctx: &Context) -> Result<Statements> {
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let home = self
            .home
            .as_ref()
            .map(|given| found.side_of(tadig(ctx, given)))
            .transpose()?;
        let cluster = ctx.cluster()?;
        let now = cluster.unix_time()?;
        let mut rows = Vec::new();
        for (at, statement) in cluster.statements(&found.at)? {
            let side = statement.home()?;
            let is_settled = matches!(statement.state(), Ok(StatementState::Settled));
            if home.is_some_and(|home| home != side) || (self.open && is_settled) {
                continue;
            }
            rows.push(Row {
                address: at.to_string(),
                period: statement.period,
                month: self
                    .first
                    .month(statement.period)
                    .map(|month| month.to_string()),
                home: found.names.of(side).to_owned(),
                visited: found.names.of(side.other()).to_owned(),
                state: statement_state(&statement),
                total: found.amount(statement.total),
                counter_total: found.amount(statement.counter_total),
                disputed: found.amount(statement.disputed()?),
                accepted: found.amount(statement.accepted),
                paid: found.amount(statement.paid),
                answer_by: Moment(statement.answer_by),
                dispute_by: Moment(statement.dispute_by),
                award_by: Moment(statement.award_by),
                steps: steps(&found.state, &statement, now),
            });
        }
        Ok(Statements(rows))
    }
}
