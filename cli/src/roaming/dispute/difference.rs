use anyhow::{Result, bail};
use roaming_escrow::state::{Statement, StatementState};
use wayfare_client::roaming::StatementKey;

use crate::context::Context;
use crate::output::Shown;
use crate::roaming::find::Found;
use crate::roaming::views::statement_state;

/// A statement whose difference waits for a decision.
pub fn disputed(ctx: &Context, found: &Found, key: StatementKey) -> Result<Statement> {
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

pub fn details(
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
