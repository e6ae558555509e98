//! What the shop answers to programs, against the published specifications: Solana Pay's transaction requests
//! (https://docs.solanapay.com/spec), Solana Actions (https://solana.com/docs/advanced/actions), and its own JSON.

use std::thread;
use std::time::{Duration, Instant};

use base64::{Engine, prelude::BASE64_STANDARD};
use esim_market::state::{Market, Order, Plan};
use serde_json::{Value, json};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use wayfare_core::esim::delivery;
use wayfare_core::esim::delivery_key::DeliveryKey;

use crate::phone;
use crate::shop::{PRICE, Server, Shop, code};
use crate::web::{self, Answer};

/// A new key, as the command line makes it.
pub fn delivery_key() -> DeliveryKey {
    DeliveryKey::generate(&mut delivery::rng().unwrap())
}

/// The path to pay for a plan as it is now.
pub fn pay_path(shop: &Shop, id: &str, order_id: u64, key: &str) -> String {
    let at = shop.plan(id);
    let plan: Plan = shop.cluster.state(&at).unwrap();
    let market: Market = shop.cluster.state(&plan.market).unwrap();
    let (version, terms) = (plan.terms_version, market.terms_version);
    let max = plan.terms.price;
    format!("/pay/{at}?order={order_id}&key={key}&version={version}&terms={terms}&max={max}")
}

pub fn base58(bytes: &[u8; 32]) -> String {
    Pubkey::new_from_array(*bytes).to_string()
}

/// Sends a signed transaction by the shop's relay.
pub fn relay(server: &Server, signed: &str) -> Answer {
    web::post(
        &server.at("/transactions"),
        &json!({ "transaction": signed }),
    )
}

