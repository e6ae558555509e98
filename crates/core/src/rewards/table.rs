//! CSV tables with named columns, read in parallel, whose errors say where and what to do.

use crate::key::{self, KeyError};
use rayon::prelude::*;
use std::{
    fmt, io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Errors kept from one file. A file with a wrong separator has one in each row.
pub const MAX_FINDINGS: usize = 20;

/// Minimum bytes per task.
const MIN_CHUNK: usize = 1 << 20;

/// Why a CSV file is refused.
#[derive(Debug, Error)]
pub enum TableError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Rows or the header are wrong.
    #[error("{}", list(path, findings, *total))]
    Findings {
        /// The file.
        path: PathBuf,
        /// The first [`MAX_FINDINGS`] errors, by line.
        findings: Vec<Finding>,
        /// The number of errors in all.
        total: usize,
    },
}

/// One error in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line, counted from 1.
    pub line: u64,
    /// The column's name in the header, if a column is at fault.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

/// What can be wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// The file has no bytes.
    #[error("the file is empty; the first line must name the columns: {0}")]
    EmptyFile(String),
    /// A header, and nothing below it.
    #[error("the file has a header but no rows; was it cut short?")]
    NoRows,
    /// A required column is missing.
    #[error("the column is missing; add it to the header and to each row")]
    MissingColumn,
    /// A column appears twice.
    #[error("the column appears twice; remove one")]
    RepeatedColumn,
    /// A column with no meaning here.
    #[error("unknown column \"{0}\"; remove it, or correct its name (the columns are {1})")]
    UnknownColumn(String, String),
    /// More or fewer fields than the header.
    #[error("{found} fields, but the header has {expected}; look for a missing or extra comma")]
    FieldCount {
        /// Fields in this row.
        found: usize,
        /// Fields in the header.
        expected: usize,
    },
    /// Not CSV.
    #[error("not readable as CSV: {0}")]
    Csv(String),
    /// Not a whole number.
    #[error("\"{0}\" is not a whole number; write digits only")]
    NotANumber(String),
    /// Below zero.
    #[error("{0} is negative; it must be 0 or more")]
    Negative(String),
    /// Above 64 bits.
    #[error("{0} is too large; the most is {max}", max = u64::MAX)]
    TooLarge(String),
    /// Not a public key.
    #[error("\"{text}\" is {error}; copy the address again")]
    Key {
        /// The text given.
        text: String,
        /// What is wrong with it.
        error: KeyError,
    },
    /// Up for longer than the epoch.
    #[error(
        "{uptime} seconds is longer than the epoch's {epoch}; correct it, or the epoch's length"
    )]
    UptimeAboveEpoch {
        /// The uptime given, in seconds.
        uptime: u64,
        /// The epoch's length in seconds.
        epoch: u64,
    },
    /// The same device in two rows.
    #[error("device {device} is on line {first} too; keep one of the rows")]
    RepeatedDevice {
        /// The device, in base58.
        device: String,
        /// The line that has it first.
        first: u64,
    },
    /// The registry has the device under another owner.
    #[error(
        "device {device} is registered to {registered}, not to {given}; correct the owner, or have the \
         device handed over first"
    )]
    OtherOwner {
        /// The device, in base58.
        device: String,
        /// Its registered owner, in base58.
        registered: String,
        /// The owner given, in base58.
        given: String,
    },
    /// The registry does not have the device.
    #[error("device {0} is not registered; register it first, or remove the row")]
    NotRegistered(String),
}

fn list(path: &Path, findings: &[Finding], total: usize) -> String {
    let errors = if total == 1 { "error" } else { "errors" };
    let mut text = format!("{}: {total} {errors}", path.display());
    for finding in findings {
        text.push_str(&format!("\n  {finding}"));
    }
    match total.saturating_sub(findings.len()) {
        0 => {}
        more => text.push_str(&format!("\n  and {more} more")),
    }
    text
}

/// Errors found so far: the first few by line, and their number.
#[derive(Debug, Default)]
pub struct Findings {
    first: Vec<Finding>,
    total: usize,
}

