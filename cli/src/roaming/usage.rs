//! Files that operators keep and exchange: usage books, tariffs, statements.

use std::fmt::{self, Display};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use wayfare_core::roaming::currency::Currency;
use wayfare_core::roaming::import::{
    Duplicates, Import, ImportOptions, MissingMonths, OtherPairs, Report, SetAsideReason, Unpriced,
    import,
};
use wayfare_core::roaming::month::Month;
use wayfare_core::roaming::record::Party;
use wayfare_core::roaming::statement::Statement;
use wayfare_core::roaming::tariff::Tariff;
use wayfare_core::roaming::usage::{BookChoice, UsageFile};

use crate::context::Context;
use crate::error::Usage;
use crate::roaming::args::Pair;
use crate::roaming::find::note_lower_case;

/// How usage books become records.
#[derive(Args)]
pub struct BookArgs {
    /// Currency of the charges: what the mint's tokens are worth [default: that of --tariff]
    #[arg(long, value_name = "CODE", required_unless_present = "tariff")]
    pub currency: Option<Currency>,

    /// Prices for rows without a charge
    #[arg(long, value_name = "FILE")]
    pub tariff: Option<PathBuf>,

    /// What becomes of rows without a charge [default: tariff where one is given, else refuse]
    #[arg(long, value_enum)]
    pub unpriced: Option<UnpricedRows>,

    /// What becomes of rows that are the same in every field
    #[arg(long, value_enum, default_value_t)]
    pub duplicates: DuplicateRows,

    /// What becomes of rows of other pairs of networks
    #[arg(long, value_enum, default_value_t)]
    pub other_pairs: OtherPairRows,

