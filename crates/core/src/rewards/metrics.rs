//! The metrics file: each node's activity in an epoch, as CSV.
//!
//! | column | holds |
//! |---|---|
//! | `device` | the node's public key, base58; only once in the file |
//! | `owner` | the payee's public key, base58 |
//! | `uptime_seconds` | at most the epoch's length |
//! | `bytes_carried` | |
//! | `sessions` | |
//! | `check_ins` | |
//!
//! Numbers are whole and fit 64 bits. All columns must be there, in any order, and no others.
//!
//! A registry, if given, is a CSV file with the columns `device` and `owner`: every device of the
//! metrics must be in it, under the same owner.

pub use super::table::{Finding, MAX_FINDINGS, Problem, TableError};
use super::{Metrics, table};
use crate::key;
use rayon::prelude::*;
use std::path::Path;

/// The columns of a metrics file.
pub const COLUMNS: [&str; 6] = [
    "device",
    "owner",
    "uptime_seconds",
    "bytes_carried",
    "sessions",
    "check_ins",
];

/// The columns of a registry.
pub const REGISTRY_COLUMNS: [&str; 2] = ["device", "owner"];

/// One row of a metrics file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The node's device key.
    pub device: [u8; 32],
    /// The payee.
    pub owner: [u8; 32],
    /// The node's metrics.
    pub metrics: Metrics,
    /// Its line in the file, counted from 1.
    pub line: u64,
}

/// Reads a metrics file, in the order of its rows.
///
/// # Errors
///
/// [`TableError`] lists up to [`MAX_FINDINGS`] errors, each with line, column and reason: a value that
/// is not a key or number, an uptime above the epoch's length, a repeated device, and with a registry a
/// device that is not in it, or is under another owner.
pub fn read(
    path: &Path,
    epoch_length_seconds: u64,
    registry: Option<&Path>,
) -> Result<Vec<Row>, TableError> {
    let registered = registry.map(read_registry).transpose()?;
    let (rows, mut findings) = table::read(path, &COLUMNS, |fields| {
        // All fields are read before the row is discarded, so that each error is found.
        let device = fields.key(0);
        let owner = fields.key(1);
        let uptime = fields.number(2);
        let bytes_carried = fields.number(3);
        let sessions = fields.number(4);
        let check_ins = fields.number(5);
        if let Some(uptime) = uptime.filter(|uptime| *uptime > epoch_length_seconds) {
            let problem = Problem::UptimeAboveEpoch {
                uptime,
                epoch: epoch_length_seconds,
            };
            fields.refuse(2, problem);
        }
        Some(Row {
            device: device?,
            owner: owner?,
            metrics: Metrics {
                uptime_seconds: uptime?,
                bytes_carried: bytes_carried?,
                sessions: sessions?,
                check_ins: check_ins?,
            },
            line: fields.line,
        })
    })?;

    for (first, again) in repeated(&rows, |row| (&row.device, row.line)) {
        let problem = Problem::RepeatedDevice {
            device: key::to_base58(&again.device),
            first: first.line,
        };
        findings.add(again.line, Some(COLUMNS[0]), problem);
    }
    if let Some(registered) = &registered {
        let wrong: Vec<(u64, usize, Problem)> = rows
            .par_iter()
            .filter_map(|row| {
                let (column, problem) = check_owner(row, registered)?;
                Some((row.line, column, problem))
            })
            .collect();
        for (line, column, problem) in wrong {
            findings.add(line, COLUMNS.get(column).copied(), problem);
        }
    }
    findings.into_result(path)?;
    Ok(rows)
}

