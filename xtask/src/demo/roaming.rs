//! The chapter of roaming: two operators settle 24 months of traffic from their own books, which disagree.

use std::process::{Child, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{CONFIG, LocalNetwork, Story, chapter, file, show};
use crate::command::command;

const HUB: &str = "europe";

/// Both operators' books of the same traffic.
const BOOKS: &str = "data/bwrp-usage.json";

/// What the importer cannot judge by itself: rows without a charge cost nothing, and equal rows are records of their own.
const JUDGED: [&str; 6] = [
    "--currency",
    "EUR",
    "--unpriced",
    "zero",
    "--duplicates",
    "keep",
];

/// The month that is period 0.
const FIRST: &str = "2019-01";

/// What is stated together: the months, and who gives a voucher before the first of them.
const PARTS: [(&[&str], &Operator, &str); 3] = [
    (
        &[
            "2019-01", "2019-02", "2019-03", "2019-04", "2019-05", "2019-06",
        ],
        &DEUD1,
        "120000",
    ),
    (
        &[
            "2019-07", "2019-08", "2019-09", "2019-10", "2019-11", "2019-12",
        ],
        &BELMO,
        "50000",
    ),
    (
        &[
            "2020-01", "2020-02", "2020-03", "2020-04", "2020-05", "2020-06", "2020-07", "2020-08",
            "2020-09", "2020-10", "2020-11", "2020-12",
        ],
        &DEUD1,
        "400000",
    ),
];

struct Operator {
    tadig: &'static str,
    /// All its networks in the books.
    networks: &'static str,
    /// Whose books are its own.
    book: &'static str,
    /// Its key file.
    key: &'static str,
}

const DEUD1: Operator = Operator {
    tadig: "DEUD1",
    networks: "DEUD1+AAZTD",
    book: "DTAG",
    key: "deud1",
};

const BELMO: Operator = Operator {
    tadig: "BELMO",
    networks: "BELMO+FRAF1+AAZOR",
    book: "TMUS",
    key: "belmo",
};

/// Home and visited network of each direction.
const DIRECTIONS: [(&Operator, &Operator); 2] = [(&BELMO, &DEUD1), (&DEUD1, &BELMO)];

impl Story {
    /// From two books to settled balances.
    pub fn roaming(&self, network: &LocalNetwork) -> Result<()> {
        let started = Instant::now();
        chapter("Roaming: a hub, two operators, an agreement, collateral");
        let agreement = self.agree(network)?;

        chapter("Two books of the same traffic, 24 months: where they differ");
        self.reconcile()?;
        for (home, visited) in DIRECTIONS {
            self.build(&agreement, home, visited, visited, "states")?;
            self.build(&agreement, home, visited, home, "own")?;
        }

        for (months, voucher_of, amount) in PARTS {
            let (from, until) = (months[0], months[months.len() - 1]);
            chapter(&format!(
                "{from} to {until}: a voucher during the month, then statements, answers, disputes, settlements"
            ));
            self.voucher(&agreement, voucher_of, from, amount)?;
            self.submit_and_answer(months)?;
            self.dispute(&agreement, from)?;
            self.crank(&agreement)?;
            self.top_up(&agreement)?;
        }

        chapter("Computed once more from the two books alone, beside what is on the chain");
        self.run(&["roaming", "collect-fees", "-a", &agreement])?;
        let verify = [
            "roaming",
            "verify",
            "-a",
            &agreement,
            "--first-period",
            FIRST,
        ];
        self.run(&[&verify[..], &both_books()].concat())?;
        self.run(&["roaming", "agree", "show", "-a", &agreement])?;
        self.run(&["roaming", "books", HUB])?;
        println!(
            "\n24 months of both directions took {} s.",
            started.elapsed().as_secs()
        );
        Ok(())
    }

    fn agree(&self, network: &LocalNetwork) -> Result<String> {
        for key in ["roaming-arbiter", "roaming-guardian", DEUD1.key, BELMO.key] {
            self.run(&["keygen", &file(key)])?;
        }
        let [arbiter, guardian] =
            ["roaming-arbiter", "roaming-guardian"].map(|key| self.public_key(key));
        let (arbiter, guardian, treasury) = (arbiter?, guardian?, self.public_key("wallet")?);
        self.run(&[
            "roaming",
            "hub",
            "create",
            HUB,
            "--arbiter",
            &arbiter,
            "--guardian",
            &guardian,
            "--treasury",
            &treasury,
            "--fee-bps",
            "10",
            "--yes",
        ])?;
        let (deud1, belmo) = (file(DEUD1.key), file(BELMO.key));
        let register = |operator: &'static Operator, key, name| {
            vec![
                "roaming",
                "operator",
                "register",
                "--hub",
                HUB,
                operator.tadig,
                "--operator-authority",
                key,
                "--name",
                name,
                "--yes",
            ]
        };
        self.at_once(&[
            register(&DEUD1, &deud1, "Network D"),
            register(&BELMO, &belmo, "Network B"),
        ])?;
        // Windows of seconds, so that the story has an end; in earnest they are weeks.
        self.run(&[
            "roaming",
            "agree",
            "propose",
            "--hub",
            HUB,
            "--operator",
            DEUD1.tadig,
            "--with",
            BELMO.tadig,
            "--mint",
            &network.mint,
            "--statement-window",
            "60s",
            "--dispute-window",
            "2s",
            "--arbitration-window",
            "10s",
            "--withdrawal-notice",
            "60s",
            "--tolerance-bps",
            "100",
            "--default-award-bps",
            "5000",
            "--authority",
            &deud1,
            "--yes",
        ])?;
        let agreements = self.json(&["roaming", "agree", "list", "--hub", HUB])?;
        let agreement = agreements[0]["agreement"]
            .as_str()
            .context("there is no agreement")?
            .to_owned();
        self.run(&[
            "roaming",
            "agree",
            "accept",
            "-a",
            &agreement,
            "--authority",
            &belmo,
            "--yes",
        ])?;
        let deposit = |operator: &'static Operator, amount| {
            vec![
                "roaming",
                "deposit",
                amount,
                "-a",
                &agreement,
                "--for",
                operator.tadig,
                "--yes",
            ]
        };
        self.at_once(&[deposit(&DEUD1, "2500000"), deposit(&BELMO, "500000")])?;
        Ok(agreement)
    }

    fn reconcile(&self) -> Result<()> {
        let reconcile = [
            "roaming",
            "reconcile",
            "--different",
            "--tolerance-bps",
            "100",
            "--csv",
            "target/demo/reconciled.csv",
        ];
        self.run(&[&reconcile[..], &both_books()].concat())
    }

    /// Statements of all months, of one direction, from one book.
    fn build(
        &self,
        agreement: &str,
        home: &Operator,
        visited: &Operator,
        keeper: &Operator,
        folder: &str,
    ) -> Result<()> {
        let pair = format!("{},{}", home.networks, visited.networks);
        let kept_by = match keeper.tadig == home.tadig {
            true => "home",
            false => "visited",
        };
        let out = format!("target/demo/{folder}");
        let build = [
            "roaming",
            "statement",
            "build",
            "-a",
            agreement,
            "--usage",
            BOOKS,
            "--book",
            keeper.book,
            "--kept-by",
            kept_by,
            "--tadig",
            &pair,
            "--period",
            FIRST,
            "--until",
            "2020-12",
            "--out",
            &out,
        ];
        self.run(&[&build[..], &JUDGED].concat())
    }

    fn voucher(&self, agreement: &str, home: &Operator, month: &str, amount: &str) -> Result<()> {
        let voucher = format!("target/demo/voucher-{month}.json");
        self.run(&[
            "roaming",
            "voucher",
            "sign",
            "-a",
            agreement,
            "--home",
            home.tadig,
            "--period",
            month,
            "--first-period",
            FIRST,
            "--cumulative",
            amount,
            "--signer",
            &file(home.key),
            "--out",
            &voucher,
        ])?;
        self.run(&["roaming", "voucher", "redeem", &voucher])
    }

    /// Both operators state, each what it saw, and answer the other from their own book.
    fn submit_and_answer(&self, months: &[&str]) -> Result<()> {
        let first = months[0];
        let job = |verb: &'static str, home: &Operator, visited: &Operator| {
            let (actor, folder) = match verb {
                "submit" => (visited, "states"),
                _ => (home, "own"),
            };
            let pair = format!("{}-{}", home.tadig, visited.tadig);
            let mut args = vec![
                "roaming".to_owned(),
                "statement".to_owned(),
                verb.to_owned(),
            ];
            let files = months
                .iter()
                .map(|month| format!("target/demo/{folder}/{pair}-{month}.json"));
            args.extend(files);
            args.extend([
                "--authority".to_owned(),
                file(actor.key),
                "--journal".to_owned(),
                format!("target/demo/{verb}-{pair}-{first}.journal"),
                "--yes".to_owned(),
            ]);
            args
        };
        for verb in ["submit", "answer"] {
            let jobs = DIRECTIONS.map(|(home, visited)| job(verb, home, visited));
            let jobs: Vec<Vec<&str>> = jobs
                .iter()
                .map(|job| job.iter().map(String::as_str).collect())
                .collect();
            self.at_once(&jobs)?;
        }
        Ok(())
    }

    /// Three disputes end by somebody's word, if there are so many; the others are left to the agreed default.
    fn dispute(&self, agreement: &str, part: &str) -> Result<()> {
        let disputes = self.json(&["roaming", "dispute", "list", "--hub", HUB])?;
        let disputes = disputes.as_array().context("no list of disputes")?;
        if disputes.is_empty() {
            return Ok(());
        }
        self.run(&["roaming", "dispute", "list", "--hub", HUB])?;
        let (deud1, belmo, arbiter) = (file(DEUD1.key), file(BELMO.key), file("roaming-arbiter"));
        let mut periods: Vec<String> = disputes
            .iter()
            .filter(|dispute| dispute["home"] == DEUD1.tadig)
            .filter_map(|dispute| Some(dispute["period"].as_u64()?.to_string()))
            .collect();
        periods.sort_by_key(|period| period.parse::<u64>().unwrap_or(u64::MAX));
        let of = |verb: &'static str, period, more: &[&'static str]| {
            let mut args = vec!["roaming", "dispute", verb, "-a", agreement];
            args.extend(["--home", DEUD1.tadig, "--period", period]);
            args.extend(more);
            args.push("--yes");
            args
        };
        let [first, second, third, ..] = periods.as_slice() else {
            anyhow::bail!("fewer than three disputes in the months from {part} on");
        };
        let mut concede = of("concede", first, &[]);
        concede.extend(["--authority", &deud1]);
        let mut forgo = of("concede", second, &[]);
        forgo.extend(["--authority", &belmo]);
        let mut award = of("award", third, &["25%", "--wait"]);
        award.extend(["--arbiter", &arbiter]);
        self.at_once(&[concede, forgo, award])
    }

    /// Whoever likes: what nobody decided, and then every month's settlement.
    fn crank(&self, agreement: &str) -> Result<()> {
        self.run(&[
            "roaming",
            "crank",
            "-a",
            agreement,
            "--first-period",
            FIRST,
            "--wait",
            "--journal",
            "target/demo/crank.journal",
        ])
    }

    /// Collateral that was too little: nothing is stated in arrears, and a deposit pays them first.
    fn top_up(&self, agreement: &str) -> Result<()> {
        let state = self.json(&["roaming", "agree", "show", "-a", agreement])?;
        let sides = [&state["first"], &state["second"]];
        let Some(short) = sides
            .into_iter()
            .find(|side| side["arrears"]["base_units"] != "0")
        else {
            return Ok(());
        };
        let tadig = text(short, "tadig")?;
        ensure!(tadig == DEUD1.tadig, "{tadig} is in arrears");
        chapter(
            "The collateral was too little: nothing can be stated in arrears, and a deposit pays them first",
        );
        let next = "target/demo/states/BELMO-DEUD1-2020-01.json";
        let deud1 = file(DEUD1.key);
        self.run_ending_in(
            1,
            &[
                "roaming",
                "statement",
                "submit",
                next,
                "--authority",
                &deud1,
                "--yes",
            ],
        )?;
        self.run(&[
            "roaming",
            "deposit",
            "3600000",
            "-a",
            agreement,
            "--for",
            DEUD1.tadig,
            "--yes",
        ])
    }

    /// Shows commands and runs them at the same time, as different people do; each must succeed.
    fn at_once(&self, commands: &[Vec<&str>]) -> Result<()> {
        let children = commands
            .iter()
            .map(|args| {
                show(args);
                command(&self.wayfare)
                    .args(["-C", CONFIG])
                    .args(args)
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .context("cannot run wayfare")
            })
            .collect::<Result<Vec<Child>>>()?;
        for (child, args) in children.into_iter().zip(commands) {
            let ended = child
                .wait_with_output()
                .context("cannot wait for wayfare")?;
            println!(
                "\n{}{}",
                String::from_utf8_lossy(&ended.stderr),
                String::from_utf8_lossy(&ended.stdout).trim_end()
            );
            ensure!(
                ended.status.success(),
                "wayfare {} ended with {}",
                args.join(" "),
                ended.status
            );
        }
        Ok(())
    }
}

/// Both books, seen from the one operator.
fn both_books() -> Vec<&'static str> {
    let mut args = vec!["--mine", BOOKS, "--my-book", DEUD1.book];
    args.extend(["--theirs", BOOKS, "--their-book", BELMO.book]);
    args.extend(["--tadig", "DEUD1+AAZTD,BELMO+FRAF1+AAZOR"]);
    args.extend(JUDGED);
    args
}

fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field]
        .as_str()
        .with_context(|| format!("no {field} in the answer"))
}