impl Findings {
    /// Adds one. They can come in any order.
    pub fn add(&mut self, line: u64, column: Option<&'static str>, problem: Problem) {
        self.first.push(Finding {
            line,
            column,
            problem,
        });
        self.total = self.total.saturating_add(1);
        // Sorting only now and then keeps this linear for files where every row is wrong.
        if self.first.len() >= MAX_FINDINGS.saturating_mul(8) {
            self.shorten();
        }
    }

    /// Adds the errors of another part of the file.
    pub fn append(&mut self, mut other: Self) {
        self.first.append(&mut other.first);
        self.total = self.total.saturating_add(other.total);
        self.shorten();
    }

    fn shorten(&mut self) {
        self.first.sort_by_key(|finding| finding.line);
        self.first.truncate(MAX_FINDINGS);
    }

    /// `Ok` without errors, or the error that lists them.
    pub fn into_result(mut self, path: &Path) -> Result<(), TableError> {
        if self.total == 0 {
            return Ok(());
        }
        self.shorten();
        Err(TableError::Findings {
            path: path.to_owned(),
            findings: self.first,
            total: self.total,
        })
    }
}

/// One row's fields, in the order of the columns asked for.
pub struct Fields<'a, const N: usize> {
    columns: &'a [&'static str; N],
    values: [&'a [u8]; N],
    /// Its line, counted from 1.
    pub line: u64,
    findings: &'a mut Findings,
}

impl<const N: usize> Fields<'_, N> {
    /// Notes that the row's field of this column is wrong.
    pub fn refuse(&mut self, column: usize, problem: Problem) {
        let column = self.columns.get(column).copied();
        self.findings.add(self.line, column, problem);
    }

    /// A public key in base58; `None` has been noted as an error.
    pub fn key(&mut self, column: usize) -> Option<[u8; 32]> {
        let value = self.values.get(column).copied().unwrap_or_default();
        key::from_base58(value)
            .map_err(|error| {
                let text = excerpt(value);
                self.refuse(column, Problem::Key { text, error });
            })
            .ok()
    }

    /// A whole number; `None` has been noted as an error.
    pub fn number(&mut self, column: usize) -> Option<u64> {
        let value = self.values.get(column).copied().unwrap_or_default();
        parse_number(value)
            .map_err(|problem| self.refuse(column, problem))
            .ok()
    }
}

fn parse_number(text: &[u8]) -> Result<u64, Problem> {
    let is_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    match text {
        [b'-', digits @ ..] if is_digits(digits) => Err(Problem::Negative(excerpt(text))),
        digits if is_digits(digits) => digits
            .iter()
            .try_fold(0u64, |number, digit| {
                number
                    .checked_mul(10)?
                    .checked_add(u64::from(digit.saturating_sub(b'0')))
            })
            .ok_or_else(|| Problem::TooLarge(excerpt(text))),
        _ => Err(Problem::NotANumber(excerpt(text))),
    }
}

/// A field for a message: readable, and not longer than a key.
fn excerpt(value: &[u8]) -> String {
    const MAX_CHARS: usize = 48;
    let text = String::from_utf8_lossy(value);
    let mut excerpt: String = text
        .chars()
        .take(MAX_CHARS)
        .flat_map(|c| c.escape_debug())
        .collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        excerpt.push('…');
    }
    excerpt
}