/// The problem with a row that the registry contradicts, and its column.
fn check_owner(row: &Row, registered: &[Registration]) -> Option<(usize, Problem)> {
    let device = key::to_base58;
    let found = registered
        .binary_search_by(|entry| entry.device.cmp(&row.device))
        .ok()
        .and_then(|at| registered.get(at));
    match found {
        None => Some((0, Problem::NotRegistered(device(&row.device)))),
        Some(entry) if entry.owner != row.owner => Some((
            1,
            Problem::OtherOwner {
                device: device(&row.device),
                registered: key::to_base58(&entry.owner),
                given: key::to_base58(&row.owner),
            },
        )),
        Some(_) => None,
    }
}

struct Registration {
    device: [u8; 32],
    owner: [u8; 32],
    line: u64,
}

/// The registry, in order of the device keys.
fn read_registry(path: &Path) -> Result<Vec<Registration>, TableError> {
    let (mut entries, mut findings) = table::read(path, &REGISTRY_COLUMNS, |fields| {
        let device = fields.key(0);
        let owner = fields.key(1);
        Some(Registration {
            device: device?,
            owner: owner?,
            line: fields.line,
        })
    })?;
    for (first, again) in repeated(&entries, |entry| (&entry.device, entry.line)) {
        let problem = Problem::RepeatedDevice {
            device: key::to_base58(&again.device),
            first: first.line,
        };
        findings.add(again.line, Some(REGISTRY_COLUMNS[0]), problem);
    }
    findings.into_result(path)?;
    entries.par_sort_unstable_by(|a, b| a.device.cmp(&b.device));
    Ok(entries)
}

/// Rows whose device is already on an earlier line, each with the first row that has it.
fn repeated<R: Sync>(
    rows: &[R],
    device_and_line: impl Fn(&R) -> (&[u8; 32], u64) + Sync,
) -> Vec<(&R, &R)> {
    // Sorting the keys' first bytes beside a reference keeps most comparisons out of the rows.
    let mut order: Vec<(u64, &R)> = rows
        .par_iter()
        .map(|row| (key_prefix(device_and_line(row).0), row))
        .collect();
    order.par_sort_unstable_by(|a, b| {
        a.0.cmp(&b.0)
            .then_with(|| device_and_line(a.1).cmp(&device_and_line(b.1)))
    });
    order
        .chunk_by(|a, b| a.0 == b.0 && device_and_line(a.1).0 == device_and_line(b.1).0)
        .filter_map(<[_]>::split_first)
        .flat_map(|(first, others)| others.iter().map(|other| (first.1, other.1)))
        .collect()
}

