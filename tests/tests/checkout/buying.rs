//! A person buys an eSIM, and reads it.

use serde_json::json;
use solana_signer::Signer;

use crate::browser::{Browser, wallet};
use crate::phone;
use crate::qr;
use crate::shop::{PRICE, Shop, code};

/// The order whose page the browser shows.
#[track_caller]
pub fn order_shown(browser: &Browser) -> String {
    browser.until("the page of an order", |browser| {
        let url = browser.url();
        url.split_once("/orders/")
            .map(|(_, order)| order.to_owned())
    })
}

/// Waits for an activation code on the page, and reads its QR code with a camera.
#[track_caller]
pub fn reads(browser: &Browser, code: &str) {
    browser.until("the activation code", |browser| {
        browser.has("#activation-code").then_some(())
    });
    assert_eq!(browser.text_of("#activation-code"), code);
    assert_eq!(qr::read(&browser.picture_of("#delivery-qr svg")), code);
}

#[test]
fn with_a_wallet_and_read_again_with_it() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let _seller = shop.seller_at_work(1);
    let buyer = shop.buyer();
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&buyer, json!({}))]);
    browser.grant_clipboard();

    browser.go(&server.url);
    browser.click("fr-1gb");
    browser.sees(
        "Nothing delivered within 1 hour: you, or anybody for you, can fetch all your money back",
    );
    browser.click("Test Wallet");
    browser.sees("sign a text two times");
    browser.click("Pay 4.50");
    let order = order_shown(&browser);
    reads(&browser, &code(1));
    browser.click("Copy the activation code");
    browser.sees("The activation code is copied");
    let read = "navigator.clipboard.readText().then(arguments[0])";
    assert_eq!(browser.run_async(read, vec![]), json!(code(1)));
    assert_eq!(browser.text_of("#state").to_lowercase(), "delivered");

    let asked = ["signMessage", "signTransaction", "signAndSendTransaction"];
    assert_eq!(asked.map(|what| browser.asked(what)), [2, 1, 0]);
    assert_eq!(shop.paid_by(&buyer.pubkey()), PRICE);
    assert_eq!(
        server.order(&order)["buyer"],
        json!(buyer.pubkey().to_string())
    );

    // Nothing is kept in the page: another visit needs the wallet again, and moves no money.
    browser.reload();
    browser.sees("Open your eSIM");
    browser.sees_no(&code(1));
    browser.click("Read with my wallet");
    reads(&browser, &code(1));
    assert_eq!(asked.map(|what| browser.asked(what)), [1, 0, 0]);

    // A wallet finds what it bought.
    browser.go(&server.at("/orders"));
    browser.click("Find with my wallet");
    browser.click("fr-1gb");
    assert_eq!(order_shown(&browser), order);
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}

#[test]
fn with_a_phone_and_a_recovery_code() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let buyer = shop.buyer();
    let browser = Browser::open();
    let pay_with_phone = || {
        browser.go(&server.plan(&shop.plan("fr-1gb")));
        browser.sees("No wallet in this browser can pay here");
        browser.click("Pay with my phone");
        browser.sees("Keep the recovery code first");
        assert!(
            !browser.has("#payment-qr svg"),
            "no payment without a key kept"
        );
        let recovery = browser.text_of("#recovery-code");
        browser.click_on("#kept");
        let scanned = qr::read(&browser.picture_of("#payment-qr svg"));
        assert_eq!(browser.attribute("#payment-link", "href"), scanned);
        assert!(!scanned.contains(&recovery.replace(' ', "")[..20]));
        (recovery, scanned)
    };

    let (_, scanned) = pay_with_phone();
    let downloads = shop.net.path("downloads");
    browser.keep_downloads(&downloads);
    browser.click("Save it as a file");
    let order = phone::pay(&scanned, &buyer, &shop.net.url);
    assert_eq!(
        order_shown(&browser),
        order,
        "the page finds the payment by itself"
    );
    browser.sees("Waiting for the seller to deliver");
    browser.sees("To be delivered by");
    shop.fulfil(1);
    reads(&browser, &code(1));
    // What is said above the delivery is of this moment too.
    browser.sees("Complain before");
    browser.sees_no("To be delivered by");
    // What was saved is a key file as the command line has them, which reads the same.
    let saved = browser.until("the key file", |_| {
        let file = std::fs::read_dir(&downloads).ok()?.next()?.ok()?.path();
        file.extension()
            .is_some_and(|name| name == "json")
            .then_some(file)
    });
    let saved = saved.to_str().unwrap();
    let shown = shop.esim(&["show", &order, "--delivery-key", saved]).json();
    assert_eq!(shown["delivered"]["activation_code"], code(1), "{shown}");
    // Scanned again, it is not paid again.
    let again = phone::ask(&phone::link_of(&scanned), &buyer.pubkey());
    assert_eq!(
        (again.status, again.refusal().as_str()),
        (409, "order-exists")
    );

    // The tab is closed as soon as the phone has paid.
    let (recovery, scanned) = pay_with_phone();
    let second = phone::pay(&scanned, &buyer, &shop.net.url);
    browser.close_tab();
    shop.fulfil(2);
    browser.go(&server.at("/orders"));
    let mistaken = format!("{}{}", &recovery[..2], swapped(&recovery[2..]));
    browser.fill("#recovery-input", &mistaken);
    browser.click("Find with the code");
    browser.sees("The recovery code has a mistake");
    browser.fill("#recovery-input", &recovery.replace(' ', "-"));
    browser.click("Find with the code");
    reads(&browser, &code(2));
    assert_eq!(order_shown(&browser), second);
    assert_eq!(shop.paid_by(&buyer.pubkey()), 2 * PRICE);

    // The first one's code was not kept: the other one does not open it, and nobody pretends that anything does.
    browser.go(&server.at(&format!("/orders/{order}")));
    browser.fill("#recovery-input", &recovery);
    browser.click("Open with the code");
    browser.sees("a good one, but of another order");
    browser.click("I have neither");
    browser.sees("nobody can read this delivery any more");
    browser.sees("At any time the seller can give the money back");
    browser.sees_no(&code(1));
    browser.choose_file("#key-file", saved);
    reads(&browser, &code(1));
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}

/// The first two different characters of a text in each other's place.
fn swapped(text: &str) -> String {
    let mut characters: Vec<char> = text.chars().filter(|c| *c != ' ').collect();
    let other = characters.iter().position(|c| *c != characters[0]).unwrap();
    characters.swap(0, other);
    characters.into_iter().collect()
}
