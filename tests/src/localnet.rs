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
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut process = Command::new(built("WAYFARE_LOCALNET"))
            .args(["--json", "--exit-with-parent", "--slot-ms", "50"])
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

    /// Brings the network `nyc-hotspots` up from the project's own migrations, and funds it.
    pub fn migrate(&self) -> Value {
        let key = |name: &str| {
            let file = self.path(&format!("{name}.json"));
            if !Path::new(&file).exists() {
                self.done(&["keygen", &file]);
            }
            let address = self.done(&["address", "-k", &file]).json();
            address
                .as_str()
                .map(str::to_owned)
                .or_else(|| {
                    address
                        .as_object()?
                        .values()
                        .next()?
                        .as_str()
                        .map(str::to_owned)
                })
                .unwrap()
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
        let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
        let mut args = vec!["migrate", "--yes", "--dir", migrations];
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
