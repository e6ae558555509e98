//! The wallets that people have: some say no, some are for another cluster, some cannot sign texts, some only send. And a
//! browser that lacks what it needs, and a shop that lies.

use serde_json::{Value, json};
use solana_signer::Signer;

use crate::browser::{Browser, wallet};
use crate::buying::{order_shown, reads};
use crate::shop::{PRICE, Shop, code};

/// Shadows what browsers without X25519 lack.
const NO_X25519: &str = "
    const generateKey = SubtleCrypto.prototype.generateKey;
    SubtleCrypto.prototype.generateKey = function (algorithm, ...more) {
      if ((algorithm?.name ?? algorithm) === 'X25519') {
        return Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'));
      }
      return generateKey.call(this, algorithm, ...more);
    };";

/// A shop that asks for twice as much as its page says.
const LYING_SHOP: &str = "
    const asked = window.fetch;
    window.fetch = (url, options) => {
      const lie = String(url).replace(/max=(\\d+)/, (_, max) => `max=${2 * max}`);
      return asked(lie, options);
    };";

/// A page that says another token than the plan is sold for.
const OTHER_TOKEN: &str = "
    document.addEventListener('readystatechange', () => {
      const section = document.getElementById('checkout');
      if (section) section.dataset.mint = 'So11111111111111111111111111111111111111112';
    });";

#[test]
fn a_wallet_that_declines_and_then_accepts() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let buyer = shop.buyer();
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&buyer, json!({ "decline": true }))]);
    browser.go(&server.plan(&shop.plan("fr-1gb")));
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    browser.sees("You declined in Test Wallet. Nothing was paid.");
    assert_eq!(
        (browser.asked("declined"), browser.asked("signTransaction")),
        (1, 0)
    );

    // It signs the texts, and declines the payment.
    let payment = "Object.defineProperty(window.__testWallet, 'decline', {
        configurable: true, get: () => window.__testWalletLog.texts.length >= 2 });";
    browser.run(payment, vec![]);
    browser.click("Pay 4.50");
    browser.until("the payment to be declined", |browser| {
        (browser.asked("signTransaction") == 1).then_some(())
    });
    browser.sees("You declined in Test Wallet. Nothing was paid.");
    assert_eq!(shop.paid_by(&buyer.pubkey()), 0);

    // The page is as it was: the same order is paid in the end, without another key.
    let accept = "Object.defineProperty(window.__testWallet, 'decline', { value: false });";
    browser.run(accept, vec![]);
    browser.click("Pay 4.50");
    let order = order_shown(&browser);
    let texts = browser.run("return window.__testWalletLog.texts", vec![]);
    let line = format!(
        "\nOrder: {}\n",
        server.order(&order)["order_id"].as_str().unwrap()
    );
    let texts: Vec<&str> = texts
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts.iter().all(|text| text.ends_with(&line)), "{texts:?}");
    assert_eq!(shop.paid_by(&buyer.pubkey()), PRICE);
    shop.fulfil(1);
    reads(&browser, &code(1));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn wallets_of_other_kinds() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let _seller = shop.seller_at_work(4);
    let buyer = shop.buyer();
    let plan = server.plan(&shop.plan("fr-1gb"));
    let browser = Browser::open();
    let visit = |more: Value| {
        browser.has_wallets(&[wallet(&buyer, more)]);
        browser.go(&plan);
    };

    // For another cluster: said, and not offered.
    visit(json!({ "chains": ["solana:mainnet"] }));
    browser.sees("Test Wallet is for mainnet, and this shop is on localnet");
    assert!(!browser.has("[data-wallet]"));
    browser.sees_offer("Pay with my phone");

    // It cannot sign texts: the page makes the key, and the code for it must be kept first.
    visit(json!({ "signMessage": false }));
    browser.click("Test Wallet");
    browser.sees("Keep your recovery code");
    assert!(
        !browser.offers("Pay 4.50"),
        "paid without a key that is kept"
    );
    let recovery = browser.text_of("#recovery-code");
    browser.click_on("#kept");
    browser.click("Pay 4.50");
    let order = order_shown(&browser);
    reads(&browser, &code(1));
    // Somewhere else, with nothing but the code.
    browser.has_wallets(&[]);
    browser.go(&server.at(&format!("/orders/{order}")));
    browser.fill("#recovery-input", &recovery);
    browser.click("Open with the code");
    reads(&browser, &code(1));

    // It sends by itself.
    visit(json!({ "sendOnly": true }));
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    reads(&browser, &code(2));
    assert_eq!(browser.asked("signAndSendTransaction"), 1);

    // It signs the same text differently each time, so that the key would not be found again: not used for that.
    visit(json!({ "differs": true }));
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    browser.sees("signs the same text differently each time");
    browser.sees("Nothing was paid");
    assert!(
        !browser.offers("Pay 4.50"),
        "paid without a key that is kept"
    );
    browser.click_on("#kept");
    browser.click("Pay 4.50");
    reads(&browser, &code(3));
    assert_eq!(browser.asked("signTransaction"), 1);
    assert_eq!(shop.paid_by(&buyer.pubkey()), 3 * PRICE);

    // It signs something else than it was given: not passed on.
    visit(json!({ "tamper": true }));
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    browser.sees(
        "Test Wallet changed the transaction to one that the shop does not send. Nothing was paid.",
    );

    // Two wallets: each by its name.
    let other = shop.buyer();
    let named = |name: &str| json!({ "name": name });
    browser.has_wallets(&[
        wallet(&buyer, named("First")),
        wallet(&other, named("Second")),
    ]);
    browser.go(&plan);
    browser.click("Second");
    browser.sees(&other.pubkey().to_string());
    browser.click("Pay 4.50");
    reads(&browser, &code(4));
    assert_eq!(shop.paid_by(&buyer.pubkey()), 3 * PRICE);
    assert_eq!(shop.paid_by(&other.pubkey()), PRICE);
    // The wallet that did not buy it does not open it: which one it needs is said.
    browser.reload();
    browser.click("Read with my wallet");
    browser.click("First");
    browser.sees(&format!(
        "needs the wallet that bought the order, {}",
        other.pubkey()
    ));
    assert_eq!(browser.complaints(), [""; 0]);
    shop.balanced();
}

#[test]
fn a_browser_that_cannot_decrypt_and_a_shop_that_lies() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let buyer = shop.buyer();
    let plan = server.plan(&shop.plan("fr-1gb"));
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&buyer, json!({}))]);

    let lie = browser.before_each_page(LYING_SHOP);
    browser.go(&plan);
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    browser.sees("was not what this page asked for (another price), so nothing was signed");
    assert_eq!(browser.asked("signTransaction"), 0);
    browser.never_mind(lie);

    let lie = browser.before_each_page(OTHER_TOKEN);
    browser.go(&plan);
    browser.click("Test Wallet");
    browser.click("Pay 4.50");
    browser.sees("was not what this page asked for (another token), so nothing was signed");
    assert_eq!(browser.asked("signTransaction"), 0);
    browser.never_mind(lie);

    browser.before_each_page(NO_X25519);
    browser.go(&plan);
    browser.sees("You cannot buy here with this browser");
    browser.sees("X25519");
    assert!(!browser.has("[data-wallet]") && !browser.offers("Pay with my phone"));
    browser.go(&server.at("/orders"));
    browser.sees("X25519");
    assert_eq!(shop.paid_by(&buyer.pubkey()), 0);
    assert_eq!(browser.complaints(), [""; 0]);
}
