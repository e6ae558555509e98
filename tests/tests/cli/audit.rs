//! `wayfare audit` and `wayfare events` on accounts as the programs write them, and on accounts that were tampered with.

use std::path::Path;

use std::time::Instant;

use anchor_lang::{AccountSerialize, Discriminator};
use bytemuck::{Pod, Zeroable, bytes_of};
use esim_market::state::{
    ActivationPolicy, Order, OrderState, RefundPolicy, Seller, SellerStatus, StoredPlanTerms,
};
use node_rewards::state::{ClaimPage, Network, Node, NodeKind};
use roaming_escrow::state::{Agreement, AgreementState, Hub, Operator, OperatorStatus};
use serde_json::{Value, json};
use solana_pubkey::Pubkey;
use wayfare_client::cluster::{Cluster, ClusterOptions};
use wayfare_client::{esim, rewards, roaming};
use wayfare_core::esim::countries::{Code, Countries};
use wayfare_tests::checkout;
use wayfare_tests::localnet::LocalNetwork;
use wayfare_tests::proxy::call;

use crate::story::{N, epoch, hotspots, register};

/// Changes an account as no program would, by the local network's own means.
fn tamper(net: &LocalNetwork, address: &Pubkey, change: impl FnOnce(&mut Vec<u8>)) {
    let cluster = Cluster::connect(&net.url, ClusterOptions::default()).unwrap();
    let mut account = cluster.account(address).unwrap().unwrap();
    change(&mut account.data);
    put(net, address, &account.owner, &account.data);
}

/// Puts an account on the chain that nobody paid for.
fn put(net: &LocalNetwork, address: &Pubkey, owner: &Pubkey, data: &[u8]) {
    let hex: String = data.iter().map(|b| format!("{b:02x}")).collect();
    let account = json!({ "data": hex, "owner": owner.to_string(), "lamports": 1_000_000_000 });
    let params = json!([address.to_string(), account]);
    call(&net.url, "surfnet_setAccount", params);
}

/// An account's data as the programs write them in place.
fn in_place<T: Pod + Discriminator>(state: &T) -> Vec<u8> {
    [T::DISCRIMINATOR, bytes_of(state)].concat()
}

/// An account's data as the programs write them in Borsh.
fn in_borsh(state: &impl AccountSerialize, space: usize) -> Vec<u8> {
    let mut data = vec![];
    state.try_serialize(&mut data).unwrap();
    data.resize(space, 0);
    data
}

fn key(number: usize) -> Pubkey {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&(number as u64 + 1).to_le_bytes());
    Pubkey::new_from_array(bytes)
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

/// A market with a vault, and a hub.
fn market_and_hub(net: &LocalNetwork) {
    let wallet = &*net.address_of("wallet");
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

    market_and_hub(net);
    [first, second]
}

