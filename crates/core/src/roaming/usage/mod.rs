//! Usage books: the usage that an operator's systems recorded, read exactly, every row with its place.
//!
//! Two formats are read, recognised by their first character. A JSON file is a list of books as GSMA's BWRP project
//! writes them ([`bwrp`]). Anything else is CSV, one book ([`csv_file`]). Reading judges each row by itself;
//! [`super::import`] judges the rows together, as the traffic of two parties.

pub mod bwrp;
pub mod csv_file;

use super::currency::{Currency, CurrencyError, MAX_SERVICE_LEN, MAX_UNIT_LEN, excerpt, is_name};
use super::decimal::{Decimal, DecimalError};
use super::month::{Month, MonthError, Spelling};
use super::record::PartyError;
use super::tadig::{Tadig, TadigError};
use serde::{Serialize, Serializer};
use std::fmt;
use thiserror::Error;

/// Findings that an error shows. A file with a wrong separator has one in each row.
const MAX_SHOWN: usize = 20;

/// All books of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageFile {
    /// At least one, with at least one row in all.
    pub books: Vec<Book>,
}

/// One operator's account of usage, in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// The operator that kept it, if the file names one.
    pub owner: Option<String>,
    /// Whether it is the reader's or the partner's, if the file says so.
    pub context: Option<Context>,
    /// Its rows, in the order of the file.
    pub rows: Vec<Row>,
}

/// The owner of a BWRP book, from the side of the file's holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// The holder.
    Home,
    /// The holder's partner.
    Partner,
}

/// The choice of a file's books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookChoice {
    /// Those of the only operator.
    Only,
    /// Those of this context.
    Context(Context),
    /// Those of this owner.
    Owner(String),
}

/// The list of a book that a row is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum List {
    /// The partner's subscribers on the owner's network: the partner pays.
    Inbound,
    /// The owner's subscribers on the partner's network: the owner pays.
    Outbound,
}

impl List {
    /// Both lists.
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];
}

/// A row's place in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Position {
    /// In a JSON file: shown as a path that jq and similar tools understand. Counted from 0.
    Json {
        /// The book's place in the file.
        book: usize,
        /// The list.
        list: List,
        /// The row's place in the list.
        row: usize,
    },
    /// The line of a CSV file that the row starts in, counted from 1.
    Line(u64),
}

/// One row, judged by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its place in the file.
    pub position: Position,
    /// The list it is in. A CSV file has no lists.
    pub list: Option<List>,
    /// The month.
    pub month: Month,
    /// How a BWRP book writes the month. A CSV file has one way.
    pub spelling: Option<Spelling>,
    /// The subscribers' home network.
    pub home: Tadig,
    /// The visited network.
    pub visited: Tadig,
    /// Whether one of the codes was in lower case.
    pub folded: bool,
    /// The service used.
    pub service: String,
    /// The quantity used.
    pub usage: Decimal,
    /// The unit of the quantity.
    pub unit: String,
    /// Its charge. `None` if the row has none.
    pub charge: Option<Decimal>,
    /// The currency of the charge.
    pub currency: Currency,
}

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UsageError {
    /// Not text in UTF-8.
    #[error("the file is not text in UTF-8")]
    NotText,
    /// Starts as JSON, and is not a list of BWRP books.
    #[error("the file starts with \"[\", but is not a list of BWRP usage books: {0}")]
    Json(String),
    /// A book's header says that it is not a usage book of version 1.0.
    #[error("book {book}: its header says {what}; only usage books of version 1.0 are read")]
    OtherDocument {
        /// Counted from 0.
        book: usize,
        /// The header's words.
        what: String,
    },
    /// The first line does not name the columns.
    #[error(
        "the first line must name the columns {}, in any order; it has {found}",
        csv_file::COLUMNS.join(", ")
    )]
    Header {
        /// The text in its place.
        found: String,
    },
    /// The file has no rows.
    #[error("the file has no rows; was it cut short?")]
    Empty,
    /// No book as asked for, or several operators'.
    #[error("{problem}; the file has {}", list_or_nothing(.has))]
    Books {
        /// What is wrong.
        problem: String,
        /// Each book's owner and context.
        has: Vec<String>,
    },
    /// Rows are wrong.
    #[error("{}", shown(.0))]
    Rows(Vec<Finding>),
}

