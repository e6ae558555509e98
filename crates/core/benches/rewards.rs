//! The cost of trees and of the reward computation at two million owners.
//!
//! `cargo bench -p wayfare-core` prints one JSON object per line on stdout: `figure`, `value`, `unit`. Each
//! measurement runs in its own process, so that the peak memory is its own (`VmHWM` in
//! `/proc/self/status`, Linux only); if there are several runs, the median counts.

use rayon::prelude::*;
use std::{
    env,
    error::Error,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};
use wayfare_core::{
    merkle::node,
    rewards::{
        compute::{ComputeInput, compute},
        epoch_data::MetricsSource,
        simulate::{Device, write_csv},
    },
    tree::Tree,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const LEAVES: u32 = 2_000_000;
const TREE_RUNS: usize = 7;
const COMPUTE_RUNS: usize = 3;
const EPOCH_LENGTH_SECONDS: u64 = 86_400;
const SEED: u64 = 1;
const DECIMALS: u8 = 6;

const POLICY: &str = r#"
emission = "1000000"
node_cap = "10"

[weights]
uptime = 5000
traffic = 4000
check_ins = 1000
"#;

fn main() -> Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => bench(),
        ["tree"] => measure(build_tree),
        ["bare"] => measure(|| Ok(hash_bare())),
        ["compute", dir, epoch] => {
            let epoch = epoch.parse()?;
            measure(|| run_compute(Path::new(dir), epoch))
        }
        other => Err(format!("unknown arguments {other:?}").into()),
    }
}

fn bench() -> Result<()> {
    // In turns, so that other load on the machine affects both.
    let (mut trees, mut bares) = (vec![], vec![]);
    for _ in 0..TREE_RUNS {
        trees.push(run(&["tree"])?);
        bares.push(run(&["bare"])?);
    }
    let tree = median(trees.iter().map(|m| m.seconds));
    let bare = median(bares.iter().map(|m| m.seconds));
    print("rewards.tree_2m.ratio", tree / bare, "ratio");
    print("rewards.tree_2m.seconds", tree, "s");
    print("rewards.tree_2m.peak_mib", peak(&trees), "MiB");
    print("rewards.bare_hash_2m.seconds", bare, "s");

    let dir = tempfile::tempdir_in("../../target")?;
    let path = dir
        .path()
        .to_str()
        .ok_or("the target directory is not UTF-8")?;
    fs::write(dir.path().join("policy.toml"), POLICY)?;
    for epoch in 1..=2 {
        let devices = (0..LEAVES).map(|i| Device {
            device: spread(i, 0),
            owner: spread(i, 1),
        });
        let csv = dir.path().join(format!("metrics-{epoch}.csv"));
        write_csv(&csv, SEED, epoch, EPOCH_LENGTH_SECONDS, devices)?;
    }
    // The second epoch is measured: it also reads and checks the one before.
    run(&["compute", path, "1"])?;
    let mut computes = vec![];
    for _ in 0..COMPUTE_RUNS {
        computes.push(run(&["compute", path, "2"])?);
        fs::remove_dir_all(dir.path().join("epoch-2"))?;
    }
    let seconds = median(computes.iter().map(|m| m.seconds));
    print("rewards.compute_2m.seconds", seconds, "s");
    print("rewards.compute_2m.peak_mib", peak(&computes), "MiB");
    Ok(())
}

fn print(figure: &str, value: f64, unit: &str) {
    println!(r#"{{"figure":"{figure}","value":{value:.3},"unit":"{unit}"}}"#);
}

/// The time and memory that one process took.
struct Measurement {
    seconds: f64,
    peak_mib: f64,
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn peak(measurements: &[Measurement]) -> f64 {
    measurements.iter().map(|m| m.peak_mib).fold(0.0, f64::max)
}

/// Runs one measurement in its own process.
fn run(arguments: &[&str]) -> Result<Measurement> {
    let output = Command::new(env::current_exe()?)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{arguments:?}: {}", output.status).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let (seconds, peak_mib) = text.trim().split_once(' ').ok_or("no measurement")?;
    Ok(Measurement {
        seconds: seconds.parse()?,
        peak_mib: peak_mib.parse()?,
    })
}

/// Prints the seconds that `work` reports, and this process's peak memory.
fn measure(work: impl FnOnce() -> Result<f64>) -> Result<()> {
    let seconds = work()?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak_kib: f64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .ok_or("no VmHWM in /proc/self/status")?
        .parse()?;
    println!("{seconds} {}", peak_kib / 1024.0);
    Ok(())
}

/// A key that differs for each number and kind, spread over the whole range.
fn spread(number: u32, kind: u8) -> [u8; 32] {
    let mut key = [kind; 32];
    key[..4].copy_from_slice(&number.to_le_bytes());
    node(&key, &[0; 32])
}

fn build_tree() -> Result<f64> {
    let leaves: Vec<[u8; 32]> = (0..LEAVES).into_par_iter().map(|i| spread(i, 2)).collect();
    let start = Instant::now();
    let tree = Tree::build(leaves);
    let seconds = start.elapsed().as_secs_f64();
    // The tree is used, so that building it cannot be optimised away.
    match tree.proof(LEAVES - 1) {
        Some(proof) if proof.len() == 21 * 32 => Ok(seconds),
        _ => Err("no proof for the last leaf".into()),
    }
}

/// As many inner nodes as the tree has, from two inputs that are in the cache.
fn hash_bare() -> f64 {
    let mut nodes = 0;
    let mut level = LEAVES;
    while level > 1 {
        level = level.div_ceil(2);
        nodes += level;
    }
    let start = Instant::now();
    let sum: u64 = (0..nodes)
        .into_par_iter()
        .map(|i| {
            let mut left = [0; 32];
            left[..4].copy_from_slice(&i.to_le_bytes());
            u64::from(node(&left, &[1; 32])[0])
        })
        .sum();
    std::hint::black_box(sum);
    start.elapsed().as_secs_f64()
}

fn run_compute(dir: &Path, epoch: u64) -> Result<f64> {
    let start = Instant::now();
    let mut stages = vec![];
    let summary = compute(
        &ComputeInput {
            metrics: dir.join(format!("metrics-{epoch}.csv")),
            source: MetricsSource::Simulated { seed: SEED },
            policy: dir.join("policy.toml"),
            previous: (epoch > 1).then(|| dir.join(format!("epoch-{}", epoch - 1))),
            registry: None,
            network: [1; 32],
            mint: [2; 32],
            decimals: DECIMALS,
            epoch,
            epoch_length_seconds: EPOCH_LENGTH_SECONDS,
            out: dir.join(format!("epoch-{epoch}")),
        },
        &mut |stage| stages.push((stage, start.elapsed())),
    )?;
    let seconds = start.elapsed().as_secs_f64();
    if env::var_os("WAYFARE_BENCH_STAGES").is_some() {
        for (stage, at) in stages {
            eprintln!("{:8.3} s {stage}", at.as_secs_f64());
        }
    }
    if summary.manifest.leaf_count != LEAVES {
        return Err(format!("{} leaves", summary.manifest.leaf_count).into());
    }
    Ok(seconds)
}
