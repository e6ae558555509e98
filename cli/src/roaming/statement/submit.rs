use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use roaming_escrow::state::{AgreementState, Side};
use serde::Serialize;
use wayfare_client::roaming::instruction;
use wayfare_client::roaming::jobs::{NewStatement, SubmitStatements};
use wayfare_core::roaming::statement::Statement as File;

use crate::args::{ConfirmArgs, JobArgs, OfflineArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::{Exit, Usage};
use crate::job;
use crate::job::{JobReport, Kind};
use crate::output::{Amount, Moment, Output, Shown};
use crate::roaming::find::{Found, require_online};
use crate::roaming::statement::files::{Files, args_of, tariff_hash};
use crate::signers::SignerSource;

#[derive(Args)]
pub struct SubmitArgs {
    /// The statements' files, in whichever order
    #[arg(required = true, value_name = "FILE")]
    pub statements: Vec<PathBuf>,

    /// The visited operator's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// What was stated.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Submitted {
    One(Receipt),
    Many(Stated),
}

/// Many statements of one direction.
#[derive(Serialize)]
pub struct Stated {
    agreement: String,
    home: String,
    visited: String,
    total: Amount,
    statements: JobReport,
}

impl Output for Submitted {
    fn exit(&self) -> Exit {
        match self {
            Self::One(receipt) => receipt.exit(),
            Self::Many(stated) => stated.statements.exit(),
        }
    }
}

impl Display for Submitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(receipt) => receipt.fmt(f),
            Self::Many(stated) => {
                writeln!(
                    f,
                    "{} states what subscribers of {} used: {} in all",
                    stated.visited, stated.home, stated.total
                )?;
                stated.statements.fmt(f)
            }
        }
    }
}

/// Refuses offline signing for a job of many transactions.
pub fn require_one(is_many: bool, offline: &OfflineArgs) -> Result<()> {
    let is_offline =
        offline.sign_only || offline.blockhash.is_some() || offline.export_encoding.is_some();
    if is_many && is_offline {
        bail!(Usage(
            "many statements are many transactions, which are signed here: give one file to sign elsewhere".into()
        ));
    }
    Ok(())
}

impl SubmitArgs {
    pub fn run(&self, ctx: &Context) -> Result<Submitted> {
        let is_many = self.statements.len() > 1;
        require_one(is_many, &self.transaction.offline)?;
        require_online(self.transaction.offline.sign_only)?;
        let files = Files::read(ctx, &self.statements)?;
        let found = &files.found;
        let authority = ctx.party(self.authority.as_ref(), "the visited operator's authority")?;
        check_visited(found, files.home, &authority.pubkey())?;
        check_open(found, files.home)?;
        for (path, file) in &files.statements {
            check_tariff(found, files.home, file).with_context(|| path.display().to_string())?;
        }
        check_sequence(&files)?;
        if !is_many {
            return self.one(ctx, &files).map(Submitted::One);
        }
        let payer = ctx.party(self.transaction.send.fee_payer.as_ref(), "the fee payer")?;
        let total = files
            .statements
            .iter()
            .try_fold(0u64, |sum, (_, file)| {
                sum.checked_add(file.commitment().total)
            })
            .context("the totals are past 64 bits together")?;
        let job = SubmitStatements {
            accounts: found.accounts,
            home: files.home,
            authority: job::paying(&authority)?,
            payer: payer.pubkey(),
            statements: files
                .statements
                .iter()
                .map(|(_, file)| NewStatement {
                    period: file.period(),
                    args: args_of(file),
                })
                .collect(),
        };
        let kind = Kind {
            message: "stating",
            journal: files.journal("submit"),
            binding: job.binding(ctx.cluster()?.genesis_hash()?),
        };
        if !self.transaction.send.dry_run {
            ctx.confirm(
                &self.confirm,
                format_args!(
                    "state {} months of {} for {} in all",
                    files.statements.len(),
                    found.names.of(files.home),
                    found.amount(total)
                ),
                "Send them?",
            )?;
        }
        let report = job::run(ctx, &kind, &job, &payer, &self.job, &self.transaction.send)?;
        Ok(Submitted::Many(Stated {
            agreement: found.at.to_string(),
            home: found.names.of(files.home).to_owned(),
            visited: found.names.of(files.home.other()).to_owned(),
            total: found.amount(total),
            statements: report,
        }))
    }