/// One error in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its place, if it is in one place.
    pub position: Option<Position>,
    /// What is wrong.
    pub problem: Problem,
}

/// What can be wrong with rows, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// Not CSV, or more or fewer fields than the header.
    #[error("{0}")]
    Malformed(String),
    /// Not a month.
    #[error(transparent)]
    Month(#[from] MonthError),
    /// Not an operator's code.
    #[error(transparent)]
    Tadig(#[from] TadigError),
    /// Not a currency.
    #[error(transparent)]
    Currency(#[from] CurrencyError),
    /// Not a number.
    #[error("{field}: \"{text}\" {error}")]
    Number {
        /// The field.
        field: &'static str,
        /// Its text.
        text: String,
        /// What is wrong with it.
        error: DecimalError,
    },
    /// Not a name that can be shown and compared.
    #[error(
        "{field}: \"{text}\" is not 1 to {most} printable ASCII characters that start with a letter or a digit"
    )]
    Name {
        /// The field.
        field: &'static str,
        /// Its text.
        text: String,
        /// The greatest length allowed, in bytes.
        most: usize,
    },
    /// Traffic of other parties.
    #[error(
        "{home} on {visited} is not traffic of these two parties; name the right parties, or set other pairs aside"
    )]
    OtherPair {
        /// The subscribers' home network.
        home: Tadig,
        /// The visited network.
        visited: Tadig,
    },
    /// The row's list says one direction, its networks the other.
    #[error("{home} on {visited} does not belong in this list of the owner's book")]
    WrongList {
        /// The subscribers' home network.
        home: Tadig,
        /// The visited network.
        visited: Tadig,
    },
    /// A currency other than the agreement's.
    #[error("the currency is {found}, but the agreement's is {expected}")]
    OtherCurrency {
        /// The row's.
        found: Currency,
        /// The agreement's.
        expected: Currency,
    },
    /// The same row again.
    #[error(
        "the same in every field as {first}; remove one, or keep both if the books do not distinguish such records"
    )]
    Duplicate {
        /// The first place.
        first: Position,
    },
    /// It has no charge.
    #[error("no charge; price it with a tariff, or carry it at zero")]
    Unpriced,
    /// It has no charge, and the tariff has no price for it.
    #[error(
        "no charge, and the tariff has no price for {service} in {unit} of {home} on {visited}"
    )]
    NoPrice {
        /// The service used.
        service: String,
        /// The unit of the quantity.
        unit: String,
        /// The subscribers' home network.
        home: Tadig,
        /// The visited network.
        visited: Tadig,
    },
    /// The month is already there, from another export.
    #[error("{month} is already there, at {first}, from another export; keep one of the two")]
    MonthTwice {
        /// The month.
        month: Month,
        /// The first place.
        first: Position,
    },
    /// A month has no rows, and the caller did not say that it had no traffic.
    #[error(
        "{month} has no {list} rows; add them, or say that months without rows had no traffic",
        list = list_name(*.list)
    )]
    MonthMissing {
        /// The month.
        month: Month,
        /// The direction.
        list: List,
    },
    /// One charge of more than 64 bits of base units, or with more digits than can be counted.
    #[error("{0} is more than a mint can have, or too long to be counted exactly")]
    ChargeTooLarge(String),
    /// Charges that add up to more than 64 bits of base units.
    #[error("the {list} charges up to here are more than a mint can have", list = list_name(*.0))]
    TotalTooLarge(List),
    /// No row of the two parties.
    #[error("no row is traffic of these two parties")]
    NothingSelected,
    /// The two parties cannot have an agreement.
    #[error(transparent)]
    Party(#[from] PartyError),
    /// The tariff's currency is not the agreement's.
    #[error("the tariff's prices are in {found}, but the agreement's currency is {expected}")]
    TariffCurrency {
        /// The tariff's.
        found: Currency,
        /// The agreement's.
        expected: Currency,
    },
}