#[test]
fn a_purchase_by_solana_pay_and_its_order_as_json() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open_with(&[
        "--listen",
        "127.0.0.1:0",
        "--public-url",
        "https://shop.example",
    ]);
    let (buyer, key, plan) = (shop.buyer(), delivery_key(), shop.plan("fr-1gb"));
    let key_text = base58(key.public());
    let link = server.at(&pay_path(&shop, "fr-1gb", 7, &key_text));

    // GET: a label that is not empty, and the absolute https URL of an icon in SVG, PNG or WebP.
    let answer = web::get_json(&link);
    let label = answer.ok();
    assert!(
        label["label"]
            .as_str()
            .is_some_and(|label| label.contains("fr-1gb"))
    );
    let icon = label["icon"].as_str().unwrap();
    let icon = icon.strip_prefix("https://shop.example").expect(icon);
    let icon = web::get(&server.at(icon));
    assert_eq!(
        icon.header("content-type"),
        Some("image/svg+xml"),
        "{icon:?}"
    );
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("application/json")
    );

    // POST: the transaction in base64, which nobody has signed, and a message. It is the same purchase each time.
    let answer = phone::ask(&link, &buyer.pubkey());
    let built = answer.ok();
    assert!(
        built["message"]
            .as_str()
            .is_some_and(|message| message.contains("4.5"))
    );
    let transaction = phone::read(&built, &buyer.pubkey());
    assert_eq!(
        phone::ask(&link, &buyer.pubkey()).ok()["order"],
        built["order"]
    );

    // A transaction that is not signed is not passed on, nor one that is signed by somebody else.
    let unsigned = built["transaction"].as_str().unwrap();
    assert_eq!(relay(&server, unsigned).refusal(), "bad-request");
    let forged = phone::sign(transaction.clone(), &Keypair::new());
    assert_eq!(relay(&server, &forged).refusal(), "bad-request");

    let order = built["order"].as_str().unwrap().to_owned();
    let at = server.at(&format!("/orders/{order}"));
    let none = web::get_json(&at);
    assert_eq!((none.status, none.refusal().as_str()), (404, "no-order"));
    let signed = phone::sign(transaction, &buyer);
    let sent = relay(&server, &signed);
    assert_eq!(sent.status, 202, "{sent:?}");
    shop.order_becomes(&order, "paid");
    // The same bytes again do no harm, and are known as soon as the node knows what became of them.
    let started = Instant::now();
    loop {
        let again = relay(&server, &signed);
        if again.status == 202 {
            assert_eq!(again.json(), sent.json());
            break;
        }
        assert_eq!(again.refusal(), "refused");
        assert!(started.elapsed() < Duration::from_secs(10), "{again:?}");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(shop.paid_by(&buyer.pubkey()), PRICE);

    let paid = web::get_json(&at).ok();
    let buyer_text = json!(buyer.pubkey().to_string());
    for (field, value) in [
        ("order", json!(order)),
        ("plan", json!(plan.to_string())),
        ("plan_id", json!("fr-1gb")),
        ("buyer", buyer_text.clone()),
        ("payer", buyer_text),
        ("order_id", json!("7")),
        ("state", json!("paid")),
        ("encryption_key", json!(key_text)),
        ("commitment", Value::Null),
        ("ciphertext", Value::Null),
        ("delivered_at", Value::Null),
        ("ended_at", Value::Null),
    ] {
        assert_eq!(paid[field], value, "{field}: {paid}");
    }
    let price = json!({ "units": "4500000", "decimals": 6, "text": "4.50", "mint": shop.net.mint });
    assert_eq!(paid["price"], price);
    assert_eq!(paid["refunded"]["units"], "0");
    assert_eq!(paid["steps"][0]["action"], "refund", "{paid}");
    assert_eq!(paid["steps"][0]["open"], false, "{paid}");
    assert_eq!(paid["steps"][0]["from"], paid["deliver_by"], "{paid}");

    // Too early for every step: said, with the reason.
    let step = |step: &str, more: Value| {
        let mut body = json!({ "account": buyer.pubkey().to_string() });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        web::post(&server.at(&format!("/orders/{order}/{step}")), &body)
    };
    let complaint = json!({ "reason": "no-service" });
    for refused in [
        step("confirm", json!({})),
        step("dispute", complaint.clone()),
        step("refund", json!({})),
    ] {
        assert_eq!(
            (refused.status, refused.refusal().as_str()),
            (409, "not-now")
        );
    }

    shop.fulfil(1);
    let delivered = web::get_json(&at).ok();
    assert_eq!(delivered["state"], "delivered");
    let ciphertext = delivered["ciphertext"].as_str().unwrap();
    let ciphertext = BASE64_STANDARD.decode(ciphertext).unwrap();
    let on_chain: Order = shop.cluster.state(&order.parse().unwrap()).unwrap();
    let bytes = order.parse::<Pubkey>().unwrap().to_bytes();
    let opened = delivery::open(&key, &bytes, &ciphertext, &on_chain.commitment).unwrap();
    assert_eq!(
        opened.profile().unwrap().activation_code().to_string(),
        code(1)
    );
    let commitment: String = on_chain
        .commitment
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(delivered["commitment"], json!(commitment));

    // Orders are found by their plan and key, by key, and by buyer.
    for query in [
        format!("plan={plan}&key={key_text}"),
        format!("key={key_text}"),
        format!("buyer={}", buyer.pubkey()),
    ] {
        let found = web::get_json(&server.at(&format!("/orders?{query}"))).ok();
        assert_eq!(
            found["orders"][0]["order"],
            json!(order),
            "{query}: {found}"
        );
        assert_eq!(
            found["orders"].as_array().unwrap().len(),
            1,
            "{query}: {found}"
        );
    }
    let nobodys = base58(delivery_key().public());
    let found = web::get_json(&server.at(&format!("/orders?key={nobodys}"))).ok();
    assert_eq!(found, json!({ "orders": [], "page": 1, "pages": 1 }));

    // Only the buyer can complain, and only for a reason that there is.
    let stranger = json!({ "account": shop.buyer().pubkey().to_string(), "reason": "no-service" });
    let refused = web::post(&format!("{at}/dispute"), &stranger);
    assert_eq!(
        (refused.status, refused.refusal().as_str()),
        (403, "not-buyer")
    );
    let odd = step("dispute", json!({ "reason": "too-expensive" }));
    assert_eq!((odd.status, odd.refusal().as_str()), (400, "bad-request"));
    let built = step("dispute", complaint).ok();
    let signed = phone::sign(phone::read(&built, &buyer.pubkey()), &buyer);
    assert_eq!(relay(&server, &signed).status, 202);
    shop.order_becomes(&order, "disputed");
    shop.balanced();
}

