//! Usage books as GSMA's BWRP project writes them: a JSON list of documents.
//!
//! ```json
//! [{ "header": { "version": "1.0", "type": "usage", "mspOwner": "DTAG", "context": "home" },
//!    "body": {
//!      "inbound": [{ "yearMonth": "43466", "homeTadig": "AAZOR", "visitorTadig": "DEUD1",
//!                    "service": "MOC Local", "usage": 1010, "units": "min",
//!                    "charges": 25.247600235, "currency": "EUR" }],
//!      "outbound": [] } }]
//! ```
//!
//! `context` is `home` for a book of one's own and `partner` for one received. `inbound` is the partner's
//! subscribers' use of the owner's network, `outbound` the reverse. A month is a spreadsheet's number of its first day,
//! or six digits of year and month. `charges` is left out of rows without a charge. Numbers are taken as they are
//! written, digit by digit. A field that is not named here is refused: it could be a tax.
//!
//! Source: <https://github.com/GSMA-CPAS/BWRP-common-adapter> (documents) and
//! <https://github.com/GSMA-CPAS/BWRP-discrepancy-service> (books with charges).

use super::{Book, Context, Finding, List, Position, RowText, UsageError};
use crate::roaming::currency::excerpt;
use crate::roaming::month::Month;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
struct Document<'a> {
    header: Header,
    #[serde(borrow)]
    body: Body<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    version: String,
    r#type: String,
    msp_owner: String,
    context: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    inbound: Vec<DocumentRow<'a>>,
    #[serde(borrow)]
    outbound: Vec<DocumentRow<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentRow<'a> {
    #[serde(borrow)]
    year_month: Cow<'a, str>,
    #[serde(borrow)]
    home_tadig: Cow<'a, str>,
    #[serde(borrow)]
    visitor_tadig: Cow<'a, str>,
    #[serde(borrow)]
    service: Cow<'a, str>,
    #[serde(borrow)]
    usage: &'a RawValue,
    #[serde(borrow)]
    units: Cow<'a, str>,
    #[serde(borrow)]
    charges: Option<&'a RawValue>,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

