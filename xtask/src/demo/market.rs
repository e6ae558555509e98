//! The chapter of the eSIM market: three sellers, and every way in which a purchase can go.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{CONFIG, LocalNetwork, Story, chapter, file, show};
use crate::command::command;

pub const MARKET: &str = "travel";

/// Ten of its packages cannot be offered, each for another reason.
const PACKAGES: &str = "data/airalo-packages-sample.json";

/// A plan of the list.
const PLAN: &str = "tramontana-fr-7days-1gb";

pub const POOL: &str = "target/demo/esims.csv";

/// The seller's record of what went to whom.
pub const JOURNAL: &str = "target/demo/deliveries.journal";

/// The full descriptions of the list's plans, whose hashes are on the chain.
pub const DESCRIPTIONS: &str = "target/demo/descriptions";

const WALLET: &str = "target/demo/wallet.json";

/// Profiles that the seller bought from an operator: made up.
const PROFILES: [&str; 4] = [
    "LPA:1$smdp.example.com$TRAMONTANA-0001",
    "LPA:1$smdp.example.com$TRAMONTANA-0002",
    "LPA:1$smdp.example.com$TRAMONTANA-0003",
    "LPA:1$smdp.example.com$TRAMONTANA-0004",
];

impl Story {
    /// From an empty market to its books.
    pub fn market(&self, network: &LocalNetwork) -> Result<()> {
        chapter("A market for travel eSIMs: one mint, three sellers");
        self.open_market(network)?;
        self.three_sellers(network)?;

        chapter("A traveller buys, the seller delivers, and only the traveller can read what");
        fs::write(
            crate::workspace::root().join(POOL),
            format!("lpa\n{}\n", PROFILES.join("\n")),
        )
        .with_context(|| format!("cannot write {POOL}"))?;
        self.run(&[
            "esim",
            "plans",
            "-m",
            MARKET,
            "--country",
            "France",
            "--max-price",
            "15",
        ])?;
        let first = self.buy(PLAN, "alice", "1", &[])?;
        self.fulfil()?;
        self.run(&["esim", "show", &first, "-k", &file("alice")])?;
        self.run(&[
            "esim",
            "confirm",
            &first,
            "--buyer",
            &file("alice"),
            "--yes",
        ])?;

        chapter("A seller that never delivers: a stranger brings the money back");
        let lost = self.buy("nomad-gb-7days-1gb", "bob", "1", &[])?;
        thread::sleep(Duration::from_secs(5));
        self.run(&[
            "esim",
            "sweep",
            "-m",
            MARKET,
            "-k",
            &file("stranger"),
            "--journal",
            "target/demo/sweep.journal",
        ])?;
        self.run_ending_in(1, &["esim", "show", &lost])?;

        chapter("A dispute: the seller contests it, the arbiter divides");
        let disputed = self.buy(PLAN, "bob", "2", &[])?;
        self.fulfil()?;
        let bob = file("bob");
        self.run(&[
            "esim",
            "dispute",
            &disputed,
            "--reason",
            "no-service",
            "--buyer",
            &bob,
            "--yes",
        ])?;
        let evidence = "target/demo/evidence.txt";
        fs::write(
            crate::workspace::root().join(evidence),
            "The profile was in service on that day: see the log.\n",
        )
        .with_context(|| format!("cannot write {evidence}"))?;
        self.run(&[
            "esim",
            "seller",
            "answer",
            &disputed,
            "-k",
            &file("tramontana"),
            "--evidence",
            evidence,
            "--yes",
        ])?;
        self.run(&["esim", "market", "disputes", MARKET])?;
        self.run(&[
            "esim",
            "market",
            "resolve",
            &disputed,
            "--split",
            "6000",
            "--arbiter",
            &file("arbiter"),
            "--yes",
        ])?;

        chapter("A top-up of the first eSIM, and one as a gift");
        let alice = file("alice");
        let top_up = self.order(&[
            "esim",
            "top-up",
            &first,
            "--plan",
            PLAN,
            "-m",
            MARKET,
            "--order-id",
            "3",
            "--buyer",
            &alice,
            "--payer",
            WALLET,
            "--yes",
        ])?;
        self.run(&[
            "esim",
            "seller",
            "deliver",
            &top_up,
            "-k",
            &file("tramontana"),
            "--profile",
            PROFILES[0],
            "--journal",
            JOURNAL,
        ])?;
        let key = file("carol-delivery-key");
        let carol = self.json(&["esim", "delivery-key", "new", &key])?;
        let carol = carol["public_key"]
            .as_str()
            .context("a delivery key has no public key")?;
        let gift = self.buy(PLAN, "bob", "4", &["--gift", carol])?;
        self.fulfil()?;
        self.run(&["esim", "show", &gift, "--delivery-key", &key])?;

        chapter("The last one in stock, and two who want it at the same time");
        self.race("corner-jp-15days-3gb")?;

        chapter("The market's books");
        self.run(&["esim", "market", "sellers", MARKET])?;
        self.run(&[
            "esim",
            "seller",
            "orders",
            "-m",
            MARKET,
            "-k",
            &file("tramontana"),
            "--open",
        ])?;
        self.run(&["esim", "market", "books", MARKET])
    }