#[test]
fn solana_actions() {
    let shop = Shop::with(&[("fr-1gb", &[]), ("gone", &["--stock", "0"])]);
    let server = shop.open();
    let (buyer, plan) = (shop.buyer(), shop.plan("fr-1gb"));
    // Every answer can be read by a client on any site, and says its version and its chain.
    let is_open = |answer: &Answer| {
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{answer:?}"
        );
        let methods = answer.header("access-control-allow-methods").unwrap();
        for method in ["GET", "POST", "OPTIONS"] {
            assert!(methods.contains(method), "{answer:?}");
        }
        let headers = answer.header("access-control-allow-headers").unwrap();
        for header in [
            "Content-Type",
            "Authorization",
            "Content-Encoding",
            "Accept-Encoding",
            "X-Accept-Action-Version",
            "X-Accept-Blockchain-Ids",
        ] {
            assert!(headers.contains(header), "{answer:?}");
        }
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for header in ["X-Action-Version", "X-Blockchain-Ids"] {
            assert!(exposed.contains(header), "{answer:?}");
            assert!(
                answer.header(header).is_some_and(|value| !value.is_empty()),
                "{answer:?}"
            );
        }
        assert!(
            answer
                .header("x-blockchain-ids")
                .unwrap()
                .starts_with("solana:")
        );
    };
    let origin = ("Origin", "https://blinks.example");
    let url = server.at(&format!("/actions/esim/{plan}"));
    for url in [server.at("/actions.json"), url.clone()] {
        let preflight = [origin, ("Access-Control-Request-Method", "POST")];
        let answer = web::request("OPTIONS", &url, &preflight, "").unwrap();
        assert!(matches!(answer.status, 200 | 204), "{answer:?}");
        is_open(&answer);
    }

    let answer = web::request("GET", &server.at("/actions.json"), &[origin], "").unwrap();
    is_open(&answer);
    let rules = answer.ok();
    let rules = rules["rules"].as_array().unwrap();
    let of_plans = rules.iter().find(|rule| rule["pathPattern"] == "/plans/*");
    assert_eq!(of_plans.unwrap()["apiPath"], "/actions/esim/*", "{rules:?}");

    let answer = web::request("GET", &url, &[origin], "").unwrap();
    is_open(&answer);
    let action = answer.ok();
    assert_eq!(action["type"], "action");
    for field in ["title", "description", "label"] {
        let text = action[field].as_str();
        assert!(
            text.is_some_and(|text| !text.is_empty()),
            "{field}: {action}"
        );
    }
    let icon = action["icon"].as_str().unwrap();
    assert!(
        icon.starts_with("http") && web::get(icon).status == 200,
        "{action}"
    );
    assert!(
        action["disabled"].is_null() && action["error"].is_null(),
        "{action}"
    );
    let [linked] = action["links"]["actions"].as_array().unwrap().as_slice() else {
        panic!("one action: {action}")
    };
    assert_eq!(linked["type"], "transaction", "{linked}");
    assert!(
        linked["label"]
            .as_str()
            .is_some_and(|label| label.contains("4.5")),
        "{linked}"
    );
    let [parameter] = linked["parameters"].as_array().unwrap().as_slice() else {
        panic!("one parameter: {linked}")
    };
    assert_eq!(
        (
            &parameter["name"],
            &parameter["required"],
            &parameter["type"]
        ),
        (&json!("key"), &json!(true), &json!("text")),
    );
    assert!(
        parameter["label"]
            .as_str()
            .is_some_and(|label| !label.is_empty())
    );

    // The client puts what was typed where the address says, and the account into the body.
    let href = linked["href"].as_str().unwrap();
    let key = delivery_key();
    let typed = server.at(&href.replace("{key}", &base58(key.public())));
    let body = json!({ "account": buyer.pubkey().to_string(), "type": "transaction" });
    let headers = [origin, ("Content-Type", "application/json")];
    let answer = web::request("POST", &typed, &headers, &body.to_string()).unwrap();
    is_open(&answer);
    let built = answer.ok();
    assert_eq!(built["type"], "transaction", "{built}");
    assert!(
        built["message"]
            .as_str()
            .is_some_and(|message| message.contains("4.5"))
    );
    let signed = phone::sign(phone::read(&built, &buyer.pubkey()), &buyer);
    let options = json!({ "encoding": "base64", "preflightCommitment": "confirmed" });
    wayfare_tests::proxy::call(&shop.net.url, "sendTransaction", json!([signed, options]));
    let found = format!("/orders?buyer={}", buyer.pubkey());
    let found = web::get_json(&server.at(&found)).ok();
    assert_eq!(
        found["orders"][0]["encryption_key"],
        json!(base58(key.public())),
        "{found}"
    );

    // Or into the body's data, where the address has no place for it.
    let (path, query) = href.split_once('?').unwrap();
    let query: Vec<&str> = query
        .split('&')
        .filter(|part| !part.starts_with("key="))
        .collect();
    let url = server.at(&format!("{path}?{}", query.join("&")));
    let ask = |key: &DeliveryKey| {
        let account = buyer.pubkey().to_string();
        let body = json!({ "account": account, "data": { "key": base58(key.public()) } });
        web::request("POST", &url, &headers, &body.to_string()).unwrap()
    };
    // The same form sent again is the same order: nobody pays twice by pressing twice.
    let again = ask(&key);
    assert_eq!(
        (again.status, again.refusal().as_str()),
        (409, "order-exists")
    );
    assert_eq!(again.json()["order"], found["orders"][0]["order"]);
    phone::read(&ask(&delivery_key()).ok(), &buyer.pubkey());

    // A refusal can be read too, and one that is known before is told before.
    let body = json!({ "account": buyer.pubkey().to_string() }).to_string();
    let answer = web::request("POST", &url, &headers, &body).unwrap();
    assert_eq!((answer.status, answer.refusal().as_str()), (400, "bad-key"));
    is_open(&answer);
    let none = server.at(&format!("/actions/esim/{}", Pubkey::new_unique()));
    let answer = web::request("GET", &none, &[origin], "").unwrap();
    assert_eq!((answer.status, answer.refusal().as_str()), (404, "no-plan"));
    is_open(&answer);
    let gone = server.at(&format!("/actions/esim/{}", shop.plan("gone")));
    let gone = web::request("GET", &gone, &[origin], "").unwrap().ok();
    assert_eq!(gone["disabled"], true, "{gone}");
    assert!(
        gone["error"]["message"]
            .as_str()
            .unwrap()
            .contains("sold out"),
        "{gone}"
    );
}

