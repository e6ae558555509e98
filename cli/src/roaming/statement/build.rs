use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use roaming_escrow::state::AgreementState;
use serde::Serialize;
use wayfare_core::roaming::month::Month;
use wayfare_core::roaming::record::Record;
use wayfare_core::roaming::statement::{Direction, Statement};

use crate::context::Context;
use crate::error::Usage;
use crate::output::{Amount, Output, table};
use crate::roaming::args::{AgreementArg, Pair};
use crate::roaming::find::{find_agreement, note_lower_case};
use crate::roaming::statement::files::tariff_hash;
use crate::roaming::usage::{BookArgs, ReportView, Wanted, read_statement, write_new};

/// Which of the two keeps the book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum BookOf {
    /// Of the network that was used: what it states
    #[default]
    Visited,
    /// Of the network whose subscribers roamed: what it answers with
    Home,
}

#[derive(Args)]
pub struct BuildArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// Usage book: JSON as GSMA's BWRP project has it, or CSV
    #[arg(long, value_name = "FILE")]
    pub usage: PathBuf,

    /// Whose books of the file, where it has several operators'
    #[arg(long, value_name = "OWNER")]
    pub book: Option<String>,

    /// The home network and the visited one, by their TADIG codes; more codes of the same operator follow a +
    #[arg(long, value_name = "HOME,VISITED")]
    pub tadig: Pair,

    /// Whose book it is
    #[arg(long, value_enum, default_value_t, value_name = "NETWORK")]
    pub kept_by: BookOf,

    /// The month
    #[arg(long, value_name = "MONTH")]
    pub period: Month,

    /// The last of several months [default: only the one]
    #[arg(long, value_name = "MONTH")]
    pub until: Option<Month>,

    /// The month that is the agreement's period 0 [default: as --previous has it, else --period]
    #[arg(
        long,
        env = "WAYFARE_FIRST_PERIOD",
        hide_env_values = true,
        value_name = "MONTH"
    )]
    pub first_period: Option<Month>,

    /// The statement of the month before: its records come first. Needed after period 0
    #[arg(long, value_name = "FILE")]
    pub previous: Option<PathBuf>,

    #[command(flatten)]
    pub rows: BookArgs,

    /// Folder for the statements' files
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Statements made of a usage book.
#[derive(Serialize)]
pub struct Built {
    agreement: String,
    home: String,
    visited: String,
    statements: Vec<BuiltRow>,
    report: ReportView,
}

#[derive(Serialize)]
struct BuiltRow {
    month: Month,
    period: u32,
    first_record: u64,
    records: u64,
    total: Amount,
    root: String,
    file: PathBuf,
    sha256: String,
}

impl Output for Built {}

impl Display for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} on {}", self.home, self.visited)?;
        let mut rows = table(["month", "period", "records", "total", "root", "file"]);
        for row in &self.statements {
            rows.add_row([
                row.month.to_string(),
                row.period.to_string(),
                row.records.to_string(),
                row.total.to_string(),
                row.root.chars().take(16).collect(),
                row.file.display().to_string(),
            ]);
        }
        writeln!(f, "{rows}\n\nthe book's rows")?;
        self.report.fmt(f)
    }
}

