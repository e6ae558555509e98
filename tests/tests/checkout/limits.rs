//! What a public server owes to the network it stands in: nobody keeps it from the others, and it says when it cannot
//! serve.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_signer::Signer;
use wayfare_tests::proxy::{Fault, Proxy};

use crate::contract::{base58, delivery_key, pay_path};
use crate::phone;
use crate::shop::{MARKET, PRICE, Shop};
use crate::web;

/// Clients that search at once.
const CLIENTS: usize = 40;

/// Longer than the shop waits for an answer of its node.
const PATIENCE: Duration = Duration::from_secs(20);

/// Most time that a request takes of a server that nobody else keeps busy.
const PROMPT: Duration = Duration::from_secs(3);

/// Reads what comes until the other side has had enough, and says after how long that was.
fn until_closed(mut stream: TcpStream) -> (String, Duration) {
    let started = Instant::now();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut said = vec![];
    // Reset or closed, it is over.
    let _ = stream.read_to_end(&mut said);
    (
        String::from_utf8_lossy(&said).into_owned(),
        started.elapsed(),
    )
}

/// Writes a byte every 300 ms for as long as anybody takes it.
fn dribble(stream: &TcpStream, bytes: &'static [u8]) {
    let mut stream = stream.try_clone().unwrap();
    thread::spawn(move || {
        for byte in bytes.iter().cycle() {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(300));
        }
    });
}

#[test]
fn slow_clients_are_cut_off_and_keep_nobody_waiting() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let connect = || TcpStream::connect(server.host()).unwrap();
    let host = server.host();

    // A hundred heads that never end, and twenty bodies.
    let heads: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect();
            write!(stream, "GET / HTTP/1.1\r\nHost: {host}\r\n").unwrap();
            stream
        })
        .collect();
    let head = connect();
    (&head).write_all(b"GET / HTTP/1.1\r\n").unwrap();
    dribble(&head, b"X-A: b\r\n");
    let post = format!("POST /transactions HTTP/1.1\r\nHost: {host}\r\n");
    let bodies: Vec<TcpStream> = (0..20)
        .map(|_| {
            let stream = connect();
            write!(&stream, "{post}Content-Length: 4000\r\n\r\n").unwrap();
            dribble(&stream, b" ");
            stream
        })
        .collect();
    let chunked = connect();
    write!(&chunked, "{post}Transfer-Encoding: chunked\r\n\r\n").unwrap();
    dribble(&chunked, b"1\r\n \r\n");

    // Meanwhile others are served.
    for path in ["/", "/healthz", &format!("/plans/{}", shop.plan("fr-1gb"))] {
        let started = Instant::now();
        assert_eq!(web::get(&server.at(path)).status, 200, "{path}");
        assert!(
            started.elapsed() < PROMPT,
            "{path}: {:?}",
            started.elapsed()
        );
    }

    for body in bodies.into_iter().chain([chunked]) {
        let (said, after) = until_closed(body);
        assert!(said.starts_with("HTTP/1.1 408"), "{said}");
        assert!(after < Duration::from_secs(15), "{after:?}");
    }
    for head in heads.into_iter().chain([head]) {
        let (said, after) = until_closed(head);
        assert!(after < Duration::from_secs(20), "{after:?}: {said}");
    }
    // What is too large is refused before it has all come.
    let mut large = connect();
    write!(large, "{post}Content-Length: 1000000000\r\n\r\n").unwrap();
    let _ = large.write_all(&[b'x'; 32 * 1024]);
    let (said, after) = until_closed(large);
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
    assert!(after < PROMPT, "{after:?}");
    // A head without end is no head.
    let mut long = connect();
    let _ = write!(
        long,
        "GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "a".repeat(100_000)
    );
    let (said, after) = until_closed(long);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    assert!(after < PROMPT, "{after:?}");
    assert_eq!(web::get(&server.url).status, 200);
}

#[test]
fn without_its_rpc_node_the_shop_says_when_to_come_back() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&is_gone);
    let proxy = Proxy::start(&shop.net.url, move |_, _| {
        match gone.load(Ordering::Relaxed) {
            true => Fault::Gone,
            false => Fault::None,
        }
    });
    let server = shop.open_with(&["-u", &proxy.url, "--listen", "127.0.0.1:0"]);
    let buyer = shop.buyer();
    let pay = server.at(&pay_path(
        &shop,
        "fr-1gb",
        1,
        &base58(delivery_key().public()),
    ));
    let health = web::get_json(&server.at("/healthz")).ok();
    assert_eq!(
        (&health["rpc"], &health["market"]),
        (&json!("ok"), &json!("found"))
    );
    assert!(
        health["slot"].as_u64().is_some_and(|slot| slot > 0),
        "{health}"
    );
    let built = phone::ask(&pay, &buyer.pubkey()).ok();

    is_gone.store(true, Ordering::Relaxed);
    // Until what the pages show is too old.
    thread::sleep(Duration::from_millis(1_500));
    let answers = thread::scope(|scope| {
        let get = |path: String| scope.spawn(move || web::get(&path));
        let order = format!("/orders/{}", built["order"].as_str().unwrap());
        let paths = [
            "/",
            "/healthz",
            &order,
            "/orders?buyer=11111111111111111111111111111111",
        ];
        let mut asked: Vec<_> = paths.map(|path| get(server.at(path))).into();
        asked.push(get(server.plan(&shop.plan("fr-1gb"))));
        asked.push(scope.spawn(|| phone::ask(&pay, &buyer.pubkey())));
        asked
            .into_iter()
            .map(|answer| answer.join().unwrap())
            .collect::<Vec<_>>()
    });
    for answer in answers {
        assert_eq!(answer.status, 503, "{answer:?}");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{answer:?}");
        assert!(
            answer.body.contains("cannot reach the Solana network"),
            "{answer:?}"
        );
        // Whoever asks need not know which node it is.
        assert!(
            !answer.body.contains(web::split(&proxy.url).0),
            "{answer:?}"
        );
    }

    is_gone.store(false, Ordering::Relaxed);
    // A reading that failed is told to all who ask within a second.
    thread::sleep(Duration::from_millis(1_500));
    assert_eq!(web::get(&server.url).status, 200);
    assert_eq!(web::get(&server.at("/healthz")).status, 200);
    phone::read(&phone::ask(&pay, &buyer.pubkey()).ok(), &buyer.pubkey());
}

