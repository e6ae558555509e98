//! From rows to records: two parties' traffic in base units, with a report of everything that was not clear.
//!
//! Nothing is dropped silently, and nothing counts as zero without being reported. Things that a book can have but an
//! importer cannot judge are refused unless the caller says how to treat them: rows without a charge ([`Unpriced`]),
//! rows equal in every field ([`Duplicates`]; the BWRP books of 2019 do not say which country was called, so they have
//! many), rows of other pairs ([`OtherPairs`]), and months without rows ([`MissingMonths`]). The [`Report`] lists all.

use super::currency::Currency;
use super::decimal::Decimal;
use super::month::{Month, Spelling};
use super::record::{Party, Pricing, Record};
use super::tadig::Tadig;
use super::tariff::Tariff;
use super::text_number;
use super::usage::{Book, Finding, List, Position, Problem, Row, UsageError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a book is read.
#[derive(Clone, Copy, Debug)]
pub struct ImportOptions<'a> {
    /// The owner of the book.
    pub owner: &'a Party,
    /// The owner's partner.
    pub partner: &'a Party,
    /// The agreement's currency.
    pub currency: Currency,
    /// The mint's decimals.
    pub decimals: u8,
    /// First and last month. Rows outside are set aside. `None`: from the first to the last month with rows.
    pub months: Option<(Month, Month)>,
    /// The price of a row without a charge.
    pub unpriced: Unpriced<'a>,
    /// The treatment of rows that are the same in every field.
    pub duplicates: Duplicates,
    /// The treatment of rows of other pairs.
    pub other_pairs: OtherPairs,
    /// The treatment of months without rows.
    pub missing_months: MissingMonths,
}

/// The price of a row without a charge.
#[derive(Clone, Copy, Debug)]
pub enum Unpriced<'a> {
    /// The book is refused.
    Refuse,
    /// The tariff's price; the book is refused where the tariff has none.
    Tariff(&'a Tariff),
    /// Zero.
    Zero,
}

/// The treatment of a row that is the same in every field as an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duplicates {
    /// The book is refused.
    Refuse,
    /// It is a separate record.
    Keep,
}

/// The treatment of a row that is not traffic of the two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherPairs {
    /// The book is refused.
    Refuse,
    /// It is counted in the report, and not imported.
    SetAside,
}

/// The treatment of a month without rows, in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingMonths {
    /// The book is refused.
    Refuse,
    /// The month had no traffic.
    NoTraffic,
}

/// The records of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The partner's subscribers on the owner's networks, in the order of the file.
    pub inbound: Vec<Record>,
    /// The owner's subscribers on the partner's networks, in the order of the file.
    pub outbound: Vec<Record>,
    /// First and last month.
    pub months: (Month, Month),
    /// The report on the book's rows.
    pub report: Report,
}

impl Import {
    /// The records of a list.
    pub fn records(&self, list: List) -> &[Record] {
        match list {
            List::Inbound => &self.inbound,
            List::Outbound => &self.outbound,
        }
    }
}

/// The report on a book's rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows in the book.
    pub rows: usize,
    /// Each direction's records, and the effect of rounding.
    pub directions: Vec<DirectionReport>,
    /// Rows without a charge, and their price.
    pub unpriced: Vec<UnpricedRow>,
    /// Rows that are the same in every field as an earlier one, and were kept.
    pub duplicates: Vec<DuplicateRow>,
    /// Rows that were not imported.
    pub set_aside: Vec<SetAside>,
    /// Rows with a TADIG code in lower case.
    pub folded: Vec<Position>,
    /// Months without rows, taken to have had no traffic.
    pub no_traffic: Vec<EmptyMonth>,
}

/// One direction of a book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectionReport {
    /// The direction.
    pub list: List,
    /// The number of its records.
    pub records: usize,
    /// Their exact cost, in the currency.
    pub exact: Decimal,
    /// Their cost in base units, each rounded half to even.
    #[serde(with = "text_number")]
    pub total: u64,
    /// The effect of rounding.
    pub rounding: Rounding,
    /// Records without a charge that the tariff priced, and their part of the total in base units.
    pub priced_by_tariff: Part,
    /// Records without a charge that are carried at zero.
    pub carried_at_zero: usize,
}

/// Some records of a direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The number of records.
    pub records: usize,
    /// Their amounts, in base units.
    #[serde(with = "text_number")]
    pub total: u64,
}

/// The effect of rounding to base units, in the currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rounding {
    /// Sum of the amounts added to charges that were rounded up.
    pub added: Decimal,
    /// Sum of the amounts taken from charges that were rounded down.
    pub taken: Decimal,
}

