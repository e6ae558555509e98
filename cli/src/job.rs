//! Jobs of many transactions, as a command runs them: the journal, a bar, Ctrl-C, and a report at the end.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use solana_signer::Signer;
use wayfare_client::bulk::{self, Assessment, BulkOptions, Job, Progress, Stopped, Summary};
use wayfare_client::error::ClientError;
use wayfare_client::error::JournalError;
use wayfare_client::journal::{Binding, Journal};

use crate::args::{JobArgs, SendArgs};
use crate::context::Context;
use crate::draft::send_options;
use crate::error::{Exit, Usage, exit_of};
use crate::output::{Fields, table};
use crate::signers::Party;

/// Items that are assessed together in a dry run.
const ASSESS_AT_ONCE: usize = 1_000;

/// What a job is, beyond what it does.
pub struct Kind<'a> {
    /// What the bar says.
    pub message: &'a str,
    /// Where the journal is, unless its flag names another file.
    pub journal: String,
    /// What the journal is bound to.
    pub binding: Binding,
}

/// What a job came to.
#[derive(Debug, Default, Serialize)]
pub struct JobReport {
    pub total: usize,
    /// Done by this run.
    pub done: usize,
    pub already_done: usize,
    /// What a run would do, if this was a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<usize>,
    pub failed: Vec<FailedItem>,
    /// Transactions of which it is not known whether they land.
    pub unresolved: Vec<String>,
    /// Items that were not tried to the end.
    pub left: usize,
    pub transactions: u64,
    pub seconds: f64,
    /// Why it ended before its end.
    pub stopped: Option<String>,
    pub journal: Option<PathBuf>,
    #[serde(skip)]
    exit: Option<Exit>,
}

#[derive(Debug, Serialize)]
pub struct FailedItem {
    pub item: String,
    pub reason: String,
}

impl JobReport {
    /// A job without items.
    pub fn nothing() -> Self {
        Self::default()
    }

    pub fn new(summary: Summary, seconds: f64, journal: PathBuf) -> Self {
        let (stopped, stopped_exit) = match summary.stopped {
            None => (None, None),
            Some(Stopped::OnRequest) => (Some("stopped on request".to_owned()), Some(Exit::Retry)),
            Some(Stopped::Error(error)) => {
                let next = error
                    .next_step()
                    .map(|step| format!("; {step}"))
                    .unwrap_or_default();
                let text = format!("{error}{next}");
                (Some(text), Some(exit_of(&error.into())))
            }
        };
        let exit = stopped_exit
            .or((!summary.unresolved.is_empty()).then_some(Exit::Retry))
            .or((!summary.failed.is_empty()).then_some(Exit::Refused));
        Self {
            total: summary.total,
            done: summary.done.len(),
            already_done: summary.already_done,
            due: None,
            failed: summary
                .failed
                .into_iter()
                .map(|failure| FailedItem {
                    item: failure.name,
                    reason: failure.reason,
                })
                .collect(),
            unresolved: summary
                .unresolved
                .iter()
                .map(|sent| sent.signature.to_string())
                .collect(),
            left: summary.left,
            transactions: summary.transactions,
            seconds: (seconds * 10.0).round() / 10.0,
            stopped,
            journal: Some(journal),
            exit,
        }
    }

    /// Adds what a dry run could not look at but knows to be due.
    pub fn with_due(mut self, more: usize) -> Self {
        self.total += more;
        self.due = Some(self.due.unwrap_or_default() + more);
        self
    }

    pub fn exit(&self) -> Exit {
        self.exit.unwrap_or(Exit::Done)
    }
}

