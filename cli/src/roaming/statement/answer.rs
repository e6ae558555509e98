use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::state::{Action, Statement, StatementState};
use serde::Serialize;
use wayfare_client::roaming::StatementKey;
use wayfare_client::roaming::jobs::{Answer, AnswerStatements};

use crate::args::{ConfirmArgs, JobArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::{Exit, Usage};
use crate::job;
use crate::job::{JobReport, Kind};
use crate::output::{Amount, Output, Shown, table};
use crate::roaming::find::{Found, require_online};
use crate::roaming::statement::files::Files;
use crate::roaming::statement::submit::require_one;
use crate::roaming::views::statement_state;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct AnswerArgs {
    /// Files of the own statements of the same months, built with --kept-by home
    #[arg(required = true, value_name = "FILE")]
    pub statements: Vec<PathBuf>,

    /// The home operator's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// What statements were answered with, from the own book.
#[derive(Serialize)]
pub struct Answered {
    agreement: String,
    home: String,
    visited: String,
    statements: Vec<AnswerRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<Receipt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobReport>,
}

#[derive(Serialize)]
struct AnswerRow {
    period: u32,
    month: String,
    stated: Option<Amount>,
    own: Amount,
    answer: &'static str,
    /// What it is afterwards.
    state: &'static str,
    disputed: Option<Amount>,
}

impl Output for Answered {
    fn exit(&self) -> Exit {
        let job = self.job.as_ref().map(JobReport::exit);
        job.unwrap_or(Exit::Done)
    }
}

impl Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} answers what {} states", self.home, self.visited)?;
        let mut rows = table(["month", "stated", "own", "answer", "state", "disputed"]);
        let amount = |amount: &Option<Amount>| {
            amount
                .as_ref()
                .map_or_else(|| "-".to_owned(), ToString::to_string)
        };
        for row in &self.statements {
            rows.add_row([
                row.month.clone(),
                amount(&row.stated),
                row.own.to_string(),
                row.answer.to_owned(),
                row.state.to_owned(),
                amount(&row.disputed),
            ]);
        }
        writeln!(f, "{rows}")?;
        if let Some(receipt) = &self.transaction {
            writeln!(f, "{receipt}")?;
        }
        if let Some(job) = &self.job {
            job.fmt(f)?;
        }
        Ok(())
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Accept => "accept",
        _ => "counter",
    }
}

impl AnswerArgs {
    pub fn run(&self, ctx: &Context) -> Result<Answered> {
        let is_many = self.statements.len() > 1;
        require_one(is_many, &self.transaction.offline)?;
        require_online(self.transaction.offline.sign_only)?;
        let files = Files::read(ctx, &self.statements)?;
        let found = &files.found;
        let authority = ctx.party(self.authority.as_ref(), "the home operator's authority")?;
        let home = found.operator(files.home);
        if home.authority != authority.pubkey() {
            bail!(
                "{} is not the authority of {}, whose subscribers roamed: that is {}",
                authority.pubkey(),
                found.names.of(files.home),
                home.authority
            );
        }
        let answers: Vec<Answer> = files
            .statements
            .iter()
            .map(|(_, file)| {
                let own = file.commitment();
                Answer {
                    period: file.period(),
                    root: own.root,
                    total: own.total,
                }
            })
            .collect();
        let before = self.stated(ctx, &files, &answers)?;
        let (transaction, job) = match answers.as_slice() {
            [answer] => (Some(self.one(ctx, &files, answer, before.first())?), None),
            _ => (None, Some(self.many(ctx, &files, &answers, &before)?)),
        };
        let after = self.stated(ctx, &files, &answers)?;
        let rows = files
            .statements
            .iter()
            .zip(&answers)
            .zip(before.iter().zip(&after))
            .map(|(((_, file), answer), (before, after))| {
                row(
                    found,
                    file.month().to_string(),
                    answer,
                    before.as_ref(),
                    after.as_ref(),
                )
            })
            .collect();
        Ok(Answered {
            agreement: found.at.to_string(),
            home: found.names.of(files.home).to_owned(),
            visited: found.names.of(files.home.other()).to_owned(),
            statements: rows,
            transaction,
            job,
        })
    }