/// A row without a charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnpricedRow {
    /// Its place in the file.
    pub position: Position,
    /// Its direction.
    pub list: List,
    /// The month.
    pub month: Month,
    /// The subscribers' home network.
    pub home: Tadig,
    /// The visited network.
    pub visited: Tadig,
    /// The service used.
    pub service: String,
    /// The quantity used.
    pub usage: Decimal,
    /// The unit of the quantity.
    pub unit: String,
    /// Why it has no price of its own.
    pub reason: &'static str,
    /// The tariff's price of a unit, in the currency. `None`: it is carried at zero.
    pub per_unit: Option<Decimal>,
    /// Its price now, in base units.
    #[serde(with = "text_number")]
    pub amount: u64,
}

/// A row that is the same in every field as an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DuplicateRow {
    /// Its place in the file.
    pub position: Position,
    /// The place of the first of them.
    pub first: Position,
    /// The amount counted again, in base units.
    #[serde(with = "text_number")]
    pub amount: u64,
}

/// Rows that were not imported, of one pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The subscribers' home network.
    pub home: Tadig,
    /// The visited network.
    pub visited: Tadig,
    /// Why they were not imported.
    pub reason: SetAsideReason,
    /// The number of rows.
    pub rows: usize,
}

/// Why rows were not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideReason {
    /// Not traffic of the two parties.
    OtherPair,
    /// Not in the months asked for.
    OtherMonth,
}

/// A month without rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EmptyMonth {
    /// The direction.
    pub list: List,
    /// The month.
    pub month: Month,
}

impl Rounding {
    /// The effect of rounding in all: base units less exact charges, with its sign.
    pub fn net(&self) -> String {
        if self.added >= self.taken {
            difference(self.added, self.taken)
        } else {
            format!("-{}", difference(self.taken, self.added))
        }
    }
}

fn difference(more: Decimal, less: Decimal) -> String {
    more.checked_sub(less).unwrap_or_default().to_string()
}

/// Turns the rows of one operator's books into records.
///
/// Several books are taken as exports of one: together they must have each month once.
///
/// # Errors
///
/// [`UsageError::Rows`] lists everything that is wrong: see [`Problem`].
pub fn import(books: &[&Book], options: &ImportOptions) -> Result<Import, UsageError> {
    let mut importer = Importer::new(options);
    for (book, rows) in books.iter().enumerate() {
        for row in &rows.rows {
            importer.take(book, row);
        }
    }
    importer.finish()
}

struct Importer<'a> {
    options: &'a ImportOptions<'a>,
    findings: Vec<Finding>,
    report: Report,
    inbound: Direction,
    outbound: Direction,
    /// Whether any row was the two parties' traffic, in any month.
    has_traffic: bool,
    seen: HashMap<Seen<'a>, Position>,
    set_aside: BTreeMap<(Tadig, Tadig, SetAsideReason), usize>,
}

/// All fields of a row, without its place.
#[derive(PartialEq, Eq, Hash)]
struct Seen<'a> {
    month: Month,
    home: Tadig,
    visited: Tadig,
    service: &'a str,
    usage: Decimal,
    unit: &'a str,
    charge: Option<Decimal>,
    currency: Currency,
}

/// A direction so far.
struct Direction {
    records: Vec<Record>,
    report: DirectionReport,
    /// Whether the total exceeds 64 bits, and that has been reported.
    is_too_large: bool,
    /// The export that each month's rows come from.
    months: BTreeMap<Month, Source>,
}

/// An export: a book, and how it writes a month.
struct Source {
    book: usize,
    spelling: Option<Spelling>,
    first: Position,
    /// Whether the month was found twice, and that has been reported.
    is_twice: bool,
}

impl Direction {
    fn new(list: List) -> Self {
        Self {
            records: vec![],
            report: DirectionReport {
                list,
                records: 0,
                exact: Decimal::ZERO,
                total: 0,
                rounding: Rounding::default(),
                priced_by_tariff: Part::default(),
                carried_at_zero: 0,
            },
            is_too_large: false,
            months: BTreeMap::new(),
        }
    }

    /// Counts a record. `None` if a sum is too large to be counted.
    fn count(&mut self, record: &Record, decimals: u8) -> Option<()> {
        let report = &mut self.report;
        let total = report.total.checked_add(record.amount)?;
        let exact = report.exact.checked_add(record.charge)?;
        let rounded = Decimal::from_units(record.amount.into(), decimals)?;
        let mut rounding = report.rounding;
        if rounded >= record.charge {
            let added = rounded.checked_sub(record.charge)?;
            rounding.added = rounding.added.checked_add(added)?;
        } else {
            let taken = record.charge.checked_sub(rounded)?;
            rounding.taken = rounding.taken.checked_add(taken)?;
        }
        match record.pricing {
            Pricing::Stated => {}
            Pricing::Tariff => {
                let part = &mut report.priced_by_tariff;
                part.records = part.records.saturating_add(1);
                // At most the total.
                part.total = part.total.saturating_add(record.amount);
            }
            Pricing::Unpriced => {
                report.carried_at_zero = report.carried_at_zero.saturating_add(1);
            }
        }
        report.records = report.records.saturating_add(1);
        (report.total, report.exact, report.rounding) = (total, exact, rounding);
        Some(())
    }
}

