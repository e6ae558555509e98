//! The story that the README promises: New York's public hotspots earn, and their owners get paid, on a local network;
//! travellers buy eSIMs in a market there; two operators settle two years of roaming; and a shop on the web opens. It runs the `wayfare` binary and
//! shows each command, so that a reader can repeat any of them.

mod market;
mod roaming;
mod shop;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::command::{command, run};
use crate::{cli, localnet, programs, workspace};

const NETWORK: &str = "nyc-hotspots";

/// The metrics are a day's, though the network's epochs last half a minute here.
const DAY: &str = "1d";

/// What the metrics are generated from: no real ones are public.
const SEEDS: [&str; 2] = ["1", "2"];

/// What stays after the story, until Ctrl-C.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    Nothing,
    /// The local network.
    Network,
    /// The local network, and a shop on the web with a seller behind it.
    Shop,
}

/// Runs the story from an empty folder and an empty chain.
pub fn demo(stays: Stays) -> Result<()> {
    let programs = programs::build()?;
    let network_binary = localnet::ensure()?;
    let wayfare = cli::build()?;
    let started = Instant::now();

    let dir = workspace::root().join("target/demo");
    if dir.exists() {
        fs::remove_dir_all(&dir).with_context(|| format!("cannot empty {}", dir.display()))?;
    }
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;

    let network = LocalNetwork::start(&network_binary, &programs, &dir)?;
    let story = Story { wayfare };
    story.tell(&network)?;
    println!("\nThe story took {} s.", started.elapsed().as_secs());
    if stays == Stays::Nothing {
        return Ok(());
    }
    let _shop = match stays {
        Stays::Shop => Some(story.keep_shop()?),
        Stays::Network | Stays::Nothing => None,
    };
    println!(
        "The local network stays at {} until Ctrl-C.",
        network.rpc_url
    );
    network.wait()
}

/// A running local network, which ends with this process.
struct LocalNetwork {
    process: Child,
    rpc_url: String,
    wallet: String,
    mint: String,
}

