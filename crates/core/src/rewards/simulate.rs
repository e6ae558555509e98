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

/// One node and who owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The node's device key.
    pub device: [u8; 32],
    /// Who is paid.
    pub owner: [u8; 32],
}

/// What a device did in an epoch of a simulation: most are up most of the time, one in 32 not at all;
/// traffic spreads over four orders of magnitude; sessions follow traffic, check-ins follow uptime.
pub fn metrics(seed: u64, epoch: u64, epoch_length_seconds: u64, device: &[u8; 32]) -> Metrics {
    let hash = hashv(&[
        b"wayfare simulated metrics",
        &seed.to_le_bytes(),
        &epoch.to_le_bytes(),
        device,
    ])
    .to_bytes();
    // Each number is drawn from bits of its own. A remainder by a small number is as good as uniform.
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

/// `number × numerator ÷ denominator`, rounded down, or the most there is.
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
/// Whatever the system says, also if the file exists.
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