    /// The statements as they are now.
    fn stated(
        &self,
        ctx: &Context,
        files: &Files,
        answers: &[Answer],
    ) -> Result<Vec<Option<Statement>>> {
        let keys: Vec<StatementKey> = answers
            .iter()
            .map(|answer| StatementKey {
                home: files.home,
                period: answer.period,
            })
            .collect();
        let parts = ctx
            .cluster()?
            .agreement_parts(&files.found.at, &keys, None)?;
        Ok(parts.statements)
    }

    fn one(
        &self,
        ctx: &Context,
        files: &Files,
        answer: &Answer,
        stated: Option<&Option<Statement>>,
    ) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the home operator's authority",
        )?;
        let found = &files.found;
        let Some(statement) = stated.and_then(Option::as_ref) else {
            bail!("period {} is not stated yet", answer.period);
        };
        if !matches!(statement.state(), Ok(StatementState::Stated)) {
            bail!(
                "period {} is {}: it is answered already",
                answer.period,
                statement_state(statement)
            );
        }
        let key = StatementKey {
            home: files.home,
            period: answer.period,
        };
        draft.describe(
            format!("{} a statement", word(answer.action(statement))),
            vec![
                ("agreement", found.at.into()),
                ("period", Shown::of(answer.period)),
                ("stated", Shown::of(found.amount(statement.total))),
                ("own", Shown::of(found.amount(answer.total))),
            ],
        );
        let accounts = found.statement_accounts(key);
        draft.add(answer.instruction(&accounts, statement, draft.signer));
        draft.finish(Some(&self.confirm))
    }

    fn many(
        &self,
        ctx: &Context,
        files: &Files,
        answers: &[Answer],
        before: &[Option<Statement>],
    ) -> Result<JobReport> {
        let found = &files.found;
        let authority = ctx.party(self.authority.as_ref(), "the home operator's authority")?;
        let payer = ctx.party(self.transaction.send.fee_payer.as_ref(), "the fee payer")?;
        if answers.is_empty() {
            bail!(Usage("give a statement's file".into()));
        }
        let job = AnswerStatements {
            accounts: found.accounts,
            home: files.home,
            authority: job::paying(&authority)?,
            answers: answers.to_vec(),
        };
        let kind = Kind {
            message: "answering",
            journal: files.journal("answer"),
            binding: job.binding(ctx.cluster()?.genesis_hash()?),
        };
        if !self.transaction.send.dry_run {
            let counters = answers
                .iter()
                .zip(before)
                .filter_map(|(answer, stated)| Some(answer.action(stated.as_ref()?)))
                .filter(|action| *action == Action::Counter)
                .count();
            ctx.confirm(
                &self.confirm,
                format_args!(
                    "answer {} statements of {}: counter {counters}, accept the rest",
                    answers.len(),
                    found.names.of(files.home.other())
                ),
                "Send the answers?",
            )?;
        }
        job::run(ctx, &kind, &job, &payer, &self.job, &self.transaction.send)
    }
}

fn row(
    found: &Found,
    month: String,
    answer: &Answer,
    before: Option<&Statement>,
    after: Option<&Statement>,
) -> AnswerRow {
    let was_open =
        before.is_some_and(|statement| matches!(statement.state(), Ok(StatementState::Stated)));
    AnswerRow {
        period: answer.period,
        month,
        stated: after.map(|statement| found.amount(statement.total)),
        own: found.amount(answer.total),
        answer: match before {
            Some(statement) if was_open => word(answer.action(statement)),
            _ => "none",
        },
        state: after.map_or("not stated", statement_state),
        disputed: after
            .and_then(|statement| statement.disputed().ok())
            .filter(|disputed| *disputed > 0)
            .map(|disputed| found.amount(disputed)),
    }
}
