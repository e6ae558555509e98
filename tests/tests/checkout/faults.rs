//! What happens to a purchase when something between the browser and the chain goes away, and comes back: the page says
//! what it waits for, and the order is paid once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use solana_signer::Signer;
use wayfare_tests::proxy::{Fault, Proxy};

use crate::browser::{Browser, wallet};
use crate::buying::{order_shown, reads};
use crate::shop::{PRICE, Shop, code};

/// Nothing is wrong with the RPC node.
const WELL: usize = 0;
/// Nobody answers.
const GONE: usize = 1;
/// Transactions land, and nobody answers.
const MUTE: usize = 2;

#[test]
fn an_rpc_node_that_goes_away_in_the_middle_of_a_purchase() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let trouble = Arc::new(AtomicUsize::new(WELL));
    let now = Arc::clone(&trouble);
    let proxy = Proxy::start(&shop.net.url, move |_, body| {
        match now.load(Ordering::Relaxed) {
            GONE => Fault::Gone,
            MUTE if body.contains("sendTransaction") => Fault::NoAnswer,
            _ => Fault::None,
        }
    });
    let server = shop.open_with(&["-u", &proxy.url, "--listen", "127.0.0.1:0"]);
    let buyer = shop.buyer();
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&buyer, json!({}))]);
    browser.go(&server.plan(&shop.plan("fr-1gb")));
    browser.click("Test Wallet");

    // Gone before the shop can build the payment.
    trouble.store(GONE, Ordering::Relaxed);
    browser.click("Pay 4.50");
    browser.sees("the shop cannot reach the Solana network now");
    browser.sees("no need to reload");
    assert_eq!(browser.asked("signTransaction"), 0);

    // Back, but so that the payment lands and nobody hears of it.
    trouble.store(MUTE, Ordering::Relaxed);
    browser.until("the payment to be asked for", |browser| {
        (browser.asked("signTransaction") == 1).then_some(())
    });
    let order = order_shown(&browser);
    assert_eq!(shop.paid_by(&buyer.pubkey()), PRICE);
    assert!(proxy.faults() > 0);
    browser.sees("Waiting for the seller to deliver");

    // Gone again while the buyer waits for the delivery.
    trouble.store(GONE, Ordering::Relaxed);
    browser.sees("Waiting for your eSIM goes on as soon as it can");
    shop.fulfil(1);
    trouble.store(WELL, Ordering::Relaxed);
    reads(&browser, &code(1));
    assert_eq!(order_shown(&browser), order);
    assert_eq!(
        (
            browser.asked("signMessage"),
            browser.asked("signTransaction")
        ),
        (2, 1)
    );
    let bought = server.at(&format!("/orders?buyer={}", buyer.pubkey()));
    let bought = crate::web::get_json(&bought).ok();
    assert_eq!(bought["orders"].as_array().unwrap().len(), 1, "{bought}");
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}

#[test]
fn a_server_that_is_started_again_in_the_middle_of_a_purchase() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let (address, plan) = (server.host().to_owned(), server.plan(&shop.plan("fr-1gb")));
    let buyer = shop.buyer();
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&buyer, json!({}))]);
    browser.go(&plan);
    browser.click("Test Wallet");
    browser.sees_offer("Pay 4.50");
    drop(server);
    browser.click("Pay 4.50");
    browser.sees("The shop does not answer. The payment goes on as soon as it can");
    let server = shop.open_with(&["--listen", &address]);
    let order = order_shown(&browser);
    browser.sees("Waiting for the seller to deliver");
    drop(server);
    browser.sees("The shop does not answer. Waiting for your eSIM goes on as soon as it can");
    shop.fulfil(1);
    let server = shop.open_with(&["--listen", &address]);
    reads(&browser, &code(1));
    assert_eq!(shop.paid_by(&buyer.pubkey()), PRICE);
    assert_eq!(server.order(&order)["state"], "delivered");
    assert_eq!(
        (
            browser.asked("signMessage"),
            browser.asked("signTransaction")
        ),
        (2, 1)
    );
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}