/// The first eight bytes of a key, as a number that sorts the same way.
fn key_prefix(key: &[u8; 32]) -> u64 {
    key.first_chunk().copied().map_or(0, u64::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const HEADER: &str = "device,owner,uptime_seconds,bytes_carried,sessions,check_ins\n";

    fn k(byte: u8) -> String {
        key::to_base58(&[byte; 32])
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn errors(text: &str, registry: Option<&str>) -> Vec<String> {
        let registry = registry.map(file);
        let metrics = file(text);
        match read(
            metrics.path(),
            86_400,
            registry.as_ref().map(|file| file.path()),
        ) {
            Err(TableError::Findings { findings, .. }) => {
                findings.iter().map(ToString::to_string).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_are_read() {
        let text = format!(
            "check_ins,sessions,bytes_carried,uptime_seconds,owner,device\n4,3,2,1,{},{}\n",
            k(9),
            k(8)
        );
        assert_eq!(
            read(file(&text).path(), 1, None).unwrap(),
            [Row {
                device: [8; 32],
                owner: [9; 32],
                metrics: Metrics {
                    uptime_seconds: 1,
                    bytes_carried: 2,
                    sessions: 3,
                    check_ins: 4
                },
                line: 2
            }]
        );
    }

    #[test]
    fn every_error_of_a_row_is_reported() {
        let text = format!(
            "{HEADER}nonsense,{},86401,-1,1.5,18446744073709551616\n",
            "1".repeat(32)
        );
        assert_eq!(
            errors(&text, None),
            [
                "line 2, column device: \"nonsense\" is not a base58 public key of 32 bytes; copy the \
                 address again",
                "line 2, column owner: \"11111111111111111111111111111111\" is the default key, 32 zero \
                 bytes, which belongs to nobody; copy the address again",
                "line 2, column bytes_carried: -1 is negative; it must be 0 or more",
                "line 2, column sessions: \"1.5\" is not a whole number; write digits only",
                "line 2, column check_ins: 18446744073709551616 is too large; the most is \
                 18446744073709551615",
                "line 2, column uptime_seconds: 86401 seconds is longer than the epoch's 86400; correct \
                 it, or the epoch's length",
            ]
        );
    }

    #[test]
    fn missing_column() {
        let text = format!(
            "device,owner,uptime_seconds,sessions,check_ins\n{},{},1,1,1\n",
            k(1),
            k(2)
        );
        assert_eq!(
            errors(&text, None),
            [
                "line 1, column bytes_carried: the column is missing; add it to the header and to each row"
            ]
        );
    }

    #[test]
    fn a_device_is_allowed_once() {
        let row = |device, owner| format!("{},{},1,1,1,1\n", k(device), k(owner));
        let text = [
            HEADER.to_owned(),
            row(1, 1),
            row(2, 1),
            row(1, 1),
            row(3, 1),
            row(1, 2),
        ]
        .concat();
        assert_eq!(
            errors(&text, None),
            [
                format!(
                    "line 4, column device: device {} is on line 2 too; keep one of the rows",
                    k(1)
                ),
                format!(
                    "line 6, column device: device {} is on line 2 too; keep one of the rows",
                    k(1)
                ),
            ]
        );
    }

    #[test]
    fn errors_are_listed_by_line() {
        let row = |device, count| format!("{},{},1,1,1,{count}\n", k(device), k(1));
        let text = [
            HEADER.to_owned(),
            row(1, "1"),
            row(1, "1"),
            row(2, "x"),
            row(3, "y"),
            row(1, "1"),
        ]
        .concat();
        let lines: Vec<_> = errors(&text, None)
            .iter()
            .map(|error| error.split(',').next().unwrap().to_owned())
            .collect();
        assert_eq!(lines, ["line 3", "line 4", "line 5", "line 6"]);
    }

    #[test]
    fn devices_whose_keys_begin_alike_are_distinguished() {
        let mut text = HEADER.to_owned();
        for last in 0..50u8 {
            let mut device = [7; 32];
            device[31] = last;
            text.push_str(&format!("{},{},1,1,1,1\n", key::to_base58(&device), k(1)));
        }
        assert_eq!(read(file(&text).path(), 1, None).unwrap().len(), 50);
    }

    #[test]
    fn the_registry_decides_who_owns_a_device() {
        let metrics = format!("{HEADER}{},{},1,1,1,1\n", k(1), k(2));
        let registry = |device, owner| format!("device,owner\n{},{}\n", k(device), k(owner));
        let good = file(&metrics);
        assert_eq!(
            read(good.path(), 1, Some(file(&registry(1, 2)).path()))
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            errors(&metrics, Some(&registry(1, 3))),
            [format!(
                "line 2, column owner: device {} is registered to {}, not to {}; correct the owner, or \
                 have the device handed over first",
                k(1),
                k(3),
                k(2)
            )]
        );
        assert_eq!(
            errors(&metrics, Some(&registry(4, 2))),
            [format!(
                "line 2, column device: device {} is not registered; register it first, or remove the \
                 row",
                k(1)
            )]
        );
        let twice = registry(1, 2) + &format!("{},{}\n", k(1), k(3));
        assert_eq!(
            errors(&metrics, Some(&twice)),
            [format!(
                "line 3, column device: device {} is on line 2 too; keep one of the rows",
                k(1)
            )]
        );
        assert_eq!(errors(&metrics, Some("device,owner\nx,y\n")).len(), 2);
    }
}