impl LocalNetwork {
    fn start(binary: &Path, programs: &Path, dir: &Path) -> Result<Self> {
        let mut process = command(binary)
            .args([
                "--json",
                "--exit-with-parent",
                "--rpc-port",
                "0",
                "--ws-port",
                "0",
            ])
            .arg("--programs")
            .arg(programs)
            .arg("--dir")
            .arg(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let mut ready = String::new();
        let stdout = process
            .stdout
            .take()
            .context("the local network has no standard output")?;
        BufReader::new(stdout)
            .read_line(&mut ready)
            .context("the local network cannot be heard")?;
        let ready: Value = serde_json::from_str(&ready)
            .context("the local network did not start: the reason is above")?;
        let field = |name: &str| {
            ready[name]
                .as_str()
                .map(str::to_owned)
                .with_context(|| format!("the local network does not tell its {name}"))
        };
        Ok(Self {
            rpc_url: field("rpc_url")?,
            wallet: field("wallet")?,
            mint: field("spl_mint")?,
            process,
        })
    }

    fn wait(mut self) -> Result<()> {
        // Waiting closes a child's standard input, and that would end this one.
        let _open = self.process.stdin.take();
        self.process
            .wait()
            .context("the local network cannot be waited for")?;
        Ok(())
    }
}

impl Drop for LocalNetwork {
    fn drop(&mut self) {
        // Its standard input closes, which ends it; then nothing of it is left behind.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

struct Story {
    wayfare: PathBuf,
}

impl Story {
    fn tell(&self, network: &LocalNetwork) -> Result<()> {
        chapter("A network: its keys, its configuration, its vault");
        let url = network.rpc_url.as_str();
        self.run(&["config", "set", "--url", url, "--keypair", &network.wallet])?;
        for key in ["guardian", "publisher-1", "publisher-2"] {
            self.run(&["keygen", &file(key)])?;
        }
        let [guardian, first, second] =
            ["guardian", "publisher-1", "publisher-2"].map(|key| self.public_key(key));
        let variables = [
            format!("mint={}", network.mint),
            format!("guardian={}", guardian?),
            format!("publisher_1={}", first?),
            format!("publisher_2={}", second?),
            "epoch_length=30s".to_owned(),
            "challenge_period=5s".to_owned(),
            "limiter_refill=5000".to_owned(),
        ];
        let mut migrate = vec!["migrate", "--yes"];
        for variable in &variables {
            migrate.extend(["--var", variable]);
        }
        self.run(&migrate)?;
        self.run(&["network", "fund", NETWORK, "200000", "--yes"])?;

        chapter(
            "2,566 hotspots, every one with its own key; 500 of them with an owner of their own",
        );
        self.run(&[
            "node",
            "register",
            "-n",
            NETWORK,
            "--yes",
            "--from-csv",
            "data/nyc-wifi-hotspots.csv",
            "--columns",
            "id=OBJECTID,owner=Provider,latitude=Latitude,longitude=Longitude",
            "--device-keys",
            "target/demo/devices",
            "--owner-keys",
            "target/demo/owners",
            "--single-owners",
            "500",
            "--journal",
            "target/demo/register.journal",
        ])?;

        self.epoch(1)?;
        chapter("One owner claims, as that owner would");
        let owner = self.owner()?;
        let owner_key = owner.to_string_lossy();
        self.claim_for(&owner_key, 1)?;
        chapter("Everybody else is paid by a crank");
        self.claim_all(1)?;

        self.epoch(2)?;
        chapter("And claims again: first the one owner, then the others");
        self.claim_for(&owner_key, 2)?;
        self.claim_all(2)?;

        chapter("The books");
        self.run(&["rewards", "status", "-n", NETWORK])?;
        self.run(&["network", "books", NETWORK])?;

        self.market(network)?;
        self.roaming(network)?;
        self.look_into_shop()
    }

    /// Metrics, rewards, publication, two approvals, the challenge period, activation.
    fn epoch(&self, number: usize) -> Result<()> {
        chapter(&format!(
            "Epoch {number}: from (simulated) metrics to an active root"
        ));
        let seed = SEEDS[number - 1];
        let metrics = format!("target/demo/metrics-{number}.csv");
        let data = data(number);
        let previous = (number > 1).then(|| self::data(number - 1));
        let previous: Vec<&str> = previous
            .iter()
            .flat_map(|dir| ["--previous", dir.as_str()])
            .collect();
        self.run(&[
            "rewards",
            "simulate-metrics",
            "-n",
            NETWORK,
            "--seed",
            seed,
            "--epoch-length",
            DAY,
            "--out",
            &metrics,
        ])?;
        let compute = [
            "rewards",
            "compute",
            "-n",
            NETWORK,
            "--metrics",
            &metrics,
            "--simulated",
            seed,
            "--epoch-length",
            DAY,
            "--policy",
            "data/nyc-policy.toml",
            "--out",
            &data,
        ];
        self.run(&[&compute[..], &previous].concat())?;
        let (first, second) = (file("publisher-1"), file("publisher-2"));
        let journal = format!("target/demo/publish-{number}.journal");
        let publish = [
            "rewards",
            "publish",
            &data,
            "--publisher",
            &first,
            "--journal",
            &journal,
            "--wait",
            "--yes",
        ];
        self.run(&[&publish[..], &previous].concat())?;
        let approve = ["rewards", "approve", &data, "--publisher", &second, "--yes"];
        self.run(&[&approve[..], &previous].concat())?;
        self.run(&["rewards", "activate", "-n", NETWORK, "--wait"])?;
        let verify = ["rewards", "verify", &data];
        self.run(&[&verify[..], &previous].concat())
    }

    /// The first of the owners with one hotspot: the one of the dataset's first row.
    fn owner(&self) -> Result<PathBuf> {
        let csv = fs::read_to_string(workspace::root().join("data/nyc-wifi-hotspots.csv"))
            .context("cannot read data/nyc-wifi-hotspots.csv")?;
        let id = csv
            .lines()
            .nth(1)
            .and_then(|row| row.split(',').next())
            .context("data/nyc-wifi-hotspots.csv has no rows")?;
        Ok(Path::new("target/demo/owners").join(format!("{id}.json")))
    }

    fn claim_for(&self, owner: &str, epoch: usize) -> Result<()> {
        let wallet = "target/demo/wallet.json";
        self.run(&[
            "rewards",
            "claim",
            "-n",
            NETWORK,
            "-k",
            owner,
            "--fee-payer",
            wallet,
            "--data",
            &data(epoch),
        ])
    }

    fn claim_all(&self, epoch: usize) -> Result<()> {
        let journal = format!("target/demo/claim-{epoch}.journal");
        self.run(&[
            "rewards",
            "claim",
            "-n",
            NETWORK,
            "--all-owners",
            "--data",
            &data(epoch),
            "--journal",
            &journal,
        ])
    }

    fn public_key(&self, key: &str) -> Result<String> {
        let output = command(&self.wayfare)
            .args(["-C", CONFIG, "address", "-k", &file(key)])
            .output()
            .context("cannot run wayfare")?;
        ensure!(output.status.success(), "wayfare address failed for {key}");
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Shows the command and runs it.
    fn run(&self, args: &[&str]) -> Result<()> {
        show(args);
        run(command(&self.wayfare).args(["-C", CONFIG]).args(args))
    }
}

/// The Solana CLI's kind of configuration file, kept apart from the reader's own.
const CONFIG: &str = "target/demo/config.yml";

fn file(key: &str) -> String {
    format!("target/demo/{key}.json")
}

fn data(epoch: usize) -> String {
    format!("target/demo/epoch-{epoch}")
}

fn chapter(title: &str) {
    println!("\n\n== {title}");
}

fn show(args: &[&str]) {
    let shown: Vec<String> = args.iter().map(|arg| quoted(arg)).collect();
    println!("\n$ wayfare -C {CONFIG} {}", shown.join(" "));
}

/// As a shell takes it.
fn quoted(arg: &str) -> String {
    if arg.contains([' ', '$']) {
        format!("'{arg}'")
    } else {
        arg.to_owned()
    }
}
