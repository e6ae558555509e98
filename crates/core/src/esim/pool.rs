//! A seller's pool: the profiles that wait to be delivered.
//!
//! A CSV file with a header, or a JSON array. The columns are the fields of a [profile](super::profile), in any
//! order, and `plan`: the plan that the profile is for, where a pool serves more than one. An element of the array
//! is an object with the same fields, or an activation code alone.
//!
//! ```csv
//! lpa,iccid,plan
//! LPA:1$smdp.example.com$04386-AGYFT,8944500102198304826,fr-5gb-30d
//! ```
//!
//! Nothing of a pool is used unless all of it can be: the errors name every row, so that it is mended at once.

use super::profile::{Fields, Profile, ProfileError};
use crate::name::is_name;
use csv::StringRecord;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::fmt;
use thiserror::Error;

/// A profile of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub place: Place,
    /// The plan that it is for; `None` if it is for any.
    pub plan: Option<String>,
    /// What is delivered.
    pub profile: Profile,
}

/// Where an entry stands in its file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The line of a CSV file that it starts in.
    Line(u64),
    /// The element of a JSON array.
    Element(u64),
}

/// Why a file is not a pool.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PoolError {
    /// Not text in UTF-8.
    #[error("the pool is not text in UTF-8")]
    NotText,
    /// Not a JSON array.
    #[error("the pool starts with \"[\", but is not a JSON array: {0}")]
    Json(String),
    /// The header is missing or has a column that is not known.
    #[error("the pool's first line must name its columns, some of {}; it has {found}", Fields::NAMES.join(", "))]
    Header {
        /// What stands there that does not belong.
        found: String,
    },
    /// There is no profile in it.
    #[error("the pool is empty")]
    Empty,
    /// Some entries are wrong.
    #[error("{}", Lines(.0))]
    Entries(Vec<EntryError>),
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {reason}")]
pub struct EntryError {
    /// Where it stands.
    pub place: Place,
    /// What is wrong.
    pub reason: Reason,
}

/// Why an entry cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// The row has more or fewer fields than the header, or the element is neither object nor text.
    #[error("{0}")]
    Malformed(String),
    /// The profile is wrong.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The plan's id is none.
    #[error("a plan's id is 1 to 32 of a-z, 0-9 and -, and has no - at its ends")]
    Plan,
    /// It has been given already.
    #[error("the same profile as {0}")]
    SameAs(Place),
}

/// One error on each line.
struct Lines<'a>(&'a [EntryError]);

/// Reads a pool.
///
/// # Errors
///
/// [`PoolError`] names every entry that cannot be used, and why.
pub fn parse(bytes: &[u8]) -> Result<Vec<Entry>, PoolError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PoolError::NotText)?;
    // Spreadsheets write a byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let found = if text.trim_start().starts_with('[') {
        elements(text)?
    } else {
        rows(text)?
    };

    let mut entries = Vec::with_capacity(found.len());
    let mut errors = Vec::new();
    let mut seen = HashMap::new();
    for (place, fields) in found {
        match fields.and_then(|fields| entry(place, &fields)) {
            Err(reason) => errors.push(EntryError { place, reason }),
            Ok(entry) => match seen.insert(entry.profile.fingerprint(), place) {
                Some(first) => {
                    seen.insert(entry.profile.fingerprint(), first);
                    let reason = Reason::SameAs(first);
                    errors.push(EntryError { place, reason });
                }
                None => entries.push(entry),
            },
        }
    }
    if !errors.is_empty() {
        return Err(PoolError::Entries(errors));
    }
    if entries.is_empty() {
        return Err(PoolError::Empty);
    }
    Ok(entries)
}

/// What each entry has, or why it cannot be read.
type Found = Vec<(Place, Result<Fields, Reason>)>;

/// The entries of a JSON array.
fn elements(text: &str) -> Result<Found, PoolError> {
    let elements: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|e| PoolError::Json(e.to_string()))?;
    let fields = elements.into_iter().map(|element| {
        let text = element.get();
        if text.starts_with('"') {
            serde_json::from_str(text).map(Fields::of_code)
        } else {
            serde_json::from_str(text)
        }
        .map_err(|e| Reason::Malformed(e.to_string()))
    });
    Ok((1..).map(Place::Element).zip(fields).collect())
}

