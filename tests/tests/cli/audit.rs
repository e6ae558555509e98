//! `wayfare audit` and `wayfare events` on accounts as the programs write them, and on accounts that were tampered with.

use std::path::Path;

use serde_json::{Value, json};
use solana_pubkey::Pubkey;
use wayfare_client::cluster::{Cluster, ClusterOptions};
use wayfare_client::{esim, rewards};

use crate::network::LocalNetwork;
use crate::proxy::call;
use crate::story::{N, epoch, hotspots, register};

/// Changes an account as no program would, by the local network's own means.
fn tamper(net: &LocalNetwork, address: &Pubkey, change: impl FnOnce(&mut Vec<u8>)) {
    let cluster = Cluster::connect(&net.url, ClusterOptions::default()).unwrap();
    let mut account = cluster.account(address).unwrap().unwrap();
    change(&mut account.data);
    let hex: String = account.data.iter().map(|b| format!("{b:02x}")).collect();
    let params = json!([address.to_string(), { "data": hex }]);
    call(&net.url, "surfnet_setAccount", params);
}

/// Adds to a number of 8 bytes.
fn add(data: &mut [u8], at: usize, more: u64) {
    let bytes: [u8; 8] = data[at..at + 8].try_into().unwrap();
    let number = u64::from_le_bytes(bytes).wrapping_add(more);
    data[at..at + 8].copy_from_slice(&number.to_le_bytes());
}

/// The ids of the rules that do not hold, of all programs and of the published data.
fn findings(report: &Value) -> Vec<String> {
    let programs = report["programs"].as_array().unwrap();
    let data = &report["published_data"];
    programs
        .iter()
        .chain((!data.is_null()).then_some(data))
        .flat_map(|part| part["findings"].as_array().unwrap())
        .map(|finding| finding["rule"]["id"].as_str().unwrap().to_owned())
        .collect()
}

fn tally(rules: &Value, id: &str) -> u64 {
    let mut rules = rules.as_array().unwrap().iter();
    rules.find(|rule| rule["id"] == id).unwrap()["checked"]
        .as_u64()
        .unwrap()
}

/// Two epochs of 12 hotspots, claimed; a market with a vault, and a hub.
fn lived(net: &LocalNetwork) -> [String; 2] {
    net.migrate();
    net.done(&["network", "fund", N, "5000", "--yes"]);
    let csv = net.write("hotspots.csv", &hotspots(13));
    let (devices, owners, journal) = (net.path("devices"), net.path("owners"), net.path("j"));
    net.run(&register(&csv, &devices, &owners, &journal));
    let first = epoch(net, "1", None);
    let claim = |data: &str, journal: &str| {
        let journal = net.path(journal);
        let claim = ["rewards", "claim", "-n", N, "--all-owners", "--data"];
        net.done(&[&claim[..], &[data, "--journal", &journal]].concat());
    };
    claim(&first, "claims-1");
    let second = epoch(net, "2", Some(&first));
    claim(&second, "claims-2");

    let wallet = net.done(&["address"]).json();
    let wallet = wallet.as_str().unwrap_or_else(|| {
        let fields = wallet.as_object().unwrap();
        fields.values().next().unwrap().as_str().unwrap()
    });
    let roles = [
        "--arbiter",
        wallet,
        "--guardian",
        wallet,
        "--treasury",
        wallet,
    ];
    let create = |what: &[&str], fee: &str| {
        let fee = ["--fee-bps", fee, "--yes"];
        net.done(&[what, &roles[..], &fee[..]].concat());
    };
    create(&["esim", "market", "create", "travel"], "250");
    net.done(&[
        "esim",
        "market",
        "accept-mint",
        "travel",
        &net.mint,
        "--yes",
    ]);
    create(&["roaming", "hub", "create", "eu"], "10");
    [first, second]
}