impl<'a> Importer<'a> {
    fn new(options: &'a ImportOptions<'a>) -> Self {
        let mut importer = Self {
            options,
            findings: vec![],
            report: Report::default(),
            inbound: Direction::new(List::Inbound),
            outbound: Direction::new(List::Outbound),
            has_traffic: false,
            seen: HashMap::new(),
            set_aside: BTreeMap::new(),
        };
        if let Err(error) = options.owner.check_apart(options.partner) {
            importer.refuse(None, Problem::Party(error));
        }
        if let Unpriced::Tariff(tariff) = options.unpriced
            && tariff.currency != options.currency
        {
            let (found, expected) = (tariff.currency, options.currency);
            importer.refuse(None, Problem::TariffCurrency { found, expected });
        }
        importer
    }

    fn refuse(&mut self, position: Option<Position>, problem: Problem) {
        self.findings.push(Finding { position, problem });
    }

    fn direction(&mut self, list: List) -> &mut Direction {
        match list {
            List::Inbound => &mut self.inbound,
            List::Outbound => &mut self.outbound,
        }
    }

    fn take(&mut self, book: usize, row: &'a Row) {
        self.report.rows = self.report.rows.saturating_add(1);
        let at = Some(row.position);
        let Some(list) = self.list_of(row) else {
            return;
        };
        self.has_traffic = true;
        if let Some((first, last)) = self.options.months
            && !(first..=last).contains(&row.month)
        {
            self.set_aside(row, SetAsideReason::OtherMonth);
            return;
        }
        if row.folded {
            self.report.folded.push(row.position);
        }
        if row.list.is_some_and(|stands_in| stands_in != list) {
            let (home, visited) = (row.home, row.visited);
            self.refuse(at, Problem::WrongList { home, visited });
        }
        if row.currency != self.options.currency {
            let (found, expected) = (row.currency, self.options.currency);
            self.refuse(at, Problem::OtherCurrency { found, expected });
            return;
        }
        self.check_source(book, list, row);
        let first = self.check_duplicate(row);
        let Some(record) = self.price(list, row) else {
            return;
        };
        if let Some(first) = first {
            self.report.duplicates.push(DuplicateRow {
                position: row.position,
                first,
                amount: record.amount,
            });
        }
        let decimals = self.options.decimals;
        let direction = self.direction(list);
        if direction.count(&record, decimals).is_none() && !direction.is_too_large {
            direction.is_too_large = true;
            self.refuse(at, Problem::TotalTooLarge(list));
        }
        self.direction(list).records.push(record);
    }

    /// A row's direction, by its networks. `None` has been noted as a problem.
    fn list_of(&mut self, row: &Row) -> Option<List> {
        let (owner, partner) = (self.options.owner, self.options.partner);
        if partner.has(row.home) && owner.has(row.visited) {
            return Some(List::Inbound);
        }
        if owner.has(row.home) && partner.has(row.visited) {
            return Some(List::Outbound);
        }
        match self.options.other_pairs {
            OtherPairs::SetAside => self.set_aside(row, SetAsideReason::OtherPair),
            OtherPairs::Refuse => {
                let (home, visited) = (row.home, row.visited);
                self.refuse(Some(row.position), Problem::OtherPair { home, visited });
            }
        }
        None
    }

    fn set_aside(&mut self, row: &Row, reason: SetAsideReason) {
        let rows = self
            .set_aside
            .entry((row.home, row.visited, reason))
            .or_default();
        *rows = rows.saturating_add(1);
    }

    /// Refuses a month that another export already has: another book, or one that writes months in another way.
    fn check_source(&mut self, book: usize, list: List, row: &Row) {
        let source = self
            .direction(list)
            .months
            .entry(row.month)
            .or_insert(Source {
                book,
                spelling: row.spelling,
                first: row.position,
                is_twice: false,
            });
        if (source.book, source.spelling) != (book, row.spelling) && !source.is_twice {
            source.is_twice = true;
            let (month, first) = (row.month, source.first);
            self.refuse(Some(row.position), Problem::MonthTwice { month, first });
        }
    }

    /// The place of an earlier equal row, if duplicates are kept.
    fn check_duplicate(&mut self, row: &'a Row) -> Option<Position> {
        let seen = Seen {
            month: row.month,
            home: row.home,
            visited: row.visited,
            service: &row.service,
            usage: row.usage,
            unit: &row.unit,
            charge: row.charge,
            currency: row.currency,
        };
        let first = *self.seen.entry(seen).or_insert(row.position);
        if first == row.position {
            return None;
        }
        match self.options.duplicates {
            Duplicates::Keep => Some(first),
            Duplicates::Refuse => {
                self.refuse(Some(row.position), Problem::Duplicate { first });
                None
            }
        }
    }