/// The entries of a CSV file.
fn rows(text: &str) -> Result<Found, PoolError> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| PoolError::Header {
            found: e.to_string(),
        })?
        .clone();
    check_header(&header)?;
    let mut lines = LineCounter { text, line: 1 };
    let mut found = Vec::new();
    for record in reader.records() {
        // Only the number of fields can be wrong: the text is UTF-8, and nothing can fail to be read.
        let (position, fields) = match &record {
            Ok(record) => (
                record.position(),
                record
                    .deserialize(Some(&header))
                    .map_err(|e| Reason::Malformed(e.to_string())),
            ),
            Err(error) => (
                error.position(),
                Err(Reason::Malformed(match error.kind() {
                    csv::ErrorKind::UnequalLengths {
                        expected_len, len, ..
                    } => format!("{len} fields, but the header has {expected_len} columns"),
                    _ => error.to_string(),
                })),
            ),
        };
        let rest = position
            .and_then(|at| usize::try_from(at.byte()).ok())
            .and_then(|at| text.get(at..))
            .unwrap_or_default();
        found.push((Place::Line(lines.line_of(rest)), fields));
    }
    Ok(found)
}

/// Finds lines of a text from its beginning to its end.
///
/// `csv` gives the place where it began to look for a row: before empty lines, and before the second character of a
/// line end of Windows.
struct LineCounter<'a> {
    /// What has not been counted yet.
    text: &'a str,
    /// The line that it begins in.
    line: u64,
}

impl<'a> LineCounter<'a> {
    /// The line of the first row in `rest`, which ends where the text does.
    fn line_of(&mut self, rest: &'a str) -> u64 {
        let row = rest.trim_start_matches(['\r', '\n']);
        let passed = self.text.len().saturating_sub(row.len());
        let line_ends = self.text.bytes().take(passed).filter(|b| *b == b'\n');
        self.line = line_ends.fold(self.line, |line, _| line.saturating_add(1));
        self.text = row;
        self.line
    }
}

/// Every column is a known one, and none comes twice.
fn check_header(header: &StringRecord) -> Result<(), PoolError> {
    let names: Vec<_> = header.iter().collect();
    for (at, name) in names.iter().enumerate() {
        let found = if name.starts_with("LPA:") {
            "an activation code".to_owned()
        } else if !Fields::NAMES.contains(name) {
            format!("\"{name}\"")
        } else if names.iter().take(at).any(|earlier| earlier == name) {
            format!("\"{name}\" twice")
        } else {
            continue;
        };
        return Err(PoolError::Header { found });
    }
    Ok(())
}