#[test]
fn one_client_cannot_take_it_all() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open_with(&["--listen", "127.0.0.1:0", "--rate", "2", "--behind-proxy"]);
    let ask = |client: &str| {
        let headers = [("Accept", "application/json"), ("X-Forwarded-For", client)];
        web::request("GET", &server.at("/healthz"), &headers, "").unwrap()
    };
    let answers: Vec<_> = (0..40).map(|_| ask("192.0.2.1")).collect();
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    // Five seconds' worth at once, and what the seconds bring that it takes.
    assert!((10..35).contains(&served), "{served}");
    let refused = answers.iter().find(|answer| answer.status != 200).unwrap();
    assert_eq!(
        (refused.status, refused.refusal().as_str()),
        (429, "too-many-requests")
    );
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&seconds), "{refused:?}");
    // What a client says of itself does not make it another one, and others are served.
    assert_eq!(ask("198.51.100.7, 192.0.2.1").status, 429);
    assert_eq!(ask("192.0.2.1, 198.51.100.7").status, 200);
    thread::sleep(Duration::from_secs(seconds));
    assert_eq!(ask("192.0.2.1").status, 200);
}

/// Going through all orders can take a node long. Who has it done often keeps others from searching, not from what the pages
/// show and from having a purchase built.
#[test]
fn searches_do_not_hold_up_purchases() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let wallet = shop.buyer().pubkey();
    // As the filter names it.
    let slow = BASE64_STANDARD.encode(wallet);
    let proxy = Proxy::start(&shop.net.url, move |_, body| {
        if body.contains(&slow) {
            thread::sleep(PATIENCE);
        }
        Fault::None
    });
    let arguments = ["-u", &proxy.url, "--listen", "127.0.0.1:0"];
    let server = shop.open_with(&[&arguments[..], &["--rate", "1000", "--behind-proxy"]].concat());
    let search = server.at(&format!("/orders?buyer={wallet}"));
    let key = base58(delivery_key().public());
    let pay = server.at(&pay_path(&shop, "fr-1gb", 1, &key));
    let buyer = shop.buyer().pubkey();
    let from = |client: usize| {
        let client = format!("192.0.2.{client}");
        let headers = [
            ("Accept", "application/json"),
            ("X-Forwarded-For", &*client),
        ];
        web::request("GET", &search, &headers, "").unwrap()
    };
    thread::scope(|scope| {
        // More than there are places for requests of all kinds, and one too many of each client.
        let searches: Vec<_> = (0..3 * CLIENTS)
            .map(|number| scope.spawn(move || from(number % CLIENTS)))
            .collect();
        thread::sleep(Duration::from_secs(1));
        let started = Instant::now();
        phone::read(&phone::ask(&pay, &buyer).ok(), &buyer);
        assert_eq!(web::get(&server.url).status, 200);
        assert!(started.elapsed() < PROMPT, "{:?}", started.elapsed());
        let answers = searches.into_iter().map(|search| search.join().unwrap());
        let statuses: Vec<u16> = answers.map(|answer| answer.status).collect();
        // Two of each client wait for a node that does not answer, the others are told to come back.
        assert!(
            statuses.iter().all(|status| [429, 503].contains(status)),
            "{statuses:?}"
        );
        let told = statuses.iter().filter(|status| **status == 429).count();
        assert_eq!(told, CLIENTS, "{statuses:?}");
    });
}

#[test]
fn it_ends_in_order_when_it_is_told_to() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let host = server.host().to_owned();
    // A connection that stays open, as browsers keep them, holds nothing up.
    let mut idle = TcpStream::connect(&host).unwrap();
    write!(idle, "GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    idle.read_exact(&mut [0; 12]).unwrap();
    let built = phone::ask(
        &server.at(&pay_path(
            &shop,
            "fr-1gb",
            1,
            &base58(delivery_key().public()),
        )),
        &shop.buyer().pubkey(),
    );
    assert!(
        built.ok()["message"]
            .as_str()
            .unwrap()
            .contains(&(PRICE / 1_000_000).to_string())
    );
    let started = Instant::now();
    drop(server);
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    assert!(TcpStream::connect(&host).is_err());
}

/// Whoever supervises it must not take its end for a crash.
#[test]
fn its_end_is_a_success() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let mut server = shop
        .net
        .command(&["esim", "serve", "-m", MARKET, "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It says where it listens once it does.
    let mut ready = serde_json::Deserializer::from_reader(server.stdout.take().unwrap());
    let ready = Value::deserialize(&mut ready).unwrap();
    let told = Command::new("kill")
        .args(["-TERM", &server.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    assert_eq!(server.wait().unwrap().code(), Some(0), "{ready}");
}
