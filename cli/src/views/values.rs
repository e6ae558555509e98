//! Values that the programs' interfaces name.

use std::fmt;

use wayfare_client::interface::Value;

use crate::output::Moment;

/// Names and values below each other; what has fields of its own is indented.
pub fn write_fields(
    f: &mut fmt::Formatter<'_>,
    fields: &[(String, Value)],
    indent: usize,
) -> fmt::Result {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in fields {
        match value {
            Value::Fields(fields) => {
                writeln!(f, "{:indent$}{name}", "")?;
                write_fields(f, fields, indent.saturating_add(2))?;
            }
            Value::Variant(variant, fields) if !fields.is_empty() => {
                writeln!(f, "{:indent$}{name:<width$}  {variant}", "")?;
                write_fields(f, fields, indent.saturating_add(2))?;
            }
            value => writeln!(f, "{:indent$}{name:<width$}  {}", "", plain(value))?,
        }
    }
    Ok(())
}

/// A value on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::None => "none".into(),
        Value::Bool(value) => if *value { "yes" } else { "no" }.into(),
        Value::Number(number) => number.to_string(),
        Value::Time(0) => "never".into(),
        Value::Time(time) => Moment(*time).to_string(),
        Value::Key(key) => key.to_string(),
        // Names and words that anybody may have chosen: nothing of them steers a terminal.
        Value::Text(text) => text.escape_debug().to_string(),
        Value::Bytes(bytes) => hex::encode(bytes),
        Value::List(values) => {
            let values: Vec<_> = values.iter().map(plain).collect();
            values.join(" ")
        }
        Value::Variant(name, _) => name.clone(),
        Value::Fields(fields) => {
            let fields = fields.iter();
            let fields: Vec<_> = fields
                .map(|(name, value)| format!("{name} {}", plain(value)))
                .collect();
            fields.join(", ")
        }
    }
}