    /// The row's record. `None` has been noted as a problem.
    fn price(&mut self, list: List, row: &Row) -> Option<Record> {
        let too_large = |charge: String| Problem::ChargeTooLarge(charge);
        let (pricing, per_unit, charge) = match (row.charge, self.options.unpriced) {
            (Some(charge), _) => (Pricing::Stated, None, Ok(charge)),
            (None, Unpriced::Refuse) => (Pricing::Unpriced, None, Err(Problem::Unpriced)),
            (None, Unpriced::Zero) => (Pricing::Unpriced, None, Ok(Decimal::ZERO)),
            (None, Unpriced::Tariff(tariff)) => {
                let per_unit = tariff.per_unit(row);
                let charge = match per_unit {
                    None => Err(Problem::NoPrice {
                        service: row.service.clone(),
                        unit: row.unit.clone(),
                        home: row.home,
                        visited: row.visited,
                    }),
                    Some(per_unit) => row
                        .usage
                        .checked_mul(per_unit)
                        .ok_or_else(|| too_large(format!("{} times {per_unit}", row.usage))),
                };
                (Pricing::Tariff, per_unit, charge)
            }
        };
        let priced = charge.and_then(|charge| {
            let amount = charge
                .round_to_units(self.options.decimals)
                .ok_or_else(|| too_large(charge.to_string()))?;
            Ok((charge, amount))
        });
        let (charge, amount) = match priced {
            Ok(priced) => priced,
            Err(problem) => {
                self.refuse(Some(row.position), problem);
                return None;
            }
        };
        if pricing != Pricing::Stated {
            self.report.unpriced.push(UnpricedRow {
                position: row.position,
                list,
                month: row.month,
                home: row.home,
                visited: row.visited,
                service: row.service.clone(),
                usage: row.usage,
                unit: row.unit.clone(),
                reason: "the row has no charge",
                per_unit,
                amount,
            });
        }
        Some(Record {
            month: row.month,
            home: row.home,
            visited: row.visited,
            service: row.service.clone(),
            usage: row.usage,
            unit: row.unit.clone(),
            currency: row.currency,
            pricing,
            charge,
            amount,
        })
    }

    fn finish(mut self) -> Result<Import, UsageError> {
        let months: BTreeSet<Month> = [&self.inbound, &self.outbound]
            .into_iter()
            .flat_map(|direction| direction.months.keys().copied())
            .collect();
        let found = months.first().copied().zip(months.last().copied());
        if !self.has_traffic && self.findings.is_empty() {
            self.refuse(None, Problem::NothingSelected);
        }
        if let Some((first, last)) = self.options.months.or(found) {
            self.check_months(first, last);
        }
        let Some(months) = self
            .options
            .months
            .or(found)
            .filter(|_| self.findings.is_empty())
        else {
            return Err(UsageError::Rows(self.findings));
        };
        self.report.directions = vec![self.inbound.report, self.outbound.report];
        self.report.set_aside = self
            .set_aside
            .into_iter()
            .map(|((home, visited, reason), rows)| SetAside {
                home,
                visited,
                reason,
                rows,
            })
            .collect();
        Ok(Import {
            inbound: self.inbound.records,
            outbound: self.outbound.records,
            months,
            report: self.report,
        })
    }

