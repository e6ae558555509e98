//! Single answers of the home network.

use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::constants::MAX_RETURNS;
use roaming_escrow::state::{Action, Statement};
use solana_pubkey::Pubkey;
use wayfare_client::roaming::statements::steps;
use wayfare_client::roaming::{StatementKey, instruction};

use crate::context::Context;
use crate::draft::Receipt;
use crate::output::{Moment, Shown};
use crate::roaming::args::{OperatorAuthorityArgs, StatementArg};
use crate::roaming::find::{Found, require_online};
use crate::roaming::views::statement_state;

#[derive(Args)]
pub struct StatementActArgs {
    #[command(flatten)]
    pub statement: StatementArg,
    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

/// Whether this key answers for `home`, and the statement still takes this answer.
pub fn check_home(
    ctx: &Context,
    found: &Found,
    key: StatementKey,
    signer: &Pubkey,
    action: Action,
) -> Result<Statement> {
    let home = found.operator(key.home);
    if home.authority != *signer {
        bail!(
            "{signer} is not the authority of {}, whose subscribers roamed: that is {}",
            found.names.of(key.home),
            home.authority
        );
    }
    let (_, statement) = found.statement(ctx, key)?;
    let now = ctx.cluster()?.unix_time()?;
    let is_possible = steps(&found.state, &statement, now)
        .iter()
        .any(|step| step.action == action && step.is_open(now));
    if !is_possible {
        if action == Action::Return && statement.returns >= MAX_RETURNS {
            bail!("it was returned {MAX_RETURNS} times: accept or counter it");
        }
        if now >= statement.answer_by && statement.answer_by != 0 {
            bail!(
                "the statement is {}, and its time to be answered was over at {}",
                statement_state(&statement),
                Moment(statement.answer_by)
            );
        }
        bail!(
            "the statement is {}: this is not possible now. `wayfare roaming statement show` tells what is",
            statement_state(&statement)
        );
    }
    Ok(statement)
}

pub fn details(
    found: &Found,
    key: StatementKey,
    statement: &Statement,
) -> Vec<(&'static str, Shown)> {
    vec![
        ("agreement", found.at.into()),
        ("period", Shown::of(key.period)),
        ("pays", found.names.of(key.home).into()),
        ("total", Shown::of(found.amount(statement.total))),
    ]
}

pub fn accept(args: &StatementActArgs, ctx: &Context) -> Result<Receipt> {
    let mut draft = args.by.draft(ctx)?;
    require_online(draft.is_offline())?;
    let (found, key) = args.statement.find(ctx)?;
    let statement = check_home(ctx, &found, key, &draft.signer, Action::Accept)?;
    draft.describe("accept a statement", details(&found, key, &statement));
    let accounts = found.statement_accounts(key);
    draft.add(instruction::accept_statement(&accounts, draft.signer));
    draft.finish(Some(&args.by.confirm))
}

pub fn give_back(args: &StatementActArgs, ctx: &Context) -> Result<Receipt> {
    let mut draft = args.by.draft(ctx)?;
    require_online(draft.is_offline())?;
    let (found, key) = args.statement.find(ctx)?;
    let statement = check_home(ctx, &found, key, &draft.signer, Action::Return)?;
    let mut details = details(&found, key, &statement);
    details.push((
        "returned before",
        Shown::new(
            format!("{} of {MAX_RETURNS} times", statement.returns),
            statement.returns,
        ),
    ));
    draft.describe("return a statement that cannot be used", details);
    let accounts = found.statement_accounts(key);
    draft.add(instruction::return_statement(&accounts, draft.signer));
    draft.finish(Some(&args.by.confirm))
}
