//! A directory with metrics and a policy, and the epochs computed from them.

use super::{
    compute::{ComputeError, ComputeInput, Summary, compute},
    epoch_data::MetricsSource,
};
use crate::key::to_base58;
use std::{fs, path::PathBuf};

pub const NETWORK: [u8; 32] = [101; 32];
pub const MINT: [u8; 32] = [102; 32];
pub const EPOCH_LENGTH_SECONDS: u64 = 86_400;

pub const POLICY: &str = r#"
emission = "1000"
node_cap = "400"

[weights]
uptime = 5000
traffic = 4000
check_ins = 1000
"#;

pub const HEADER: &str = "device,owner,uptime_seconds,bytes_carried,sessions,check_ins\n";

/// A row of a metrics file. Device and owner are keys of one repeated byte.
pub fn row(device: u8, owner: u8, numbers: [u64; 4]) -> String {
    let [uptime, bytes, sessions, check_ins] = numbers;
    format!(
        "{},{},{uptime},{bytes},{sessions},{check_ins}\n",
        to_base58(&[device; 32]),
        to_base58(&[owner; 32]),
    )
}

pub struct Fixture {
    pub dir: tempfile::TempDir,
}

impl Fixture {
    pub fn new() -> Self {
        let fixture = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::write(fixture.path("policy.toml"), POLICY).unwrap();
        fixture
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn epoch(&self, epoch: u64) -> PathBuf {
        self.path(&format!("epoch-{epoch}"))
    }

    /// Computes an epoch from these rows, on top of the one before.
    pub fn compute(&self, epoch: u64, rows: &[String]) -> Result<Summary, ComputeError> {
        self.compute_with(epoch, rows, |_| {})
    }

    pub fn compute_with(
        &self,
        epoch: u64,
        rows: &[String],
        change: impl FnOnce(&mut ComputeInput),
    ) -> Result<Summary, ComputeError> {
        let metrics = self.path("metrics.csv");
        fs::write(&metrics, HEADER.to_owned() + &rows.concat()).unwrap();
        let mut input = ComputeInput {
            metrics,
            source: MetricsSource::Simulated { seed: 7 },
            policy: self.path("policy.toml"),
            previous: (epoch > 1).then(|| self.epoch(epoch - 1)),
            registry: None,
            network: NETWORK,
            mint: MINT,
            decimals: 3,
            epoch,
            epoch_length_seconds: EPOCH_LENGTH_SECONDS,
            out: self.epoch(epoch),
        };
        change(&mut input);
        compute(&input, &mut |_| {})
    }

    /// Three owners, four nodes; the second epoch has a new owner and lacks an old one.
    pub fn with_two_epochs() -> (Self, Summary, Summary) {
        let fixture = Self::new();
        let first = fixture
            .compute(
                1,
                &[
                    row(13, 3, [86_400, 5_000, 2, 100]),
                    row(11, 1, [43_200, 1_000, 1, 50]),
                    row(14, 3, [86_400, 0, 0, 144]),
                    row(12, 2, [10, 700, 1, 0]),
                ],
            )
            .unwrap();
        let second = fixture
            .compute(
                2,
                &[
                    row(15, 0xfe, [80_000, 100, 1, 9]),
                    row(16, 2, [1, 1, 1, 1]),
                    row(11, 1, [43_201, 1_000, 1, 50]),
                ],
            )
            .unwrap();
        (fixture, first, second)
    }

    /// The names in the directory, including hidden ones.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}