    fn open_market(&self, network: &LocalNetwork) -> Result<()> {
        for key in [
            "arbiter",
            "tramontana",
            "nomad",
            "corner",
            "alice",
            "bob",
            "stranger",
        ] {
            self.run(&["keygen", &file(key)])?;
        }
        let [arbiter, guardian, treasury] =
            ["arbiter", "guardian", "wallet"].map(|key| self.public_key(key));
        let treasury = treasury?;
        self.run(&[
            "esim",
            "market",
            "create",
            MARKET,
            "--arbiter",
            &arbiter?,
            "--guardian",
            &guardian?,
            "--treasury",
            &treasury,
            "--fee-bps",
            "250",
            "--max-delivery-window",
            "1d",
            "--min-release-window",
            "1m",
            "--max-release-window",
            "30d",
            "--answer-window",
            "3d",
            "--arbiter-window",
            "7d",
            "--retention",
            "90d",
            "--yes",
        ])?;
        self.run(&[
            "esim",
            "market",
            "accept-mint",
            MARKET,
            &network.mint,
            "--yes",
        ])
    }

    fn three_sellers(&self, network: &LocalNetwork) -> Result<()> {
        let payout = self.public_key("wallet")?;
        for seller in ["tramontana", "nomad", "corner", "stranger"] {
            network.give_sol(&self.public_key(seller)?)?;
        }
        for seller in ["tramontana", "nomad", "corner"] {
            self.run(&[
                "esim",
                "seller",
                "apply",
                "-m",
                MARKET,
                "-k",
                &file(seller),
                "--payout",
                &payout,
                "--yes",
            ])?;
            let shown =
                self.json(&["esim", "seller", "show", "-m", MARKET, "-k", &file(seller)])?;
            let address = shown["address"]
                .as_str()
                .context("a seller has no address")?;
            self.run(&[
                "esim",
                "market",
                "seller-status",
                MARKET,
                address,
                "approved",
                "--yes",
            ])?;
        }
        let import = [
            "esim",
            "seller",
            "import",
            "-m",
            MARKET,
            "-k",
            &file("tramontana"),
            "--airalo",
            PACKAGES,
            "--mint",
            &network.mint,
            "--delivery-window",
            "10m",
            "--release-window",
            "7d",
            "--yes",
            "--descriptions",
            DESCRIPTIONS,
            "--journal",
            "target/demo/import.journal",
        ];
        // Not all of the list can be offered, and the exit code says so.
        self.run_ending_in(1, &import)?;
        let plan = |seller: &str, id: &str, countries: &str, more: &[&str]| {
            let key = file(seller);
            let plan = [
                "esim",
                "seller",
                "plan",
                "create",
                id,
                "-m",
                MARKET,
                "-k",
                &key,
                "--mint",
                &network.mint,
                "--price",
                "5",
                "--countries",
                countries,
                "--release-window",
                "1d",
                "--yes",
            ];
            self.run(&[&plan[..], more].concat())
        };
        plan(
            "nomad",
            "nomad-gb-7days-1gb",
            "United Kingdom",
            &["--data", "1GB", "--days", "7", "--delivery-window", "5s"],
        )?;
        plan(
            "corner",
            "corner-jp-15days-3gb",
            "Japan",
            &[
                "--data",
                "3GB",
                "--days",
                "15",
                "--delivery-window",
                "1h",
                "--stock",
                "1",
            ],
        )
    }

