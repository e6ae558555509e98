//! Reconciliation: two operators' books of the same traffic, side by side.
//!
//! The books are compared in cells: one service of one pair of networks in one month. A difference is mine less theirs.
//! It is judged as the program judges a counter: against the visited network's amount, whichever side that is. Basis
//! points are rounded away from zero, so that a difference is inside the tolerance exactly when its basis points are
//! not above it.

use super::currency::Currency;
use super::decimal::Decimal;
use super::import::Import;
use super::month::Month;
use super::record::Record;
use super::tadig::Tadig;
use super::text_number;
use super::usage::List;
use serde::Serialize;
use std::collections::BTreeMap;
use thiserror::Error;

/// Basis points in the whole.
const WHOLE: u128 = 10_000;

/// Columns of [`Reconciliation::to_csv`].
pub const CSV_COLUMNS: [&str; 12] = [
    "month",
    "list",
    "home",
    "visited",
    "service",
    "my_records",
    "their_records",
    "mine",
    "theirs",
    "difference",
    "per_cent",
    "inside",
];

/// The books cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the books are in {one} and in {other}; only books in one currency can be compared")]
pub struct CurrenciesDiffer {
    /// The first currency found.
    pub one: Currency,
    /// The other.
    pub other: Currency,
}

/// Two books side by side. Everything is seen from the side of the operator that reconciles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reconciliation {
    /// The agreement's tolerance, in basis points of the visited network's amount.
    pub tolerance_bps: u16,
    /// Decimals of the mint whose base units the amounts are.
    pub decimals: u8,
    /// Each service of each pair in each month, in this order of lists, months, pairs and services.
    pub cells: Vec<Cell>,
    /// Each month of each direction: the subject of a statement and of the answer to it.
    pub months: Vec<MonthTotal>,
    /// Each direction.
    pub totals: Vec<DirectionTotal>,
}

/// One service of one pair of networks in one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// The direction: my network was used if inbound, theirs if outbound.
    pub list: List,
    /// The month.
    pub month: Month,
    /// The subscribers' home network.
    pub home: Tadig,
    /// The visited network.
    pub visited: Tadig,
    /// The service used.
    pub service: String,
    /// The books' amounts.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// One month of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MonthTotal {
    /// The direction: my network was used if inbound, theirs if outbound.
    pub list: List,
    /// The month.
    pub month: Month,
    /// The books' amounts.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// One direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DirectionTotal {
    /// The direction: my network was used if inbound, theirs if outbound.
    pub list: List,
    /// The number of cells.
    pub cells: usize,
    /// The number of cells in which the books differ at all.
    pub different: usize,
    /// The number of cells in which they differ by more than the tolerance.
    pub outside: usize,
    /// The books' total amounts.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// Two books' amounts for the same traffic, in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Records in my book.
    pub my_records: u64,
    /// Records in theirs.
    pub their_records: u64,
    /// The amount in my book.
    #[serde(with = "text_number")]
    pub mine: u128,
    /// The amount in theirs.
    #[serde(with = "text_number")]
    pub theirs: u128,
    /// Mine less theirs.
    #[serde(with = "text_number")]
    pub difference: i128,
    /// The difference in basis points of the visited network's amount, rounded away from zero. `None` if that amount is
    /// zero and the home network's is not, or if the number exceeds 63 bits.
    pub difference_bps: Option<i64>,
    /// Whether the difference is within the tolerance.
    pub inside: bool,
}

/// The books' amounts so far.
#[derive(Clone, Copy, Default)]
struct Sums {
    my_records: u64,
    their_records: u64,
    mine: u128,
    theirs: u128,
}

impl Sums {
    // No overflow: memory holds fewer than 2^64 records, and each amount is below 2^64.
    fn add(&mut self, other: &Self) {
        self.my_records = self.my_records.saturating_add(other.my_records);
        self.their_records = self.their_records.saturating_add(other.their_records);
        self.mine = self.mine.saturating_add(other.mine);
        self.theirs = self.theirs.saturating_add(other.theirs);
    }

