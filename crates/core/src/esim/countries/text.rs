//! Countries as people write and read them.

use super::names::NAMES;
use super::{Code, Countries};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Codes that people write for a country with a different code: `UK` is reserved for no other use, `EL` is
/// the European Union's code of Greece, and ISO has withdrawn the others.
const MISTAKEN: [(&str, &str); 6] = [
    ("BU", "MM"),
    ("EL", "GR"),
    ("FX", "FR"),
    ("TP", "TL"),
    ("UK", "GB"),
    ("ZR", "CD"),
];

/// Most countries that a message suggests for an unknown name.
const MAX_SUGGESTIONS: usize = 3;

/// Shortest beginning of a name that is enough for a suggestion.
const MIN_PREFIX: usize = 3;

/// A text that does not name a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCountry {
    /// The text given.
    pub text: String,
    /// The countries that might be meant, if any.
    pub suggestions: Vec<Code>,
}

/// The text is not a list of countries.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CountriesError {
    /// The text has no countries.
    #[error("no countries: give codes or names, such as \"FR, DE, Italy\"")]
    Empty,
    /// Some are not countries.
    #[error("{}", Unknown(.0))]
    Unknown(Vec<UnknownCountry>),
}

/// The message of [`CountriesError::Unknown`].
struct Unknown<'a>(&'a [UnknownCountry]);

impl Code {
    /// The country's English name; `None` if the code is not assigned.
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .binary_search_by_key(&self.0.as_slice(), |(code, ..)| code.as_bytes())
            .ok()
            .and_then(|at| NAMES.get(at))
            .map(|(_, name, _)| *name)
    }

    /// The country with this alpha-2 code or English name, whatever its case, accents and spaces.
    ///
    /// # Errors
    ///
    /// [`UnknownCountry`] suggests the countries that might be meant.
    pub fn find(text: &str) -> Result<Self, UnknownCountry> {
        let text = text.trim();
        if let Some(code) = of_letters(text).filter(|code| code.name().is_some()) {
            return Ok(code);
        }
        let wanted = folded(text);
        named(|name| !wanted.is_empty() && name == wanted)
            .next()
            .ok_or_else(|| UnknownCountry {
                text: text.to_owned(),
                suggestions: suggestions(text, &wanted),
            })
    }
}

impl Countries {
    /// Every country there is, in the order of the codes: the officially assigned ones, and Kosovo (`XK`).
    pub fn all() -> impl Iterator<Item = Code> {
        NAMES.iter().filter_map(|(code, ..)| of_letters(code))
    }

    /// Their English names in alphabetical order; an unassigned code is shown as it is.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .iter()
            .map(|code| {
                code.name()
                    .map_or_else(|| code.to_string(), ToOwned::to_owned)
            })
            .collect();
        names.sort_by_cached_key(|name| folded(name));
        names
    }

    /// Their names in one line, but no more than `limit` of them: `France, Germany and 10 more`.
    pub fn summary(&self, limit: usize) -> String {
        let names = self.names();
        let shown = names.get(..limit.min(names.len())).unwrap_or_default();
        match names.len().saturating_sub(shown.len()) {
            0 => match shown.split_last() {
                Some((last, [])) => last.clone(),
                Some((last, others)) => format!("{} and {last}", others.join(", ")),
                None => "no countries".to_owned(),
            },
            _ if shown.is_empty() && names.len() == 1 => "1 country".to_owned(),
            more if shown.is_empty() => format!("{more} countries"),
            more => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

impl FromStr for Countries {
    type Err = CountriesError;

    /// Reads codes and English names between commas, such as `FR, DE,Italy`. A repeated one counts once.
    ///
    /// # Errors
    ///
    /// [`CountriesError`] names every one that is unknown.
    fn from_str(text: &str) -> Result<Self, CountriesError> {
        let mut countries = Self::NONE;
        let mut unknown = Vec::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            match Code::find(part) {
                Ok(code) => {
                    countries.insert(code);
                }
                Err(part) => unknown.push(part),
            }
        }
        if !unknown.is_empty() {
            return Err(CountriesError::Unknown(unknown));
        }
        if countries.is_empty() {
            return Err(CountriesError::Empty);
        }
        Ok(countries)
    }
}

impl fmt::Display for Countries {
    /// Their codes: `DE, FR, IT`, which [`FromStr`] reads back if all are assigned.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<String> = self.iter().map(|code| code.to_string()).collect();
        f.pad(&codes.join(", "))
    }
}