/// Reads a CSV file that has exactly the given columns, in any order.
///
/// The first line names the columns. A byte order mark, CRLF, blank lines, quotes (RFC 4180) and
/// spaces around a field are accepted; a missing, repeated or unknown column is not, because a
/// misspelt one would count as zero. `row` turns each row into the value that the caller keeps, or notes an error
/// and returns `None`. The rows come back in the order of the file, with the errors so far, so that the
/// caller can add its own before it gives up.
pub fn read<const N: usize, R: Send>(
    path: &Path,
    columns: &[&'static str; N],
    row: impl Fn(&mut Fields<'_, N>) -> Option<R> + Sync,
) -> Result<(Vec<R>, Findings), TableError> {
    let text = std::fs::read(path).map_err(|source| TableError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut findings = Findings::default();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let Some(header) = read_header(text, columns, &mut findings) else {
        findings.into_result(path)?;
        // Without a header there is an error.
        return Ok((vec![], Findings::default()));
    };

    let chunks = split_into_chunks(header.rest);
    let lines: Vec<u64> = chunks.par_iter().map(|chunk| count_lines(chunk)).collect();
    let starts: Vec<u64> = lines
        .iter()
        .scan(header.lines, |before, lines| {
            let start = *before;
            *before = before.saturating_add(*lines);
            Some(start)
        })
        .collect();
    let parts: Vec<(Vec<R>, Findings)> = chunks
        .par_iter()
        .zip(starts)
        .map(|(chunk, start)| read_chunk(chunk, start, columns, &header, &row))
        .collect();

    let mut rows = Vec::with_capacity(parts.iter().map(|(rows, _)| rows.len()).sum());
    for (mut part, part_findings) in parts {
        rows.append(&mut part);
        findings.append(part_findings);
    }
    if rows.is_empty() && findings.total == 0 {
        findings.add(header.lines.max(1), None, Problem::NoRows);
    }
    Ok((rows, findings))
}

struct Header<'a, const N: usize> {
    /// The place of each column in a row.
    places: [usize; N],
    field_count: usize,
    /// Line ends up to the first row.
    lines: u64,
    /// The text after the header.
    rest: &'a [u8],
}

fn read_header<'a, const N: usize>(
    text: &'a [u8],
    columns: &[&'static str; N],
    findings: &mut Findings,
) -> Option<Header<'a, N>> {
    let mut reader = csv_reader(text);
    let mut record = csv::ByteRecord::new();
    let found = match reader.read_byte_record(&mut record) {
        Ok(found) => found,
        Err(error) => {
            findings.add(1, None, Problem::Csv(error.to_string()));
            return None;
        }
    };
    if !found {
        findings.add(1, None, Problem::EmptyFile(columns.join(", ")));
        return None;
    }
    let line = line_of(&record, text);
    for name in &record {
        let name = name.trim_ascii();
        if !columns.iter().any(|column| column.as_bytes() == name) {
            let problem = Problem::UnknownColumn(excerpt(name), columns.join(", "));
            findings.add(line, None, problem);
        }
    }
    let places = columns.map(|column| {
        let mut places = record
            .iter()
            .enumerate()
            .filter(|(_, name)| name.trim_ascii() == column.as_bytes())
            .map(|(place, _)| place);
        let place = places.next();
        if place.is_none() {
            findings.add(line, Some(column), Problem::MissingColumn);
        }
        if places.next().is_some() {
            findings.add(line, Some(column), Problem::RepeatedColumn);
        }
        place.unwrap_or_default()
    });
    if findings.total > 0 {
        return None;
    }
    // The reader is right after the header; its position fits, because it is inside the text.
    let end = usize::try_from(reader.position().byte()).unwrap_or(text.len());
    let (before, rest) = text.split_at_checked(end)?;
    Some(Header {
        places,
        field_count: record.len(),
        lines: count_lines(before),
        rest,
    })
}

fn csv_reader(text: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        // Rows of another length are reported here, with their line.
        .flexible(true)
        .from_reader(text)
}

/// The line, from 1, on which a record starts. The reader's own position is before the line ends that
/// it skips to get there: blank lines, and the second half of a CRLF.
fn line_of(record: &csv::ByteRecord, text: &[u8]) -> u64 {
    let Some(position) = record.position() else {
        return 1;
    };
    let skipped = usize::try_from(position.byte())
        .ok()
        .and_then(|at| text.get(at..))
        .unwrap_or_default()
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'));
    skipped
        .filter(|byte| **byte == b'\n')
        .fold(position.line(), |line, _| line.saturating_add(1))
}

/// Pieces that end with a line, a few for each thread. No valid field of ours contains a line end, so
/// a quoted field that is cut in two is an error either way.
fn split_into_chunks(text: &[u8]) -> Vec<&[u8]> {
    let tasks = rayon::current_num_threads().saturating_mul(4);
    let size = text.len().div_ceil(tasks.max(1)).max(MIN_CHUNK);
    let mut chunks = vec![];
    let mut rest = text;
    while !rest.is_empty() {
        let line_end = rest
            .get(size..)
            .and_then(|tail| tail.iter().position(|byte| *byte == b'\n'))
            .map_or(rest.len(), |at| at.saturating_add(size).saturating_add(1));
        // Inside, by the search above; otherwise everything is one last chunk.
        let (chunk, tail) = rest.split_at_checked(line_end).unwrap_or((rest, &[]));
        chunks.push(chunk);
        rest = tail;
    }
    chunks
}

fn count_lines(text: &[u8]) -> u64 {
    // A count of bytes in memory fits 64 bits.
    u64::try_from(text.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u64::MAX)
}

fn read_chunk<const N: usize, R>(
    chunk: &[u8],
    lines_before: u64,
    columns: &[&'static str; N],
    header: &Header<'_, N>,
    row: &impl Fn(&mut Fields<'_, N>) -> Option<R>,
) -> (Vec<R>, Findings) {
    let mut rows = Vec::new();
    let mut findings = Findings::default();
    let mut reader = csv_reader(chunk);
    let mut record = csv::ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                let line = lines_before.saturating_add(reader.position().line());
                findings.add(line, None, Problem::Csv(error.to_string()));
                break;
            }
        }
        let line = lines_before.saturating_add(line_of(&record, chunk));
        if record.len() != header.field_count {
            let problem = Problem::FieldCount {
                found: record.len(),
                expected: header.field_count,
            };
            findings.add(line, None, problem);
            continue;
        }
        let mut fields = Fields {
            columns,
            // Inside: the record is as long as the header.
            values: header
                .places
                .map(|place| record.get(place).unwrap_or_default().trim_ascii()),
            line,
            findings: &mut findings,
        };
        rows.extend(row(&mut fields));
    }
    (rows, findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    const COLUMNS: [&str; 2] = ["name", "count"];

    fn read_text(text: impl AsRef<[u8]>) -> Result<Vec<(u64, u64)>, TableError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_ref()).unwrap();
        let (rows, findings) = read(file.path(), &COLUMNS, |fields| {
            Some((fields.line, fields.number(1)?))
        })?;
        findings.into_result(file.path())?;
        Ok(rows)
    }

    fn errors(text: impl AsRef<[u8]>) -> Vec<String> {
        match read_text(text) {
            Err(TableError::Findings { findings, .. }) => {
                findings.iter().map(ToString::to_string).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn files_from_spreadsheets_are_read() {
        let expected = vec![(2, 1), (3, 2)];
        for text in [
            "name,count\na,1\nb,2\n",
            "name,count\na,1\nb,2",
            "name,count\r\na,1\r\nb,2\r\n",
            "\u{feff}name,count\na,1\nb,2\n",
            "\"name\",\"count\"\n\"a\",\"1\"\n\"b, c\",\"2\"\n",
            "name , count\na , 1\nb,\t2 \n",
        ] {
            assert_eq!(read_text(text).unwrap(), expected, "{text}");
        }
        // Columns in another order, blank lines.
        assert_eq!(
            read_text("\ncount,name\n\n7,a\n\n\n8,b\n").unwrap(),
            [(4, 7), (7, 8)]
        );
    }

    #[test]
    fn the_header_must_be_there_and_right() {
        assert_eq!(
            errors(""),
            ["line 1: the file is empty; the first line must name the columns: name, count"]
        );
        assert_eq!(errors("\u{feff}\n\n").len(), 1);
        assert_eq!(
            errors("name,count\n"),
            ["line 1: the file has a header but no rows; was it cut short?"]
        );
        assert_eq!(
            errors("name\na\n"),
            ["line 1, column count: the column is missing; add it to the header and to each row"]
        );
        assert_eq!(
            errors("name,count,name\n"),
            ["line 1, column name: the column appears twice; remove one"]
        );
        assert_eq!(
            errors("name,count,size\na,1,2\n"),
            [
                "line 1: unknown column \"size\"; remove it, or correct its name (the columns are name, count)"
            ]
        );
        // Rows without a header: both columns missing, both fields unknown.
        assert_eq!(errors("a,1\nb,2\n").len(), 4);
        assert_eq!(errors("name;count\na;1\n").len(), 3);
    }

    #[test]
    fn numbers() {
        for (text, problem) in [
            ("", "\"\" is not a whole number; write digits only"),
            ("1.5", "\"1.5\" is not a whole number; write digits only"),
            ("+1", "\"+1\" is not a whole number; write digits only"),
            ("-", "\"-\" is not a whole number; write digits only"),
            ("1e3", "\"1e3\" is not a whole number; write digits only"),
            ("0x10", "\"0x10\" is not a whole number; write digits only"),
            ("-5", "-5 is negative; it must be 0 or more"),
            (
                "18446744073709551616",
                "18446744073709551616 is too large; the most is 18446744073709551615",
            ),
        ] {
            assert_eq!(
                errors(format!("name,count\na,1\nb,{text}\n")),
                [format!("line 3, column count: {problem}")]
            );
        }
        assert_eq!(
            read_text("name,count\na,18446744073709551615\n").unwrap(),
            [(2, u64::MAX)]
        );
        assert_eq!(read_text("name,count\na,0007\n").unwrap(), [(2, 7)]);
    }

    #[test]
    fn rows_of_another_length() {
        assert_eq!(
            errors("name,count\na\nb,1,2\nc,3\n"),
            [
                "line 2: 1 fields, but the header has 2; look for a missing or extra comma",
                "line 3: 3 fields, but the header has 2; look for a missing or extra comma"
            ]
        );
        // An unclosed quote takes the rest of the file into one field.
        assert_eq!(errors("name,count\na,1\n\"b,2\nc,3\n").len(), 1);
    }

    #[test]
    fn the_first_errors_are_listed_and_all_counted() {
        let mut text = String::from("name,count\n");
        for _ in 0..1_000 {
            text.push_str("a,x\n");
        }
        let error = read_text(&text).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(": 1000 errors\n  line 2, column count"));
        assert!(shown.ends_with("\n  and 980 more"), "{shown}");
        let TableError::Findings {
            findings, total, ..
        } = error
        else {
            panic!()
        };
        assert_eq!(total, 1_000);
        let lines: Vec<u64> = findings.iter().map(|f| f.line).collect();
        assert_eq!(lines, (2..22).collect::<Vec<_>>());
    }

    #[test]
    fn lines_are_counted_across_chunks() {
        let mut text = String::from("name,count\n");
        let rows = 3 * MIN_CHUNK / 8;
        for i in 0..rows {
            text.push_str(&format!("n{i},{i}\n"));
        }
        text.push_str("last,-1\n");
        assert!(split_into_chunks(text.as_bytes()).len() > 2);
        let found = errors(&text);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with(&format!("line {}, column count: -1 is negative", rows + 2)),
            "{found:?}"
        );
        let good = text.replace("last,-1\n", "");
        let read = read_text(&good).unwrap();
        assert_eq!(read.len(), rows);
        for (at, (line, count)) in read.iter().enumerate() {
            assert_eq!((*line, *count), (at as u64 + 2, at as u64));
        }
    }

    #[test]
    fn long_and_odd_fields_are_cut_in_messages() {
        let found = errors(format!("name,count\na,{}\n", "y".repeat(500)));
        assert!(found[0].contains(&format!("\"{}…\"", "y".repeat(48))));
        let found = errors(b"name,count\na,\xff\x1b[2J\n");
        assert!(found[0].contains("\"\u{fffd}\\u{1b}[2J\""), "{found:?}");
    }

    #[test]
    fn a_missing_file() {
        let error = read(Path::new("no/such/file.csv"), &COLUMNS, |_| Some(())).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("no/such/file.csv: cannot be read: ")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_a_result(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_text(&text);
            let _ = read_text([b"name,count\n", text.as_slice()].concat());
        }
    }
}