    fn compare(&self, list: List, tolerance_bps: u16) -> Comparison {
        let stated = match list {
            List::Inbound => self.mine,
            List::Outbound => self.theirs,
        };
        let apart = self.mine.abs_diff(self.theirs);
        let is_less = self.mine < self.theirs;
        // No overflow: fewer than 2^96 units, if there are fewer than 2^32 records.
        let parts = apart.saturating_mul(WHOLE);
        let bps = match parts.checked_rem(stated) {
            _ if apart == 0 => Some(0),
            None => None,
            Some(rest) => parts
                .checked_div(stated)
                .map(|bps| bps.saturating_add(u128::from(rest != 0))),
        };
        Comparison {
            my_records: self.my_records,
            their_records: self.their_records,
            mine: self.mine,
            theirs: self.theirs,
            difference: signed(apart, is_less),
            difference_bps: bps.and_then(|bps| i64::try_from(signed(bps, is_less)).ok()),
            inside: bps.is_some_and(|bps| bps <= u128::from(tolerance_bps)),
        }
    }
}

/// A number with its sign. Amounts are far below 127 bits.
fn signed(number: u128, is_negative: bool) -> i128 {
    let number = i128::try_from(number).unwrap_or(i128::MAX);
    if is_negative {
        number.saturating_neg()
    } else {
        number
    }
}

impl Comparison {
    /// Whether the books agree.
    pub fn is_same(&self) -> bool {
        self.difference == 0
    }

    /// The difference in per cent with two digits, from the basis points: `-8.19`. `None` if they are.
    pub fn per_cent(&self) -> Option<String> {
        let bps = self.difference_bps?;
        let sign = if bps < 0 { "-" } else { "" };
        let parts = bps.unsigned_abs();
        Some(format!("{sign}{}.{:02}", parts / 100, parts % 100))
    }
}

impl Reconciliation {
    /// The cells as CSV, amounts in the currency; the header is [`CSV_COLUMNS`]. `per_cent` is empty where the visited
    /// network's amount is zero and the home network's is not.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(vec![]);
        let rows = self.cells.iter().map(|cell| {
            let Comparison {
                my_records,
                their_records,
                mine,
                theirs,
                difference,
                inside,
                ..
            } = cell.comparison;
            [
                cell.month.to_string(),
                cell.list.to_string(),
                cell.home.to_string(),
                cell.visited.to_string(),
                cell.service.clone(),
                my_records.to_string(),
                their_records.to_string(),
                tokens(mine, self.decimals),
                tokens(theirs, self.decimals),
                signed_tokens(difference, self.decimals),
                cell.comparison.per_cent().unwrap_or_default(),
                inside.to_string(),
            ]
        });
        let header = CSV_COLUMNS.map(str::to_owned);
        let written = std::iter::once(header)
            .chain(rows)
            .try_for_each(|row| writer.write_record(&row))
            .ok()
            .and_then(|()| writer.into_inner().ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        // Writing text to memory cannot fail.
        written.unwrap_or_default()
    }
}

/// Base units as a decimal number of tokens.
pub fn tokens(units: u128, decimals: u8) -> String {
    match Decimal::from_units(units, decimals) {
        Some(number) => number.to_string(),
        // More digits than the type keeps: a mint with more than 38 decimals.
        None => format!("{units}e-{decimals}"),
    }
}

/// A difference of base units as a decimal number of tokens, with its sign.
pub fn signed_tokens(units: i128, decimals: u8) -> String {
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}", tokens(units.unsigned_abs(), decimals))
}

