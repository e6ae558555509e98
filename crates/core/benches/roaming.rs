//! The cost of two operators' books, from the file to statements and their reconciliation.
//!
//! `cargo bench -p wayfare-core --bench roaming` prints one JSON object per line on stdout: `figure`, `value`, `unit`.
//! Everything is measured, on `data/bwrp-usage.json`: the file is read, both books of 6,379 rows are imported, the 48
//! statements of both directions get their trees, and the books are reconciled. The median of the runs counts.

use std::{error::Error, fs, path::Path, time::Instant};
use wayfare_core::roaming::{
    import::{Duplicates, Import, ImportOptions, MissingMonths, OtherPairs, Unpriced, import},
    reconcile::reconcile,
    record::Party,
    statement::{Direction, Statement},
    usage::{BookChoice, UsageFile},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const ROWS: usize = 6_379;
const MONTHS: u32 = 24;
const RUNS: usize = 21;
const TOLERANCE_BPS: u16 = 100;
const DECIMALS: u8 = 6;

fn main() -> Result<()> {
    let path = Path::new("../../data/bwrp-usage.json");
    let mut seconds = (0..RUNS).map(|_| run(path)).collect::<Result<Vec<f64>>>()?;
    seconds.sort_by(f64::total_cmp);
    let median = seconds[RUNS / 2];
    println!(r#"{{"figure":"roaming.reconcile.seconds","value":{median:.3},"unit":"s"}}"#);
    Ok(())
}

/// The seconds of one run.
fn run(path: &Path) -> Result<f64> {
    let dtag = Party::fold("DEUD1+AAZTD")?.party;
    let tmus = Party::fold("BELMO+FRAF1+AAZOR")?.party;
    let start = Instant::now();
    let file = UsageFile::parse(&fs::read(path)?)?;
    let mine = book(&file, "DTAG", &dtag, &tmus)?;
    let theirs = book(&file, "TMUS", &tmus, &dtag)?;
    let records = state(&mine, &tmus, &dtag)? + state(&theirs, &dtag, &tmus)?;
    let reconciliation = reconcile(&mine, &theirs, TOLERANCE_BPS, DECIMALS)?;
    let seconds = start.elapsed().as_secs_f64();
    // The results are used, so that none of the work can be optimised away.
    let cells: usize = reconciliation.totals.iter().map(|t| t.cells).sum();
    if records != ROWS as u64 || cells != 202 + 221 {
        return Err(format!("{records} records, {cells} cells").into());
    }
    Ok(seconds)
}

fn book(file: &UsageFile, name: &str, owner: &Party, partner: &Party) -> Result<Import> {
    let books = file.choose(&BookChoice::Owner(name.to_owned()))?;
    let options = ImportOptions {
        owner,
        partner,
        currency: "EUR".parse()?,
        decimals: DECIMALS,
        months: None,
        unpriced: Unpriced::Zero,
        duplicates: Duplicates::Keep,
        other_pairs: OtherPairs::Refuse,
        missing_months: MissingMonths::Refuse,
    };
    Ok(import(&books, &options)?)
}

/// States each month of a network's usage by its own book. Returns the number of records.
fn state(book: &Import, home: &Party, visited: &Party) -> Result<u64> {
    let mut next = 0;
    let mut month = Some(book.months.0);
    for period in 0..MONTHS {
        let this = month.ok_or("the months end too soon")?;
        let records = book.inbound.iter().filter(|record| record.month == this);
        let direction = Direction {
            agreement: [1; 32],
            mint: [2; 32],
            decimals: DECIMALS,
            currency: "EUR".parse()?,
            home: home.clone(),
            visited: visited.clone(),
            tariff_sha256: [3; 32],
            first_month: book.months.0,
        };
        let statement = Statement::build(direction, this, next, records.cloned().collect())?;
        if statement.period() != period {
            return Err(format!("{this} is period {}", statement.period()).into());
        }
        next = statement.next_record();
        month = this.next();
    }
    Ok(next)
}
