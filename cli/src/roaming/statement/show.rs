use anyhow::Result;

use crate::context::Context;
use crate::roaming::args::StatementArg;
use crate::roaming::views::StatementView;

pub fn run(args: &StatementArg, ctx: &Context) -> Result<StatementView> {
    let (found, key) = args.find(ctx)?;
    let (at, statement) = found.statement(ctx, key)?;
    let now = ctx.cluster()?.unix_time()?;
    Ok(StatementView::new(
        &at,
        &statement,
        &found.state,
        &found.names,
        now,
    ))
}