impl Display for JobReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(due) = self.due {
            let fields = [
                ("to do", due.to_string()),
                ("done already", self.already_done.to_string()),
                ("impossible", self.failed.len().to_string()),
            ];
            Fields(&fields).fmt(f)?;
            writeln!(f, "dry run: nothing was sent")?;
        } else {
            let fields = [
                ("done", self.done.to_string()),
                ("done already", self.already_done.to_string()),
                ("failed", self.failed.len().to_string()),
                ("left", self.left.to_string()),
                (
                    "transactions",
                    format!("{} in {:.1} s", self.transactions, self.seconds),
                ),
            ];
            Fields(&fields).fmt(f)?;
        }
        if !self.failed.is_empty() {
            let mut failed = table(["failed", "reason"]);
            for item in &self.failed {
                failed.add_row([&item.item, &item.reason]);
            }
            writeln!(f, "{failed}")?;
        }
        for signature in &self.unresolved {
            writeln!(f, "not known whether it lands: {signature}")?;
        }
        if let Some(stopped) = &self.stopped {
            writeln!(f, "stopped: {stopped}")?;
        }
        match &self.journal {
            Some(journal) if self.exit() != Exit::Done => {
                writeln!(
                    f,
                    "to continue: the same command with --resume --journal {}",
                    journal.display()
                )
            }
            _ => Ok(()),
        }
    }
}

/// Runs a job, or what is left of it.
pub fn run(
    ctx: &Context,
    kind: &Kind,
    job: &dyn Job,
    payer: &Party,
    args: &JobArgs,
    send: &SendArgs,
) -> Result<JobReport> {
    if send.dry_run {
        return assess(ctx, job);
    }
    let payer = paying(payer)?;
    let path = path(args, &kind.journal);
    let mut journal = open(&path, &kind.binding, args.resume)?;
    let start = Instant::now();
    let summary = run_in(ctx, kind.message, job, payer, &mut journal, &options(send))?;
    Ok(JobReport::new(summary, start.elapsed().as_secs_f64(), path))
}

/// Where a job's journal is: where its flag says, else in this folder.
pub fn path(args: &JobArgs, name: &str) -> PathBuf {
    args.journal.clone().unwrap_or_else(|| PathBuf::from(name))
}

/// Who pays for and signs many transactions: somebody who is here.
pub fn paying(party: &Party) -> Result<&dyn Signer> {
    match party {
        Party::Present(key) => Ok(&**key),
        Party::Absent(key) => bail!(Usage(format!(
            "a job of many transactions is paid and signed here: give the key file of {key}, not its public key"
        ))),
    }
}

/// How a job's transactions are sent, by their flags.
pub fn options(send: &SendArgs) -> BulkOptions {
    BulkOptions {
        price: send_options(send).price,
        ..BulkOptions::default()
    }
}

/// Runs a job with an open journal, under a bar.
pub fn run_in(
    ctx: &Context,
    what: &str,
    job: &dyn Job,
    payer: &dyn Signer,
    journal: &mut Journal,
    options: &BulkOptions,
) -> Result<Summary> {
    let cluster = ctx.cluster()?;
    // What is in flight is in the journal by then.
    ctx.stop_on_ctrl_c()?;
    let bar = ctx.progress_bar(job.len() as u64, what);
    let summary = bulk::run(cluster, job, payer, journal, options, &mut |progress| {
        let settled = progress.done + progress.already_done + progress.failed;
        bar.set_position(settled as u64);
        bar.set_message(message(what, progress));
    });
    bar.finish_and_clear();
    Ok(summary?)
}

/// Opens a job's journal. One that is there is continued where it is asked for, or where nothing of it is open: then it
/// is the journal of the same job, done before.
pub fn open(path: &Path, binding: &Binding, resume: bool) -> Result<Journal> {
    if resume {
        return Ok(Journal::resume(path, binding).map_err(ClientError::from)?);
    }
    match Journal::create(path, binding) {
        Err(JournalError::Exists { .. }) => {}
        journal => return Ok(journal.map_err(ClientError::from)?),
    }
    let journal = Journal::resume(path, binding)
        .map_err(ClientError::from)
        .context("a journal is in the way: name another with --journal")?;
    if !journal.in_flight().is_empty() {
        bail!(
            "{}: this job was interrupted, with {} transactions under way: add --resume to continue it",
            path.display(),
            journal.in_flight().len()
        );
    }
    Ok(journal)
}

fn message(message: &str, progress: &Progress) -> String {
    if let (true, Some(next)) = (progress.waiting > 0, progress.next_try) {
        format!("{message}, {} wait {} s", progress.waiting, next.as_secs())
    } else if progress.in_flight == 0 && progress.not_final > 0 {
        format!(
            "{message}, {} transactions become final",
            progress.not_final
        )
    } else {
        message.to_owned()
    }
}