impl UsageFile {
    /// Reads a file of either format.
    ///
    /// # Errors
    ///
    /// [`UsageError`]; wrong rows are all listed.
    pub fn parse(bytes: &[u8]) -> Result<Self, UsageError> {
        let text = std::str::from_utf8(bytes).map_err(|_| UsageError::NotText)?;
        // Spreadsheets write a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut findings = Vec::new();
        let books = if text.trim_start().starts_with('[') {
            bwrp::read(text, &mut findings)?
        } else {
            vec![csv_file::read(text, &mut findings)?]
        };
        if !findings.is_empty() {
            return Err(UsageError::Rows(findings));
        }
        if books.iter().all(|book| book.rows.is_empty()) {
            return Err(UsageError::Empty);
        }
        Ok(Self { books })
    }

    /// The chosen books. A CSV file has one, which fits every choice.
    ///
    /// # Errors
    ///
    /// [`UsageError::Books`] if there is none, or if they are of several operators.
    pub fn choose(&self, choice: &BookChoice) -> Result<Vec<&Book>, UsageError> {
        let chosen: Vec<&Book> = self
            .books
            .iter()
            .filter(|book| match choice {
                BookChoice::Only => true,
                BookChoice::Context(context) => book.context.is_none_or(|of| of == *context),
                BookChoice::Owner(owner) => book.owner.as_ref().is_none_or(|of| of == owner),
            })
            .collect();
        let problem = match (chosen.first(), choice) {
            (None, BookChoice::Owner(owner)) => format!("no book of {owner}"),
            (None, BookChoice::Context(Context::Home)) => "no book of context home".to_owned(),
            (None, _) => "no book of context partner".to_owned(),
            (Some(first), _) if chosen.iter().any(|book| book.owner != first.owner) => {
                "these are books of several operators: name one".to_owned()
            }
            _ => return Ok(chosen),
        };
        let has = self.books.iter().map(Book::name).collect();
        Err(UsageError::Books { problem, has })
    }
}

impl Book {
    /// Owner and context, for messages.
    fn name(&self) -> String {
        let owner = excerpt(self.owner.as_deref().unwrap_or("somebody"));
        match self.context {
            Some(Context::Home) => format!("that of {owner} (home)"),
            Some(Context::Partner) => format!("that of {owner} (partner)"),
            None => format!("that of {owner}"),
        }
    }
}

/// A row's fields as text, from either format.
struct RowText<'a> {
    position: Position,
    list: Option<List>,
    month: Result<(Month, Option<Spelling>), MonthError>,
    home: &'a str,
    visited: &'a str,
    service: &'a str,
    /// The field's name in this format, and its text.
    usage: (&'static str, &'a str),
    unit: &'a str,
    charge: Option<(&'static str, &'a str)>,
    currency: &'a str,
}

impl RowText<'_> {
    /// The row, or `None` with all its problems in `findings`.
    fn read(self, findings: &mut Vec<Finding>) -> Option<Row> {
        let mut refuse = |problem: Problem| {
            findings.push(Finding {
                position: Some(self.position),
                problem,
            });
        };
        macro_rules! checked {
            ($result:expr) => {
                $result.map_err(|e| refuse(Problem::from(e))).ok()
            };
        }
        let month = checked!(self.month);
        let home = checked!(Tadig::fold(self.home));
        let visited = checked!(Tadig::fold(self.visited));
        let currency = checked!(self.currency.parse::<Currency>());
        let service = checked!(name("service", self.service, MAX_SERVICE_LEN));
        let unit = checked!(name("unit", self.unit, MAX_UNIT_LEN));
        let usage = checked!(number(self.usage));
        let charge = checked!(self.charge.map(number).transpose());
        let (month, spelling) = month?;
        let (home, visited) = (home?, visited?);
        Some(Row {
            position: self.position,
            list: self.list,
            month,
            spelling,
            home: home.code,
            visited: visited.code,
            folded: home.was_lower_case || visited.was_lower_case,
            service: service?,
            usage: usage?,
            unit: unit?,
            charge: charge?,
            currency: currency?,
        })
    }
}

