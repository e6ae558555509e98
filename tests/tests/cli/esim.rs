//! A market for eSIM plans through the binary: the shop, the deliveries, what goes wrong, and a pool that serves each
//! order once however often its process is killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use wayfare_tests::checkout;
use wayfare_tests::localnet::{Ended, LocalNetwork};

const MARKET: &str = "travel";

/// A market with one mint and one seller, who is the funded wallet, as is everybody who is paid.
struct Market {
    net: LocalNetwork,
}

impl Market {
    fn open() -> Self {
        let net = LocalNetwork::start();
        for key in ["arbiter", "guardian", "buyer"] {
            net.done(&["keygen", &net.path(&format!("{key}.json"))]);
        }
        let market = Self { net };
        let [arbiter, guardian] = ["arbiter", "guardian"].map(|key| market.net.address_of(key));
        market.net.create_market(MARKET, &arbiter, &guardian);
        let mint = market.net.mint.as_str();
        market
            .net
            .done(&["esim", "market", "accept-mint", MARKET, mint, "--yes"]);
        market.esim(&["seller", "apply", "-m", MARKET, "--yes"]);
        // Waiting for approval, a seller can prepare plans, and sell none.
        market.plan("fr-1gb", &["--release-window", "1h"]);
        let refused = market.buy("fr-1gb", &[]);
        assert!(
            refused.code == Some(1) && refused.stderr.contains("not approved"),
            "{refused:?}"
        );
        let seller = market.esim(&["seller", "show", "-m", MARKET]).json();
        let seller = seller["address"].as_str().unwrap();
        let approve = [
            "esim",
            "market",
            "seller-status",
            MARKET,
            seller,
            "approved",
            "--yes",
        ];
        market.net.done(&approve);
        market
    }

    #[track_caller]
    fn esim(&self, args: &[&str]) -> Ended {
        self.net.done(&[&["esim"], args].concat())
    }

    fn try_esim(&self, args: &[&str]) -> Ended {
        self.net.run(&[&["esim"], args].concat())
    }

    #[track_caller]
    fn plan(&self, id: &str, more: &[&str]) {
        let mint = &self.net.mint;
        let plan = [
            "seller",
            "plan",
            "create",
            id,
            "-m",
            MARKET,
            "--yes",
            "--mint",
            mint,
            "--price",
            "4.50",
            "--data",
            "1GB",
            "--days",
            "7",
            "--countries",
            "France, DE",
        ];
        let mut args = [&plan, more].concat();
        if !args.contains(&"--delivery-window") {
            args.extend(["--delivery-window", "1h"]);
        }
        self.esim(&args);
    }

    /// Bought by the buyer, paid by the wallet.
    fn buy(&self, plan: &str, more: &[&str]) -> Ended {
        let buyer = self.net.path("buyer.json");
        let payer = self.net.path("wallet.json");
        let buy = [
            "buy", plan, "-m", MARKET, "--yes", "--buyer", &buyer, "--payer", &payer,
        ];
        self.try_esim(&[&buy, more].concat())
    }

