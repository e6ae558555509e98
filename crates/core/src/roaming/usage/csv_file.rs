//! Usage books as CSV (RFC 4180): one row per line, under a header that names the columns, in any order.
//!
//! ```csv
//! month,home,visited,service,usage,unit,charge,currency
//! 2019-01,AAZOR,DEUD1,MOC Local,1010,min,25.247600235,EUR
//! 2019-01,AAZOR,DEUD1,MTC,310,min,,EUR
//! ```
//!
//! | column | holds |
//! |---|---|
//! | `month` | year and month |
//! | `home`, `visited` | TADIG codes: the subscribers' network, and the one they used |
//! | `service` | the service used |
//! | `usage`, `unit` | the quantity: a decimal number, and its unit |
//! | `charge` | the price, a decimal number; empty if the row has none |
//! | `currency` | ISO 4217 |
//!
//! A byte order mark, blank lines, and spaces around a field are accepted.

use super::{Book, Finding, Position, Problem, RowText, UsageError};
use crate::roaming::currency::excerpt;
use csv::StringRecord;

/// The columns.
pub const COLUMNS: [&str; 8] = [
    "month", "home", "visited", "service", "usage", "unit", "charge", "currency",
];

/// Reads the book. Problems with rows go to `findings`.
pub(super) fn read(text: &str, findings: &mut Vec<Finding>) -> Result<Book, UsageError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| UsageError::Header {
            found: e.to_string(),
        })?
        .clone();
    let places = places(&header)?;
    let mut rows = Vec::new();
    let (mut counted, mut line) = (0, 1u64);
    for record in reader.records() {
        let position = match &record {
            Ok(record) => record.position(),
            Err(error) => error.position(),
        };
        // The reader gives the place where it began to look for a row: before blank lines, and before the second
        // character of a Windows line end.
        let begin = position
            .and_then(|at| usize::try_from(at.byte()).ok())
            .unwrap_or(counted);
        let rest = text.get(begin..).unwrap_or_default();
        let blank = rest
            .len()
            .saturating_sub(rest.trim_start_matches(['\r', '\n']).len());
        let at = begin.saturating_add(blank);
        let passed = text.get(counted..at).unwrap_or_default();
        line = line.saturating_add(
            u64::try_from(passed.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u64::MAX),
        );
        counted = at;
        let position = Position::Line(line);
        match record {
            Ok(record) => rows.extend(row(&record, places, position).read(findings)),
            Err(error) => findings.push(Finding {
                position: Some(position),
                problem: Problem::Malformed(match error.kind() {
                    csv::ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => format!(
                        "{len} fields, but the header has {expected_len}; look for a missing or extra comma"
                    ),
                    _ => error.to_string(),
                }),
            }),
        }
    }
    Ok(Book {
        owner: None,
        context: None,
        rows,
    })
}

/// The place of each column in a row.
fn places(header: &StringRecord) -> Result<[usize; 8], UsageError> {
    let refused = |found: String| Err(UsageError::Header { found });
    for (at, name) in header.iter().enumerate() {
        if !COLUMNS.contains(&name) {
            return refused(format!("\"{}\"", excerpt(name)));
        }
        if header.iter().take(at).any(|earlier| earlier == name) {
            return refused(format!("\"{name}\" twice"));
        }
    }
    let mut places = [0; 8];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        match header.iter().position(|name| name == column) {
            Some(at) => *place = at,
            None => return refused(format!("no \"{column}\"")),
        }
    }
    Ok(places)
}