/// Compares my books with theirs, for a mint with these decimals.
///
/// Both imports are from their owner's side: my inbound is their outbound.
///
/// # Errors
///
/// [`CurrenciesDiffer`].
pub fn reconcile(
    mine: &Import,
    theirs: &Import,
    tolerance_bps: u16,
    decimals: u8,
) -> Result<Reconciliation, CurrenciesDiffer> {
    let mut currencies = [mine, theirs]
        .into_iter()
        .flat_map(|import| [&import.inbound, &import.outbound])
        .flatten()
        .map(|record| record.currency);
    if let Some(one) = currencies.next()
        && let Some(other) = currencies.find(|other| *other != one)
    {
        return Err(CurrenciesDiffer { one, other });
    }

    let mut reconciliation = Reconciliation {
        tolerance_bps,
        decimals,
        cells: vec![],
        months: vec![],
        totals: vec![],
    };
    for (list, theirs_of_it) in [
        (List::Inbound, &theirs.outbound),
        (List::Outbound, &theirs.inbound),
    ] {
        reconciliation.add_direction(list, mine.records(list), theirs_of_it);
    }
    Ok(reconciliation)
}

impl Reconciliation {
    fn add_direction(&mut self, list: List, mine: &[Record], theirs: &[Record]) {
        let mut cells: BTreeMap<(Month, Tadig, Tadig, &str), Sums> = BTreeMap::new();
        let mine = mine.iter().map(|record| {
            let sums = Sums {
                my_records: 1,
                mine: record.amount.into(),
                ..Sums::default()
            };
            (record, sums)
        });
        let theirs = theirs.iter().map(|record| {
            let sums = Sums {
                their_records: 1,
                theirs: record.amount.into(),
                ..Sums::default()
            };
            (record, sums)
        });
        for (record, sums) in mine.chain(theirs) {
            let key = (
                record.month,
                record.home,
                record.visited,
                record.service.as_str(),
            );
            cells.entry(key).or_default().add(&sums);
        }

        let mut months: BTreeMap<Month, Sums> = BTreeMap::new();
        let mut total = Sums::default();
        let (mut different, mut outside) = (0usize, 0usize);
        let count = cells.len();
        for ((month, home, visited, service), sums) in cells {
            let comparison = sums.compare(list, self.tolerance_bps);
            different = different.saturating_add(usize::from(!comparison.is_same()));
            outside = outside.saturating_add(usize::from(!comparison.inside));
            months.entry(month).or_default().add(&sums);
            total.add(&sums);
            self.cells.push(Cell {
                list,
                month,
                home,
                visited,
                service: service.to_owned(),
                comparison,
            });
        }
        self.months
            .extend(months.into_iter().map(|(month, sums)| MonthTotal {
                list,
                month,
                comparison: sums.compare(list, self.tolerance_bps),
            }));
        self.totals.push(DirectionTotal {
            list,
            cells: count,
            different,
            outside,
            comparison: total.compare(list, self.tolerance_bps),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{DECIMALS, bwrp_imports, csv, lenient, party, read};
    use super::*;
    use proptest::prelude::*;

    /// My book and theirs, of the traffic between DEUD1 (me) and BELMO.
    fn books(mine: &[&str], theirs: &[&str]) -> [Import; 2] {
        let (me, them) = (party("DEUD1"), party("BELMO"));
        let none = "2019-01,DEUD1,BELMO,MTC,1,min,1,EUR";
        let also = "2019-01,BELMO,DEUD1,MTC,1,min,1,EUR";
        [(mine, &me, &them), (theirs, &them, &me)].map(|(rows, owner, partner)| {
            let rows = [rows, &[none, also]].concat();
            read(&csv(&rows), &lenient(owner, partner)).unwrap()
        })
    }

    fn compare(mine: &[&str], theirs: &[&str], tolerance_bps: u16) -> Reconciliation {
        let [mine, theirs] = books(mine, theirs);
        reconcile(&mine, &theirs, tolerance_bps, DECIMALS).unwrap()
    }

    /// The known numbers: 81 of 202 cells, and 68 of 221. Rows without a charge count as zero.
    ///
    /// With exact charges instead of base units the counts would be 99 and 71: some cells differ by rounding errors of
    /// floats in the file, less than a billionth of a euro. Rounding to millionths per record removes all of them.
    #[test]
    fn the_bwrp_books_differ_in_81_of_202_and_in_68_of_221_cells() {
        let [dtag, tmus] = bwrp_imports();
        let seen_by_dtag = reconcile(&dtag, &tmus, 100, DECIMALS).unwrap();
        let counts: Vec<_> = seen_by_dtag
            .totals
            .iter()
            .map(|total| (total.list, total.cells, total.different, total.outside))
            .collect();
        assert_eq!(
            counts,
            [(List::Inbound, 202, 81, 77), (List::Outbound, 221, 68, 62)]
        );
        assert_eq!(seen_by_dtag.cells.len(), 202 + 221);
        let [inbound, outbound] = [0, 1].map(|at| seen_by_dtag.totals[at].comparison);
        assert_eq!(
            (inbound.mine, inbound.theirs),
            (6_682_465_099_908, 6_749_519_648_343)
        );
        assert_eq!(
            (outbound.mine, outbound.theirs),
            (12_314_706_037_367, 12_527_739_172_873)
        );
        assert_eq!((inbound.my_records, inbound.their_records), (3_117, 3_117));

        // The months, which are the subjects of statements: from the file with Python's integers.
        let month = |list, month: &str| {
            let found = seen_by_dtag
                .months
                .iter()
                .find(|m| m.list == list && m.month.to_string() == month);
            found.unwrap().comparison
        };
        assert_eq!(seen_by_dtag.months.len(), 48);
        let january = month(List::Inbound, "2019-01");
        assert_eq!(
            (january.mine, january.theirs),
            (81_574_011_567, 88_254_393_178)
        );
        assert_eq!(
            (january.difference, january.difference_bps),
            (-6_680_381_611, Some(-819))
        );
        assert_eq!(january.per_cent().unwrap(), "-8.19");
        assert!(!january.inside);
        assert_eq!(month(List::Inbound, "2019-07").difference_bps, Some(9));
        assert_eq!(month(List::Outbound, "2019-01").difference_bps, Some(-799));
        assert_eq!(month(List::Outbound, "2019-12").difference_bps, Some(-36));
        let outside = |list| {
            let months = seen_by_dtag.months.iter().filter(|m| m.list == list);
            months.filter(|m| !m.comparison.inside).count()
        };
        assert_eq!((outside(List::Inbound), outside(List::Outbound)), (11, 10));

        // The other side sees the same with the signs reversed, and the same cells inside.
        let seen_by_tmus = reconcile(&tmus, &dtag, 100, DECIMALS).unwrap();
        for theirs in &seen_by_tmus.cells {
            let mine = seen_by_dtag
                .cells
                .iter()
                .find(|mine| {
                    (mine.month, mine.home, mine.visited, &mine.service)
                        == (theirs.month, theirs.home, theirs.visited, &theirs.service)
                })
                .unwrap();
            let (a, b) = (mine.comparison, theirs.comparison);
            assert_ne!(mine.list, theirs.list);
            assert_eq!((a.mine, a.theirs, a.inside), (b.theirs, b.mine, b.inside));
            assert_eq!(a.difference, -b.difference);
            assert_eq!(a.difference_bps, b.difference_bps.map(|bps| -bps));
        }
    }

    #[test]
    fn the_visited_networks_amount_is_the_whole() {
        // I am visited: 1.01 above 100 is inside 1 % of mine, and so are 99 below 100.
        let row = |charge: &str| format!("2019-01,BELMO,DEUD1,GPRS,1,MB,{charge},EUR");
        let judge = |mine: &str, theirs: &str| {
            let cell = compare(&[&row(mine)], &[&row(theirs)], 100).cells[0].clone();
            assert_eq!((cell.list, cell.service.as_str()), (List::Inbound, "GPRS"));
            (cell.comparison.difference_bps, cell.comparison.inside)
        };
        assert_eq!(judge("100", "99"), (Some(100), true));
        assert_eq!(judge("100", "101"), (Some(-100), true));
        assert_eq!(judge("100", "98.999999"), (Some(101), false));
        assert_eq!(judge("100", "101.000001"), (Some(-101), false));
        assert_eq!(judge("99", "100"), (Some(-102), false));
        assert_eq!(judge("0", "0.000001"), (None, false));
        assert_eq!(judge("0.000001", "0"), (Some(10_000), false));
        assert_eq!(judge("0.000001", "18446744073000"), (None, false));
        assert_eq!(judge("0", "0"), (Some(0), true));
        // They are visited.
        let row = |charge: &str| format!("2019-01,DEUD1,BELMO,GPRS,1,MB,{charge},EUR");
        let judge = |mine: &str, theirs: &str| {
            let cells = compare(&[&row(mine)], &[&row(theirs)], 100).cells;
            let cell = cells.iter().find(|c| c.service == "GPRS").unwrap();
            assert_eq!(cell.list, List::Outbound);
            (cell.comparison.difference_bps, cell.comparison.inside)
        };
        assert_eq!(judge("99", "100"), (Some(-100), true));
        assert_eq!(judge("100", "99"), (Some(102), false));
    }

    #[test]
    fn a_cell_that_only_one_book_has_is_compared_with_nothing() {
        let only = "2019-01,BELMO,DEUD1,SMS MO,5,SMS,2,EUR";
        let reconciliation = compare(&[only, only], &[], 0);
        let cell = &reconciliation.cells[1];
        assert_eq!(
            cell.comparison,
            Comparison {
                my_records: 2,
                their_records: 0,
                mine: 4_000_000,
                theirs: 0,
                difference: 4_000_000,
                difference_bps: Some(10_000),
                inside: false
            }
        );
        assert_eq!(reconciliation.totals[0].different, 1);
        assert_eq!(reconciliation.totals[1].different, 0);
    }

    #[test]
    fn as_csv_and_as_json() {
        let mine = "2019-01,BELMO,DEUD1,\"SMS, \"\"MO\"\"\",5,SMS,2,EUR";
        let theirs = "2019-01,BELMO,DEUD1,\"SMS, \"\"MO\"\"\",5,SMS,2.5,EUR";
        let reconciliation = compare(&[mine], &[theirs], 100);
        let mut lines = "month,list,home,visited,service,my_records,their_records,mine,theirs,difference,per_cent,inside\n\
            2019-01,inbound,BELMO,DEUD1,MTC,1,1,1,1,0,0.00,true\n"
            .to_owned();
        lines += "2019-01,inbound,BELMO,DEUD1,\"SMS, \"\"MO\"\"\",1,1,2,2.5,-0.5,-25.00,false\n";
        lines += "2019-01,outbound,DEUD1,BELMO,MTC,1,1,1,1,0,0.00,true\n";
        assert_eq!(reconciliation.to_csv(), lines);
        let json = serde_json::to_value(&reconciliation).unwrap();
        assert_eq!(
            json["cells"][1],
            serde_json::json!({
                "list": "inbound", "month": "2019-01", "home": "BELMO", "visited": "DEUD1",
                "service": "SMS, \"MO\"", "my_records": 1, "their_records": 1, "mine": "2000000",
                "theirs": "2500000", "difference": "-500000", "difference_bps": -2500, "inside": false
            })
        );
        assert_eq!(json["totals"][0]["cells"], 2);
        assert_eq!(json["months"][0]["mine"], "3000000");
    }

    #[test]
    fn books_in_two_currencies_are_not_compared() {
        let [mine, mut theirs] = books(&[], &[]);
        theirs.inbound[0].currency = "USD".parse().unwrap();
        assert_eq!(
            reconcile(&mine, &theirs, 0, DECIMALS)
                .unwrap_err()
                .to_string(),
            "the books are in EUR and in USD; only books in one currency can be compared"
        );
    }

    #[test]
    fn amounts_as_tokens() {
        assert_eq!(tokens(1_500_000, 6), "1.5");
        assert_eq!(
            tokens(u128::from(u64::MAX) * 10, 0),
            "184467440737095516150"
        );
        assert_eq!(tokens(1, 39), "1e-39");
        assert_eq!(signed_tokens(-1, 6), "-0.000001");
        assert_eq!(signed_tokens(0, 6), "0");
    }

    proptest! {
        #[test]
        fn inside_is_as_the_program_judges(mine: u64, theirs: u64, tolerance_bps in 0u16..=10_000, inbound: bool) {
            let sums = Sums { my_records: 1, their_records: 1, mine: mine.into(), theirs: theirs.into() };
            let list = if inbound { List::Inbound } else { List::Outbound };
            let comparison = sums.compare(list, tolerance_bps);
            let stated = if inbound { mine } else { theirs };
            // As in the program: the tolerance in base units, rounded down.
            let allowed = u128::from(stated) * u128::from(tolerance_bps) / 10_000;
            prop_assert_eq!(comparison.inside, u128::from(mine.abs_diff(theirs)) <= allowed);
            prop_assert_eq!(comparison.difference, i128::from(mine) - i128::from(theirs));
        }

        #[test]
        fn parts_add_up_to_totals(rows in proptest::collection::vec((0u64..1000, 0usize..3, 1usize..4, any::<bool>(), any::<bool>()), 0..40)) {
            let (mut mine, mut theirs) = (vec![], vec![]);
            for (charge, service, month, inbound, is_mine) in rows {
                let service = ["GPRS", "SMS MO", "MOC"][service];
                let pair = if inbound { "BELMO,DEUD1" } else { "DEUD1,BELMO" };
                let row = format!("2019-0{month},{pair},{service},1,u,{charge},EUR");
                if is_mine { mine.push(row) } else { theirs.push(row) }
            }
            let (me, them) = (party("DEUD1"), party("BELMO"));
            let every_month: Vec<String> = (1..4)
                .flat_map(|m| ["BELMO,DEUD1", "DEUD1,BELMO"].map(|p| format!("2019-0{m},{p},MTC,1,min,1,EUR")))
                .collect();
            let [mine, theirs] = [(mine, &me, &them), (theirs, &them, &me)].map(|(rows, owner, partner)| {
                let rows: Vec<&str> = rows.iter().chain(&every_month).map(String::as_str).collect();
                read(&csv(&rows), &lenient(owner, partner)).unwrap()
            });
            let reconciliation = reconcile(&mine, &theirs, 50, DECIMALS).unwrap();
            for (list, mine, theirs) in [
                (List::Inbound, &mine.inbound, &theirs.outbound),
                (List::Outbound, &mine.outbound, &theirs.inbound),
            ] {
                let total = reconciliation.totals.iter().find(|t| t.list == list).unwrap();
                let sum = |records: &[Record]| records.iter().map(|r| u128::from(r.amount)).sum::<u128>();
                prop_assert_eq!(total.comparison.mine, sum(mine));
                prop_assert_eq!(total.comparison.theirs, sum(theirs));
                let cells: Vec<_> = reconciliation.cells.iter().filter(|c| c.list == list).collect();
                prop_assert_eq!(total.cells, cells.len());
                prop_assert_eq!(cells.iter().map(|c| c.comparison.mine).sum::<u128>(), sum(mine));
                prop_assert_eq!(
                    reconciliation.months.iter().filter(|m| m.list == list).map(|m| m.comparison.theirs).sum::<u128>(),
                    sum(theirs)
                );
                prop_assert_eq!(total.different, cells.iter().filter(|c| c.comparison.mine != c.comparison.theirs).count());
            }
        }
    }
}
