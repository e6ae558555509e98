//! What is on sale changes while somebody looks at it, and sellers write what they like.

use serde_json::json;
use solana_pubkey::Pubkey;
use solana_signer::Signer;

use crate::browser::{Browser, wallet};
use crate::buying::{order_shown, reads};
use crate::shop::{PRICE, Shop, code};
use crate::web;

const DESCRIPTION: &str = "<script>window.hacked = 1</script> \"Best\" & 'cheapest'
<img src=x onerror=\"window.hacked = 1\"> Works in the whole of France.
";

#[test]
fn sold_out_or_repriced_between_the_page_and_the_payment() {
    let shop = Shop::with(&[("last", &["--stock", "1"]), ("fr-1gb", &[])]);
    let server = shop.open();
    let (buyer, faster) = (shop.buyer(), shop.buyer());
    let [first, second] = [&buyer, &faster].map(|key| wallet(key, json!({})));
    let browser = Browser::open();

    browser.has_wallets(&[first]);
    browser.go(&server.plan(&shop.plan("last")));
    browser.click("Test Wallet");
    browser.sees_offer("Pay 4.50");
    let other = Browser::open();
    other.has_wallets(&[second]);
    other.go(&server.plan(&shop.plan("last")));
    other.click("Test Wallet");
    other.click("Pay 4.50");
    order_shown(&other);
    drop(other);
    browser.click("Pay 4.50");
    browser.sees("sold out");
    browser.sees("Nothing was paid");
    browser.reload();
    browser.sees("The plan is sold out: choose another one");
    assert!(!browser.has("#checkout"));
    browser.go(&server.url);
    browser.sees("fr-1gb");
    assert_eq!(browser.text_of(".count"), "1 plan");

    browser.click("fr-1gb");
    browser.click("Test Wallet");
    browser.sees_offer("Pay 4.50");
    shop.update("fr-1gb", &["--price", "5"]);
    browser.click("Pay 4.50");
    browser.sees("has changed since you saw it, and costs 5.00 tokens now");
    browser.sees("Nothing was paid");
    assert_eq!(shop.paid_by(&buyer.pubkey()), 0);
    browser.click("Reload this page");
    browser.click("Test Wallet");
    browser.click("Pay 5");
    order_shown(&browser);
    assert_eq!(shop.paid_by(&buyer.pubkey()), 5_000_000);
    assert_eq!(shop.paid_by(&faster.pubkey()), PRICE);

    browser.go(&server.plan(&Pubkey::new_unique()));
    browser.sees("there is no plan");
    browser.click("To the plans");
    browser.sees("Travel eSIMs");
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}

