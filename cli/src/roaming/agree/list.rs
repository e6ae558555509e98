use std::fmt::{self, Display};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use wayfare_client::roaming::AgreementFilter;
use wayfare_core::roaming::tadig::{Folded, Tadig};

use crate::context::Context;
use crate::output::{Amount, Output, table};
use crate::roaming::args::HubArg;
use crate::roaming::find::{code_of, find_hub, find_operator, tadig};
use crate::roaming::views::agreement_state;

#[derive(Args)]
pub struct AgreementListArgs {
    #[command(flatten)]
    pub hub: HubArg,

    /// Only those of this operator
    #[arg(long, value_name = "TADIG", value_parser = Tadig::fold)]
    pub operator: Option<Folded>,
}

/// Agreements of a hub.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Agreements(Vec<Row>);

#[derive(Serialize)]
struct Row {
    agreement: String,
    first: String,
    second: String,
    mint: String,
    state: &'static str,
    first_balance: Amount,
    second_balance: Amount,
    first_arrears: Amount,
    second_arrears: Amount,
    open_statements: u64,
}

impl Output for Agreements {}

impl Display for Agreements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no agreements");
        }
        let mut agreements = table([
            "agreement",
            "first",
            "second",
            "state",
            "balance",
            "balance",
            "open",
        ]);
        for row in &self.0 {
            agreements.add_row([
                row.agreement.clone(),
                row.first.clone(),
                row.second.clone(),
                row.state.to_owned(),
                row.first_balance.to_string(),
                row.second_balance.to_string(),
                row.open_statements.to_string(),
            ]);
        }
        agreements.fmt(f)
    }
}

impl AgreementListArgs {
    pub fn run(&self, ctx: &Context) -> Result<Agreements> {
        let (hub, _) = find_hub(ctx, &self.hub.hub)?;
        let operator = self
            .operator
            .as_ref()
            .map(|given| find_operator(ctx, &hub, tadig(ctx, given)))
            .transpose()?
            .map(|(address, _)| address);
        let cluster = ctx.cluster()?;
        let operators = cluster.operators(&hub)?;
        let filter = AgreementFilter {
            hub: Some(hub),
            operator,
            mint: None,
        };
        let rows = cluster.agreements(&filter)?;
        Ok(Agreements(
            rows.iter()
                .map(|(at, agreement)| {
                    let amount = |units| Amount::new(units, agreement.decimals, &agreement.mint);
                    let (first, second) = (&agreement.first_books, &agreement.second_books);
                    Row {
                        agreement: at.to_string(),
                        first: code_of(&operators, &agreement.first),
                        second: code_of(&operators, &agreement.second),
                        mint: agreement.mint.to_string(),
                        state: agreement_state(agreement),
                        first_balance: amount(first.balance),
                        second_balance: amount(second.balance),
                        first_arrears: amount(first.arrears),
                        second_arrears: amount(second.arrears),
                        open_statements: u64::from(first.open_statements)
                            .saturating_add(second.open_statements.into()),
                    }
                })
                .collect(),
        ))
    }
}