impl BuildArgs {
    pub fn run(&self, ctx: &Context) -> Result<Built> {
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let (home, visited) = (&self.tadig.one, &self.tadig.other);
        if self.tadig.was_lower_case {
            note_lower_case(ctx, format_args!("{home},{visited}"));
        }
        let home_side = found.side_of(home.code())?;
        if found.side_of(visited.code())? == home_side {
            bail!("{home} and {visited} are one operator of the agreement");
        }
        let until = self.until.unwrap_or(self.period);
        if until < self.period {
            bail!(Usage(format!(
                "--until {until} is before --period {}",
                self.period
            )));
        }
        let rules = self.rows.rules()?;
        let tariff_sha256 = tariff_hash(&found, home_side);
        if let Some(tariff) = &rules.tariff
            && tariff.sha256 != tariff_sha256
        {
            // Before the first acceptance no tariff is agreed, and afterwards it may be none.
            if tariff_sha256 != [0; 32] {
                bail!(
                    "--tariff is not the tariff that the agreement names for {home}: its SHA-256 is {}, not {}",
                    hex::encode(tariff.sha256),
                    hex::encode(tariff_sha256)
                );
            }
            ctx.note("note: the agreement names no tariff: the partner may not know this one");
        }
        if found.state.state()? == AgreementState::Proposed {
            ctx.note("note: the agreement is not accepted yet: its terms may still change");
        }
        let previous = self.previous.as_deref().map(read_statement).transpose()?;
        let first_month = match (self.first_period, &previous) {
            (Some(month), _) => month,
            (None, Some(previous)) => previous.direction().first_month,
            (None, None) => self.period,
        };
        let direction = Direction {
            agreement: found.at.to_bytes(),
            mint: found.state.mint.to_bytes(),
            decimals: found.state.decimals,
            currency: rules.currency,
            home: home.clone(),
            visited: visited.clone(),
            tariff_sha256,
            first_month,
        };
        let mut first_record = self.first_record(&direction, previous.as_ref())?;

        let (owner, partner) = match self.kept_by {
            BookOf::Visited => (visited, home),
            BookOf::Home => (home, visited),
        };
        let import = rules.import(&Wanted {
            file: &self.usage,
            book: self.book.as_deref(),
            owner,
            partner,
            decimals: found.state.decimals,
            months: Some((self.period, until)),
        })?;
        // What the visited network states is in its inbound list; the home network has the same as outbound.
        let records: &[Record] = match self.kept_by {
            BookOf::Visited => &import.inbound,
            BookOf::Home => &import.outbound,
        };
        let months = std::iter::successors(Some(self.period), |month| month.next());
        let mut statements = Vec::new();
        for month in months.take_while(|month| *month <= until) {
            let of_month = records.iter().filter(|record| record.month == month);
            let statement = Statement::build(
                direction.clone(),
                month,
                first_record,
                of_month.cloned().collect(),
            )
            .with_context(|| format!("{month} is not a statement"))?;
            first_record = statement.next_record();
            statements.push(statement);
        }
        let mut rows = Vec::with_capacity(statements.len());
        for statement in &statements {
            let commitment = statement.commitment();
            let name = format!(
                "{}-{}-{}.json",
                home.code(),
                visited.code(),
                statement.month()
            );
            let file = self.out.join(name);
            write_new(&file, &statement.to_json())?;
            rows.push(BuiltRow {
                month: statement.month(),
                period: statement.period(),
                first_record: commitment.first_record,
                records: commitment.records,
                total: found.amount(commitment.total),
                root: hex::encode(commitment.root),
                file,
                sha256: hex::encode(statement.sha256()),
            });
        }
        Ok(Built {
            agreement: found.at.to_string(),
            home: home.to_string(),
            visited: visited.to_string(),
            statements: rows,
            report: ReportView(import.report),
        })
    }

    /// The number of the first record: 0 in period 0, later the one after the month before.
    fn first_record(&self, direction: &Direction, previous: Option<&Statement>) -> Result<u64> {
        let period = self.period.since(direction.first_month).with_context(|| {
            format!(
                "{} is before {}, the month of period 0",
                self.period, direction.first_month
            )
        })?;
        let Some(previous) = previous else {
            if period > 0 {
                bail!(Usage(format!(
                    "{} is period {period}: give --previous, the statement of the month before, whose records come first",
                    self.period
                )));
            }
            return Ok(0);
        };
        let is_before = previous.month().next() == Some(self.period);
        if !is_before || previous.direction() != direction {
            bail!(
                "--previous is of {} in {}: it must be the statement of the month before {} in the same direction, \
                 with the same terms",
                previous.direction().home,
                previous.month(),
                self.period
            );
        }
        Ok(previous.next_record())
    }
}