    fn one(&self, ctx: &Context, files: &Files) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the visited operator's authority",
        )?;
        let Some((_, file)) = files.statements.first() else {
            bail!(Usage("give a statement's file".into()));
        };
        let found = &files.found;
        draft.describe(
            format!("state what {} used", found.names.of(files.home)),
            details(ctx, found, file)?,
        );
        draft.add(instruction::submit_statement(
            &found.accounts,
            draft.payer,
            draft.signer,
            files.home,
            file.period(),
            args_of(file),
        ));
        draft.finish(Some(&self.confirm))
    }
}

pub fn details(ctx: &Context, found: &Found, file: &File) -> Result<Vec<(&'static str, Shown)>> {
    let commitment = file.commitment();
    let answer_by = ctx
        .cluster()?
        .unix_time()?
        .saturating_add(found.state.terms.statement_window.into());
    Ok(vec![
        ("agreement", found.at.into()),
        ("period", Shown::of(file.period())),
        ("month", file.month().to_string().into()),
        ("records", Shown::of(commitment.records)),
        ("first record", Shown::of(commitment.first_record)),
        ("total", Shown::of(found.amount(commitment.total))),
        ("root", hex::encode(commitment.root).into()),
        ("answer by", Shown::of(Moment(answer_by))),
    ])
}

/// Whether this key states what subscribers of `home` used.
pub fn check_visited(found: &Found, home: Side, key: &solana_pubkey::Pubkey) -> Result<()> {
    let visited = found.operator(home.other());
    if visited.authority != *key {
        bail!(
            "{key} is not the authority of {}, whose network was used: that is {}",
            found.names.of(home.other()),
            visited.authority
        );
    }
    Ok(())
}

fn check_open(found: &Found, home: Side) -> Result<()> {
    if found.state.state()? == AgreementState::Proposed {
        bail!("the agreement is not accepted yet: it takes no statements");
    }
    let visited = home.other();
    let arrears = found.state.books(visited).arrears;
    if arrears > 0 {
        bail!(
            "{} is in arrears with {}, and states nothing before that is paid: `wayfare roaming deposit`",
            found.names.of(visited),
            found.amount(arrears)
        );
    }
    if found.state.books(home).is_returned() {
        bail!(
            "the statement of the period before was returned: restate it first with `wayfare roaming statement restate`"
        );
    }
    Ok(())
}

pub fn check_tariff(found: &Found, home: Side, file: &File) -> Result<()> {
    let agreed = tariff_hash(found, home);
    if file.direction().tariff_sha256 != agreed {
        bail!(
            "it was built under the tariff {}, but the agreement names {} for {}: build it again",
            hex::encode(file.direction().tariff_sha256),
            hex::encode(agreed),
            found.names.of(home)
        );
    }
    Ok(())
}

/// The files follow each other, and the chain, without a gap. Those that are stated already are let through: the job finds
/// them done.
fn check_sequence(files: &Files) -> Result<()> {
    let books = files.found.state.books(files.home);
    for pair in files.statements.windows(2) {
        let [(_, before), (path, after)] = pair else {
            continue;
        };
        if before.period().checked_add(1) != Some(after.period())
            || after.commitment().first_record != before.next_record()
        {
            bail!(
                "{} does not follow the statement of {}: months and records must adjoin",
                path.display(),
                before.month()
            );
        }
    }
    let next = files
        .statements
        .iter()
        .find(|(_, file)| file.period() >= books.next_period);
    match next {
        None => bail!(
            "all of these periods are stated already: the next is {}",
            books.next_period
        ),
        Some((path, file)) if file.period() > books.next_period => bail!(
            "{} is period {}, but the next to be stated is {}",
            path.display(),
            file.period(),
            books.next_period
        ),
        Some((path, file)) if file.commitment().first_record != books.next_record => bail!(
            "{}: its first record is {}, but the next is {}: build it again, with the statement before as --previous",
            path.display(),
            file.commitment().first_record,
            books.next_record
        ),
        Some(_) => Ok(()),
    }
}
