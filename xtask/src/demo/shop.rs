//! The chapter of the shop on the web: the same market for people with a wallet and no command line.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::market::{DESCRIPTIONS, JOURNAL, MARKET, POOL};
use super::{CONFIG, Story, chapter, file, show};
use crate::command::command;

/// Where the shop is while it stays open: the command's own default.
const ADDRESS: &str = "127.0.0.1:8787";

/// A shop that is open, and the seller at work behind it. Ctrl-C ends both, and so does dropping it.
pub struct Shop {
    processes: Vec<Child>,
    url: String,
}

impl Story {
    /// Opens the shop, looks in, and leaves.
    pub fn look_into_shop(&self) -> Result<()> {
        chapter("A shop on the web: for people with a wallet and no command line");
        let shop = self.open_shop("127.0.0.1:0")?;
        let page = shop.get("/")?;
        let plans = page
            .split_once("<p class=\"count\">")
            .and_then(|(_, rest)| rest.split('<').next())
            .context("the storefront does not say how many plans it has")?;
        println!("The storefront at {} shows {plans}.", shop.url);
        let health = shop.get("/healthz")?;
        let health = health.lines().last().unwrap_or_default();
        println!("Its health: {health}");
        println!("`cargo xtask demo --serve` keeps it open, to be looked at in a browser.");
        Ok(())
    }

    /// Opens the shop and puts the seller to work, for as long as the result lives.
    pub fn keep_shop(&self) -> Result<Shop> {
        let mut shop = self.open_shop(ADDRESS)?;
        let key = file("tramontana");
        let fulfil = [
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
            "--resume",
            "--watch",
        ];
        show(&fulfil);
        let seller = command(&self.wayfare)
            .args(["-C", CONFIG])
            .args(fulfil)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot run wayfare")?;
        shop.processes.push(seller);
        println!(
            "\nThe shop is open at {}. Add lines to {POOL} when the seller runs out of profiles.",
            shop.url
        );
        Ok(shop)
    }

    fn open_shop(&self, address: &str) -> Result<Shop> {
        let args = [
            "esim",
            "serve",
            "-m",
            MARKET,
            "--listen",
            address,
            "--descriptions",
            DESCRIPTIONS,
        ];
        show(&args);
        let mut process = command(&self.wayfare)
            .args(["-C", CONFIG, "--output", "json-compact"])
            .args(args)
            .stdout(Stdio::piped())
            // Its log, a line for every request.
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run wayfare")?;
        let mut ready = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut ready)?;
        }
        let ready: Value =
            serde_json::from_str(&ready).context("the shop did not open: try the command alone")?;
        let url = ready["listening"]
            .as_str()
            .context("the shop does not say where it is")?;
        Ok(Shop {
            url: url.to_owned(),
            processes: vec![process],
        })
    }
}

impl Shop {
    /// A page of it: head and body.
    fn get(&self, path: &str) -> Result<String> {
        let address = self
            .url
            .strip_prefix("http://")
            .context("the shop's address is not http")?;
        let mut connection =
            TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        write!(
            connection,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        ensure!(
            answer.starts_with("HTTP/1.1 200 "),
            "the shop answers {path} with {}",
            answer.lines().next().unwrap_or_default()
        );
        Ok(answer)
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
