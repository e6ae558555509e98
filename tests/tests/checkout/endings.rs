//! How an order ends when not all goes well, by the buttons of its page.

use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_signer::Signer;
use wayfare_client::esim::instruction;

use crate::browser::{Browser, wallet};
use crate::buying::{order_shown, reads};
use crate::shop::{PRICE, Shop, code};

#[test]
fn refund_dispute_and_confirm() {
    let shop = Shop::with(&[
        ("late", &["--delivery-window", "8s"]),
        ("fr-1gb", &["--refundable", "until-delivery"]),
        ("unused", &["--refundable", "until-installed"]),
    ]);
    let server = shop.open();
    let browser = Browser::open();
    let buys = |plan: &str, buyer: &Keypair| {
        browser.has_wallets(&[wallet(buyer, json!({}))]);
        browser.go(&server.plan(&shop.plan(plan)));
        browser.click("Test Wallet");
        browser.click("Pay 4.50");
        order_shown(&browser)
    };

    // Never delivered: the button comes when the time is over, and the money with it.
    let late = shop.buyer();
    let order = buys("late", &late);
    browser.sees("Waiting for the seller to deliver");
    browser.sees("Possible from");
    assert!(!browser.offers("Refund"));
    browser.sees_offer("Refund");
    browser.sees("your refund is due, and nobody can refuse it");
    // Another wallet does it: it pays the network's fee, and whoever paid gets the money.
    // Its token account is gone meanwhile: a new one is made for it, at the expense of who asked.
    let friend = shop.buyer();
    shop.closes_token_account(&late);
    let lamports = shop.cluster.lamports(&late.pubkey()).unwrap();
    browser.has_wallets(&[wallet(&friend, json!({}))]);
    browser.reload();
    browser.click("Refund");
    browser.sees("Refunded: 4.50 tokens");
    assert!(!browser.offers("Refund"));
    assert_eq!(
        (shop.tokens(&late.pubkey()), shop.paid_by(&friend.pubkey())),
        (PRICE, 0)
    );
    assert_eq!(shop.cluster.lamports(&late.pubkey()).unwrap(), lamports);
    assert_eq!(server.order(&order)["state"], "refunded");

    // Delivered, but it does not work.
    let unhappy = shop.buyer();
    let order = buys("fr-1gb", &unhappy);
    shop.fulfil(1);
    reads(&browser, &code(1));
    let reasons = browser.text_of("#dispute-reason");
    assert!(
        !reasons.contains("have not used it"),
        "not with this plan: {reasons}"
    );
    browser.select("#dispute-reason", "no-service");
    browser.click("Dispute the delivery");
    browser.sees("You complained (no-service). The seller has until");
    assert!(!browser.offers("Dispute the delivery"));
    // Who changes their mind may still be content.
    browser.sees_offer("Confirm the delivery");
    assert_eq!(shop.order(&order)["reason"], "no-service");
    assert_eq!(shop.order(&order)["state"], "disputed");

    // Delivered and good, and paid for at once.
    let happy = shop.buyer();
    let order = buys("fr-1gb", &happy);
    shop.fulfil(2);
    reads(&browser, &code(2));
    browser.click("Confirm the delivery");
    browser.sees("Completed: the seller is paid");
    assert!(!browser.offers("Dispute the delivery") && !browser.offers("Confirm the delivery"));
    assert_eq!(shop.order(&order)["state"], "completed");
    // What was delivered can still be read.
    browser.reload();
    browser.click("Read with my wallet");
    reads(&browser, &code(2));

    // Given back unused, where the plan takes it back; and the key is gone: the page shows this way.
    let regretful = shop.buyer();
    let order = buys("unused", &regretful);
    shop.fulfil(3);
    reads(&browser, &code(3));
    browser.reload();
    browser.click("I have neither");
    browser.sees("This plan takes back what was not used: choose that reason under Complain");
    browser.select("#dispute-reason", "unused");
    browser.click("Dispute the delivery");
    browser.sees("You complained (unused)");
    shop.esim(&["seller", "refund", &order, "--yes"]);
    browser.sees("Refunded: 4.50 tokens");
    assert_eq!(shop.paid_by(&regretful.pubkey()), 0);
    assert_eq!(
        [&unhappy, &happy].map(|buyer| shop.paid_by(&buyer.pubkey())),
        [PRICE; 2]
    );
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}

/// The seller delivers something that is no eSIM: the page says what it is, keeps the evidence, and the way to complain is
/// open.
#[test]
fn a_delivery_that_nobody_can_use() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let buyer = shop.buyer();
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&buyer, json!({}))]);
    browser.go(&server.plan(&shop.plan("fr-1gb")));
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    let order = order_shown(&browser);
    let at = order.parse().unwrap();
    let state = shop.cluster.state(&at).unwrap();
    shop.send(&[instruction::deliver(at, &state, [7; 32], vec![9; 100])]);
    browser.sees("The delivery cannot be decrypted, although this is the order's own key");
    let evidence = browser.text_of("#evidence");
    let (sealed, committed) = ("09".repeat(100), "07".repeat(32));
    for part in [&order, &sealed, &committed] {
        assert!(evidence.contains(part), "{evidence}");
    }
    let chosen = browser.run(
        "return document.getElementById('dispute-reason').value",
        vec![],
    );
    assert_eq!(chosen, Value::from("unreadable"));
    browser.click("Dispute the delivery");
    browser.sees("You complained (unreadable)");

    // A commitment of zeros is what an order has before it is delivered: it hides nothing.
    browser.go(&server.plan(&shop.plan("fr-1gb")));
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    let order = browser.until("another order", |browser| {
        let at = browser.url().split_once("/orders/")?.1.to_owned();
        (at != order).then_some(at)
    });
    let at = order.parse().unwrap();
    let state = shop.cluster.state(&at).unwrap();
    shop.send(&[instruction::deliver(at, &state, [0; 32], vec![9; 100])]);
    browser.sees("The delivery cannot be decrypted, although this is the order's own key");
    assert!(browser.text_of("#evidence").contains(&"00".repeat(32)));
    browser.click("Dispute the delivery");
    browser.sees("You complained (unreadable)");
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}