    #[track_caller]
    fn bought(&self, plan: &str, more: &[&str]) -> String {
        let ended = self.buy(plan, more);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        ended.json()["order"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn show(&self, order: &str) -> Value {
        let buyer = self.net.path("buyer.json");
        self.esim(&["show", order, "-k", &buyer]).json()
    }

    fn state(&self, order: &str) -> String {
        self.show(order)["state"].as_str().unwrap().to_owned()
    }

    /// What the buyer of an order decrypts.
    fn delivered(&self, order: &str) -> String {
        let shown = self.show(order);
        let code = &shown["delivered"]["activation_code"];
        code.as_str()
            .unwrap_or_else(|| panic!("{shown}"))
            .to_owned()
    }

    fn pool(&self, name: &str, ids: impl IntoIterator<Item = usize>) -> String {
        let rows: String = ids
            .into_iter()
            .map(|n| format!("LPA:1$smdp.example.com$ID-{n}\n"))
            .collect();
        self.net.write(name, &format!("lpa\n{rows}"))
    }

    fn fulfil(&self, pool: &str, more: &[&str]) -> Ended {
        let fulfil = ["seller", "fulfil", "-m", MARKET, "--pool", pool];
        self.try_esim(&[&fulfil, more].concat())
    }

    #[track_caller]
    fn balanced(&self) {
        let books = self.net.done(&["esim", "market", "books", MARKET]).json();
        assert_eq!(books["differences"], Value::Array(vec![]), "{books}");
    }

    fn wait_for_seconds(&self, seconds: u64) {
        std::thread::sleep(Duration::from_secs(seconds));
    }
}

#[test]
fn a_package_list_becomes_plans_and_again_nothing() {
    let market = Market::open();
    let mint = market.net.mint.as_str();
    let packages = checkout("data/airalo-packages-sample.json")
        .display()
        .to_string();
    let import = |delivery: &str, more: &[&str]| {
        let args = [
            "seller",
            "import",
            "-m",
            MARKET,
            "--airalo",
            &packages,
            "--mint",
            mint,
            "--delivery-window",
            delivery,
            "--release-window",
            "1h",
            "--yes",
        ];
        market.try_esim(&[&args, more].concat())
    };
    let counts = |ended: &Ended| {
        let json = ended.json();
        ["new", "changed", "same"].map(|field| json[field].as_u64().unwrap())
    };
    // Ten of the list cannot be offered, so it is not all done.
    let dry = import("10m", &["--dry-run"]);
    assert_eq!((dry.code, counts(&dry)), (Some(1), [42, 0, 0]), "{dry:?}");
    assert_eq!(
        market
            .esim(&["plans", "-m", MARKET])
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let first = import("10m", &["--stock", "9"]);
    assert_eq!(
        (first.code, counts(&first)),
        (Some(1), [42, 0, 0]),
        "{first:?}"
    );
    let json = first.json();
    assert_eq!(
        (
            json["plans"]["done"].as_u64(),
            json["refused"].as_array().unwrap().len()
        ),
        (Some(42), 10)
    );
    assert!(first.stdout.contains("did you mean GB"), "{first:?}");
    let again = import("10m", &[]);
    assert_eq!(
        (counts(&again), &again.json()["plans"]["transactions"]),
        ([0, 0, 42], &Value::from(0))
    );
    let changed = import("20m", &[]);
    assert_eq!(counts(&changed), [0, 42, 0]);
    // An update leaves the stock alone.
    let plans = market.esim(&["seller", "plans", "-m", MARKET]).json();
    let stocks: BTreeSet<u64> = plans
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|plan| plan["stock"].as_u64())
        .collect();
    assert_eq!(stocks, [9].into());
}

#[test]
fn bad_input_is_refused_with_the_reason_and_changes_nothing() {
    let market = Market::open();
    let order = market.bought("fr-1gb", &[]);
    let deliver = |order: &str, profile: &str| {
        market.try_esim(&["seller", "deliver", order, "--profile", profile])
    };
    let refused = |ended: Ended, code: i32, text: &str| {
        assert!(
            ended.code == Some(code) && ended.stderr.contains(text),
            "{text}: {ended:?}"
        );
        assert!(!ended.stderr.contains("SECRET"), "{ended:?}");
    };
    let eid = "89049032123451234512345678901236";
    for (name, text, reason) in [
        ("no-code", "smdp.example.com$SECRET", "LPA:"),
        ("bad-host", "LPA:1$smdp$SECRET", "host name"),
        (
            "bad-eid",
            &format!(r#"{{"lpa": "LPA:1$smdp.example.com$SECRET", "eid": "{eid}"}}"#),
            "digits do not fit",
        ),
        (
            "too-long",
            &format!(
                r#"{{"lpa": "LPA:1$smdp.example.com$SECRET", "notes": "{}"}}"#,
                "n".repeat(500)
            ),
            "at most 432",
        ),
    ] {
        let file = market.net.write(name, text);
        refused(deliver(&order, &file), 1, reason);
    }
    refused(deliver(&order, "LPA:1$smdp$SECRET"), 1, "host name");
    refused(
        deliver(&order, "1$smdp.example.com$SECRET"),
        1,
        "neither an activation code",
    );
    let pool = market.net.write(
        "pool.csv",
        &format!("lpa,eid\nLPA:1$smdp.example.com$A,\nLPA:1$smdp.example.com$B,{eid}\n"),
    );
    refused(market.fulfil(&pool, &[]), 1, "line 3");
    let plan = |more: &[&str]| {
        let mint = market.net.mint.as_str();
        let args = [
            "seller",
            "plan",
            "create",
            "x",
            "-m",
            MARKET,
            "--yes",
            "--mint",
            mint,
            "--price",
            "1",
            "--data",
            "1GB",
            "--days",
            "7",
            "--release-window",
            "1m",
        ];
        market.try_esim(&[&args, more].concat())
    };
    refused(
        plan(&["--countries", "France, UK", "--delivery-window", "1m"]),
        1,
        "did you mean GB",
    );
    refused(
        plan(&["--countries", "FR", "--delivery-window", "2h"]),
        1,
        "BadDeliveryWindow",
    );
    refused(plan(&["--countries", "FR"]), 2, "--delivery-window");
    let no_plan = [
        "seller", "plan", "update", "no-such", "-m", MARKET, "--price", "1", "--yes",
    ];
    refused(market.try_esim(&no_plan), 1, "no plan");
    assert_eq!(market.state(&order), "paid");

    // Delivered once, never again to anybody.
    let code = "LPA:1$smdp.example.com$ID-1";
    market.esim(&["seller", "deliver", &order, "--profile", code]);
    assert_eq!(market.delivered(&order), code);
    let second = market.bought("fr-1gb", &[]);
    refused(deliver(&second, code), 1, &order);
    let pool = market.pool("again.csv", [1]);
    let ended = market.fulfil(&pool, &[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("no more profiles"), "{ended:?}");
    // Nor from a folder where nobody knows of it.
    let elsewhere = market.net.path("elsewhere.journal");
    refused(
        market.fulfil(&pool, &["--journal", &elsewhere]),
        1,
        "--new-journal",
    );
    assert_eq!(market.state(&second), "paid");
    market.balanced();
}

#[test]
fn every_way_an_order_ends() {
    let market = Market::open();
    market.plan(
        "short",
        &["--delivery-window", "3s", "--release-window", "1h"],
    );
    market.plan("quick", &["--release-window", "2s"]);
    // Nobody delivers; anyone brings the money back.
    let undelivered = market.bought("short", &[]);
    let quick = market.bought("quick", &[]);
    let disputed = market.bought("fr-1gb", &[]);
    let given_back = market.bought("fr-1gb", &[]);
    let pool = market.pool("pool.csv", 1..=3);
    market.wait_for_seconds(3);
    let fulfilled = market.fulfil(&pool, &[]);
    let json = fulfilled.json();
    assert_eq!(
        json["delivered"].as_array().unwrap().len(),
        3,
        "{fulfilled:?}"
    );
    assert_eq!(
        json["left"][0]["order"],
        undelivered.as_str(),
        "{fulfilled:?}"
    );
    market.wait_for_seconds(2);
    let swept = market.esim(&["sweep", "-m", MARKET]).json();
    assert_eq!(swept["still_due"], Value::Array(vec![]), "{swept}");
    assert_eq!(market.state(&quick), "completed");
    // Refunded and closed: the rent is back.
    let gone = market.try_esim(&["show", &undelivered]);
    assert!(
        gone.code == Some(1) && gone.stderr.contains("closed"),
        "{gone:?}"
    );

    // A complaint, an answer, a judgement.
    let buyer = market.net.path("buyer.json");
    let fee_payer = market.net.path("wallet.json");
    let dispute = [
        "dispute",
        &disputed,
        "--reason",
        "no-service",
        "--buyer",
        &buyer,
        "--fee-payer",
        &fee_payer,
        "--yes",
    ];
    market.esim(&dispute);
    let evidence = market.net.write("evidence.txt", "it worked on the 3rd");
    market.esim(&[
        "seller",
        "answer",
        &disputed,
        "--evidence",
        &evidence,
        "--yes",
    ]);
    let disputes = market.esim(&["market", "disputes", MARKET]).json();
    assert!(disputes.to_string().contains(&disputed), "{disputes}");
    let arbiter = market.net.path("arbiter.json");
    market.esim(&[
        "market",
        "resolve",
        &disputed,
        "--split",
        "4000",
        "--arbiter",
        &arbiter,
        "--fee-payer",
        &fee_payer,
        "--yes",
    ]);
    let resolved = market.show(&disputed);
    assert_eq!(resolved["refunded"]["tokens"], "1.8", "{resolved}");

    // A part by agreement.
    let part = [
        "seller",
        "refund",
        &given_back,
        "--part",
        "1.25",
        "--buyer",
        &buyer,
        "--yes",
    ];
    market.esim(&part);
    assert_eq!(market.show(&given_back)["refunded"]["tokens"], "1.25");
    let again = market.try_esim(&part);
    assert!(
        again.code == Some(1) && again.stderr.contains("refunded"),
        "{again:?}"
    );
    let nothing = market.esim(&["sweep", "-m", MARKET]).json();
    assert_eq!(nothing["orders"]["transactions"], 0, "{nothing}");
    market.balanced();
}

/// Killed at some moment of the job, again and again: each order gets one profile, and no profile two orders.
#[test]
fn fulfil_killed_and_resumed() {
    const ORDERS: usize = 24;
    let market = Market::open();
    let ids: Vec<String> = (0..ORDERS).map(|n| n.to_string()).collect();
    let orders: Vec<String> = std::thread::scope(|scope| {
        let buy = |id| {
            let market = &market;
            scope.spawn(move || market.bought("fr-1gb", &["--order-id", id]))
        };
        ids.chunks(8)
            .flat_map(|chunk| {
                let purchases: Vec<_> = chunk.iter().map(|id| buy(id)).collect();
                purchases
                    .into_iter()
                    .map(|purchase| purchase.join().unwrap())
            })
            .collect()
    });
    // Not one profile more than orders: a profile lost by a crash would be missing at the end.
    let pool = market.pool("pool.csv", 1..=ORDERS);
    let journal = market.net.path("deliveries.journal");
    let fulfil = [
        "esim",
        "seller",
        "fulfil",
        "-m",
        MARKET,
        "--pool",
        &pool,
        "--journal",
        &journal,
    ];
    let args = || match std::path::Path::new(&journal).exists() {
        true => [&fulfil[..], &["--resume"]].concat(),
        false => fulfil.to_vec(),
    };
    for wait in [150, 450, 300, 800] {
        let mut job = market.net.command(&args()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = job.kill();
        let _ = job.wait();
    }
    let ended = market.net.run(&args());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let codes: BTreeSet<String> = orders.iter().map(|order| market.delivered(order)).collect();
    let expected: BTreeSet<String> = (1..=ORDERS)
        .map(|n| format!("LPA:1$smdp.example.com$ID-{n}"))
        .collect();
    assert_eq!(codes, expected);
    // Two at once on one journal do not happen, and a second run has nothing to do.
    let again = market.net.run(&args());
    assert_eq!(
        (again.code, again.json()["transactions"].as_u64()),
        (Some(0), Some(0)),
        "{again:?}"
    );
    market.balanced();
}

/// It serves what arrives while it runs, reads a pool that grows, and ends in order when it is told to.
#[test]
fn a_watch_serves_orders_as_they_arrive() {
    let market = Market::open();
    let pool = market.pool("pool.csv", [1]);
    let watch = [
        "esim",
        "seller",
        "fulfil",
        "-m",
        MARKET,
        "--pool",
        &pool,
        "--watch",
        "--interval",
        "1s",
    ];
    let mut service = market
        .net
        .command(&watch)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The chain has a delivery before the service has seen that it does: who stops it in between is told of a transaction
    // that is not resolved. So wait for the service's own word.
    let (say, said) = mpsc::channel();
    let lines = BufReader::new(service.stderr.take().unwrap()).lines();
    std::thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .try_for_each(|line| say.send(line))
    });
    let wait_for = |order: &str| {
        let delivered = format!("delivered: order {order}");
        while said
            .recv_timeout(Duration::from_secs(60))
            .unwrap_or_else(|error| panic!("{order} was not delivered: {error}"))
            != delivered
        {}
        assert_eq!(market.state(order), "delivered");
    };
    let first = market.bought("fr-1gb", &[]);
    wait_for(&first);
    let second = market.bought("fr-1gb", &[]);
    market.pool("pool.csv", [1, 2]);
    wait_for(&second);
    assert_ne!(market.delivered(&first), market.delivered(&second));
    let held = market.fulfil(&pool, &[]);
    assert!(
        held.code == Some(1) && held.stderr.contains("another process"),
        "{held:?}"
    );

    let interrupted = std::process::Command::new("kill")
        .args(["-INT", &service.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let mut report = String::new();
    std::io::Read::read_to_string(&mut service.stdout.take().unwrap(), &mut report).unwrap();
    assert_eq!(service.wait().unwrap().code(), Some(0), "{report}");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["delivered"].as_array().unwrap().len(), 2, "{report}");
}
