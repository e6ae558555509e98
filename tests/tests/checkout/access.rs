//! For everybody: with the keyboard alone, with a screen reader, on a small screen, in dark and light. The pictures of what
//! was checked are in `target/screenshots`.

use serde_json::{Value, json};

use crate::browser::{Browser, ENTER, SPACE, wallet};
use crate::buying::reads;
use crate::phone;
use crate::qr;
use crate::shop::{Shop, code};

/// The rules of WCAG 2.1, levels A and AA.
const RULES: [&str; 4] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

#[test]
fn from_the_storefront_to_the_activation_code_by_keyboard() {
    let shop = Shop::with(&[("de-1gb", &[]), ("fr-1gb", &["--price", "5"])]);
    let server = shop.open();
    let _seller = shop.seller_at_work(2);
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&shop.buyer(), json!({}))]);
    browser.go(&server.url);

    browser.tab_to("Skip to the content");
    browser.press(ENTER);
    // Past what is skipped.
    browser.press(crate::browser::TAB);
    assert_eq!(browser.focus(), "Country");
    browser.tab_to("fr-1gb");
    browser.press(ENTER);
    browser.sees("When your money comes back");
    browser.sees_offer("Test Wallet");
    browser.tab_to("Test Wallet");
    browser.press(ENTER);
    browser.sees_offer("Pay 5");
    // The focus follows to what is new, and does not start from the top again.
    browser.until("the heading to have the focus", |browser| {
        browser
            .focus()
            .contains("Pay with Test Wallet")
            .then_some(())
    });
    browser.tab_to("Pay 5");
    browser.press(ENTER);
    reads(&browser, &code(1));
    browser.until("the heading to have the focus", |browser| {
        browser.focus().contains("Your eSIM").then_some(())
    });
    browser.grant_clipboard();
    browser.tab_to("Copy the activation code");
    browser.press(SPACE);
    browser.sees("The activation code is copied");

    // The same with a key that the page makes.
    browser.go(&server.plan(&shop.plan("fr-1gb")));
    browser.sees_offer("Pay with my phone");
    browser.tab_to("Pay with my phone");
    browser.press(ENTER);
    browser.sees("Keep your recovery code");
    browser.tab_to("I wrote the code down");
    browser.press(SPACE);
    browser.sees("Scan to pay");
    browser.tab_to("Another way to pay");
    browser.press(ENTER);
    // Whoever has scanned the code may be paying: it is asked once more, where the focus is.
    browser.sees("Your phone may be paying");
    browser.press(ENTER);
    browser.sees_offer("Test Wallet");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn every_page_can_be_read_by_everybody() {
    let shop = Shop::with(&[("fr-1gb", &[]), ("jp-3gb", &["--countries", "Japan"])]);
    let server = shop.open();
    let buyer = shop.buyer();
    let browser = Browser::open();
    browser.has_wallets(&[wallet(&buyer, json!({}))]);

    browser.go(&server.url);
    looks_well(&browser, "storefront");
    browser.go(&server.plan(&shop.plan("fr-1gb")));
    browser.sees_offer("Test Wallet");
    looks_well(&browser, "plan");
    browser.click("Test Wallet");
    browser.sees_offer("Pay 4.50");
    looks_well(&browser, "payment-wallet");
    browser.click("Another way to pay");
    browser.click("Pay with my phone");
    browser.click_on("#kept");
    browser.sees("Scan to pay");
    looks_well(&browser, "payment-phone");
    let link = browser.attribute("#payment-link", "href");
    assert_eq!(on_a_phone(&browser, "#payment-qr svg"), link);
    let order = phone::pay(&link, &buyer, &shop.net.url);
    browser.sees("Waiting for the seller to deliver");
    looks_well(&browser, "waiting");
    shop.fulfil(1);
    reads(&browser, &code(1));
    looks_well(&browser, "delivery");
    assert_eq!(on_a_phone(&browser, "#delivery-qr svg"), code(1));
    browser.go(&server.at(&format!("/orders/{order}")));
    browser.sees("Open your eSIM");
    looks_well(&browser, "order");
    browser.go(&server.at("/orders"));
    browser.sees_offer("Find with my wallet");
    looks_well(&browser, "orders");
    browser.go(&server.at("/nowhere"));
    looks_well(&browser, "not-found");
    assert_eq!(browser.complaints(), [""; 0]);

    // It would have been seen.
    browser.run("document.querySelector('h1').style.color = '#ddd'", vec![]);
    assert_eq!(faults(&browser)[0][0], "color-contrast");
}

/// What a camera reads of a QR code on a small screen in the dark.
#[track_caller]
fn on_a_phone(browser: &Browser, css: &str) -> String {
    browser.resize(360, "dark");
    let read = qr::read(&browser.picture_of(css));
    browser.resize(1280, "light");
    read
}

/// The page as it is now: nothing that axe-core finds fault with, in light and dark, on a desk and on a phone, and nothing
/// that makes it wider than its screen.
#[track_caller]
fn looks_well(browser: &Browser, name: &str) {
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (360, "light")] {
        browser.resize(width, scheme);
        let found = faults(browser);
        assert_eq!(found, json!([]), "{name}, {width} px, {scheme}");
        let wide = browser.run("return document.documentElement.scrollWidth", vec![]);
        let is_as_wide = wide.as_u64() <= Some(u64::from(width));
        assert!(is_as_wide, "{name} is {wide} px wide");
        if scheme == "light" {
            browser.screenshot(&format!("{name}-{width}"));
        }
    }
    browser.resize(1280, "light");
    let first = browser.run("return document.querySelectorAll('h1').length", vec![]);
    assert_eq!(first, Value::from(1), "{name}: one first heading");
}

/// What axe-core finds fault with: each rule's name and help, and where.
#[track_caller]
fn faults(browser: &Browser) -> Value {
    let axe = std::env::var_os("WAYFARE_AXE")
        .expect("WAYFARE_AXE is not set: run these tests with `cargo xtask test`");
    browser.run(&std::fs::read_to_string(axe).unwrap(), vec![]);
    let check = "const [rules, done] = arguments;
        axe.run(document, { runOnly: rules, resultTypes: ['violations'] }).then(
          ({ violations }) => done(violations.map(
            ({ id, help, nodes }) => [id, help, ...nodes.map(({ html }) => html.slice(0, 200))])),
          (error) => done(String(error)));";
    browser.run_async(check, vec![json!(RULES)])
}