fn row(record: &StringRecord, places: [usize; 8], position: Position) -> RowText<'_> {
    // Every row has as many fields as the header.
    let [month, home, visited, service, usage, unit, charge, currency] =
        places.map(|place| record.get(place).unwrap_or_default());
    RowText {
        position,
        list: None,
        month: month.parse().map(|month| (month, None)),
        home,
        visited,
        service,
        usage: ("usage", usage),
        unit,
        charge: (!charge.is_empty()).then_some(("charge", charge)),
        currency,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Row, UsageFile};
    use super::*;
    use crate::roaming::decimal::Decimal;

    const HEADER: &str = "month,home,visited,service,usage,unit,charge,currency\n";
    const ROW: &str = "2019-01,AAZOR,DEUD1,MOC Local,1010,min,25.247600235,EUR\n";

    fn rows(text: &str) -> Vec<Row> {
        let mut file = UsageFile::parse(text.as_bytes()).unwrap();
        assert_eq!(file.books.len(), 1);
        assert_eq!((&file.books[0].owner, file.books[0].context), (&None, None));
        file.books.remove(0).rows
    }

    fn errors(text: &str) -> Vec<String> {
        let error = UsageFile::parse(text.as_bytes()).unwrap_err();
        error.to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn rows_as_documented() {
        let text = format!("{HEADER}{ROW}2019-01,AAZOR,deud1,MTC,310,min,,EUR\n");
        let rows = rows(&text);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].position, Position::Line(2));
        assert_eq!(
            rows[0].charge,
            Some(Decimal::parse("25.247600235").unwrap())
        );
        assert_eq!(rows[0].month.to_string(), "2019-01");
        assert_eq!(rows[0].list, None);
        assert_eq!((rows[1].charge, rows[1].folded), (None, true));
        assert_eq!(rows[1].visited.as_str(), "DEUD1");
    }

    #[test]
    fn columns_in_any_order_and_a_spreadsheets_habits() {
        let text = "\u{feff}currency,charge,unit,usage,service,visited,home,month\r\n\r\n\
                    EUR, 1.5 ,min,2,\"MOC, local\",DEUD1,AAZOR,2019-01\r\n\r\n\
                    EUR,x,min,2,MTC,DEUD1,AAZOR,2019-01\r\n";
        assert_eq!(
            errors(text),
            [
                "line 5: charge: \"x\" is not a number; write digits, and at most one point between them"
            ]
        );
        let rows = rows(&text.replace(",x,", ",2,"));
        assert_eq!(rows[0].service, "MOC, local");
        assert_eq!(rows[0].charge, Some(Decimal::parse("1.5").unwrap()));
        assert_eq!(
            rows.iter().map(|row| row.position).collect::<Vec<_>>(),
            [Position::Line(3), Position::Line(5)]
        );
    }

    #[test]
    fn wrong_headers() {
        let columns = "the first line must name the columns month, home, visited, service, usage, unit, charge, \
                       currency, in any order; it has";
        for (text, found) in [
            (ROW, "\"2019-01\""),
            ("", "no \"month\""),
            (&HEADER.replace("charge", "charges"), "\"charges\""),
            (&HEADER.replace(",charge", ""), "no \"charge\""),
            (&HEADER.replace("charge", "usage"), "\"usage\" twice"),
            (&HEADER.replace("charge", "charge,tax"), "\"tax\""),
        ] {
            assert_eq!(errors(text), [format!("{columns} {found}")], "{text}");
        }
        assert_eq!(errors(HEADER), ["the file has no rows; was it cut short?"]);
    }

    #[test]
    fn wrong_rows_are_all_listed_by_line() {
        let text = format!(
            "{HEADER}{ROW}{}{}{}\n\n{}",
            ROW.replace("2019-01", "43466"),
            ROW.replace(",EUR", ""),
            ROW.replace("25.2", "-25.2").trim_end(),
            ROW.replace("1010", "").replace("AAZOR", "AAZ"),
        );
        let shown: Vec<String> = errors(&text)
            .iter()
            .map(|line| line.chars().take(30).collect())
            .collect();
        assert_eq!(
            shown,
            [
                "line 3: \"43466\" is not a month",
                "line 4: 7 fields, but the head",
                "line 5: charge: \"-25.247600235",
                "line 7: \"AAZ\" is not a TADIG c",
                "line 7: usage: \"\" is not a num",
            ]
        );
    }
}
