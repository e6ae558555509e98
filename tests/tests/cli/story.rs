//! What the README's demo shows, small, and asserted.

use std::time::Duration;

use serde_json::Value;
use wayfare_tests::localnet::LocalNetwork;

pub const N: &str = "nyc-hotspots";

const POLICY: &str =
    "emission = \"1000\"\n[weights]\nuptime = 5000\ntraffic = 3000\ncheck_ins = 2000\n";

/// So many hotspots, the last of which is nowhere.
pub fn hotspots(count: usize) -> String {
    let mut csv = "id,owner,latitude,longitude\n".to_owned();
    for n in 1..count {
        csv += &format!("{n},owner {},40.7{n:03},-73.9{n:03}\n", n % 4);
    }
    csv + &format!("{count},owner 0,95.0,-73.9\n")
}

pub fn register<'a>(
    csv: &'a str,
    devices: &'a str,
    owners: &'a str,
    journal: &'a str,
) -> Vec<&'a str> {
    vec![
        "node",
        "register",
        "-n",
        N,
        "--yes",
        "--from-csv",
        csv,
        "--device-keys",
        devices,
        "--owner-keys",
        owners,
        "--journal",
        journal,
    ]
}

/// Computes, publishes, approves and activates an epoch from simulated metrics. Gives the folder of its data.
pub fn epoch(net: &LocalNetwork, number: &str, previous: Option<&str>) -> String {
    let policy = net.write("policy.toml", POLICY);
    let (metrics, data) = (
        net.path(&format!("m{number}.csv")),
        net.path(&format!("e{number}")),
    );
    net.done(&[
        "rewards",
        "simulate-metrics",
        "-n",
        N,
        "--seed",
        number,
        "--epoch-length",
        "1d",
        "--out",
        &metrics,
    ]);
    let mut compute = vec![
        "rewards",
        "compute",
        "-n",
        N,
        "--metrics",
        &metrics,
        "--simulated",
        number,
        "--epoch-length",
        "1d",
        "--policy",
        &policy,
        "--out",
        &data,
    ];
    let (first, second) = (net.path("publisher-1.json"), net.path("publisher-2.json"));
    let mut publish = vec![
        "rewards",
        "publish",
        &data,
        "--publisher",
        &first,
        "--wait",
        "--yes",
    ];
    let mut approve = vec!["rewards", "approve", &data, "--publisher", &second, "--yes"];
    if let Some(previous) = previous {
        for args in [&mut compute, &mut publish, &mut approve] {
            args.extend(["--previous", previous]);
        }
    }
    net.done(&compute);
    net.done(&publish);
    // One approval of two is not enough.
    assert_eq!(net.run(&["rewards", "activate", "-n", N]).code, Some(1));
    net.done(&approve);
    net.done(&["rewards", "activate", "-n", N, "--wait"]);
    net.done(&["rewards", "verify", &data]);
    data
}

#[test]
fn from_hotspots_to_balanced_books() {
    let net = LocalNetwork::start();
    net.migrate();
    let again = net.migrate().to_string();
    assert!(
        !again.contains("signature\":\""),
        "the second migration sent something: {again}"
    );
    net.done(&["network", "fund", N, "5000", "--yes"]);

    let csv = net.write("hotspots.csv", &hotspots(13));
    let (devices, owners, journal) = (net.path("devices"), net.path("owners"), net.path("j"));
    let registered = net.run(&register(&csv, &devices, &owners, &journal));
    let report = registered.json();
    assert_eq!(report["rows"], 13, "{report}");
    assert_eq!(report["refused"].as_array().unwrap().len(), 1, "{report}");
    let nodes = net.done(&["node", "list", "-n", N]).json();
    assert_eq!(nodes.as_array().unwrap().len(), 12);

    let mut previous: Option<String> = None;
    for number in ["1", "2"] {
        let data = epoch(&net, number, previous.as_deref());
        // The second time there is nothing to claim, and that is done.
        for journal in ["first", "second"] {
            let journal = net.path(&format!("{journal}-{number}.journal"));
            net.done(&[
                "rewards",
                "claim",
                "-n",
                N,
                "--all-owners",
                "--data",
                &data,
                "--journal",
                &journal,
            ]);
        }
        previous = Some(data);
    }

    // Exit code 3 where they do not balance.
    let books = net.done(&["network", "books", N]).json();
    assert_eq!(books["differences"], Value::Array(vec![]), "{books}");
    assert_eq!(books["claimed_total"], books["lifetime_total"], "{books}");
}

/// Killed at some moment of the job, again and again: each hotspot ends as exactly one node.
#[test]
fn a_bulk_job_killed_and_resumed() {
    let net = LocalNetwork::start();
    net.migrate();
    let csv = net.write("hotspots.csv", &hotspots(201));
    let (devices, owners, journal) = (net.path("devices"), net.path("owners"), net.path("j"));
    let args = register(&csv, &devices, &owners, &journal);
    let mut resume = args.clone();
    resume.push("--resume");

    for (attempt, wait) in [150, 400, 300, 700].into_iter().enumerate() {
        let args = if attempt > 0 && std::path::Path::new(&journal).exists() {
            &resume
        } else {
            &args
        };
        let mut job = net.command(args).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = job.kill();
        let _ = job.wait();
    }
    let args = if std::path::Path::new(&journal).exists() {
        &resume
    } else {
        &args
    };
    let ended = net.run(args);
    assert!(matches!(ended.code, Some(0 | 1)), "{ended:?}");
    let nodes = net.done(&["node", "list", "-n", N]).json();
    assert_eq!(nodes.as_array().unwrap().len(), 200, "{ended:?}");
}
