//! What sellers write about their plans. The chain has the hash; the text is published elsewhere, and here it is a folder of
//! files. A file belongs to every plan that has its SHA-256, whatever it is called.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use solana_sha256_hasher::hash;
use thiserror::Error;

/// A file that is longer is no description.
const MAX_BYTES: u64 = 64 * 1024;

/// Characters of a title that are shown.
const MAX_TITLE: usize = 80;

/// Characters of a text that are shown.
const MAX_TEXT: usize = 2_000;

/// The folder cannot be read.
#[derive(Debug, Error)]
#[error("cannot read the descriptions in {path}: {source}")]
pub struct DescriptionsError {
    path: PathBuf,
    source: io::Error,
}

/// A seller's own words about a plan: never trusted, shown as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    pub title: Option<String>,
    pub text: Option<String>,
}

/// Descriptions by their hash.
#[derive(Clone, Debug, Default)]
pub struct Descriptions(HashMap<[u8; 32], Description>);

impl Descriptions {
    /// Reads every file of a folder.
    ///
    /// # Errors
    ///
    /// [`DescriptionsError`] names what cannot be read.
    pub fn read(folder: &Path) -> Result<Self, DescriptionsError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| DescriptionsError { path, source }
        };
        let mut descriptions = HashMap::new();
        for entry in fs::read_dir(folder).map_err(at(folder))? {
            let path = entry.map_err(at(folder))?.path();
            if !path.is_file() {
                continue;
            }
            let mut bytes = Vec::new();
            fs::File::open(&path)
                .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
                .map_err(at(&path))?;
            if bytes.len() as u64 <= MAX_BYTES {
                descriptions.insert(hash(&bytes).to_bytes(), Description::of(&bytes));
            }
        }
        Ok(Self(descriptions))
    }

    pub fn get(&self, hash: &[u8; 32]) -> Option<&Description> {
        self.0.get(hash)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Description {
    /// JSON in the shape of Airalo's packages has a title and texts; anything else is a text whose first line is the title.
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (title, text) = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(fields)) => {
                let field =
                    |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
                let texts = ["short_info", "description", "info", "other_info"];
                (field("title"), texts.into_iter().find_map(field))
            }
            _ => match text.split_once('\n') {
                Some((title, rest)) => (Some(title.to_owned()), Some(rest.to_owned())),
                None => (Some(text.into_owned()), None),
            },
        };
        Self {
            // A title that has nothing to read would be a link that nobody sees.
            title: title
                .and_then(|title| shown(&title.replace(['\n', '\r'], " "), MAX_TITLE))
                .filter(|title| title.chars().any(char::is_alphanumeric)),
            text: text.and_then(|text| shown(&text, MAX_TEXT)),
        }
    }
}

/// What of a text is shown: no more than so many characters, and none that is not seen itself (general categories Cc, Cf,
/// Zl and Zp of Unicode 17, and the fillers of Hangul), some of which turn the direction of writing around. The joiners
/// stay: Persian and emoji are written with them. Tags do not, so that the flags of parts of countries lose their part.
fn shown(text: &str, most: usize) -> Option<String> {
    let is_shown = |c: &char| {
        let is_unseen = matches!(
            c,
            '\u{ad}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{890}'..='\u{891}'
                | '\u{8e2}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{110cd}'
                | '\u{13430}'..='\u{1343f}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0001}'..='\u{e007f}'
        );
        *c == '\n' || !c.is_control() && !is_unseen
    };
    let text: String = text.trim().chars().filter(is_shown).take(most).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_plain_texts() {
        let of = |text: &str| Description::of(text.as_bytes());
        let json = of(r#"{"title":"1 GB – 7 Days","short_info":"Data only","price":4.5}"#);
        assert_eq!(json.title.as_deref(), Some("1 GB – 7 Days"));
        assert_eq!(json.text.as_deref(), Some("Data only"));
        let plain = of("<script>alert(1)</script>\nGood everywhere.\n");
        assert_eq!(plain.title.as_deref(), Some("<script>alert(1)</script>"));
        assert_eq!(plain.text.as_deref(), Some("Good everywhere."));
        assert_eq!(of("").title, None);
        for unseen in [
            '\u{7}',
            '\u{61c}',
            '\u{200b}',
            '\u{2028}',
            '\u{202e}',
            '\u{3164}',
            '\u{e0041}',
        ] {
            assert_eq!(of(&format!("a{unseen}b")).title.as_deref(), Some("ab"));
            assert_eq!(of(&unseen.to_string()).title, None);
        }
        assert_eq!(
            of("\u{200d}").title,
            None,
            "a joiner alone is nothing to read"
        );
        assert_eq!(of(&"x".repeat(500)).title.map(|t| t.len()), Some(MAX_TITLE));
    }

    #[test]
    fn a_file_is_found_by_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("any-name"), "Title").unwrap();
        let long = vec![b'a'; MAX_BYTES as usize + 1];
        fs::write(folder.path().join("long"), &long).unwrap();
        let descriptions = Descriptions::read(folder.path()).unwrap();
        assert_eq!(descriptions.len(), 1);
        let found = descriptions.get(&hash(b"Title").to_bytes()).unwrap();
        assert_eq!(found.title.as_deref(), Some("Title"));
        assert!(descriptions.get(&hash(&long).to_bytes()).is_none());
        let missing = Descriptions::read(&folder.path().join("none")).unwrap_err();
        assert!(missing.to_string().contains("none"));
    }
}