#[test]
fn an_audit_finds_nothing_until_somebody_tampers() {
    let net = LocalNetwork::start();
    assert_eq!(findings(&net.done(&["audit"]).json()), [] as [&str; 0]);
    let [first, second] = lived(&net);
    let programs = std::env::var("WAYFARE_PROGRAMS").unwrap();
    let idls = concat!(env!("CARGO_MANIFEST_DIR"), "/../idls");
    let everything = [
        "audit",
        "--programs",
        &programs,
        "--idls",
        idls,
        "--at-data",
        &second,
        "--previous",
        &first,
    ];
    let report = net.done(&everything).json();
    assert_eq!(findings(&report), [] as [&str; 0], "{report}");
    let [rewards, market, hub] = &report["programs"].as_array().unwrap()[..] else {
        panic!("three programs: {report}")
    };
    assert_eq!(rewards["accounts"]["Node"], 12, "{rewards}");
    assert_eq!(rewards["accounts"]["Epoch"], 2, "{rewards}");
    assert_eq!(tally(&rewards["rules"], "AC-2"), 12 + 2 + 1 + 1);
    assert_eq!(tally(&rewards["rules"], "AC-4"), 1);
    assert_eq!(rewards["networks"][0]["name"], N);
    assert_eq!(market["markets"][0]["vaults"][0]["held"]["base_units"], "0");
    assert_eq!(hub["hubs"][0]["name"], "eu");
    assert!(rewards["deployed"]["upgrade_authority"].is_string());
    let data = &report["published_data"];
    let owners = data["counters"].as_u64().unwrap();
    assert!(owners > 0, "{data}");
    assert_eq!(data["counters"], data["compared"], "{data}");
    assert_eq!(tally(&data["rules"], "NR-32"), owners);

    // One owner's counter: the books, and the owner's own leaf. The data of the first epoch say nothing of counters.
    let network = rewards::address::network(N).unwrap();
    let page = rewards::address::claim_page(&network, 0);
    tamper(&net, &page, |data| add(data, 8 + 40, 7));
    let ended = net.run(&everything);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let report = ended.json();
    assert_eq!(findings(&report), ["NR-2", "NR-23"], "{report}");
    let finding = &report["programs"][0]["findings"][0];
    assert_eq!(finding["difference"], "7", "{finding}");
    assert_eq!(finding["parts"][0]["account"], page.to_string());
    let text = net.run(&["audit", "--output", "display"]);
    assert_eq!(text.code, Some(3), "{text:?}");
    for said in ["NR-2 counters-are-claimed", "difference  7", "1 finding"] {
        assert!(text.stdout.contains(said), "{said}: {}", text.stdout);
    }
    assert_eq!(net.run(&["network", "books", N]).code, Some(3));
    tamper(&net, &page, |data| add(data, 8 + 40, 7u64.wrapping_neg()));
    net.done(&everything);

    // A page that is none: its counters are missing in the sum.
    tamper(&net, &page, |data| data[0] ^= 1);
    let report = net.run(&["audit", "node-rewards"]).json();
    assert_eq!(findings(&report), ["AC-1", "NR-2"], "{report}");
    tamper(&net, &page, |data| data[0] ^= 1);

    // A market's vault that says it holds something.
    let mint: Pubkey = net.mint.parse().unwrap();
    let vault = esim::address::vault(&esim::address::market("travel").unwrap(), &mint);
    tamper(&net, &vault, |data| add(data, 8 + 128, 5));
    let report = net.run(&["audit"]).json();
    assert_eq!(findings(&report), ["EM-1", "EM-2"], "{report}");
    assert_eq!(net.run(&["audit", "node-rewards"]).code, Some(0));
    tamper(&net, &vault, |data| add(data, 8 + 128, 5u64.wrapping_neg()));
    net.done(&["audit"]);
}

