use std::fmt::{self, Display};

use anyhow::Result;
use serde::Serialize;
use wayfare_client::books::Finding;
use wayfare_client::roaming::books;
use wayfare_core::amount;

use crate::context::Context;
use crate::error::Exit;
use crate::output::{Amount, Fields, Output, table};
use crate::roaming::args::HubNameArgs;
use crate::roaming::find::{code_of, find_hub};
use crate::views::findings::Findings;

/// A hub's books at one moment.
#[derive(Serialize)]
pub struct HubBooks {
    hub: String,
    slot: u64,
    sequence: u64,
    operators: u64,
    agreements: Vec<AgreementRow>,
    differences: Vec<Finding>,
}

#[derive(Serialize)]
struct AgreementRow {
    agreement: String,
    vault: Amount,
    fees: Amount,
    surplus: Amount,
    statements: u64,
    /// The first side's first.
    sides: [SideRow; 2],
}

#[derive(Serialize)]
struct SideRow {
    tadig: String,
    balance: Amount,
    arrears: Amount,
    exposure: Amount,
    /// Tokens.
    disputed: String,
}

impl Output for HubBooks {
    fn exit(&self) -> Exit {
        if self.differences.is_empty() {
            Exit::Done
        } else {
            Exit::Unbalanced
        }
    }
}

impl Display for HubBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&[
            ("hub", self.hub.clone()),
            ("slot", self.slot.to_string()),
            ("operators", self.operators.to_string()),
            ("agreements", self.agreements.len().to_string()),
            ("differences", self.differences.len().to_string()),
        ])
        .fmt(f)?;
        for row in &self.agreements {
            writeln!(
                f,
                "\nagreement {}: {} statements, the vault holds {}, fees {}, surplus {}",
                row.agreement, row.statements, row.vault, row.fees, row.surplus
            )?;
            let mut sides = table(["operator", "balance", "arrears", "exposure", "disputed"]);
            for side in &row.sides {
                sides.add_row([
                    side.tadig.clone(),
                    side.balance.to_string(),
                    side.arrears.to_string(),
                    side.exposure.to_string(),
                    side.disputed.clone(),
                ]);
            }
            writeln!(f, "{sides}")?;
        }
        Findings(&self.differences).fmt(f)
    }
}

pub fn run(args: &HubNameArgs, ctx: &Context) -> Result<HubBooks> {
    let (address, _) = find_hub(ctx, &args.name)?;
    let cluster = ctx.cluster()?;
    let books = books::read(cluster, &address)?;
    let operators = cluster.operators(&address)?;
    let agreements = books.agreements.iter().map(|row| {
        let units = |units| Amount::new(units, row.decimals, &row.mint);
        // Sums of what the vault holds: only broken books go past 64 bits.
        let tokens = |sum: u128| match u64::try_from(sum) {
            Ok(units) => amount::format(units, row.decimals),
            Err(_) => format!("{sum} base units"),
        };
        let side = |operator, balance, arrears, exposure, disputed| SideRow {
            tadig: code_of(&operators, operator),
            balance: units(balance),
            arrears: units(arrears),
            exposure: units(exposure),
            disputed: tokens(disputed),
        };
        let [[b1, b2], [a1, a2], [e1, e2]] = [row.balances, row.arrears, row.exposures];
        let [d1, d2] = row.disputed;
        let [first, second] = &row.operators;
        AgreementRow {
            agreement: row.agreement.to_string(),
            vault: units(row.vault),
            fees: units(row.fees),
            surplus: units(row.surplus),
            statements: row.statements.iter().sum(),
            sides: [side(first, b1, a1, e1, d1), side(second, b2, a2, e2, d2)],
        }
    });
    Ok(HubBooks {
        hub: args.name.clone(),
        slot: books.slot,
        sequence: books.sequence,
        operators: books.operators,
        agreements: agreements.collect(),
        differences: books.checks.findings,
    })
}
