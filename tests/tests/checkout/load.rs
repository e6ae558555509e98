//! Two hundred people want one of 150 eSIMs at the same moment.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use esim_market::state::Plan;
use serde_json::json;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::contract::{base58, delivery_key, pay_path, relay};
use crate::phone;
use crate::shop::{PRICE, Server, Shop};
use crate::web::{self, Answer};

const BUYERS: usize = 200;
const STOCK: usize = 150;

/// Most time for all of it.
const LIMIT: Duration = Duration::from_secs(90);

/// What became of a purchase.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The order is there.
    Bought(String),
    /// The shop said so, by this code.
    SoldOut(String),
}

#[test]
fn two_hundred_buyers_for_a_stock_of_a_hundred_and_fifty() {
    let stock = STOCK.to_string();
    let shop = Shop::with(&[("fr-1gb", &["--stock", &stock])]);
    let server = shop.open();
    let buyers = shop.buyers(BUYERS);
    let plan = shop.plan("fr-1gb");
    let started = Instant::now();
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let purchases: Vec<_> = (0..)
            .zip(&buyers)
            .map(|(number, buyer)| {
                let path = pay_path(&shop, "fr-1gb", number, &base58(delivery_key().public()));
                let server = &server;
                scope.spawn(move || buy(server, &path, buyer, started))
            })
            .collect();
        purchases
            .into_iter()
            .map(|purchase| purchase.join().unwrap())
            .collect()
    });
    eprintln!("{BUYERS} buyers: {:?}", started.elapsed());

    let mut refusals: BTreeMap<&str, usize> = BTreeMap::new();
    let mut orders = vec![];
    for (buyer, outcome) in buyers.iter().zip(&outcomes) {
        let paid = shop.paid_by(&buyer.pubkey());
        match outcome {
            Outcome::Bought(order) => {
                assert_eq!(paid, PRICE);
                orders.push(order);
            }
            Outcome::SoldOut(code) => {
                assert_eq!(paid, 0);
                *refusals.entry(code).or_default() += 1;
            }
        }
    }
    assert_eq!(orders.len(), STOCK, "{refusals:?}");
    let state: Plan = shop.cluster.state(&plan).unwrap();
    assert_eq!((state.stock, state.sold), (0, STOCK as u64));
    for order in orders {
        assert_eq!(server.order(order)["state"], "paid");
    }
    shop.balanced();
}

/// Asks again while the shop is busy. Everything else is an answer.
fn answered(started: Instant, ask: impl Fn() -> Answer) -> Answer {
    loop {
        let answer = ask();
        if !matches!(answer.status, 429 | 503) {
            return answer;
        }
        assert!(started.elapsed() < LIMIT, "still busy: {answer:?}");
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        thread::sleep(Duration::from_secs(seconds));
    }
}

fn buy(server: &Server, path: &str, buyer: &Keypair, started: Instant) -> Outcome {
    let sold_out = |answer: &Answer| {
        let code = answer.refusal();
        let message = answer.json()["message"].as_str().unwrap().to_lowercase();
        assert!(
            matches!(code.as_str(), "sold-out" | "refused"),
            "{answer:?}"
        );
        assert!(
            message.contains("sold out") || message.contains("soldout"),
            "{answer:?}"
        );
        Outcome::SoldOut(code)
    };
    let answer = answered(started, || phone::ask(&server.at(path), &buyer.pubkey()));
    if answer.status == 409 {
        return sold_out(&answer);
    }
    let built = answer.ok();
    let order = built["order"].as_str().unwrap().to_owned();
    let signed = phone::sign(phone::read(&built, &buyer.pubkey()), buyer);
    // As the page does: the same bytes until the order is there or it is known that it never will be.
    loop {
        let sent = answered(started, || relay(server, &signed));
        let at = server.at(&format!("/orders/{order}"));
        let found = answered(started, || web::get_json(&at));
        if found.status == 200 {
            assert_eq!(found.json()["buyer"], json!(buyer.pubkey().to_string()));
            return Outcome::Bought(order);
        }
        assert_eq!(found.refusal(), "no-order");
        if sent.status == 409 {
            return sold_out(&sent);
        }
        assert_eq!(sent.status, 202, "{sent:?}");
        assert!(started.elapsed() < LIMIT, "{order} is not there");
        thread::sleep(Duration::from_millis(500));
    }
}