#[test]
fn other_programs_and_other_data() {
    let net = LocalNetwork::start();
    let [first, second] = lived(&net);
    // A program whose last byte is another.
    let built = std::env::var("WAYFARE_PROGRAMS").unwrap();
    let dir = net.path("programs");
    std::fs::create_dir(&dir).unwrap();
    for library in ["node_rewards", "esim_market", "roaming_escrow"] {
        let mut bytes = std::fs::read(format!("{built}/{library}.so")).unwrap();
        if library == "esim_market" {
            let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
            bytes[last] ^= 0xff;
        }
        std::fs::write(format!("{dir}/{library}.so"), bytes).unwrap();
    }
    let ended = net.run(&["audit", "--programs", &dir]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert_eq!(findings(&ended.json()), ["AC-4"]);
    net.done(&["audit", "node-rewards", "--programs", &dir]);

    // The second epoch's data in the place of the first's, and the first's after themselves.
    let ended = net.run(&["audit", "--at-data", &first, "--previous", &second]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    let report = ended.json();
    assert!(findings(&report).contains(&"NR-34".to_owned()), "{report}");
    // What cannot be looked at is no finding.
    let missing = net.path("nothing");
    for args in [
        &["audit", "--at-data", &missing][..],
        &["audit", "--programs", &missing],
        &["audit", "--idls", &missing],
    ] {
        assert_eq!(net.run(args).code, Some(1), "{args:?}");
    }
    assert!(!Path::new(&missing).exists());
    for args in [
        &["audit", "esim-market", "--at-data", &first][..],
        &["audit", "--previous", &first],
        &["audit", "netting"],
    ] {
        assert_eq!(net.run(args).code, Some(2), "{args:?}");
    }
}

#[test]
fn events_are_told_without_a_gap() {
    let net = LocalNetwork::start();
    lived(&net);
    let network = net.done(&["network", "show", N]).json();
    let address = network["address"].as_str().unwrap();
    let history = net.done(&["events", address]).json();
    assert_eq!(history["gaps"], json!([]), "{history}");
    assert_eq!(history["complete"], true, "{history}");
    let events: Vec<&Value> = history["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|transaction| transaction["events"].as_array().unwrap())
        .collect();
    let sequence = network["sequence"].as_u64().unwrap();
    assert_eq!(events.len() as u64, sequence, "{history}");
    let numbers: Vec<u64> = events
        .iter()
        .map(|event| {
            event["fields"]["sequence"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(numbers, (1..=sequence).collect::<Vec<_>>());
    assert_eq!(events[0]["event"], "NetworkCreated");
    let count = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!(count("NodeRegistered"), 12);
    assert_eq!((count("EpochProposed"), count("EpochActivated")), (2, 2));

    // The newest alone are no gap; one transaction is its events; a node has those that name it.
    let newest = net.done(&["events", address, "--limit", "3"]).json();
    assert_eq!(newest["complete"], false, "{newest}");
    assert_eq!(
        (&newest["looked_at"], &newest["gaps"]),
        (&json!(3), &json!([]))
    );
    let transactions = history["transactions"].as_array().unwrap();
    let last = transactions.last().unwrap();
    let signature = last["signature"].as_str().unwrap();
    let one = net.done(&["events", signature]).json();
    assert_eq!(one["transactions"][0]["events"], last["events"], "{one}");
    let nodes = net.done(&["node", "list", "-n", N]).json();
    let node = nodes[0]["address"].as_str().unwrap();
    let of_node = net.done(&["events", node]).json();
    let of_node = &of_node["transactions"][0]["events"];
    assert!(
        of_node.as_array().unwrap().iter().any(|event| {
            event["event"] == "NodeRegistered" && event["fields"]["device"] == nodes[0]["device"]
        }),
        "{of_node}"
    );
    // Of a program all that count events.
    let program = rewards::address::PROGRAM.to_string();
    let all = net.done(&["events", &program]).json();
    assert_eq!(all["gaps"], json!([]), "{all}");

    // A network that counts an event that nobody emitted.
    let at: Pubkey = address.parse().unwrap();
    let sequence_at = 8 + std::mem::offset_of!(node_rewards::state::Network, sequence);
    tamper(&net, &at, |data| add(data, sequence_at, 2));
    let history = net.done(&["events", address]).json();
    let gap = json!([{ "scope": address, "first": sequence + 1, "last": sequence + 2 }]);
    assert_eq!(history["gaps"], gap, "{history}");
    let text = net.done(&["events", address, "--output", "display"]);
    assert!(text.stdout.contains("missing events of"), "{}", text.stdout);
    assert_eq!(net.run(&["events", "not-base58!"]).code, Some(2));
    let unknown = "1111111111111111111111111111111111111111111111111111111111111111";
    assert_eq!(net.run(&["events", unknown]).code, Some(100));
}