#[test]
fn plans_are_found_without_scripts() {
    let shop = Shop::with(&[
        ("fr-1gb", &[]),
        (
            "fr-5gb",
            &["--price", "12", "--data", "5GB", "--days", "30"],
        ),
        (
            "jp-3gb",
            &["--price", "9", "--data", "3GB", "--countries", "Japan"],
        ),
        ("hidden", &["--stock", "0"]),
    ]);
    let server = shop.open();
    let found = |query: &str| -> Vec<String> {
        let page = web::get(&server.at(&format!("/{query}")));
        assert_eq!(page.status, 200, "{page:?}");
        let ids = page.body.split("<a href=\"/plans/").skip(1);
        ids.map(|after| {
            let (_, title) = after.split_once("<bdi>").unwrap();
            title.split('<').next().unwrap().to_owned()
        })
        .collect()
    };
    assert_eq!(
        found(""),
        ["fr-1gb", "jp-3gb", "fr-5gb"],
        "the cheapest first"
    );
    for (query, plans) in [
        ("?country=JP", &["jp-3gb"][..]),
        ("?country=France&sort=data", &["fr-5gb", "fr-1gb"]),
        ("?data=3GB", &["jp-3gb", "fr-5gb"]),
        ("?days=8", &["fr-5gb"]),
        ("?max_price=9", &["fr-1gb", "jp-3gb"]),
        ("?max_price=8.999999", &["fr-1gb"]),
        (
            "?country=DE&data=&days=&max_price=&sort=price",
            &["fr-1gb", "fr-5gb"],
        ),
        ("?sort=per-gb", &["fr-5gb", "jp-3gb", "fr-1gb"]),
        ("?country=IT", &[]),
    ] {
        assert_eq!(found(query), plans, "{query}");
    }
    assert!(
        web::get(&server.at("/?country=IT"))
            .body
            .contains("No plan fits")
    );
    for (query, mistake) in [
        ("?data=lots", "Data:"),
        ("?days=2.5", "whole number"),
        ("?max_price=a", "max"),
        ("?country=Atlantis", "Atlantis"),
        ("?days=1&days=2", "twice"),
    ] {
        let page = web::get(&server.at(&format!("/{query}")));
        assert!(page.body.contains(mistake), "{query}: {page:?}");
        assert!(page.body.contains("class=\"problem\""), "{query}: {page:?}");
        assert!(!page.body.contains("class=\"plan\""), "{query}");
    }
    let page = web::get(&server.plan(&shop.plan("fr-5gb"))).body;
    for text in [
        "12",
        "2.4",
        "5 GB",
        "30 days",
        "France, Germany",
        "Nothing delivered within 1 hour: you, or anybody for you, can fetch all your money back",
        "needs JavaScript",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }

    // The same as a person does it.
    let browser = Browser::open();
    browser.go(&server.url);
    browser.select("#country", "FR");
    browser.fill("#data", "2GB");
    browser.fill("#days", "10");
    browser.fill("#max_price", "12");
    browser.click("Show plans");
    browser.until("the one plan that fits", |browser| {
        (browser.text_of(".count") == "1 plan").then_some(())
    });
    browser.sees_no("jp-3gb");
    assert_eq!(browser.text_of("#data"), "2GB", "what was typed stays");
    browser.click("fr-5gb");
    browser.sees("France, Germany");
}

#[test]
fn what_a_seller_writes_is_text() {
    let shop = Shop::with(&[]);
    let folder = shop.net.path("descriptions");
    std::fs::create_dir(&folder).unwrap();
    let file = shop.net.write("descriptions/fr-1gb.txt", DESCRIPTION);
    shop.offer("fr-1gb", &["--description", &file]);
    // Not the text that the plan's terms have the hash of.
    shop.net
        .write("descriptions/other.txt", "Forged title\nForged text\n");
    let server = shop.open_with(&["--listen", "127.0.0.1:0", "--descriptions", &folder]);
    let _seller = shop.seller_at_work(1);
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&shop.buyer(), json!({}))]);
    let is_text = || {
        browser.sees("<script>window.hacked = 1</script> \"Best\" & 'cheapest'");
        browser.sees_no("Forged");
        assert_eq!(
            browser.run("return window.hacked ?? null", vec![]),
            json!(null)
        );
        let markup = "return document.querySelectorAll('[src=x], main script').length";
        assert_eq!(browser.run(markup, vec![]), 0);
    };
    browser.go(&server.url);
    is_text();
    browser.click("window.hacked");
    browser.sees("<img src=x onerror=\"window.hacked = 1\"> Works in the whole of France.");
    browser.click("Test Wallet");
    is_text();
    browser.click("Pay 4.50");
    reads(&browser, &code(1));
    assert_eq!(
        browser.run("return window.hacked ?? null", vec![]),
        json!(null)
    );
    assert_eq!(browser.complaints(), [""; 0]);
    // Had it become a script, the page's policy would have stopped it, and the browser would have complained.
    let insert = "const script = document.createElement('script');
        script.textContent = 'window.hacked = 1';
        document.body.append(script);
        return window.hacked ?? null;";
    assert_eq!(browser.run(insert, vec![]), json!(null));
    let complaints = browser.complaints();
    assert!(
        complaints
            .iter()
            .any(|text| text.contains("Content Security Policy")),
        "{complaints:?}"
    );
    // Nor where a wallet or another site shows it.
    let at = |path: &str| web::get_json(&server.at(&format!("{path}{}", shop.plan("fr-1gb")))).ok();
    assert!(at("/pay/")["label"].as_str().unwrap().contains("<script>"));
    assert!(
        at("/actions/esim/")["title"]
            .as_str()
            .unwrap()
            .contains("<script>")
    );
}
