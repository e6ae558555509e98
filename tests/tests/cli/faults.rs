//! What real networks and machines do to a bulk job: each owner is paid exactly once, or the command says what is left.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use wayfare_tests::{
    localnet::{Ended, LocalNetwork},
    proxy::{Fault, Proxy},
};

use crate::story::{N, epoch, hotspots, register};

/// A network with an active epoch and nothing claimed. Gives the epoch's data.
fn unclaimed(net: &LocalNetwork, count: usize) -> String {
    net.migrate();
    net.done(&["network", "fund", N, "5000", "--yes"]);
    let csv = net.write("hotspots.csv", &hotspots(count));
    let (devices, owners, journal) = (net.path("devices"), net.path("owners"), net.path("reg"));
    let mut args = register(&csv, &devices, &owners, &journal);
    let single = count.to_string();
    args.extend(["--single-owners", &single]);
    // 1: the last row is nowhere, and said to be.
    assert_eq!(net.run(&args).code, Some(1));
    epoch(net, "1", None)
}

fn claim<'a>(data: &'a str, journal: &'a str) -> Vec<&'a str> {
    vec![
        "rewards",
        "claim",
        "-n",
        N,
        "--all-owners",
        "--data",
        data,
        "--journal",
        journal,
    ]
}

/// Starts a command whose report nobody reads.
fn quiet(command: &mut Command) -> Child {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[track_caller]
fn everybody_is_paid_once(net: &LocalNetwork) {
    let books = net.done(&["network", "books", N]).json();
    assert_eq!(
        books["differences"].as_array().map(Vec::len),
        Some(0),
        "{books}"
    );
    assert_eq!(books["claimed_total"], books["lifetime_total"], "{books}");
    assert_ne!(books["claimed_total"], "0", "{books}");
}

/// Runs a claim until it is done. Trouble with the network ends with 100, and a journal to go on with.
#[track_caller]
fn claim_until_done(net: &LocalNetwork, url: &str, data: &str, journal: &str) {
    for _ in 0..20 {
        let mut args = vec!["-u", url];
        args.extend(claim(data, journal));
        if Path::new(journal).exists() {
            args.push("--resume");
        }
        let ended = net.run(&args);
        match ended.code {
            Some(0) => return,
            Some(100) => {}
            _ => panic!("{ended:?}"),
        }
    }
    panic!("not done after 20 runs");
}

#[test]
fn an_rpc_that_fails_every_third_time() {
    let net = LocalNetwork::start();
    let data = unclaimed(&net, 25);
    let faults = [
        Fault::TooManyRequests,
        Fault::NoAnswer,
        Fault::Truncated,
        Fault::Unavailable,
        Fault::Duplicated,
    ];
    let proxy = Proxy::start(&net.url, move |number, _| match number % 3 {
        1 => faults[(number / 3) % faults.len()],
        _ => Fault::None,
    });
    claim_until_done(&net, &proxy.url, &data, &net.path("claims"));
    assert!(proxy.faults() >= 3, "{} faults", proxy.faults());
    everybody_is_paid_once(&net);
}

#[test]
fn transactions_that_land_without_an_answer() {
    let net = LocalNetwork::start();
    let data = unclaimed(&net, 25);
    let proxy = Proxy::start(&net.url, |number, body| {
        match (body.contains("sendTransaction"), number % 2) {
            (true, 0) => Fault::NoAnswer,
            (true, _) => Fault::Duplicated,
            _ => Fault::None,
        }
    });
    claim_until_done(&net, &proxy.url, &data, &net.path("claims"));
    assert!(proxy.faults() > 0);
    everybody_is_paid_once(&net);
}

#[test]
fn a_journal_of_another_cluster_is_not_resumed() {
    let net = LocalNetwork::start();
    let data = unclaimed(&net, 5);
    let journal = net.path("claims");
    net.done(&claim(&data, &journal));
    let proxy = Proxy::start(&net.url, |_, body| {
        if body.contains("getGenesisHash") {
            Fault::OtherGenesis
        } else {
            Fault::None
        }
    });
    let mut args = vec!["-u", proxy.url.as_str()];
    args.extend(claim(&data, &journal));
    args.push("--resume");
    let ended = net.run(&args);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("GH7ome3EiwEr7tu9JuTh2dpYWBJK3z69Xm1ZE3MEE6JC"),
        "{ended:?}"
    );
    everybody_is_paid_once(&net);
}

/// The disk is full somewhere in the journal: nothing is sent that it does not hold.
#[test]
fn a_disk_that_is_full_under_the_journal() {
    let net = LocalNetwork::start();
    let data = unclaimed(&net, 41);
    let journal = net.path("claims");
    let command = net.command(&claim(&data, &journal));
    // A limit on the size of files stands for a full disk: the write fails and the program goes on.
    let mut limited = Command::new("bash");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(net.path("."))
        .env("HOME", net.path("."));
    let output = limited.output().unwrap();
    let ended = Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(matches!(ended.code, Some(1 | 100)), "{ended:?}");
    let stopped = ended.json()["owners"]["stopped"].to_string();
    assert!(stopped.contains(&journal), "{ended:?}");

    claim_until_done(&net, &net.url, &data, &journal);
    everybody_is_paid_once(&net);
}

#[test]
fn two_cranks_at_once() {
    let net = LocalNetwork::start();
    let data = unclaimed(&net, 41);
    let journals = [net.path("one"), net.path("other")];
    let cranks = journals
        .each_ref()
        .map(|journal| quiet(&mut net.command(&claim(&data, journal))));
    for mut crank in cranks {
        // What the other one did first is done: nothing to claim is no error.
        assert_eq!(crank.wait().unwrap().code(), Some(0));
    }
    everybody_is_paid_once(&net);
}

#[test]
fn one_journal_serves_one_job_at_a_time() {
    let net = LocalNetwork::start();
    let data = unclaimed(&net, 61);
    let journal = net.path("claims");
    let mut first = quiet(&mut net.command(&claim(&data, &journal)));
    while !Path::new(&journal).exists() {
        if let Some(status) = first.try_wait().unwrap() {
            panic!("ended without a journal: {status}");
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let mut args = claim(&data, &journal);
    args.push("--resume");
    let second = net.run(&args);
    // Refused while the first runs; should that have ended meanwhile, there is nothing left to do.
    if second.code != Some(0) {
        assert_eq!(second.code, Some(1), "{second:?}");
        assert!(second.stderr.contains(&journal), "{second:?}");
    }
    assert_eq!(first.wait().unwrap().code(), Some(0));
    everybody_is_paid_once(&net);
}