/// Whatever is sent, the answer says what is wrong with it, and nothing is built.
#[test]
fn bad_input() {
    let shop = Shop::with(&[("fr-1gb", &[]), ("gone", &["--stock", "0"])]);
    shop.update("gone", &["--price", "5"]);
    let server = shop.open();
    let (buyer, plan) = (shop.buyer(), shop.plan("fr-1gb"));
    let plan_text = plan.to_string();
    let account = json!({ "account": buyer.pubkey().to_string() }).to_string();
    let key = base58(delivery_key().public());
    let good = pay_path(&shop, "fr-1gb", 1, &key);
    let elsewhere = |plan: &str| good.replacen(&plan_text, plan, 1);
    assert_eq!(
        web::request("POST", &server.at(&good), &[], &account)
            .unwrap()
            .status,
        200
    );

    let with = |name: &str, value: &str| {
        let (path, query) = good.split_once('?').unwrap();
        let parts = query
            .split('&')
            .map(|part| match part.split_once('=').unwrap() {
                (part, _) if part == name => format!("{name}={value}"),
                _ => part.to_owned(),
            });
        format!("{path}?{}", parts.collect::<Vec<_>>().join("&"))
    };
    let small = base58(&[0; 32]);
    let one = base58(&std::array::from_fn(|at| u8::from(at == 0)));
    let long = format!(
        r#"{{"account":"{}","more":"{}"}}"#,
        buyer.pubkey(),
        "x".repeat(9_000)
    );
    let stranger = json!({ "account": Pubkey::new_unique().to_string() }).to_string();
    let text = r#"{"account":"me"}"#;
    let none = Pubkey::new_unique();
    for (method, path, body, status, code) in [
        ("POST", good.clone(), "{", 400, "bad-request"),
        ("GET", "/plans/%ff".into(), "", 400, "bad-request"),
        (
            "POST",
            "/actions/esim/%ff".into(),
            &account,
            400,
            "bad-request",
        ),
        ("POST", good.clone(), "", 400, "bad-request"),
        ("POST", good.clone(), "[]", 400, "bad-request"),
        ("POST", good.clone(), r#"{"account":7}"#, 400, "bad-request"),
        ("POST", good.clone(), "{}", 400, "bad-request"),
        ("POST", good.clone(), text, 400, "bad-account"),
        ("POST", good.clone(), &long, 413, "too-large"),
        ("POST", with("order", "-1"), &account, 400, "bad-request"),
        (
            "POST",
            with("order", "18446744073709551616"),
            &account,
            400,
            "bad-request",
        ),
        ("POST", with("order", "1.5"), &account, 400, "bad-request"),
        ("POST", with("order", ""), &account, 400, "bad-request"),
        ("POST", with("version", "x"), &account, 400, "bad-request"),
        ("POST", with("terms", "-1"), &account, 400, "bad-request"),
        ("POST", with("max", "4.5"), &account, 400, "bad-request"),
        ("POST", with("key", "0OIl"), &account, 400, "bad-key"),
        ("POST", with("key", &small), &account, 400, "bad-key"),
        ("POST", with("key", &one), &account, 400, "bad-key"),
        ("POST", format!("/pay/{plan}"), &account, 400, "bad-request"),
        (
            "POST",
            format!("{good}&order=2"),
            &account,
            400,
            "bad-request",
        ),
        (
            "POST",
            elsewhere(&none.to_string()),
            &account,
            404,
            "no-plan",
        ),
        ("POST", elsewhere("no-plan"), &account, 404, "no-plan"),
        ("GET", format!("/pay/{none}"), "", 404, "no-plan"),
        ("POST", with("version", "0"), &account, 409, "repriced"),
        ("POST", with("terms", "0"), &account, 409, "repriced"),
        ("POST", with("max", "4499999"), &account, 409, "repriced"),
        (
            "POST",
            pay_path(&shop, "gone", 1, &key),
            &account,
            409,
            "sold-out",
        ),
        ("POST", good.clone(), &stranger, 409, "no-token-account"),
        ("PUT", good.clone(), &account, 405, "wrong-method"),
        ("POST", "/".to_owned(), "", 405, "wrong-method"),
        ("GET", "/transactions".to_owned(), "", 405, "wrong-method"),
        ("GET", "/nowhere".to_owned(), "", 404, "no-page"),
        (
            "GET",
            "/assets/../Cargo.toml".to_owned(),
            "",
            404,
            "no-page",
        ),
        (
            "GET",
            "/assets/..%2fCargo.toml".to_owned(),
            "",
            404,
            "no-page",
        ),
        ("GET", "/orders".to_owned(), "", 400, "bad-request"),
        ("GET", "/orders?buyer=me".to_owned(), "", 400, "bad-request"),
        ("GET", format!("/orders/{none}"), "", 404, "no-order"),
        // A plan is no order.
        ("GET", format!("/orders/{plan}"), "", 404, "no-order"),
        ("GET", "/orders/%00".to_owned(), "", 404, "no-order"),
        (
            "POST",
            format!("/orders/{none}/refund"),
            &account,
            404,
            "no-order",
        ),
        (
            "POST",
            "/transactions".to_owned(),
            r#"{"transaction":"?"}"#,
            400,
            "bad-request",
        ),
        (
            "POST",
            "/transactions".to_owned(),
            r#"{"transaction":"AAAA"}"#,
            400,
            "bad-request",
        ),
        (
            "POST",
            "/transactions".to_owned(),
            r#"{"transaction":""}"#,
            400,
            "bad-request",
        ),
    ] {
        let headers = [
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
        ];
        let answer = web::request(method, &server.at(&path), &headers, body).unwrap();
        let what = format!("{method} {path} {}", body.get(..80).unwrap_or(body));
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        assert_eq!(answer.refusal(), code, "{what}");
    }

    // The same in words, where a browser asks; and no page repeats what it was given as markup.
    let page = web::get(&server.at(&format!("/plans/{none}")));
    assert_eq!(page.status, 404);
    assert!(page.body.contains("<!DOCTYPE html>") && page.body.contains("there is no plan"));
    let page = web::get(&server.at("/plans/%3Cscript%3Ealert(1)%3C%2Fscript%3E"));
    assert_eq!(page.status, 404);
    assert!(!page.body.contains("<script>alert"), "{}", page.body);

    // Nothing that is not this market's is passed on.
    let gift = solana_system_interface::instruction::transfer(&buyer.pubkey(), &none, 1);
    let mut theirs =
        solana_transaction::Transaction::new_with_payer(&[gift], Some(&buyer.pubkey()));
    theirs.message.recent_blockhash = shop.cluster.blockhash().unwrap().hash;
    let refused = relay(&server, &phone::sign(theirs, &buyer));
    assert_eq!(
        (refused.status, refused.refusal().as_str()),
        (403, "not-ours")
    );

    // Not enough of either money.
    let poor = Keypair::new();
    let me = json!({ "account": poor.pubkey().to_string() });
    let refused = web::post(&server.at(&good), &me);
    assert_eq!(refused.refusal(), "no-token-account");
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains(&shop.net.mint)
    );
    shop.update("gone", &["--price", "100.000001", "--stock", "1"]);
    let path = pay_path(&shop, "gone", 1, &key);
    let refused = web::request("POST", &server.at(&path), &[], &account).unwrap();
    assert_eq!(
        (refused.status, refused.refusal().as_str()),
        (409, "no-funds")
    );
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains("100.000001")
    );

    // Off sale, and paused: said as such.
    shop.update("fr-1gb", &["--off-sale"]);
    let refused = web::request("POST", &server.at(&good), &[], &account).unwrap();
    assert_eq!(
        (refused.status, refused.refusal().as_str()),
        (409, "off-sale")
    );
    shop.update("fr-1gb", &["--on-sale"]);
    shop.esim(&[
        "market",
        "pause",
        crate::shop::MARKET,
        "--for",
        "1h",
        "--yes",
    ]);
    let refused = web::request("POST", &server.at(&good), &[], &account).unwrap();
    assert_eq!(
        (refused.status, refused.refusal().as_str()),
        (409, "paused")
    );
    assert_eq!(shop.paid_by(&buyer.pubkey()), 0);
}