    /// Buys with the buyer's key and the wallet's money, and returns the order.
    fn buy(&self, plan: &str, buyer: &str, order_id: &str, more: &[&str]) -> Result<String> {
        let buyer = file(buyer);
        let buy = [
            "esim",
            "buy",
            plan,
            "-m",
            MARKET,
            "--order-id",
            order_id,
            "--buyer",
            &buyer,
            "--payer",
            WALLET,
            "--yes",
        ];
        self.order(&[&buy[..], more].concat())
    }

    fn fulfil(&self) -> Result<()> {
        let key = file("tramontana");
        self.run(&[
            "esim",
            "seller",
            "fulfil",
            "-m",
            MARKET,
            "-k",
            &key,
            "--pool",
            POOL,
            "--journal",
            JOURNAL,
        ])
    }

    /// Two buyers at once: one is told that there is none left.
    fn race(&self, plan: &str) -> Result<()> {
        let [alice, bob] = ["alice", "bob"].map(file);
        let buy = |buyer: &str| {
            let args = [
                "esim", "buy", plan, "-m", MARKET, "--buyer", buyer, "--payer", WALLET, "--yes",
            ];
            show(&args);
            command(&self.wayfare)
                .args(["-C", CONFIG])
                .args(args)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .context("cannot run wayfare")
        };
        let buyers = [buy(&alice)?, buy(&bob)?];
        let mut bought = 0;
        for buyer in buyers {
            let ended = buyer
                .wait_with_output()
                .context("cannot wait for wayfare")?;
            println!(
                "\n{}{}",
                String::from_utf8_lossy(&ended.stdout),
                String::from_utf8_lossy(&ended.stderr).trim_end()
            );
            bought += usize::from(ended.status.success());
        }
        ensure!(bought == 1, "{bought} of two buyers got the last one");
        Ok(())
    }

    /// Shows the command, runs it, shows its output, and returns the order that it names.
    fn order(&self, args: &[&str]) -> Result<String> {
        show(args);
        let output = command(&self.wayfare)
            .args(["-C", CONFIG])
            .args(args)
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run wayfare")?;
        let text = String::from_utf8_lossy(&output.stdout);
        println!("{}", text.trim_end());
        ensure!(output.status.success(), "wayfare {} failed", args.join(" "));
        text.lines()
            .find_map(|line| line.strip_prefix("order "))
            .map(|order| order.trim().to_owned())
            .with_context(|| format!("wayfare {} names no order", args.join(" ")))
    }

    /// What a command says to programs. It is not shown.
    pub(super) fn json(&self, args: &[&str]) -> Result<Value> {
        let output = command(&self.wayfare)
            .args(["-C", CONFIG, "--output", "json"])
            .args(args)
            .output()
            .context("cannot run wayfare")?;
        ensure!(output.status.success(), "wayfare {} failed", args.join(" "));
        serde_json::from_slice(&output.stdout).context("wayfare printed no JSON")
    }

    /// Shows the command and runs it; it must end with this code.
    pub(super) fn run_ending_in(&self, code: i32, args: &[&str]) -> Result<()> {
        show(args);
        let status = command(&self.wayfare)
            .args(["-C", CONFIG])
            .args(args)
            .status()
            .context("cannot run wayfare")?;
        ensure!(
            status.code() == Some(code),
            "wayfare {} ended with {status}, not with {code}",
            args.join(" ")
        );
        Ok(())
    }
}

impl LocalNetwork {
    /// Gives a key SOL, as `solana airdrop` does.
    fn give_sol(&self, key: &str) -> Result<()> {
        let address = self
            .rpc_url
            .strip_prefix("http://")
            .context("the local network's URL is not http")?;
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "requestAirdrop", "params": [key, 10_000_000_000_u64] }).to_string();
        let mut connection =
            TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        let length = body.len();
        write!(
            connection,
            "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        ensure!(answer.contains("\"result\""), "no SOL for {key}: {answer}");
        Ok(())
    }
}