    /// What becomes of months without a row, in either direction
    #[arg(long, value_enum, default_value_t)]
    pub missing_months: MonthsWithoutRows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnpricedRows {
    /// The book is refused, and every such row named
    Refuse,
    /// They cost what the tariff says
    Tariff,
    /// They are carried at zero, and listed
    Zero,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DuplicateRows {
    /// The book is refused
    #[default]
    Refuse,
    /// Each is a record of its own
    Keep,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OtherPairRows {
    /// The book is refused
    #[default]
    Refuse,
    /// They are counted, and left out
    SetAside,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MonthsWithoutRows {
    /// The book is refused
    #[default]
    Refuse,
    /// Nothing was used
    NoTraffic,
}

/// Two operators' books of the same traffic.
#[derive(Args)]
pub struct TwoBooksArgs {
    /// My usage book
    #[arg(long, value_name = "FILE")]
    pub mine: PathBuf,

    /// Whose books of that file are mine, where it has several operators'
    #[arg(long, value_name = "OWNER")]
    pub my_book: Option<String>,

    /// My partner's usage book
    #[arg(long, value_name = "FILE")]
    pub theirs: PathBuf,

    /// Whose books of that file are theirs
    #[arg(long, value_name = "OWNER")]
    pub their_book: Option<String>,

    /// Me and my partner, by our TADIG codes; more codes of the same operator follow a +
    #[arg(long, value_name = "MINE,THEIRS")]
    pub tadig: Pair,

    #[command(flatten)]
    pub rows: BookArgs,
}

/// Rows that are named one by one; JSON has all.
const ROWS_SHOWN: usize = 10;

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Reads a tariff.
pub fn read_tariff(path: &Path) -> Result<Tariff> {
    let text = String::from_utf8(read(path)?)
        .map_err(|_| anyhow!("{} is not text in UTF-8", path.display()))?;
    Tariff::parse(&text).with_context(|| path.display().to_string())
}

/// Reads a statement's file, and computes everything in it again.
pub fn read_statement(path: &Path) -> Result<Statement> {
    Statement::parse(&read(path)?).with_context(|| path.display().to_string())
}

/// Reads any other small file.
pub fn read_small(path: &Path) -> Result<Vec<u8>> {
    read(path)
}

/// Writes a file that must not be there yet: whole, or not at all. One with the same content stays.
pub fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    if let Ok(there) = fs::read(path) {
        if there == content {
            return Ok(());
        }
        bail!(
            "{} is there already, with another content: move it away, or name another place",
            path.display()
        );
    }
    let save = || -> Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let mut partial = tempfile::NamedTempFile::new_in(folder)?;
        partial.write_all(content)?;
        partial.as_file().sync_all()?;
        partial.persist_noclobber(path)?;
        Ok(())
    };
    save().with_context(|| format!("cannot write {}", path.display()))
}

/// How books are read, with the tariff opened.
pub struct BookRules {
    pub currency: Currency,
    pub tariff: Option<Tariff>,
    unpriced: UnpricedRows,
    duplicates: Duplicates,
    other_pairs: OtherPairs,
    missing_months: MissingMonths,
}

impl BookArgs {
    pub fn rules(&self) -> Result<BookRules> {
        let tariff = self.tariff.as_deref().map(read_tariff).transpose()?;
        let unpriced = self.unpriced.unwrap_or(match tariff {
            Some(_) => UnpricedRows::Tariff,
            None => UnpricedRows::Refuse,
        });
        if unpriced == UnpricedRows::Tariff && tariff.is_none() {
            bail!(Usage("--unpriced tariff needs --tariff".into()));
        }
        let currency = self
            .currency
            .or(tariff.as_ref().map(|tariff| tariff.currency))
            .ok_or_else(|| Usage("give --currency".into()))?;
        Ok(BookRules {
            currency,
            tariff,
            unpriced,
            duplicates: match self.duplicates {
                DuplicateRows::Refuse => Duplicates::Refuse,
                DuplicateRows::Keep => Duplicates::Keep,
            },
            other_pairs: match self.other_pairs {
                OtherPairRows::Refuse => OtherPairs::Refuse,
                OtherPairRows::SetAside => OtherPairs::SetAside,
            },
            missing_months: match self.missing_months {
                MonthsWithoutRows::Refuse => MissingMonths::Refuse,
                MonthsWithoutRows::NoTraffic => MissingMonths::NoTraffic,
            },
        })
    }
}

/// Which book, and what of it.
pub struct Wanted<'a> {
    pub file: &'a Path,
    /// Whose books of the file; without it the only operator's.
    pub book: Option<&'a str>,
    pub owner: &'a Party,
    pub partner: &'a Party,
    pub decimals: u8,
    /// First and last month; without them all that the book has.
    pub months: Option<(Month, Month)>,
}

impl BookRules {
    /// Reads a book as records.
    pub fn import(&self, wanted: &Wanted) -> Result<Import> {
        let file = UsageFile::parse(&read(wanted.file)?)
            .with_context(|| wanted.file.display().to_string())?;
        let choice = match wanted.book {
            Some(owner) => BookChoice::Owner(owner.to_owned()),
            None => BookChoice::Only,
        };
        let options = ImportOptions {
            owner: wanted.owner,
            partner: wanted.partner,
            currency: self.currency,
            decimals: wanted.decimals,
            months: wanted.months,
            unpriced: match (self.unpriced, &self.tariff) {
                (UnpricedRows::Zero, _) => Unpriced::Zero,
                (UnpricedRows::Tariff, Some(tariff)) => Unpriced::Tariff(tariff),
                _ => Unpriced::Refuse,
            },
            duplicates: self.duplicates,
            other_pairs: self.other_pairs,
            missing_months: self.missing_months,
        };
        file.choose(&choice)
            .and_then(|books| import(&books, &options))
            .with_context(|| wanted.file.display().to_string())
    }
}

/// Both books: mine, and theirs.
pub struct TwoBooks {
    pub mine: Import,
    pub theirs: Import,
}

impl TwoBooksArgs {
    /// Reads both. `months`: first and last one; without them all that each book has.
    pub fn import(
        &self,
        ctx: &Context,
        decimals: u8,
        months: Option<(Month, Month)>,
    ) -> Result<TwoBooks> {
        let (me, them) = (&self.tadig.one, &self.tadig.other);
        if self.tadig.was_lower_case {
            note_lower_case(ctx, format_args!("{me},{them}"));
        }
        let rules = self.rows.rules()?;
        Ok(TwoBooks {
            mine: rules.import(&Wanted {
                file: &self.mine,
                book: self.my_book.as_deref(),
                owner: me,
                partner: them,
                decimals,
                months,
            })?,
            theirs: rules.import(&Wanted {
                file: &self.theirs,
                book: self.their_book.as_deref(),
                owner: them,
                partner: me,
                decimals,
                months,
            })?,
        })
    }
}

/// What happened to a book's rows, for people; JSON has the report itself.
#[derive(Serialize)]
#[serde(transparent)]
pub struct ReportView(pub Report);

impl Display for ReportView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.0;
        for direction in &report.directions {
            writeln!(
                f,
                "{}: {} records for {}; rounding moved {} (added {}, taken {})",
                direction.list,
                direction.records,
                direction.exact,
                direction.rounding.net(),
                direction.rounding.added,
                direction.rounding.taken
            )?;
            if direction.priced_by_tariff.records > 0 {
                writeln!(
                    f,
                    "  priced by the tariff: {} records",
                    direction.priced_by_tariff.records
                )?;
            }
            if direction.carried_at_zero > 0 {
                writeln!(
                    f,
                    "  carried at zero, because nobody priced them: {} records",
                    direction.carried_at_zero
                )?;
            }
        }
        let mut rows = report.unpriced.iter();
        for row in rows.by_ref().take(ROWS_SHOWN) {
            let price = match row.per_unit {
                Some(price) => format!("priced by the tariff at {price}"),
                None => "carried at zero".to_owned(),
            };
            writeln!(
                f,
                "  {}: {} of {} on {} in {}: {}; {price}",
                row.position, row.service, row.home, row.visited, row.month, row.reason
            )?;
        }
        more(f, rows.count(), "rows without a charge")?;
        let mut duplicates = report.duplicates.iter();
        for row in duplicates.by_ref().take(ROWS_SHOWN) {
            writeln!(f, "  {}: the same as {}; kept", row.position, row.first)?;
        }
        more(f, duplicates.count(), "rows that are the same as another")?;
        for set_aside in &report.set_aside {
            let reason = match set_aside.reason {
                SetAsideReason::OtherPair => "another pair",
                SetAsideReason::OtherMonth => "another month",
            };
            writeln!(
                f,
                "  left out: {} rows of {} on {}: {reason}",
                set_aside.rows, set_aside.home, set_aside.visited
            )?;
        }
        if let Some(first) = report.folded.first() {
            writeln!(
                f,
                "  {} rows with TADIG codes in lower case, from {first} on: read as upper case",
                report.folded.len()
            )?;
        }
        for empty in &report.no_traffic {
            writeln!(
                f,
                "  {} without a row in {}: no traffic",
                empty.month, empty.list
            )?;
        }
        Ok(())
    }
}

fn more(f: &mut fmt::Formatter<'_>, count: usize, what: &str) -> fmt::Result {
    if count > 0 {
        writeln!(f, "  and {count} more {what}: see --output json")?;
    }
    Ok(())
}