/// Reads the books. Problems with rows go to `findings`.
pub(super) fn read(text: &str, findings: &mut Vec<Finding>) -> Result<Vec<Book>, UsageError> {
    let documents: Vec<Document> =
        serde_json::from_str(text).map_err(|e| UsageError::Json(e.to_string()))?;
    let mut books = Vec::with_capacity(documents.len());
    for (at, Document { header, body }) in documents.into_iter().enumerate() {
        let context = match header.context.as_str() {
            "home" => Context::Home,
            "partner" => Context::Partner,
            other => return Err(other_document(at, "context", other)),
        };
        if header.r#type != "usage" {
            return Err(other_document(at, "type", &header.r#type));
        }
        if header.version != "1.0" {
            return Err(other_document(at, "version", &header.version));
        }
        let mut rows = Vec::with_capacity(body.inbound.len().saturating_add(body.outbound.len()));
        for (list, document_rows) in [
            (List::Inbound, &body.inbound),
            (List::Outbound, &body.outbound),
        ] {
            for (row, fields) in document_rows.iter().enumerate() {
                let position = Position::Json {
                    book: at,
                    list,
                    row,
                };
                rows.extend(fields.text(position, list).read(findings));
            }
        }
        books.push(Book {
            owner: Some(header.msp_owner),
            context: Some(context),
            rows,
        });
    }
    Ok(books)
}

fn other_document(book: usize, field: &str, value: &str) -> UsageError {
    UsageError::OtherDocument {
        book,
        what: format!("{field} \"{}\"", excerpt(value)),
    }
}

impl DocumentRow<'_> {
    fn text(&self, position: Position, list: List) -> RowText<'_> {
        RowText {
            position,
            list: Some(list),
            month: Month::parse_bwrp(&self.year_month)
                .map(|(month, spelling)| (month, Some(spelling))),
            home: &self.home_tadig,
            visited: &self.visitor_tadig,
            service: &self.service,
            usage: ("usage", self.usage.get()),
            unit: &self.units,
            charge: self.charges.map(|charges| ("charges", charges.get())),
            currency: &self.currency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Problem, UsageFile};
    use super::*;
    use crate::roaming::decimal::{Decimal, DecimalError};
    use crate::roaming::month::Spelling;

    const ROW: &str = r#"{"yearMonth":"43466","homeTadig":"AAZOR","visitorTadig":"DEUD1",
        "service":"MOC Local","usage":1010,"units":"min","charges":25.247600235,"currency":"EUR"}"#;

    fn file(inbound: &str) -> String {
        format!(
            r#"[{{"header":{{"version":"1.0","type":"usage","mspOwner":"DTAG","context":"home"}},
            "body":{{"inbound":[{inbound}],"outbound":[]}}}}]"#
        )
    }

    fn parse(text: &str) -> Result<UsageFile, UsageError> {
        UsageFile::parse(text.as_bytes())
    }

    /// The problem with a file whose only row has one thing replaced.
    fn problem(from: &str, to: &str) -> Problem {
        assert!(ROW.contains(from), "{from}");
        match parse(&file(&ROW.replace(from, to))) {
            Err(UsageError::Rows(findings)) => {
                assert_eq!(findings.len(), 1, "{findings:?}");
                let position = findings[0].position.unwrap();
                assert_eq!(position.to_string(), "$[0].body.inbound[0]");
                findings[0].problem.clone()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_row_as_it_is() {
        let parsed = parse(&file(ROW)).unwrap();
        let book = &parsed.books[0];
        assert_eq!(book.owner.as_deref(), Some("DTAG"));
        assert_eq!(book.context, Some(Context::Home));
        let row = &book.rows[0];
        assert_eq!(row.month.to_string(), "2019-01");
        assert_eq!(row.spelling, Some(Spelling::Serial));
        assert_eq!(
            (row.home.as_str(), row.visited.as_str()),
            ("AAZOR", "DEUD1")
        );
        assert!(!row.folded);
        assert_eq!(row.usage, Decimal::parse("1010").unwrap());
        assert_eq!(row.charge, Some(Decimal::parse("25.247600235").unwrap()));
        assert_eq!(
            (row.service.as_str(), row.unit.as_str()),
            ("MOC Local", "min")
        );
        assert_eq!(row.list, Some(List::Inbound));
        // A byte order mark, and the other spelling of the month.
        let text = format!("\u{feff} {}", file(&ROW.replace("43466", "201901")));
        let row = &parse(&text).unwrap().books[0].rows[0];
        assert_eq!(row.month.to_string(), "2019-01");
        assert_eq!(row.spelling, Some(Spelling::YearMonth));
        let row = &parse(&file(&ROW.replace("DEUD1", "deud1"))).unwrap().books[0].rows[0];
        assert_eq!((row.visited.as_str(), row.folded), ("DEUD1", true));
    }

    /// No digit is lost: as a float, the sum of these would be 0.30000000000000004.
    #[test]
    fn numbers_are_exact() {
        for text in [
            "0.1",
            "0.053999150796000005",
            "140737488355327.123456789012345678",
            "1e-7",
        ] {
            let row = ROW.replace("25.247600235", text);
            let charge = parse(&file(&row)).unwrap().books[0].rows[0].charge;
            assert_eq!(charge, Some(Decimal::parse(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn rows_without_charges() {
        for row in [
            ROW.replace("\"charges\":25.247600235,", ""),
            ROW.replace("25.247600235", "null"),
        ] {
            assert_eq!(parse(&file(&row)).unwrap().books[0].rows[0].charge, None);
        }
        let zero = parse(&file(&ROW.replace("25.247600235", "0.0"))).unwrap();
        assert_eq!(zero.books[0].rows[0].charge, Some(Decimal::ZERO));
    }

    #[test]
    fn wrong_rows_say_where_and_what() {
        let number = |field, text: &str, error| Problem::Number {
            field,
            text: text.to_owned(),
            error,
        };
        assert_eq!(
            problem("25.247600235", "-0.01"),
            number("charges", "-0.01", DecimalError::Negative)
        );
        assert_eq!(
            problem("1010", "-1"),
            number("usage", "-1", DecimalError::Negative)
        );
        assert_eq!(
            problem("25.247600235", "\"25\""),
            number("charges", "\\\"25\\\"", DecimalError::NotANumber)
        );
        assert_eq!(
            problem("1010", "1e40"),
            number("usage", "1e40", DecimalError::TooLong)
        );
        assert_eq!(
            problem("1010", "null").to_string(),
            "usage: \"null\" is not a number; write digits, and at most one point between them"
        );
        assert!(matches!(problem("43466", "43467"), Problem::Month(_)));
        assert!(matches!(problem("43466", "2019-01"), Problem::Month(_)));
        assert!(matches!(problem("AAZOR", "AAZ-R"), Problem::Tadig(_)));
        assert!(matches!(problem("DEUD1", "DEUD"), Problem::Tadig(_)));
        assert!(matches!(problem("EUR", "eur"), Problem::Currency(_)));
        assert!(matches!(
            problem("MOC Local", "=1"),
            Problem::Name {
                field: "service",
                ..
            }
        ));
        assert!(matches!(
            problem("\"min\"", "\"\""),
            Problem::Name { field: "unit", .. }
        ));
    }

    #[test]
    fn every_problem_is_listed() {
        let bad = ROW.replace("DEUD1", "x").replace("1010", "-1");
        let rows = format!("{ROW},{bad},{}", ROW.replace("EUR", "€"));
        let Err(UsageError::Rows(findings)) = parse(&file(&rows)) else {
            panic!("the rows are wrong");
        };
        let places: Vec<_> = findings
            .iter()
            .map(|f| f.position.unwrap().to_string())
            .collect();
        assert_eq!(
            places,
            [
                "$[0].body.inbound[1]",
                "$[0].body.inbound[1]",
                "$[0].body.inbound[2]"
            ]
        );
    }

    #[test]
    fn texts_that_are_not_lists_of_books() {
        let good = file(ROW);
        let json_error = |text: &str| match parse(text) {
            Err(UsageError::Json(error)) => error,
            other => panic!("{other:?}"),
        };
        assert!(json_error(&good[..good.len() - 1]).contains("EOF"));
        assert!(
            json_error(&good.replace("\"units\"", "\"taxes\":1,\"units\""))
                .contains("unknown field `taxes`")
        );
        assert!(json_error(&good.replace("\"outbound\"", "\"outward\"")).contains("outward"));
        assert!(
            json_error(&good.replace("\"currency\":\"EUR\"", "\"usage\":1"))
                .contains("duplicate field")
        );
        assert!(
            json_error(&good.replace(",\"currency\":\"EUR\"", ""))
                .contains("missing field `currency`")
        );
        for (from, to, what) in [
            ("\"usage\",\"msp", "\"contract\",\"msp", "type \"contract\""),
            ("1.0", "2.0", "version \"2.0\""),
            ("\"home\"", "\"other\"", "context \"other\""),
        ] {
            assert_eq!(
                parse(&good.replace(from, to)),
                Err(UsageError::OtherDocument {
                    book: 0,
                    what: what.to_owned()
                })
            );
        }
        assert_eq!(parse("[]"), Err(UsageError::Empty));
        assert_eq!(parse(&file("")), Err(UsageError::Empty));
        assert_eq!(UsageFile::parse(&[b'[', 0xff]), Err(UsageError::NotText));
    }
}
