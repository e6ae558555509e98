//! Metrics for demonstrations and tests, generated from a seed.
//!
//! They are made up, and everything made from them says so ([`super::epoch_data::MetricsSource`]). Each
//! device's numbers come from `sha256(seed ‖ epoch ‖ device)` alone, so they depend neither on the other
//! devices nor on their order, and anybody can recompute them.

use super::{Metrics, metrics::COLUMNS};
use crate::key;
use solana_sha256_hasher::hashv;
use std::{
    io::{self, BufWriter, Write},
    path::Path,
};

/// One node and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The node's device key.
    pub device: [u8; 32],
    /// The payee.
    pub owner: [u8; 32],
}

/// A device's activity in an epoch of a simulation.
///
/// The four words (u64 LE) of `sha256("wayfare simulated metrics" ‖ seed u64 LE ‖ epoch u64 LE ‖ device)`,
/// last first: one device in 32 is down (word ÷ 32 leaves 0), any other is up for 750 to 999 thousandths of
/// the epoch (upper half of the word modulo 250); it carries 256 × 2^(0 to 13) bytes a second (modulo 14)
/// times 1 to 2 (in 256ths); a session is 20 MB; it checks in every ten minutes, and misses up to 3.
pub fn metrics(seed: u64, epoch: u64, epoch_length_seconds: u64, device: &[u8; 32]) -> Metrics {
    let hash = hashv(&[
        b"wayfare simulated metrics",
        &seed.to_le_bytes(),
        &epoch.to_le_bytes(),
        device,
    ])
    .to_bytes();
    // Each number is drawn from its own bits. A remainder by a small number is practically uniform.
    let [.., check_ins_bits, rate_bits, magnitude_bits, uptime_bits] =
        bytemuck::cast::<[u8; 32], [[u8; 8]; 4]>(hash).map(u64::from_le_bytes);

    let per_mille = match uptime_bits.rem_euclid(32) {
        0 => 0,
        _ => (uptime_bits >> 32).rem_euclid(250).saturating_add(750),
    };
    let uptime_seconds = scale(epoch_length_seconds, per_mille, 1_000);
    // Bytes a second: 2^8 to 2^21, times 1 to 2.
    let magnitude = 256 << magnitude_bits.rem_euclid(14);
    let rate = scale(
        magnitude,
        rate_bits.rem_euclid(256).saturating_add(256),
        256,
    );
    let bytes_carried = uptime_seconds.saturating_mul(rate);
    let sessions = bytes_carried.div_euclid(20_000_000);
    let missed = check_ins_bits.rem_euclid(4);
    let check_ins = uptime_seconds.div_euclid(600).saturating_sub(missed);
    Metrics {
        uptime_seconds,
        bytes_carried,
        sessions,
        check_ins,
    }
}

/// `number × numerator ÷ denominator`, rounded down, or `u64::MAX` where that does not fit.
fn scale(number: u64, numerator: u64, denominator: u64) -> u64 {
    let product = u128::from(number).saturating_mul(u128::from(numerator));
    let quotient = product.checked_div(u128::from(denominator));
    quotient
        .and_then(|quotient| u64::try_from(quotient).ok())
        .unwrap_or(u64::MAX)
}

/// Writes a metrics file for `devices`, all or nothing.
///
/// # Errors
///
/// The system's error, also if the file exists.
pub fn write_csv(
    path: &Path,
    seed: u64,
    epoch: u64,
    epoch_length_seconds: u64,
    devices: impl IntoIterator<Item = Device>,
) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let file = tempfile::NamedTempFile::new_in(parent)?;
    let mut csv = BufWriter::new(file);
    writeln!(csv, "{}", COLUMNS.join(","))?;
    for Device { device, owner } in devices {
        let metrics = metrics(seed, epoch, epoch_length_seconds, &device);
        writeln!(
            csv,
            "{},{},{},{},{},{}",
            key::to_base58(&device),
            key::to_base58(&owner),
            metrics.uptime_seconds,
            metrics.bytes_carried,
            metrics.sessions,
            metrics.check_ins
        )?;
    }
    let file = csv.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewards::metrics;
    use std::fs;

    fn devices(count: u8) -> Vec<Device> {
        (1..=count)
            .map(|i| Device {
                device: [i; 32],
                owner: [i % 3 + 1; 32],
            })
            .collect()
    }

    #[test]
    fn a_simulation_is_the_same_for_ever() {
        // Computed a second time by another program, written from the documentation.
        let numbers = |seed, epoch, length, device| {
            let m = super::metrics(seed, epoch, length, &[device; 32]);
            [m.uptime_seconds, m.bytes_carried, m.sessions, m.check_ins]
        };
        assert_eq!(numbers(1, 1, 86_400, 5), [84_672, 2_308_497_408, 115, 141]);
        assert_eq!(numbers(2, 3, 3_600, 5), [3_031, 6_319_222_784, 315, 5]);
        assert_eq!(numbers(1, 1, 86_400, 27), [0; 4]);
    }

    #[test]
    fn the_numbers_are_plausible() {
        let all: Vec<Metrics> = (0..4_000u32)
            .map(|i| {
                let mut device = [0; 32];
                device[..4].copy_from_slice(&i.to_le_bytes());
                super::metrics(9, 1, 86_400, &device)
            })
            .collect();
        let offline = all.iter().filter(|m| m.uptime_seconds == 0).count();
        assert!((60..200).contains(&offline), "{offline}");
        for m in &all {
            assert!(m.uptime_seconds == 0 || (64_800..86_400).contains(&m.uptime_seconds));
            assert!(m.check_ins <= m.uptime_seconds / 600);
            assert_eq!(m.sessions, m.bytes_carried / 20_000_000);
            assert!(m.bytes_carried <= m.uptime_seconds << 22);
        }
        let carried = |m: &&Metrics| m.bytes_carried > 0;
        let least = all.iter().filter(carried).map(|m| m.bytes_carried).min();
        let most = all.iter().map(|m| m.bytes_carried).max();
        assert!(most.unwrap() / least.unwrap() > 4_000);
        // Lengths at both ends neither fail nor exceed the epoch.
        for length in [0, 1, 59, u64::MAX] {
            let m = super::metrics(1, 1, length, &[7; 32]);
            assert!(m.uptime_seconds <= length);
        }
    }

    #[test]
    fn the_reader_reads_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.csv");
        write_csv(&path, 3, 2, 86_400, devices(50)).unwrap();
        let rows = metrics::read(&path, 86_400, None).unwrap();
        assert_eq!(rows.len(), 50);
        for (row, device) in rows.iter().zip(devices(50)) {
            assert_eq!((row.device, row.owner), (device.device, device.owner));
            assert_eq!(row.metrics, super::metrics(3, 2, 86_400, &row.device));
        }
    }

    #[test]
    fn an_existing_file_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.csv");
        fs::write(&path, "mine").unwrap();
        let error = write_csv(&path, 3, 2, 86_400, devices(5)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_csv(&dir.path().join("no/m.csv"), 3, 2, 1, devices(1)).is_err());
    }
}
