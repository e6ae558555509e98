use std::fmt::{self, Display};

use anyhow::Result;
use clap::Args;
use roaming_escrow::state::StatementState;
use serde::Serialize;
use wayfare_client::roaming::AgreementFilter;

use crate::context::Context;
use crate::output::{Amount, Moment, Output, table};
use crate::roaming::args::HubArg;
use crate::roaming::find::{code_of, find_hub};

#[derive(Args)]
pub struct DisputeListArgs {
    #[command(flatten)]
    pub hub: HubArg,
}

/// What is disputed at a hub.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Disputes(Vec<Row>);

#[derive(Serialize)]
struct Row {
    agreement: String,
    period: u32,
    home: String,
    visited: String,
    stated: Amount,
    countered: Amount,
    disputed: Amount,
    dispute_by: Moment,
    award_by: Moment,
    /// Whose turn it is now.
    turn: &'static str,
}

impl Output for Disputes {}

impl Display for Disputes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no disputes");
        }
        let mut disputes = table([
            "agreement",
            "period",
            "pays",
            "visited",
            "disputed",
            "arbiter from",
            "until",
            "now",
        ]);
        for row in &self.0 {
            disputes.add_row([
                row.agreement.clone(),
                row.period.to_string(),
                row.home.clone(),
                row.visited.clone(),
                row.disputed.to_string(),
                row.dispute_by.to_string(),
                row.award_by.to_string(),
                row.turn.to_owned(),
            ]);
        }
        disputes.fmt(f)
    }
}

impl DisputeListArgs {
    pub fn run(&self, ctx: &Context) -> Result<Disputes> {
        let (hub, _) = find_hub(ctx, &self.hub.hub)?;
        let cluster = ctx.cluster()?;
        let operators = cluster.operators(&hub)?;
        let now = cluster.unix_time()?;
        let filter = AgreementFilter {
            hub: Some(hub),
            ..AgreementFilter::default()
        };
        let mut rows = Vec::new();
        for (at, agreement) in cluster.agreements(&filter)? {
            for (_, statement) in cluster.statements(&at)? {
                if !matches!(statement.state(), Ok(StatementState::Countered)) {
                    continue;
                }
                let home = statement.home()?;
                let operator = |side| match side {
                    roaming_escrow::state::Side::First => &agreement.first,
                    roaming_escrow::state::Side::Second => &agreement.second,
                };
                let amount = |units| Amount::new(units, agreement.decimals, &agreement.mint);
                rows.push(Row {
                    agreement: at.to_string(),
                    period: statement.period,
                    home: code_of(&operators, operator(home)),
                    visited: code_of(&operators, operator(home.other())),
                    stated: amount(statement.total),
                    countered: amount(statement.counter_total),
                    disputed: amount(statement.disputed()?),
                    dispute_by: Moment(statement.dispute_by),
                    award_by: Moment(statement.award_by),
                    turn: if now < statement.dispute_by {
                        "the operators"
                    } else if now < statement.award_by {
                        "the arbiter"
                    } else {
                        "the default"
                    },
                });
            }
        }
        rows.sort_by_key(|row| row.award_by.0);
        Ok(Disputes(rows))
    }
}
