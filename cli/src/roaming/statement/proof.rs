use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};
use clap::{Args, Subcommand};
use serde::Serialize;
use wayfare_core::roaming::record::Record;
use wayfare_core::roaming::statement::{Commitment, RecordProof};

use crate::context::Context;
use crate::error::Exit;
use crate::output::{Fields, Output};
use crate::roaming::args::StatementArg;
use crate::roaming::usage::{read_small, read_statement, write_new};

#[derive(Subcommand)]
pub enum ProofCommand {
    /// Write the proof of one record
    Make(ProofMakeArgs),
    /// Check a proof against the statement on the chain
    Check(ProofCheckArgs),
}

#[derive(Args)]
pub struct ProofMakeArgs {
    /// The statement's file
    pub statement: PathBuf,

    /// Number of the record
    #[arg(long, value_name = "N")]
    pub record: u64,

    /// File to write the proof to, which must not exist yet
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

#[derive(Args)]
pub struct ProofCheckArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// The proof's file
    pub proof: PathBuf,
}

/// The proof of one record.
#[derive(Serialize)]
pub struct Proved {
    sequence: u64,
    record: Record,
    levels: usize,
    file: PathBuf,
    /// Whether the statement on the chain has the record; `None` when it was not asked.
    genuine: Option<bool>,
}

impl Output for Proved {
    fn exit(&self) -> Exit {
        match self.genuine {
            Some(false) => Exit::Refused,
            _ => Exit::Done,
        }
    }
}

impl Display for Proved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &self.record;
        Fields(&[
            ("record", self.sequence.to_string()),
            ("month", record.month.to_string()),
            ("home", record.home.to_string()),
            ("visited", record.visited.to_string()),
            ("service", record.service.clone()),
            ("usage", format!("{} {}", record.usage, record.unit)),
            ("charge", format!("{} {}", record.charge, record.currency)),
            ("base units", record.amount.to_string()),
            ("proof", self.file.display().to_string()),
        ])
        .fmt(f)?;
        match self.genuine {
            None => Ok(()),
            Some(true) => writeln!(f, "it is a record of the statement on the chain"),
            Some(false) => writeln!(f, "it is NO record of the statement on the chain"),
        }
    }
}

impl ProofMakeArgs {
    pub fn run(&self) -> Result<Proved> {
        let statement = read_statement(&self.statement)?;
        let proof = statement.prove(self.record).ok_or_else(|| {
            let last = statement.last_record();
            let has = match last {
                Some(last) => format!("{} to {last}", statement.commitment().first_record),
                None => "none".to_owned(),
            };
            anyhow!("the statement has no record {}: it has {has}", self.record)
        })?;
        let json = serde_json::to_string_pretty(&proof)? + "\n";
        write_new(&self.out, json.as_bytes())?;
        Ok(Proved {
            sequence: proof.sequence,
            levels: proof.depth(),
            record: proof.record,
            file: self.out.clone(),
            genuine: None,
        })
    }
}

impl ProofCheckArgs {
    pub fn run(&self, ctx: &Context) -> Result<Proved> {
        let proof: RecordProof = serde_json::from_slice(&read_small(&self.proof)?)
            .with_context(|| format!("{} is not a proof of a record", self.proof.display()))?;
        let (found, key) = self.statement.find(ctx)?;
        let (_, statement) = found.statement(ctx, key)?;
        let commitment = Commitment {
            root: statement.root,
            records: statement.records,
            first_record: statement.first_record,
            total: statement.total,
        };
        Ok(Proved {
            sequence: proof.sequence,
            levels: proof.depth(),
            genuine: Some(proof.verify(&commitment)),
            record: proof.record,
            file: self.proof.clone(),
        })
    }
}
