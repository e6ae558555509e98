//! Single answers of the home network.

use anyhow::{Result, bail};
use roaming_escrow::constants::MAX_RETURNS;
use roaming_escrow::state::{Action, Statement};
use solana_pubkey::Pubkey;
use wayfare_client::roaming::StatementKey;
use wayfare_client::roaming::instruction;
use wayfare_client::roaming::statements::steps;

use super::Files;
use crate::cli::roaming::statement::{CounterArgs, StatementActArgs};
use crate::commands::roaming::{Found, require_online};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::{Moment, Shown};
use crate::views::roaming::statement_state;

/// Whether this key answers for `home`, and the statement still takes this answer.
fn check_home(
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

fn details(found: &Found, key: StatementKey, statement: &Statement) -> Vec<(&'static str, Shown)> {
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

impl CounterArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft: Draft = self.by.draft(ctx)?;
        require_online(draft.is_offline())?;
        let (found, key, file) = Files::read_one(ctx, &self.statement)?;
        let statement = check_home(ctx, &found, key, &draft.signer, Action::Counter)?;
        let own = file.commitment();
        let Some(difference) = statement.total.checked_sub(own.total) else {
            bail!(
                "the own total, {}, is above the statement's, {}: accept it",
                found.amount(own.total),
                found.amount(statement.total)
            );
        };
        let tolerated = statement.tolerated()?;
        let mut details = details(&found, key, &statement);
        details.extend([
            ("own total", Shown::of(found.amount(own.total))),
            ("difference", Shown::of(found.amount(difference))),
            ("tolerated", Shown::of(found.amount(tolerated))),
            ("own root", hex::encode(own.root).into()),
        ]);
        let what = if difference <= tolerated {
            "counter a statement within the tolerance: its total holds"
        } else {
            "counter a statement: the difference is disputed, the rest is payable"
        };
        draft.describe(what, details);
        draft.add(instruction::counter_statement(
            &found.statement_accounts(key),
            draft.signer,
            own.root,
            own.total,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