/// Checks the fields of an entry.
fn entry(place: Place, fields: &Fields) -> Result<Entry, Reason> {
    if let Some(plan) = &fields.plan
        && !is_name(plan.as_bytes())
    {
        return Err(Reason::Plan);
    }
    Ok(Entry {
        place,
        plan: fields.plan.clone(),
        profile: Profile::from_fields(fields)?,
    })
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Element(element) => write!(f, "element {element}"),
        }
    }
}

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        write!(f, "the pool cannot be used:\n{}", lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::EidError;
    use super::super::lpa::LpaError;
    use super::*;
    use proptest::prelude::*;

    const EID: &str = "89049032123451234512345678901235";

    fn read(text: &str) -> Result<Vec<Entry>, PoolError> {
        parse(text.as_bytes())
    }

    fn shown(text: &str) -> Vec<(Place, Option<String>, String)> {
        read(text)
            .unwrap()
            .into_iter()
            .map(|e| {
                let bytes = e.profile.to_bytes().to_vec();
                (e.place, e.plan, String::from_utf8(bytes).unwrap())
            })
            .collect()
    }

    fn errors(text: &str) -> Vec<EntryError> {
        match read(text) {
            Err(PoolError::Entries(errors)) => errors,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn csv_files() {
        use Place::Line;
        let code = |n| format!("LPA:1$a.bc$X{n}");
        assert_eq!(
            shown("lpa\nLPA:1$a.bc$X1\nLPA:1$a.bc$X2\n"),
            [(Line(2), None, code(1)), (Line(3), None, code(2))]
        );
        // A byte order mark, line ends of Windows, spaces, empty lines, empty and quoted fields.
        let text = format!(
            "\u{feff}plan , lpa,eid,notes\r\nfr-5gb,LPA:1$a.bc$X1,,\r\n\r\n , LPA:1$a.bc$X2 ,{EID},\"a, b\"\r\n"
        );
        assert_eq!(
            shown(&text),
            [
                (Line(2), Some("fr-5gb".into()), code(1)),
                (
                    Line(4),
                    None,
                    format!(r#"{{"lpa":"LPA:1$a.bc$X2","eid":"{EID}","notes":"a, b"}}"#)
                ),
            ]
        );
        assert_eq!(
            shown("\n\nlpa\n\"LPA:1$a.bc$X1\"\n\n\n\nLPA:1$a.bc$X2"),
            [(Line(4), None, code(1)), (Line(8), None, code(2))]
        );
        assert_eq!(
            shown("smdp_address,matching_id\na.bc,X1"),
            [(Line(2), None, code(1))]
        );
    }

    #[test]
    fn json_arrays() {
        use Place::Element;
        let text = r#" [ "LPA:1$a.bc$X1", {"lpa": "LPA:1$a.bc$X2", "plan": "p"},
            {"smdp_address": "a.bc", "matching_id": "X3"} ] "#;
        let code = |n| format!("LPA:1$a.bc$X{n}");
        assert_eq!(
            shown(text),
            [
                (Element(1), None, code(1)),
                (Element(2), Some("p".into()), code(2)),
                (Element(3), None, code(3)),
            ]
        );
    }

    #[test]
    fn every_wrong_entry_is_named() {
        let text = "lpa,eid,plan\nLPA:1$a.bc$X1,,\nLPA:1$a.bc$x2,,\n,,\nLPA:1$A.BC$X1,,other\n\
            LPA:1$a.bc$X1,,\nLPA:1$a.bc$X3,123,\nLPA:1$a.bc$X4,,Plan\nLPA:1$a.bc$X5\n";
        let found: Vec<_> = errors(text)
            .into_iter()
            .map(|e| (e.place, e.reason))
            .collect();
        let line = Place::Line;
        assert_eq!(
            found,
            [
                (
                    line(3),
                    ProfileError::ActivationCode(LpaError::MatchingId {
                        place: 1,
                        character: 'x'
                    })
                    .into()
                ),
                (line(4), ProfileError::NoActivationCode.into()),
                (line(5), Reason::SameAs(line(2))),
                (line(6), Reason::SameAs(line(2))),
                (line(7), ProfileError::Eid(EidError::NotDigits).into()),
                (line(8), Reason::Plan),
                (
                    line(9),
                    Reason::Malformed("1 fields, but the header has 3 columns".into())
                ),
            ]
        );
        assert_eq!(
            read("[\"LPA:1$a.bc$X\", 5, \"LPA:1$a.bc$X\", {\"x\": 1}]")
                .unwrap_err()
                .to_string()
                .lines()
                .map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(": "))
                .collect::<Vec<_>>(),
            [
                "the pool cannot be used:",
                "element 2: invalid type",
                "element 3: the same profile as element 1",
                "element 4: unknown field `x`, expected one of `lpa`, `smdp_address`, `matching_id`, \
                 `confirmation_code`, `iccid`, `eid`, `apn`, `notes`, `plan` at line 1 column 4",
            ]
        );
    }

    #[test]
    fn what_is_no_pool() {
        for text in ["", "\n", "[]", "lpa", "lpa,iccid\n"] {
            let error = read(text).unwrap_err();
            let no_header = text.trim().is_empty();
            assert!(
                matches!(&error, PoolError::Empty)
                    || (no_header && matches!(&error, PoolError::Header { .. })),
                "{text}: {error}"
            );
        }
        for (text, found) in [
            ("LPA:1$a.bc$X\n", "an activation code"),
            ("lpa,imsi\nLPA:1$a.bc$X,1\n", "\"imsi\""),
            ("lpa,LPA\n", "\"LPA\""),
            ("lpa,plan,lpa\n", "\"lpa\" twice"),
        ] {
            let found = found.to_owned();
            assert_eq!(read(text), Err(PoolError::Header { found }), "{text}");
        }
        assert!(matches!(read("[1"), Err(PoolError::Json(_))));
        assert!(matches!(read("[] x"), Err(PoolError::Json(_))));
        assert_eq!(parse(b"lpa\n\xff"), Err(PoolError::NotText));
    }

    #[test]
    fn the_columns_are_those_that_are_read() {
        // Each alone: read, and refused only for what it does not hold.
        for name in Fields::NAMES {
            let error = errors(&format!("{name}\nx\n")).remove(0).reason;
            assert!(matches!(error, Reason::Profile(_)), "{name}: {error}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_have_the_same_profiles(count in 1usize..40, with_plan: bool) {
            let code = |n| format!("LPA:1$a.bc$X-{n}");
            let plan = if with_plan { "p" } else { "" };
            let rows: String = (0..count).map(|n| format!("{},{plan}\n", code(n))).collect();
            let elements: Vec<_> = (0..count)
                .map(|n| serde_json::json!({"lpa": code(n), "plan": with_plan.then_some("p")}))
                .collect();
            let csv = read(&format!("lpa,plan\n{rows}")).unwrap();
            let json = read(&serde_json::to_string(&elements).unwrap()).unwrap();
            prop_assert_eq!(csv.len(), count);
            for (a, b) in csv.iter().zip(&json) {
                prop_assert!(a.profile == b.profile && a.plan == b.plan);
            }
        }

        #[test]
        fn any_bytes_end_in_a_result(
            text in "(lpa,plan\n)?[-\\[\\]{}\",a-zA-Z:$0-9.\n]{0,80}",
            bytes in proptest::collection::vec(any::<u8>(), 0..60)
        ) {
            let _ = read(&text);
            let _ = parse(&bytes);
        }
    }
}