#[test]
fn an_audit_finds_nothing_until_somebody_tampers() {
    let net = LocalNetwork::start();
    assert_eq!(findings(&net.done(&["audit"]).json()), [] as [&str; 0]);
    let [first, second] = lived(&net);
    let programs = std::env::var("WAYFARE_PROGRAMS").unwrap();
    let idls = checkout("idls").display().to_string();
    let everything = [
        "audit",
        "--programs",
        &programs,
        "--idls",
        &idls,
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
    let held = 8 + std::mem::offset_of!(esim_market::state::MarketVault, held);
    tamper(&net, &vault, |data| add(data, held, 5));
    let report = net.run(&["audit"]).json();
    assert_eq!(findings(&report), ["EM-1", "EM-2"], "{report}");
    assert_eq!(net.run(&["audit", "node-rewards"]).code, Some(0));
    tamper(&net, &vault, |data| add(data, held, 5u64.wrapping_neg()));
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
    let sequence_at = 8 + std::mem::offset_of!(node_rewards::state::Network, scope.sequence);
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

/// The size that the project promises an audit for: within 20 seconds.
#[test]
fn an_audit_of_many_accounts() {
    const NODES: usize = 10_000;
    const PAGES: u32 = 1_000;
    const ORDERS: usize = 1_000;
    const OPERATORS: usize = 11;
    const AGREEMENTS: usize = 50;
    let net = LocalNetwork::start();
    net.migrate();
    market_and_hub(&net);
    let cluster = Cluster::connect(&net.url, ClusterOptions::default()).unwrap();

    let (network, state) = cluster.network(N).unwrap();
    let program = rewards::address::PROGRAM;
    for number in 0..NODES {
        let device = key(number);
        let (at, bump) = Node::find_address(&network, &device);
        let node = Node {
            version: Node::VERSION,
            network,
            device,
            owner: key(number / 10),
            pending_owner: Pubkey::default(),
            rent_payer: device,
            kind: NodeKind::Wifi,
            location: 0,
            registered_at: 1,
            located_at: 1,
            bump,
            spare: [0; 7],
        };
        put(&net, &at, &program, &in_borsh(&node, Node::SPACE));
    }
    let count_at = 8 + std::mem::offset_of!(Network, node_count);
    tamper(&net, &network, |data| add(data, count_at, NODES as u64));
    for page in 0..PAGES {
        let (at, bump) = ClaimPage::find_address(&network, page);
        let mut claims = ClaimPage::zeroed();
        (claims.version, claims.bump) = (ClaimPage::VERSION, bump);
        (claims.network, claims.page) = (network, page);
        put(&net, &at, &program, &in_place(&claims));
    }

    let (market, terms) = cluster.market("travel").unwrap();
    let program = esim::address::PROGRAM;
    let (seller, bump) = Seller::find_address(&market, &key(0));
    let mut sells = Seller::zeroed();
    (sells.market, sells.authority, sells.bump) = (market, key(0), bump);
    (sells.payout, sells.attester) = (key(1), key(2));
    sells.version = Seller::VERSION;
    sells.status = SellerStatus::Approved as u8;
    put(&net, &seller, &program, &in_place(&sells));
    let mut countries = Countries([0; 85]);
    countries.insert(Code::new(*b"FR").unwrap());
    for number in 0..ORDERS {
        let plan = key(3);
        let (at, bump) = Order::find_address(&plan, &key(number), 1);
        let mut order = Order::zeroed();
        order.version = Order::VERSION;
        order.terms = StoredPlanTerms {
            mint: net.mint.parse().unwrap(),
            price: 1_000,
            floor_price: 0,
            discount_bps: 0,
            data_mb: 1,
            validity_days: 1,
            countries: countries.0,
            voice_minutes: 0,
            sms: 0,
            throttle_kbps: 0,
            activation_policy: ActivationPolicy::FirstUse as u8,
            refund_policy: RefundPolicy::UntilInstalled as u8,
            top_up: 0,
            delivery_window: 1,
            release_window: 1,
            default_split_bps: 0,
            description_hash: [0; 32],
            padding: [0; 6],
        };
        (order.market, order.seller, order.plan) = (market, seller, plan);
        (order.buyer, order.order_id, order.bump) = (key(number), 1, bump);
        (order.payer, order.payout, order.attester) = (key(number), key(1), key(2));
        (order.treasury, order.arbiter) = (terms.terms.treasury, terms.terms.arbiter);
        (order.paid, order.refunded, order.ended_at) = (1_000, 1_000, 5);
        order.set_state(OrderState::Refunded);
        put(&net, &at, &program, &in_place(&order));
    }

    let program = roaming::address::PROGRAM;
    let hub = Hub::find_address("eu").0;
    let operators: Vec<Pubkey> = (0..OPERATORS)
        .map(|number| {
            let tadig = [b'A', b'A', b'A', b'A', b'A' + number as u8];
            let (at, bump) = Operator::find_address(&hub, &tadig);
            let operator = Operator {
                version: Operator::VERSION,
                hub,
                authority: key(1),
                pending_authority: Pubkey::default(),
                voucher_signer: key(2),
                payout: key(3),
                tadig,
                status: OperatorStatus::Active,
                bump,
                spare: [0; 16],
                display_name: "An operator".into(),
            };
            put(&net, &at, &program, &in_borsh(&operator, Operator::SPACE));
            at
        })
        .collect();
    let pairs = operators
        .iter()
        .enumerate()
        .flat_map(|(i, one)| operators[..i].iter().map(move |other| (one, other)));
    let mint: Pubkey = net.mint.parse().unwrap();
    let token = cluster.account(&state.mint).unwrap().unwrap().owner;
    for (one, other) in pairs.take(AGREEMENTS) {
        let (at, bump) = Agreement::find_address(&hub, one, other, &mint);
        let (vault, vault_bump) = Agreement::find_vault_address(&at);
        let mut agreement = Agreement::zeroed();
        agreement.version = Agreement::VERSION;
        (agreement.hub, agreement.mint, agreement.token_program) = (hub, mint, token);
        (agreement.first, agreement.second) = (*one.min(other), *one.max(other));
        (agreement.vault, agreement.vault_bump, agreement.bump) = (vault, vault_bump, bump);
        agreement.decimals = state.decimals;
        agreement.state = AgreementState::Proposed as u8;
        put(&net, &at, &program, &in_place(&agreement));
        let mut tokens = vec![0; 165];
        tokens[..32].copy_from_slice(mint.as_ref());
        tokens[32..64].copy_from_slice(at.as_ref());
        tokens[108] = 1;
        put(&net, &vault, &token, &tokens);
    }

    let start = Instant::now();
    let report = net.done(&["audit"]).json();
    let took = start.elapsed();
    let count = |program: usize, kind: &str| report["programs"][program]["accounts"][kind].as_u64();
    assert_eq!(count(0, "Node"), Some(NODES as u64));
    assert_eq!(count(0, "ClaimPage"), Some(PAGES.into()));
    assert_eq!(count(1, "Order"), Some(ORDERS as u64));
    assert_eq!(count(2, "Agreement"), Some(AGREEMENTS as u64));
    println!(
        "an audit of {NODES} nodes, {PAGES} pages, {ORDERS} orders, {AGREEMENTS} agreements: {took:?}"
    );
}