impl fmt::Display for UnknownCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.text)?;
        let named: Vec<String> = self
            .suggestions
            .iter()
            .map(|code| match code.name() {
                Some(name) => format!("{code} ({name})"),
                None => code.to_string(),
            })
            .collect();
        if named.is_empty() {
            return Ok(());
        }
        write!(f, ", did you mean {}?", named.join(" or "))
    }
}

impl fmt::Display for Unknown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        let (what, kind) = match each.len() {
            1 => (
                "not a country",
                "an ISO 3166-1 alpha-2 code or an English name",
            ),
            _ => ("not countries", "ISO 3166-1 alpha-2 codes or English names"),
        };
        write!(f, "{what}: {}; give {kind}", each.join("; "))
    }
}

/// The code of a text of two letters.
fn of_letters(text: &str) -> Option<Code> {
    <[u8; 2]>::try_from(text.as_bytes())
        .ok()
        .and_then(Code::new)
}

/// The countries with a name, folded, that the test accepts.
fn named(accepts: impl Fn(&str) -> bool) -> impl Iterator<Item = Code> {
    NAMES
        .iter()
        .filter(move |(_, name, others)| {
            std::iter::once(name)
                .chain(others.iter())
                .any(|name| accepts(&folded(name)))
        })
        .filter_map(|(code, ..)| of_letters(code))
}

/// The countries that might be meant by a text that does not name one.
fn suggestions(text: &str, folded: &str) -> Vec<Code> {
    let mistaken = MISTAKEN
        .iter()
        .find(|(code, _)| code.eq_ignore_ascii_case(text))
        .and_then(|(_, meant)| of_letters(meant));
    match mistaken {
        Some(code) => vec![code],
        None if folded.len() < MIN_PREFIX => Vec::new(),
        None => named(|name| name.starts_with(folded))
            .take(MAX_SUGGESTIONS)
            .collect(),
    }
}