    /// Checks that every month from the first to the last has rows in both directions, or had no traffic.
    fn check_months(&mut self, first: Month, last: Month) {
        for list in List::ALL {
            let months = std::iter::successors(Some(first), |month| month.next());
            for month in months.take_while(|month| *month <= last) {
                if self.direction(list).months.contains_key(&month) {
                    continue;
                }
                match self.options.missing_months {
                    MissingMonths::NoTraffic => {
                        self.report.no_traffic.push(EmptyMonth { list, month });
                    }
                    MissingMonths::Refuse => {
                        self.refuse(None, Problem::MonthMissing { month, list });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{
        DTAG, TMUS, bwrp, bwrp_imports, csv, lenient, party, read, strict,
    };
    use super::super::usage::{BookChoice, Context, UsageFile};
    use super::*;
    use proptest::prelude::*;

    const IN: &str = "2019-01,BELMO,DEUD1,MTC,310,min,1.5,EUR";
    const OUT: &str = "2019-01,DEUD1,BELMO,MTC,310,min,2.5,EUR";

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    fn findings(result: Result<Import, UsageError>) -> Vec<Finding> {
        match result {
            Err(UsageError::Rows(findings)) => findings,
            other => panic!("{other:?}"),
        }
    }

    /// The findings of strict reading of DEUD1's book with BELMO.
    fn refused(rows: &[&str]) -> Vec<String> {
        let (owner, partner) = (party("DEUD1"), party("BELMO"));
        findings(read(&csv(rows), &strict(&owner, &partner)))
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// Each total was also computed from the file with Python's `decimal`, at 60 digits.
    #[test]
    fn the_bwrp_books_as_they_are() {
        let [dtag, tmus] = bwrp_imports();
        let expect = |import: &Import, at: usize, records, exact: &str, total, net: &str| {
            let direction = &import.report.directions[at];
            assert_eq!(direction.records, records);
            assert_eq!(direction.exact, decimal(exact));
            assert_eq!(direction.total, total);
            assert_eq!(direction.rounding.net(), net);
            let records = import.records(direction.list);
            assert_eq!(records.len(), direction.records);
            assert_eq!(records.iter().map(|r| r.amount).sum::<u64>(), total);
        };
        expect(
            &dtag,
            0,
            3_117,
            "6682465.0998748461783997",
            6_682_465_099_908,
            "0.0000331538216003",
        );
        expect(
            &dtag,
            1,
            3_262,
            "12314706.037375957231606",
            12_314_706_037_367,
            "-0.000008957231606",
        );
        expect(
            &tmus,
            0,
            3_262,
            "12527739.172866153084275728",
            12_527_739_172_873,
            "0.000006846915724272",
        );
        expect(
            &tmus,
            1,
            3_117,
            "6749519.648335706216020869",
            6_749_519_648_343,
            "0.000007293783979131",
        );
        for (import, unpriced, duplicates) in
            [(&dtag, 60 + 57, 211 + 217), (&tmus, 184 + 210, 141 + 172)]
        {
            let report = &import.report;
            assert_eq!(report.rows, 6_379);
            assert_eq!(report.unpriced.len(), unpriced);
            assert_eq!(report.duplicates.len(), duplicates);
            assert_eq!(
                report
                    .directions
                    .iter()
                    .map(|d| d.carried_at_zero)
                    .sum::<usize>(),
                unpriced
            );
            assert!(report.set_aside.is_empty());
            assert!(report.folded.is_empty());
            assert!(report.no_traffic.is_empty());
            assert_eq!(
                import.months,
                ("2019-01".parse().unwrap(), "2020-12".parse().unwrap())
            );
        }
        let first = &dtag.report.unpriced[0];
        assert_eq!(first.position.to_string(), "$[0].body.inbound[116]");
        assert_eq!((first.usage, first.amount), (decimal("42"), 0));
        assert_eq!(
            (first.service.as_str(), first.per_unit),
            ("MOC International", None)
        );
    }

    #[test]
    fn strictly_the_bwrp_books_are_refused_row_by_row() {
        let (dtag, tmus) = (party(DTAG), party(TMUS));
        let file = bwrp();
        let books = file.choose(&BookChoice::Context(Context::Home)).unwrap();
        let findings = findings(import(&books, &strict(&dtag, &tmus)));
        let count =
            |wanted: fn(&Problem) -> bool| findings.iter().filter(|f| wanted(&f.problem)).count();
        assert_eq!(count(|p| matches!(p, Problem::Unpriced)), 117);
        assert_eq!(count(|p| matches!(p, Problem::Duplicate { .. })), 428);
        assert_eq!(findings.len(), 117 + 428);

        // One pair of the file: all others are named.
        let (deud1, belmo) = (party("DEUD1"), party("BELMO"));
        let others = |other_pairs| {
            import(
                &books,
                &ImportOptions {
                    other_pairs,
                    ..lenient(&deud1, &belmo)
                },
            )
        };
        let findings = super::tests::findings(others(OtherPairs::Refuse));
        assert_eq!(findings.len(), 6_379 - 1_383 - 1_449);
        let report = others(OtherPairs::SetAside).unwrap().report;
        assert_eq!(report.directions[0].records, 1_383);
        assert_eq!(report.directions[1].records, 1_449);
        let aside: Vec<_> = report
            .set_aside
            .iter()
            .map(|s| (s.home.as_str(), s.visited.as_str(), s.rows))
            .collect();
        assert_eq!(
            aside,
            [
                ("AAZOR", "DEUD1", 67),
                ("AAZTD", "BELMO", 42),
                ("AAZTD", "FRAF1", 36),
                ("DEUD1", "FRAF1", 1_735),
                ("FRAF1", "DEUD1", 1_667),
            ]
        );

        // AAZTD's subscribers were on BELMO in 16 of the months only, and none of BELMO's on AAZTD.
        let (aaztd, belmo) = (party("AAZTD"), party("BELMO"));
        let pair = |missing_months| {
            let options = ImportOptions {
                other_pairs: OtherPairs::SetAside,
                missing_months,
                ..lenient(&aaztd, &belmo)
            };
            import(&books, &options)
        };
        let findings = super::tests::findings(pair(MissingMonths::Refuse));
        assert!(
            findings
                .iter()
                .all(|f| matches!(f.problem, Problem::MonthMissing { .. }))
        );
        let report = pair(MissingMonths::NoTraffic).unwrap().report;
        assert_eq!(report.no_traffic.len(), findings.len());
        assert_eq!(report.directions[1].records, 42);

        // Another pair altogether.
        let (other, belmo) = (party("USAT1"), party("GBRVF"));
        let options = ImportOptions {
            other_pairs: OtherPairs::SetAside,
            missing_months: MissingMonths::NoTraffic,
            ..lenient(&other, &belmo)
        };
        assert_eq!(
            import(&books, &options).unwrap_err().to_string(),
            "no row is traffic of these two parties"
        );
    }

    #[test]
    fn a_tariff_prices_rows_without_a_charge() {
        let tariff = |text: &str| Tariff::parse(&format!("currency = \"EUR\"\n{text}")).unwrap();
        let mtc = "[[price]]\nservice = \"MTC\"\nunit = \"min\"\nper_unit = \"0.0000015\"\n";
        let all = format!(
            "{mtc}[[price]]\nservice = \"MOC International\"\nunit = \"min\"\nper_unit = \"0.02\"\n\
             [[price]]\nservice = \"MOC Local\"\nunit = \"min\"\nper_unit = \"0.01\"\n\
             [[price]]\nservice = \"SMS MO\"\nunit = \"SMS\"\nper_unit = \"0.01\"\n"
        );
        let (all, mtc) = (tariff(&all), tariff(mtc));
        let (dtag, tmus, file) = (party(DTAG), party(TMUS), bwrp());
        let books = file.choose(&BookChoice::Context(Context::Home)).unwrap();
        let priced = |tariff: &Tariff| {
            let unpriced = Unpriced::Tariff(tariff);
            import(
                &books,
                &ImportOptions {
                    unpriced,
                    ..lenient(&dtag, &tmus)
                },
            )
        };
        let import = priced(&all).unwrap();
        let [inbound, outbound] = &import.report.directions[..] else {
            panic!("two directions");
        };
        assert_eq!(
            (inbound.priced_by_tariff.records, inbound.carried_at_zero),
            (60, 0)
        );
        assert_eq!(
            (outbound.priced_by_tariff.records, outbound.carried_at_zero),
            (57, 0)
        );
        // The books' own charges are as before.
        assert_eq!(
            inbound.total - inbound.priced_by_tariff.total,
            6_682_465_099_908
        );
        assert_eq!(
            outbound.total - outbound.priced_by_tariff.total,
            12_314_706_037_367
        );
        // 42 minutes at 0.02.
        assert_eq!(import.report.unpriced[0].per_unit, Some(decimal("0.02")));
        assert_eq!(import.report.unpriced[0].amount, 840_000);
        let amounts: u64 = import.report.unpriced.iter().map(|row| row.amount).sum();
        assert_eq!(
            amounts,
            inbound.priced_by_tariff.total + outbound.priced_by_tariff.total
        );

        let findings = findings(priced(&mtc));
        assert_eq!(findings.len(), 12 + 12 + 6 + 3);
        assert_eq!(
            findings[0].to_string(),
            "$[0].body.inbound[116]: no charge, and the tariff has no price for MOC International in min of BELMO \
             on DEUD1"
        );

        let dollars = Tariff::parse("currency = \"USD\"").unwrap();
        assert_eq!(
            super::tests::findings(priced(&dollars))[0].to_string(),
            "the tariff's prices are in USD, but the agreement's currency is EUR"
        );
    }

    #[test]
    fn plain_rows_are_accepted() {
        let (owner, partner) = (party("DEUD1"), party("BELMO"));
        let import = read(&csv(&[IN, OUT]), &strict(&owner, &partner)).unwrap();
        assert_eq!(import.inbound[0].amount, 1_500_000);
        assert_eq!(import.outbound[0].amount, 2_500_000);
        assert_eq!(import.report.rows, 2);
        // The other side's view of the same.
        let import = read(&csv(&[IN, OUT]), &strict(&partner, &owner)).unwrap();
        assert_eq!(import.inbound[0].amount, 2_500_000);
        let folded = read(
            &csv(&[&IN.replace("DEUD1", "deud1"), OUT]),
            &strict(&owner, &partner),
        );
        assert_eq!(folded.unwrap().report.folded, [Position::Line(2)]);
    }

    #[test]
    fn everything_else_is_refused() {
        assert_eq!(
            refused(&[IN, OUT, &IN.replace("BELMO", "FRAF1")]),
            [
                "line 4: FRAF1 on DEUD1 is not traffic of these two parties; name the right parties, or set other \
                 pairs aside"
            ]
        );
        assert_eq!(
            refused(&[IN, OUT, &IN.replace("EUR", "USD")]),
            ["line 4: the currency is USD, but the agreement's is EUR"]
        );
        assert_eq!(
            refused(&[IN, OUT, IN, OUT, IN]).len(),
            3,
            "each duplicate is named"
        );
        // The same number written in another way is the same row.
        assert_eq!(
            refused(&[IN, OUT, &IN.replace("1.5", "1.50")])[0],
            "line 4: the same in every field as line 2; remove one, or keep both if the books do not distinguish such \
             records"
        );
        assert_eq!(
            refused(&[&IN.replace("1.5", ""), OUT]),
            ["line 2: no charge; price it with a tariff, or carry it at zero"]
        );
        assert_eq!(
            refused(&[
                IN,
                OUT,
                &IN.replace("-01", "-03"),
                &OUT.replace("-01", "-02")
            ]),
            [
                "2019-02 has no inbound rows; add them, or say that months without rows had no traffic",
                "2019-03 has no outbound rows; add them, or say that months without rows had no traffic",
            ]
        );
        assert_eq!(
            refused(&[&IN.replace("1.5", "18446744073709.551616"), OUT]),
            [
                "line 2: 18446744073709.551616 is more than a mint can have, or too long to be counted exactly"
            ]
        );
        let most = IN.replace("1.5", "18446744073709.551615");
        assert_eq!(
            refused(&[&most, OUT, IN, &IN.replace("310", "311")]),
            ["line 4: the inbound charges up to here are more than a mint can have"]
        );
        let (owner, partner) = (party("DEUD1"), party("BELMO"));
        assert!(read(&csv(&[&most, OUT]), &strict(&owner, &partner)).is_ok());
        // All at once.
        assert_eq!(
            refused(&[
                &IN.replace("1.5", ""),
                &IN.replace("BELMO", "FRAF1"),
                OUT,
                OUT
            ])
            .len(),
            3
        );
    }

    #[test]
    fn nobody_settles_with_itself() {
        let (owner, partner) = (party("DEUD1+AAZTD"), party("BELMO+DEUD1"));
        assert_eq!(
            findings(read(&csv(&[IN, OUT]), &strict(&owner, &partner)))[0].to_string(),
            "DEUD1 is on both sides; an operator cannot settle with itself"
        );
    }

    fn document(inbound: &[&str], outbound: &[&str]) -> String {
        let rows = |rows: &[&str]| {
            let rows: Vec<String> = rows
                .iter()
                .map(|row| {
                    let [month, home, visited, charges] =
                        row.split(' ').collect::<Vec<_>>()[..].try_into().unwrap();
                    format!(
                        r#"{{"yearMonth":"{month}","homeTadig":"{home}","visitorTadig":"{visited}","service":"MTC",
                        "usage":1,"units":"min","charges":{charges},"currency":"EUR"}}"#
                    )
                })
                .collect();
            rows.join(",")
        };
        format!(
            r#"{{"header":{{"version":"1.0","type":"usage","mspOwner":"DTAG","context":"home"}},
            "body":{{"inbound":[{}],"outbound":[{}]}}}}"#,
            rows(inbound),
            rows(outbound)
        )
    }

    fn json_findings(documents: &[String]) -> Vec<String> {
        let file = UsageFile::parse(format!("[{}]", documents.join(",")).as_bytes()).unwrap();
        let (owner, partner) = (party("DEUD1"), party("BELMO"));
        match read(&file, &strict(&owner, &partner)) {
            Ok(_) => vec![],
            error => findings(error).iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_month_comes_from_one_export() {
        let january = document(&["43466 BELMO DEUD1 1"], &["43466 DEUD1 BELMO 1"]);
        let february = document(&["43497 BELMO DEUD1 2"], &["43497 DEUD1 BELMO 2"]);
        assert_eq!(json_findings(&[january.clone(), february.clone()]), [""; 0]);
        let again = document(
            &["43466 BELMO DEUD1 3", "43466 BELMO DEUD1 4"],
            &["43497 DEUD1 BELMO 3"],
        );
        assert_eq!(
            json_findings(&[january, february, again]),
            [
                "$[2].body.inbound[0]: 2019-01 is already there, at $[0].body.inbound[0], from another export; keep \
                 one of the two",
                "$[2].body.outbound[0]: 2019-02 is already there, at $[1].body.outbound[0], from another export; \
                 keep one of the two",
            ]
        );
        // Two exports in one list are recognised by how they write the month.
        let merged = document(
            &["43466 BELMO DEUD1 1", "201901 BELMO DEUD1 2"],
            &["201901 DEUD1 BELMO 1"],
        );
        assert_eq!(
            json_findings(&[merged]),
            [
                "$[0].body.inbound[1]: 2019-01 is already there, at $[0].body.inbound[0], from another export; keep \
                 one of the two"
            ]
        );
    }

    #[test]
    fn a_row_must_be_in_the_list_of_its_direction() {
        let swapped = document(&["43466 DEUD1 BELMO 1"], &["43466 BELMO DEUD1 1"]);
        assert_eq!(
            json_findings(&[swapped]),
            [
                "$[0].body.inbound[0]: DEUD1 on BELMO does not belong in this list of the owner's book",
                "$[0].body.outbound[0]: BELMO on DEUD1 does not belong in this list of the owner's book",
            ]
        );
    }

    #[test]
    fn months_that_are_asked_for() {
        let (owner, partner) = (party("DEUD1"), party("BELMO"));
        let february = (IN.replace("-01", "-02"), OUT.replace("-01", "-02"));
        let file = csv(&[IN, OUT, &february.0, &february.1]);
        let of = |months: (&str, &str), missing_months| {
            let options = ImportOptions {
                months: Some((months.0.parse().unwrap(), months.1.parse().unwrap())),
                missing_months,
                ..strict(&owner, &partner)
            };
            read(&file, &options)
        };
        let import = of(("2019-02", "2019-02"), MissingMonths::Refuse).unwrap();
        assert_eq!((import.inbound.len(), import.outbound.len()), (1, 1));
        let aside = &import.report.set_aside;
        assert_eq!(aside.len(), 2);
        assert!(
            aside
                .iter()
                .all(|s| s.reason == SetAsideReason::OtherMonth && s.rows == 1)
        );
        assert_eq!(
            findings(of(("2018-12", "2019-02"), MissingMonths::Refuse)).len(),
            2
        );
        let import = of(("2019-03", "2019-03"), MissingMonths::NoTraffic).unwrap();
        assert_eq!(
            (import.inbound.len(), import.report.no_traffic.len()),
            (0, 2)
        );
        assert_eq!(import.months.0.to_string(), "2019-03");
    }

    #[test]
    fn the_report_as_json() {
        let (owner, partner) = (party("DEUD1"), party("BELMO"));
        let (half, unpriced) = (IN.replace("1.5", "1.0000005"), OUT.replace("2.5", ""));
        let file = csv(&[&half, &half, &unpriced]);
        let report = read(&file, &lenient(&owner, &partner)).unwrap().report;
        assert_eq!(report.directions[0].rounding.net(), "-0.000001");
        let json: serde_json::Value = serde_json::to_value(&report).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "rows": 3,
                "directions": [
                    {
                        "list": "inbound", "records": 2, "exact": "2.000001", "total": "2000000",
                        "rounding": { "added": "0", "taken": "0.000001" },
                        "priced_by_tariff": { "records": 0, "total": "0" }, "carried_at_zero": 0
                    },
                    {
                        "list": "outbound", "records": 1, "exact": "0", "total": "0",
                        "rounding": { "added": "0", "taken": "0" },
                        "priced_by_tariff": { "records": 0, "total": "0" }, "carried_at_zero": 1
                    }
                ],
                "unpriced": [{
                    "position": "line 4", "list": "outbound", "month": "2019-01", "home": "DEUD1",
                    "visited": "BELMO", "service": "MTC", "usage": "310", "unit": "min",
                    "reason": "the row has no charge", "per_unit": null, "amount": "0"
                }],
                "duplicates": [{ "position": "line 3", "first": "line 2", "amount": "1000000" }],
                "set_aside": [], "folded": [], "no_traffic": []
            })
        );
    }

    proptest! {
        /// In whole numbers of `10^-9`, where u128 is exact.
        #[test]
        fn totals_and_rounding_add_up(charges in proptest::collection::vec(0u64..10_000_000_000_000, 1..40)) {
            let (owner, partner) = (party("DEUD1"), party("BELMO"));
            let rows: Vec<String> = charges
                .iter()
                .map(|c| format!(
                    "2019-01,BELMO,DEUD1,MTC,1,min,{}.{:09},EUR", c / 1_000_000_000, c % 1_000_000_000
                ))
                .collect();
            let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            rows.push(OUT);
            let import = read(&csv(&rows), &lenient(&owner, &partner)).unwrap();
            let inbound = &import.report.directions[0];
            let rounded: u64 = charges
                .iter()
                .map(|c| {
                    let (units, rest) = (c / 1_000, c % 1_000);
                    units + u64::from(rest > 500 || (rest == 500 && units % 2 == 1))
                })
                .sum();
            prop_assert_eq!(inbound.total, rounded);
            let exact: u64 = charges.iter().sum();
            prop_assert_eq!(inbound.exact, Decimal::from_units(exact.into(), 9).unwrap());
            let net = i128::from(rounded) * 1_000 - i128::from(exact);
            let shown = Decimal::from_units(net.unsigned_abs(), 9).unwrap();
            let sign = if net < 0 { "-" } else { "" };
            prop_assert_eq!(inbound.rounding.net(), format!("{sign}{shown}"));
        }
    }
}
