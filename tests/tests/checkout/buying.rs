//! A person buys an eSIM, and reads it.

use serde_json::json;
use solana_signer::Signer;

use crate::browser::{Browser, wallet};
use crate::phone;
use crate::qr;
use crate::shop::{PRICE, Shop, code};
use crate::web;

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

/// Browsers that go back restore what was ticked. A new key was kept by nobody.
#[test]
fn a_code_is_kept_anew_after_going_back() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let browser = Browser::open();
    browser.go(&server.plan(&shop.plan("fr-1gb")));
    let asks_for_phone = || {
        browser.click("Pay with my phone");
        browser.sees("Keep the recovery code first");
        assert!(!browser.has("#payment-qr svg"), "a code that nobody kept");
        browser.text_of("#recovery-code")
    };
    let first = asks_for_phone();
    browser.click_on("#kept");
    browser.until("the payment code", |browser| {
        browser.has("#payment-qr svg").then_some(())
    });
    browser.click("Your orders");
    browser.sees("By your recovery code");
    browser.run("history.back()", vec![]);
    browser.sees("If you have paid for this plan before this page was loaded again");
    assert_ne!(asks_for_phone(), first);
    assert_eq!(browser.complaints(), [""; 0]);
}

/// Number and key of a purchase are public once it is paid: who buys under them too does not take the buyer's place.
#[test]
fn a_stranger_who_buys_for_the_same_key() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let [buyer, stranger] = [shop.buyer(), shop.buyer()];
    let browser = Browser::open();
    let plan = server.plan(&shop.plan("fr-1gb"));
    browser.go(&plan);
    browser.click("Pay with my phone");
    browser.sees("Keep the recovery code first");
    let recovery = browser.text_of("#recovery-code");
    browser.click_on("#kept");
    let scanned = qr::read(&browser.picture_of("#payment-qr svg"));
    // The page is not there while the phone pays, as on the phone itself.
    browser.go(&server.at("/orders"));
    let order = phone::pay(&scanned, &buyer, &shop.net.url);
    shop.order_becomes(&order, "paid");
    let paid_at = server.order(&order)["purchased_at"].as_i64().unwrap();
    browser.until("a later time on the chain", |_| {
        (shop.cluster.unix_time().unwrap() > paid_at).then_some(())
    });
    let other = phone::pay(&scanned, &stranger, &shop.net.url);
    shop.order_becomes(&other, "paid");
    assert_ne!(order, other);

    let choose = || {
        browser.until("both orders", |browser| {
            let both = [&order, &other].map(|at| browser.has(&format!("[data-order='{at}']")));
            (both == [true; 2]).then_some(())
        });
        for wallet in [&buyer, &stranger] {
            browser.sees(&format!("by {}", wallet.pubkey()));
        }
    };
    browser.go(&plan);
    browser.sees("More than one wallet has paid for this purchase");
    choose();
    browser.click_on(&format!("[data-order='{order}']"));
    assert_eq!(order_shown(&browser), order);
    // Who chose the wrong one comes back to the other, and who wants another eSIM can have it.
    browser.go(&plan);
    choose();
    browser.click("Buy this plan anew");
    browser.sees("What is paid stays paid");
    browser.click("Buy it once more");
    browser.sees_offer("Pay with my phone");

    // The recovery code finds both too, the oldest first, however many come after it.
    browser.go(&server.at("/orders"));
    browser.fill("#recovery-input", &recovery);
    browser.click("Find with the code");
    choose();
    shop.fulfil(2);
    browser.click_on(&format!("[data-order='{order}']"));
    browser.until("an activation code", |browser| {
        browser.has("#activation-code").then_some(())
    });
    assert_eq!(order_shown(&browser), order);
    let shown = server.order(&order);
    assert_eq!(shown["buyer"], json!(buyer.pubkey().to_string()));
    let key = shown["encryption_key"].as_str().unwrap();
    let found = web::get_json(&server.at(&format!("/orders?key={key}"))).ok();
    let listed = [0, 1, 2].map(|at| found["orders"][at]["order"].as_str());
    assert_eq!(listed, [Some(&*order), Some(&*other), None], "{found}");
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