/// A name without the differences in how people write it: lower-case letters without accents, `&` as a word, no article
/// before it, `saint` as `st`, and nothing else.
fn folded(name: &str) -> String {
    let name = name.replace('&', " and ").to_lowercase();
    let words = name
        .split(|c: char| !c.is_alphabetic() && !matches!(c, '\'' | '’'))
        .filter(|word| !word.is_empty())
        .map(|word| if word == "saint" { "st" } else { word });
    words
        .enumerate()
        .filter(|(at, word)| !(*at == 0 && *word == "the"))
        .flat_map(|(_, word)| word.chars())
        .filter_map(|c| match c {
            'a'..='z' => Some(c),
            'å' | 'ã' => Some('a'),
            'ç' => Some('c'),
            'é' => Some('e'),
            'í' => Some('i'),
            'ô' => Some('o'),
            'ü' => Some('u'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use isocountry::CountryCode;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn code(text: &str) -> Code {
        of_letters(text).unwrap()
    }

    fn unknown(text: &str) -> Vec<UnknownCountry> {
        match text.parse::<Countries>() {
            Err(CountriesError::Unknown(unknown)) => unknown,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn three_letters_are_enough_for_a_suggestion() {
        assert_eq!(suggestions("Jap", "jap"), [code("JP")]);
        assert_eq!(suggestions("Ja", "ja"), []);
    }

    #[test]
    fn the_codes_are_those_of_iso_and_kosovo() {
        let mut expected: Vec<_> = CountryCode::iter().map(|c| c.alpha2()).collect();
        assert_eq!(expected.len(), 249);
        expected.push("XK");
        expected.sort_unstable();
        let ours: Vec<_> = NAMES.iter().map(|(code, ..)| *code).collect();
        assert_eq!(ours, expected);
        assert_eq!(Countries::all().count(), 250);
    }

    #[test]
    fn names_that_iso_has_too_have_the_same_code() {
        // Most names of CLDR are ISO's. A name that both have belongs to one country.
        let same = CountryCode::iter()
            .filter_map(|c| Some((c, Code::find(c.name()).ok()?)))
            .inspect(|(iso, ours)| assert_eq!(iso.alpha2(), ours.to_string()))
            .count();
        assert!(same > 200, "{same}");
    }

    #[test]
    fn every_name_belongs_to_one_country() {
        let mut seen = BTreeMap::new();
        for (code, name, others) in NAMES {
            for name in std::iter::once(name).chain(others.iter().copied()) {
                let folded = folded(name);
                assert!(folded.len() >= 3, "{name}");
                assert_eq!(seen.insert(folded, code), None, "{name}");
                // Nothing is lost in folding but punctuation and accents.
                let letters = name.chars().filter(|c| c.is_alphabetic()).count();
                let and = name.matches('&').count() * 3;
                assert_eq!(super::folded(name).len(), letters + and, "{name}");
                assert_eq!(Code::find(name), Ok(of_letters(code).unwrap()));
            }
        }
    }

    #[test]
    fn lists() {
        for (text, codes) in [
            ("FR", "FR"),
            ("fr", "FR"),
            ("FR, DE,it", "DE, FR, IT"),
            (" ,FR,,FR, ", "FR"),
            ("France, Germany, italy", "DE, FR, IT"),
            ("turkey, Türkiye, TR", "TR"),
            ("ivory coast, cote d'ivoire, Côte d’Ivoire", "CI"),
            ("Saint Lucia, St Kitts and Nevis", "KN, LC"),
            ("The Netherlands, USA, the bahamas", "BS, NL, US"),
            ("aland islands, Réunion, curacao", "AX, CW, RE"),
            ("XK", "XK"),
        ] {
            assert_eq!(
                text.parse::<Countries>().unwrap().to_string(),
                codes,
                "{text}"
            );
        }
        for text in ["", " ", ",", " , ,"] {
            assert_eq!(text.parse::<Countries>(), Err(CountriesError::Empty));
        }
    }

    #[test]
    fn all_unknown_names_are_listed_with_suggestions() {
        let found = unknown("UK, FR, el, XX, Germ, Congo, Atlantis, Fr ance x");
        let words: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "\"UK\", did you mean GB (United Kingdom)?",
                "\"el\", did you mean GR (Greece)?",
                "\"XX\"",
                "\"Germ\", did you mean DE (Germany)?",
                "\"Congo\", did you mean CD (Congo - Kinshasa) or CG (Congo - Brazzaville)?",
                "\"Atlantis\"",
                "\"Fr ance x\"",
            ]
        );
        assert_eq!(
            "UK".parse::<Countries>().unwrap_err().to_string(),
            "not a country: \"UK\", did you mean GB (United Kingdom)?; \
             give an ISO 3166-1 alpha-2 code or an English name"
        );
        assert_eq!(
            "AN, EU".parse::<Countries>().unwrap_err().to_string(),
            "not countries: \"AN\"; \"EU\"; give ISO 3166-1 alpha-2 codes or English names"
        );
        for text in ["F", "FRA", "250", "é", "12", "🇫🇷", "the", "&", "-"] {
            assert_eq!(unknown(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn shown() {
        let europe: Countries = "FR, DE, IT, AX".parse().unwrap();
        assert_eq!(
            europe.names(),
            ["Åland Islands", "France", "Germany", "Italy"]
        );
        assert_eq!(europe.summary(2), "Åland Islands, France and 2 more");
        assert_eq!(
            europe.summary(3),
            "Åland Islands, France, Germany and 1 more"
        );
        assert_eq!(
            europe.summary(4),
            "Åland Islands, France, Germany and Italy"
        );
        assert_eq!(europe.summary(0), "4 countries");
        let one: Countries = "FR".parse().unwrap();
        assert_eq!(one.summary(5), "France");
        assert_eq!(one.summary(0), "1 country");
        assert_eq!(Countries::NONE.summary(5), "no countries");

        let mut unassigned = one;
        unassigned.insert(code("ZZ"));
        assert_eq!(unassigned.summary(5), "France and ZZ");
        assert_eq!(format!("{unassigned:?} {unassigned}"), "{FR, ZZ} FR, ZZ");
    }

    proptest! {
        #[test]
        fn codes_and_names_are_read_back(picked in proptest::collection::btree_set(0usize..250, 1..80)) {
            let mut countries = Countries::NONE;
            for at in picked {
                countries.insert(code(NAMES[at].0));
            }
            prop_assert_eq!(countries.to_string().parse(), Ok(countries));
            prop_assert_eq!(countries.names().join(",").parse(), Ok(countries));
        }

        #[test]
        fn any_text_ends_in_a_result(text in ".{0,60}") {
            let _ = text.parse::<Countries>();
        }
    }
}
