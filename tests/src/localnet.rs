//! A local network of a test's own, and the command line on it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A path that `cargo xtask test` hands over.
fn built(variable: &str) -> PathBuf {
    std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set: run these tests with `cargo xtask test`"))
        .into()
}

pub struct LocalNetwork {
    process: Child,
    pub url: String,
    pub mint: String,
    dir: TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl LocalNetwork {
    /// One with short slots, for tests to be short.
    pub fn start() -> Self {
        Self::launch(&["--slot-ms", "50"])
    }

    /// One with slots as long as people get them who run it.
    pub fn start_as_it_is() -> Self {
        Self::launch(&[])
    }

    fn launch(args: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut process = Command::new(built("WAYFARE_LOCALNET"))
            .args(["--json", "--exit-with-parent"])
            .args(args)
            .args(["--rpc-port", "0", "--ws-port", "0", "--dir"])
            .arg(dir.path())
            .arg("--programs")
            .arg(built("WAYFARE_PROGRAMS"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |field: &str| ready[field].as_str().unwrap().to_owned();
        Self {
            url: text("rpc_url"),
            mint: text("spl_mint"),
            process,
            dir,
        }
    }

    /// A file in the test's own folder.
    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `wayfare` on this network with the funded wallet, where the arguments name no others, with JSON on standard
    /// output, and this folder to work in.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(built("WAYFARE_BIN"));
        if !args.contains(&"-u") {
            command.args(["-u", &self.url]);
        }
        if !args.contains(&"-k") {
            command.args(["-k", &self.path("wallet.json")]);
        }
        command
            .args(["--output", "json"])
            .args(args)
            .current_dir(self.dir.path())
            // The Solana CLI's configuration of whoever runs the tests is none of theirs.
            .env("HOME", self.dir.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ended {
        let output = self.command(args).output().unwrap();
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs what must be done.
    #[track_caller]
    pub fn done(&self, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
        ended
    }

    /// The address of a key in the test's own folder, by the file's name without `.json`.
    #[track_caller]
    pub fn address_of(&self, key: &str) -> String {
        let address = self.done(&["address", "-k", &self.path(&format!("{key}.json"))]);
        address.json()["pubkey"].as_str().unwrap().to_owned()
    }

    /// Opens a market for eSIM plans with short windows, whose treasury and operator is the funded wallet.
    #[track_caller]
    pub fn create_market(&self, market: &str, arbiter: &str, guardian: &str) {
        let wallet = self.address_of("wallet");
        let create = [
            &["esim", "market", "create", market, "--yes"][..],
            &["--arbiter", arbiter, "--guardian", guardian],
            &["--treasury", &wallet, "--fee-bps", "250"],
            &["--max-delivery-window", "1h", "--min-release-window", "1s"],
            &["--max-release-window", "1h", "--answer-window", "1h"],
            &["--arbiter-window", "1h", "--retention", "1d"],
        ];
        self.done(&create.concat());
    }

    /// The same with a mint and an approved seller, where the funded wallet plays every part.
    #[track_caller]
    pub fn open_market(&self, market: &str) {
        let wallet = self.address_of("wallet");
        self.create_market(market, &wallet, &wallet);
        self.done(&["esim", "market", "accept-mint", market, &self.mint, "--yes"]);
        self.done(&["esim", "seller", "apply", "-m", market, "--yes"]);
        let seller = self.done(&["esim", "seller", "show", "-m", market]).json();
        let seller = seller["address"].as_str().unwrap();
        let approve = [
            "esim",
            "market",
            "seller-status",
            market,
            seller,
            "approved",
        ];
        self.done(&[&approve[..], &["--yes"]].concat());
    }

    /// Brings the network `nyc-hotspots` up from the project's own migrations, and funds it.
    pub fn migrate(&self) -> Value {
        let key = |name: &str| {
            let file = self.path(&format!("{name}.json"));
            if !Path::new(&file).exists() {
                self.done(&["keygen", &file]);
            }
            self.address_of(name)
        };
        let variables = [
            format!("mint={}", self.mint),
            format!("guardian={}", key("guardian")),
            format!("publisher_1={}", key("publisher-1")),
            format!("publisher_2={}", key("publisher-2")),
            "epoch_length=2s".to_owned(),
            "challenge_period=1s".to_owned(),
            "limiter_refill=50000".to_owned(),
        ];
        let migrations = crate::checkout("migrations").display().to_string();
        let mut args = vec!["migrate", "--yes", "--dir", &migrations];
        for variable in &variables {
            args.extend(["--var", variable]);
        }
        self.done(&args).json()
    }
}

impl Drop for LocalNetwork {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
