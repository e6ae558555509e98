//! The benchmark: what the programs cost (the same on every machine, so it is checked), and how fast rewards are computed
//! and roaming books reconciled (as fast as the machine, so it is only printed).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::command::{cargo, command, run};
use crate::{cli, localnet, programs, workspace};

/// The committed table.
const TABLE: &str = "docs/costs.md";

/// By how much a cost may grow before the table must be made anew, in per cent.
const ALLOWED_GROWTH: f64 = 3.0;

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Format {
    /// The table that is written to docs/costs.md
    Table,
    /// A list of objects with figure, value and unit
    Json,
}

struct Figure {
    name: String,
    value: f64,
    unit: String,
}

/// Measures everything, prints it and writes the table. With `check`, measures the costs alone, changes nothing, and
/// fails when one has grown by more than 3 % or is not in the table.
pub fn bench(check: bool, format: Format) -> Result<()> {
    let costs = costs()?;
    if check {
        return compare(&costs);
    }
    let speeds = speeds()?;
    let table = table(&costs, &speeds)?;
    match format {
        Format::Table => print!("{table}"),
        Format::Json => {
            let all: Vec<Value> = costs.iter().chain(&speeds).map(Figure::json).collect();
            println!("{:#}", Value::from(all));
        }
    }
    workspace::replace(&path(), table.as_bytes())
}

/// What runs against the local network, by the command line as it is installed: a thousand orders through their lives, and
/// the shop on the web.
pub fn load() -> Result<()> {
    let programs = programs::build()?;
    let localnet = localnet::ensure()?;
    let wayfare = cli::build_release()?;
    for bin in ["orders", "shop"] {
        run(cargo()
            .args([
                "run",
                "--quiet",
                "--locked",
                "--package",
                "wayfare-bench",
                "--bin",
                bin,
                "--target-dir",
            ])
            .arg(workspace::root().join("target"))
            .env("WAYFARE_PROGRAMS", &programs)
            .env("WAYFARE_LOCALNET", &localnet)
            .env("WAYFARE_BIN", &wayfare))?;
    }
    Ok(())
}

/// What instructions, accounts and programs cost, on the programs as they are built now.
fn costs() -> Result<Vec<Figure>> {
    let deploy = programs::build()?;
    let target = workspace::root().join("target");
    // Built as a part of the workspace, examples included: then cargo chooses the same features as for the tests, and
    // compiles what the two have in common once.
    run(cargo()
        .args(["build", "--quiet", "--locked", "--workspace"])
        .args(["--exclude", "wayfare-localnet", "--examples"])
        .args(["--bin", "wayfare-bench", "--target-dir"])
        .arg(&target))?;
    let output =
        measured(command(target.join("debug/wayfare-bench")).env("WAYFARE_PROGRAMS", deploy))?;
    let figures: Vec<Value> =
        serde_json::from_str(&output).context("the benchmark printed no list of figures")?;
    figures.iter().map(Figure::read).collect()
}

/// How fast and in how much memory two million owners' rewards are computed, and how fast two operators' books are
/// stated and reconciled.
fn speeds() -> Result<Vec<Figure>> {
    eprintln!("Measuring the computation for two million owners (some minutes)");
    let output = measured(
        cargo()
            .args([
                "bench",
                "--quiet",
                "--locked",
                "--package",
                "wayfare-core",
                "--bench",
                "rewards",
                "--bench",
                "roaming",
                "--target-dir",
            ])
            .arg(workspace::root().join("target")),
    )?;
    output
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| Figure::read(&serde_json::from_str(line).context("not a figure")?))
        .collect()
}

/// The standard output of a benchmark. Its standard error is the reader's.
fn measured(benchmark: &mut std::process::Command) -> Result<String> {
    let output = benchmark
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run the benchmark")?;
    ensure!(
        output.status.success(),
        "the benchmark failed: the reason is above"
    );
    String::from_utf8(output.stdout).context("the benchmark printed what is no text")
}

fn compare(costs: &[Figure]) -> Result<()> {
    let committed = read_table()?;
    let mut grown = String::new();
    for cost in costs {
        match committed.get(&cost.name) {
            None => writeln!(grown, "  {}: not in the table", cost.name)?,
            Some(was) if cost.value > was * (1.0 + ALLOWED_GROWTH / 100.0) => {
                writeln!(
                    grown,
                    "  {}: {} {}, was {was}",
                    cost.name, cost.value, cost.unit
                )?;
            }
            Some(_) => {}
        }
    }
    if !grown.is_empty() {
        bail!(
            "costs grew by more than {ALLOWED_GROWTH} %:\n{grown}If that is meant, run `cargo xtask bench` and commit {TABLE}"
        );
    }
    eprintln!(
        "{} costs are within {ALLOWED_GROWTH} % of {TABLE}",
        costs.len()
    );
    Ok(())
}

/// The figures in the committed table: the rows `| name | value | unit |`.
fn read_table() -> Result<BTreeMap<String, f64>> {
    let text = fs::read_to_string(path())
        .with_context(|| format!("cannot read {TABLE}: run `cargo xtask bench`"))?;
    Ok(text
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let name = cells.next()?.trim_matches('`').to_owned();
            Some((name, cells.next()?.parse().ok()?))
        })
        .collect())
}

fn table(costs: &[Figure], speeds: &[Figure]) -> Result<String> {
    let mut text = String::from(
        "# Costs\n\n\
        Written by `cargo xtask bench`. CI fails when a cost grows by more than 3 % and this table does not say so.\n\n\
        ## Programs, instructions, accounts\n\n\
        Measured in LiteSVM on the built program. Compute units are those of a transaction with only that instruction; \
        bytes those of the legacy transaction with a compute unit limit and price; rent is the default one.\n\n",
    );
    rows(&mut text, costs)?;
    write!(
        text,
        "\n## Computing rewards, reconciling roaming\n\n\
        Measured on {}, release build; ratio: against bare hashing of as many nodes on the same threads; reconcile: two \
        operators' books of 6,379 rows each, from the file to all statements and their comparison.\n\n",
        machine()
    )?;
    rows(&mut text, speeds)?;
    Ok(text)
}

fn rows(text: &mut String, figures: &[Figure]) -> Result<()> {
    text.push_str("| figure | value | unit |\n|---|---:|---|\n");
    for figure in figures {
        writeln!(
            text,
            "| `{}` | {} | {} |",
            figure.name, figure.value, figure.unit
        )?;
    }
    Ok(())
}

/// The processor and how many of it there are.
fn machine() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let model = command("lscpu")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("Model name:"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| "an unnamed processor".to_owned());
    format!("{threads} threads of {model}")
}

fn path() -> PathBuf {
    workspace::root().join(TABLE)
}

impl Figure {
    fn read(value: &Value) -> Result<Self> {
        let text = |field: &str| value[field].as_str().map(str::to_owned);
        match (text("figure"), value["value"].as_f64(), text("unit")) {
            (Some(name), Some(value), Some(unit)) => Ok(Self { name, value, unit }),
            _ => bail!("not a figure: {value}"),
        }
    }

    fn json(&self) -> Value {
        serde_json::json!({ "figure": self.name, "value": self.value, "unit": self.unit })
    }
}