/// A number field.
fn number((field, text): (&'static str, &str)) -> Result<Decimal, Problem> {
    Decimal::parse(text).map_err(|error| Problem::Number {
        field,
        text: excerpt(text),
        error,
    })
}

/// A name that can be compared by its bytes, and shown in a terminal or a spreadsheet without doing anything there.
fn name(field: &'static str, text: &str, most: usize) -> Result<String, Problem> {
    if is_name(text, most) {
        return Ok(text.to_owned());
    }
    Err(Problem::Name {
        field,
        text: excerpt(text),
        most,
    })
}

/// The lines of an error: the first findings, and how many more there are.
fn shown(findings: &[Finding]) -> String {
    let mut lines: Vec<String> = findings
        .iter()
        .take(MAX_SHOWN)
        .map(ToString::to_string)
        .collect();
    let more = findings.len().saturating_sub(MAX_SHOWN);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn list_or_nothing(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

fn list_name(list: List) -> &'static str {
    match list {
        List::Inbound => "inbound",
        List::Outbound => "outbound",
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(list_name(*self))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { book, list, row } => write!(f, "$[{book}].body.{list}[{row}]"),
            Self::Line(line) => write!(f, "line {line}"),
        }
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "{position}: {}", self.problem),
            None => write!(f, "{}", self.problem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_are_chosen_by_owner_or_context() {
        let book = |owner: &str, context| Book {
            owner: Some(owner.to_owned()),
            context: Some(context),
            rows: vec![],
        };
        let file = UsageFile {
            books: vec![
                book("DTAG", Context::Home),
                book("TMUS", Context::Partner),
                book("TMUS", Context::Partner),
            ],
        };
        let of_context = |context| file.choose(&BookChoice::Context(context)).map(|b| b.len());
        assert_eq!(of_context(Context::Home), Ok(1));
        assert_eq!(of_context(Context::Partner), Ok(2));
        let of_owner = |owner: &str| file.choose(&BookChoice::Owner(owner.to_owned()));
        assert_eq!(of_owner("TMUS").unwrap().len(), 2);
        assert_eq!(
            of_owner("ORANGE").unwrap_err().to_string(),
            "no book of ORANGE; the file has that of DTAG (home), that of TMUS (partner), that of TMUS \
             (partner)"
        );
        assert!(
            file.choose(&BookChoice::Only)
                .unwrap_err()
                .to_string()
                .starts_with("these are books of several operators: name one; the file has")
        );
        let csv = UsageFile {
            books: vec![Book {
                owner: None,
                context: None,
                rows: vec![],
            }],
        };
        for choice in [
            BookChoice::Only,
            BookChoice::Context(Context::Partner),
            BookChoice::Owner("DTAG".to_owned()),
        ] {
            assert_eq!(csv.choose(&choice).unwrap().len(), 1);
        }
    }

    #[test]
    fn many_findings_are_shown_short() {
        let findings = |count| {
            let finding = |line| Finding {
                position: Some(Position::Line(line)),
                problem: Problem::Unpriced,
            };
            UsageError::Rows((1..=count).map(finding).collect()).to_string()
        };
        assert_eq!(findings(20).lines().count(), 20);
        let text = findings(25);
        assert_eq!(text.lines().count(), 21);
        assert!(text.ends_with("\nand 5 more"));
        assert!(
            text.starts_with("line 1: no charge; price it with a tariff, or carry it at zero\n")
        );
    }
}
