mod award;
mod concede;
mod default;
mod list;

use anyhow::{Result, bail};
use roaming_escrow::state::{Statement, StatementState};
use wayfare_client::roaming::StatementKey;

use super::Found;
use crate::cli::roaming::DisputeCommand;
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;
use crate::output::Shown;
use crate::views::roaming::statement_state;

pub fn run(command: &DisputeCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use DisputeCommand as Dispute;
    match command {
        Dispute::List(args) => print.result(args.run(ctx)),
        Dispute::Concede(args) => print.result(args.run(ctx)),
        Dispute::Award(args) => print.result(args.run(ctx)),
        Dispute::Default(args) => print.result(args.run(ctx)),
    }
}

/// A statement whose difference waits for a decision.
fn disputed(ctx: &Context, found: &Found, key: StatementKey) -> Result<Statement> {
    let (_, statement) = found.statement(ctx, key)?;
    if !matches!(statement.state(), Ok(StatementState::Countered)) {
        bail!(
            "period {} that {} pays is {}: nothing of it is disputed",
            key.period,
            found.names.of(key.home),
            statement_state(&statement)
        );
    }
    Ok(statement)
}

fn details(
    found: &Found,
    key: StatementKey,
    statement: &Statement,
    award: u64,
) -> Result<Vec<(&'static str, Shown)>> {
    let difference = statement.disputed()?;
    let amount = |units| Shown::of(found.amount(units));
    Ok(vec![
        ("agreement", found.at.into()),
        ("period", Shown::of(key.period)),
        ("pays", found.names.of(key.home).into()),
        ("stated", amount(statement.total)),
        ("countered", amount(statement.counter_total)),
        ("difference", amount(difference)),
        ("to the visited network", amount(award)),
        (
            "to the home network",
            amount(difference.saturating_sub(award)),
        ),
    ])
}
