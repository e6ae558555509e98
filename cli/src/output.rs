//! Results on standard output: for people or as JSON, and nothing else there.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anyhow::{Context as _, Result};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::amount;

use crate::args::OutputFormat;
use crate::error::Exit;
use crate::output;

/// What a command found or did.
pub trait Output: Serialize + Display {
    /// How the command ends once the result is printed.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

/// Prints a result as the user wants it.
pub fn print(result: &impl Output, format: OutputFormat) -> Result<()> {
    let text = match format {
        OutputFormat::Display => result.to_string(),
        OutputFormat::Json => serde_json::to_string_pretty(result)?,
        OutputFormat::JsonCompact => serde_json::to_string(result)?,
    };
    write_out(&text)
}

/// Writes text to standard output, with a line end.
pub fn write_out(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
    match written {
        // Whoever reads has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// An amount of a mint's tokens. JSON has the base units as text, since they can be more than a double holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    base_units: String,
    tokens: String,
    mint: String,
}

impl Amount {
    pub fn new(base_units: u64, decimals: u8, mint: &Pubkey) -> Self {
        Self {
            base_units: base_units.to_string(),
            tokens: amount::format(base_units, decimals),
            mint: mint.to_string(),
        }
    }

    pub fn is_zero(&self) -> bool {
        self.base_units == "0"
    }
}

impl Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.tokens)
    }
}

/// A moment: RFC 3339 for people, both in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub i64);

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = u64::try_from(self.0).ok().and_then(|seconds| {
            std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds))
        });
        match time {
            // The formatter knows the years up to 9999.
            Some(time) if self.0 < 253_402_300_800 => {
                f.pad(&humantime::format_rfc3339_seconds(time).to_string())
            }
            _ => write!(f, "{} s from 1970", self.0),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Moment", 2)?;
        fields.serialize_field("unix", &self.0)?;
        fields.serialize_field("time", &self.to_string())?;
        fields.end()
    }
}

/// A time span in seconds, with units for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Span(pub u64);

impl Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Weeks, months and years of other lengths than people think are left out of it: days and below.
        let days = self.0 / 86_400;
        let rest = std::time::Duration::from_secs(self.0 % 86_400);
        match (days, rest.is_zero()) {
            (0, _) => f.pad(&humantime::format_duration(rest).to_string()),
            (_, true) => f.pad(&format!("{days}d")),
            (_, false) => f.pad(&format!("{days}d {}", humantime::format_duration(rest))),
        }
    }
}

/// A table without lines, so that columns can be selected, copied and searched.
pub fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header);
    table
}

/// A value of any kind: as text for people, as itself in JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    text: String,
    json: serde_json::Value,
}

impl Shown {
    /// What people read, and what programs do.
    pub fn new(text: impl Into<String>, value: impl Serialize) -> Self {
        Self {
            text: text.into(),
            // No result of a command has keys that are not strings, which is all that JSON cannot hold.
            json: serde_json::to_value(value).unwrap_or_default(),
        }
    }

    pub fn of<T: Display + Serialize>(value: T) -> Self {
        Self::new(value.to_string(), value)
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self {
            json: serde_json::Value::String(text.clone()),
            text,
        }
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<Pubkey> for Shown {
    fn from(key: Pubkey) -> Self {
        key.to_string().into()
    }
}

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// Lines of a name and a value, the values below each other.
pub struct Fields<'a, T = String>(pub &'a [(&'a str, T)]);

impl<T: Display> Display for Fields<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in self.0 {
            writeln!(f, "{name:<width$}  {value}")?;
        }
        Ok(())
    }
}

/// Prints results in the format that the user wants.
pub struct Printer(pub OutputFormat);

impl Printer {
    /// Prints a command's result, and says how the command ends.
    pub fn result(&self, result: Result<impl Output>) -> Result<Exit> {
        let result = result?;
        output::print(&result, self.0)?;
        Ok(result.exit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_say_base_units_tokens_and_mint() {
        let mint = Pubkey::new_from_array([7; 32]);
        let json = serde_json::to_value(Amount::new(u64::MAX, 6, &mint)).unwrap();
        assert_eq!(json["base_units"], "18446744073709551615");
        assert_eq!(json["tokens"], "18446744073709.551615");
        assert_eq!(json["mint"], mint.to_string());
    }

    #[test]
    fn times_and_spans() {
        assert_eq!(Moment(0).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Moment(1_800_000_000).to_string(), "2027-01-15T08:00:00Z");
        for extreme in [i64::MIN, -1, i64::MAX, 253_402_300_800] {
            assert!(Moment(extreme).to_string().ends_with("s from 1970"));
        }
        for (seconds, text) in [
            (0, "0s"),
            (90, "1m 30s"),
            (86_400, "1d"),
            (30 * 86_400, "30d"),
            (366 * 86_400 + 1, "366d 1s"),
        ] {
            assert_eq!(Span(seconds).to_string(), text);
        }
        assert!(Span(u64::MAX).to_string().starts_with("213503982334601d"));
    }

    #[test]
    fn fields_line_up() {
        let fields = [("a", "1".to_owned()), ("long", "2".to_owned())];
        assert_eq!(Fields(&fields).to_string(), "a     1\nlong  2\n");
    }
}