#[test]
fn what_every_page_says_to_the_browser() {
    let shop = Shop::with(&[("fr-1gb", &[])]);
    let server = shop.open();
    let plan = shop.plan("fr-1gb");
    let home = web::get(&server.url);
    let asset = |name: &str| {
        let (_, after) = home.body.split_once(&format!("/assets/{name}")).unwrap();
        format!("/assets/{name}{}", after.split('"').next().unwrap())
    };
    for path in [
        "/".to_owned(),
        format!("/plans/{plan}"),
        format!("/plans/{}", Pubkey::new_unique()),
        "/orders".to_owned(),
        format!("/orders?buyer={plan}"),
        "/nowhere".to_owned(),
        format!("/pay/{plan}"),
        "/healthz".to_owned(),
        asset("checkout.js"),
        asset("style.css"),
    ] {
        let answer = web::get(&server.at(&path));
        let policy = answer.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(
                policy.split("; ").any(|found| found == part),
                "{path}: {policy}"
            );
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        assert!(answer.header("permissions-policy").is_some(), "{path}");
        assert!(answer.header("set-cookie").is_none(), "{path}");
        let cache = answer.header("cache-control").unwrap();
        match path.starts_with("/assets/") {
            true => assert!(cache.contains("immutable"), "{path}: {cache}"),
            false => assert_eq!(cache, "no-store", "{path}"),
        }
    }
    // The server knows of no order, wallet or key once it has answered.
    let log = shop.log();
    assert!(log.lines().count() >= 10, "{log}");
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "{log}"
    );
    assert!(!log.contains(&plan.to_string()), "{log}");
}