/// What a run would do, read from the chain.
pub fn assess(ctx: &Context, job: &dyn Job) -> Result<JobReport> {
    let items: Vec<usize> = (0..job.len()).collect();
    let mut report = JobReport {
        total: job.len(),
        ..JobReport::default()
    };
    let mut due = 0;
    for chunk in items.chunks(ASSESS_AT_ONCE) {
        let assessments = job.assess(ctx.cluster()?, chunk, None)?;
        for (item, assessment) in chunk.iter().zip(assessments) {
            match assessment {
                Assessment::Done => report.already_done += 1,
                Assessment::Due { .. } => due += 1,
                Assessment::Impossible(reason) => report.failed.push(FailedItem {
                    item: job.name(*item),
                    reason,
                }),
            }
        }
    }
    report.due = Some(due);
    if !report.failed.is_empty() {
        report.exit = Some(Exit::Refused);
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use solana_keypair::Keypair;
    use solana_pubkey::Pubkey;
    use wayfare_client::bulk::{Failure, Unresolved};
    use wayfare_client::cluster::Blockhash;
    use wayfare_client::error::InputError;
    use wayfare_client::journal::{Entry, signed_entry};
    use wayfare_client::send::{self, Budget, Lifetime};

    use super::*;

    fn exit(summary: Summary) -> Exit {
        JobReport::new(summary, 1.0, PathBuf::from("j")).exit()
    }

    #[test]
    fn a_job_that_is_not_done_does_not_end_as_done() {
        let failure = || Failure {
            item: 0,
            name: "a".into(),
            reason: "b".into(),
        };
        let unresolved = || Unresolved {
            signature: Default::default(),
            items: vec![0],
        };
        assert_eq!(exit(Summary::default()), Exit::Done);
        assert_eq!(
            exit(Summary {
                failed: vec![failure()],
                ..Summary::default()
            }),
            Exit::Refused
        );
        assert_eq!(
            exit(Summary {
                failed: vec![failure()],
                unresolved: vec![unresolved()],
                ..Summary::default()
            }),
            Exit::Retry
        );
        let stopped = |stopped| Summary {
            stopped: Some(stopped),
            ..Summary::default()
        };
        assert_eq!(exit(stopped(Stopped::OnRequest)), Exit::Retry);
        let error = InputError::MissingSigner(Pubkey::default());
        assert_eq!(exit(stopped(Stopped::Error(error.into()))), Exit::Refused);
    }

    #[test]
    fn an_open_journal_asks_for_resume_and_a_settled_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j");
        let binding = |input| Binding {
            job: "test".into(),
            input: [input; 32],
            network: Pubkey::default(),
            genesis: Default::default(),
        };
        assert!(open(&path, &binding(1), true).is_err());
        drop(open(&path, &binding(1), false).unwrap());
        drop(open(&path, &binding(1), false).unwrap());
        let held = open(&path, &binding(1), true).unwrap();
        assert!(open(&path, &binding(1), true).is_err());
        drop(held);
        let error = open(&path, &binding(2), false).err().unwrap();
        assert!(format!("{error:#}").contains("--journal"), "{error:#}");

        let key = Keypair::new();
        let lifetime = Lifetime::Blockhash(Blockhash {
            hash: Default::default(),
            last_valid_block_height: 1,
        });
        let message = send::message(&[], &key.pubkey(), &lifetime, Budget::default()).unwrap();
        let signed = send::sign(message, lifetime, &[&key]).unwrap();
        let mut journal = open(&path, &binding(1), false).unwrap();
        let planned = Entry::Planned {
            transaction: 0,
            items: vec![0],
        };
        journal
            .append(&[planned, signed_entry(0, &signed)])
            .unwrap();
        drop(journal);
        let error = open(&path, &binding(1), false).err().unwrap();
        assert!(error.to_string().contains("--resume"), "{error:#}");
        assert_eq!(open(&path, &binding(1), true).unwrap().in_flight().len(), 1);
    }
}
