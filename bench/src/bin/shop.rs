//! The shop on the web under load: how long it takes to show 500 plans, and to build purchases for 50 buyers at once. Shop,
//! local network and buyers share the machine; the shop is the command line as it is installed, a release build. Times are
//! those of whole requests, as the buyers see them.
//!
//! `cargo xtask bench --load` builds what it needs and says where that is. It prints one figure a line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use solana_pubkey::Pubkey;
use wayfare_core::esim::delivery;
use wayfare_core::esim::delivery_key::DeliveryKey;
use wayfare_tests::localnet::LocalNetwork;

const MARKET: &str = "load";

const PLANS: usize = 500;

/// Looks at the storefront, one after the other, with pauses: some find what it keeps for a second, and some do not.
const LOOKS: u64 = 60;
const PAUSE: Duration = Duration::from_millis(230);

/// Buyers that ask at once, and how often each does.
const BUYERS: u64 = 50;
const PURCHASES: u64 = 20;

/// Most that each may be.
const TARGETS: [(&str, f64); 3] = [
    ("checkout.storefront_500.milliseconds", 30.0),
    ("checkout.storefront_500.kilobytes", 150.0),
    ("checkout.purchase_50.milliseconds", 60.0),
];

fn main() -> Result<()> {
    let network = LocalNetwork::start();
    set_up(&network);
    let wallet = network.address_of("wallet").parse()?;
    let shop = Shop::open(&network)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let client = reqwest::Client::new();
    let (look, bytes) = runtime.block_on(looks(&client, &shop))?;
    let purchase = runtime.block_on(purchases(&client, &shop, &wallet))?;
    let measured = [look, bytes / 1_000.0, purchase];
    let mut missed = Vec::new();
    for ((name, target), value) in TARGETS.into_iter().zip(measured) {
        let unit = if name.ends_with("kilobytes") {
            "kB"
        } else {
            "ms"
        };
        let value = (value * 10.0).round() / 10.0;
        println!("{}", json!({"figure": name, "value": value, "unit": unit}));
        if value > target {
            missed.push(format!("{name} is {value}, more than {target}"));
        }
    }
    ensure!(missed.is_empty(), "{}", missed.join("; "));
    Ok(())
}

/// A market with one seller and 500 plans over many countries, imported as a seller would.
fn set_up(network: &LocalNetwork) {
    network.open_market(MARKET);
    let mint = network.mint.as_str();
    let packages = network.write("packages.json", &packages().to_string());
    network.done(&[
        "esim",
        "seller",
        "import",
        "-m",
        MARKET,
        "--airalo",
        &packages,
        "--mint",
        mint,
        "--delivery-window",
        "1h",
        "--release-window",
        "1h",
        "--yes",
    ]);
}

/// A price list as wholesalers send it: 25 groups of countries, 20 plans each.
fn packages() -> Value {
    const CODES: [&str; 40] = [
        "FR", "DE", "IT", "ES", "PT", "GB", "IE", "NL", "BE", "CH", "AT", "DK", "NO", "SE", "FI",
        "PL", "CZ", "GR", "TR", "US", "CA", "MX", "BR", "AR", "CL", "JP", "KR", "TH", "VN", "MY",
        "SG", "ID", "PH", "IN", "AE", "EG", "MA", "ZA", "AU", "NZ",
    ];
    let operator = |group: usize| {
        let countries: Vec<Value> = (0..1 + group * 39 / 24)
            .map(|at| json!({"country_code": CODES[(group + at) % CODES.len()], "title": ""}))
            .collect();
        let packages: Vec<Value> = (1..=PLANS / 25)
            .map(|size| {
                json!({
                    "id": format!("plan-{group}-{size}"),
                    "type": "sim",
                    "price": 2.0 + size as f64 * 1.5 + group as f64 * 0.25,
                    "net_price": 1.0,
                    "amount": size * 1_024,
                    "day": 7 + size,
                    "is_unlimited": false,
                    "title": format!("{size} GB"),
                    "data": format!("{size} GB"),
                    "voice": null,
                    "text": null,
                })
            })
            .collect();
        json!({
            "id": group,
            "title": format!("Operator {group}"),
            "type": "local",
            "plan_type": "data",
            "rechargeability": true,
            "activation_policy": "first-usage",
            "is_kyc_verify": false,
            "countries": countries,
            "packages": packages,
        })
    };
    let operators: Vec<Value> = (0..25).map(operator).collect();
    json!({"data": [{"slug": "all", "country_code": "", "title": "All", "operators": operators}]})
}

/// The open shop, which ends with this process.
struct Shop {
    process: Child,
    url: String,
}

impl Shop {
    fn open(network: &LocalNetwork) -> Result<Self> {
        let mut process = network
            .command(&[
                "esim",
                "serve",
                "-m",
                MARKET,
                "--listen",
                "127.0.0.1:0",
                "--rate",
                "0",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot open the shop")?;
        let stdout = process.stdout.take().context("it has no standard output")?;
        let listening = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, value) = line.split_once("\"listening\": \"")?;
                Some(value.split('"').next()?.to_owned())
            });
        let url = listening.context("the shop did not open")?;
        Ok(Self { process, url })
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The median of the time for the storefront, and its size in bytes.
async fn looks(client: &reqwest::Client, shop: &Shop) -> Result<(f64, f64)> {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..LOOKS {
        tokio::time::sleep(PAUSE).await;
        let start = Instant::now();
        let page = client.get(&shop.url).send().await?.error_for_status()?;
        let page = page.text().await?;
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
        ensure!(page.contains("500 plans"), "not all plans are shown");
        bytes = page.len();
    }
    Ok((median(times), bytes as f64))
}

/// The median of the time for a purchase that is built, while 50 buyers ask.
async fn purchases(client: &reqwest::Client, shop: &Shop, wallet: &Pubkey) -> Result<f64> {
    let page = client.get(&shop.url).send().await?.text().await?;
    let plan = page
        .split_once("/plans/")
        .and_then(|(_, rest)| rest.split('"').next())
        .context("the storefront has no plan")?
        .to_owned();
    let page = client
        .get(format!("{}/plans/{plan}", shop.url))
        .send()
        .await?
        .text()
        .await?;
    let attribute = |name: &str| {
        let (_, rest) = page.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let version = attribute("data-version").context("the plan has no version")?;
    let terms = attribute("data-market-version").context("the market has no version")?;
    let price = attribute("data-max-price").context("the plan has no price")?;
    let key = DeliveryKey::generate(&mut delivery::rng()?);
    let key = Pubkey::new_from_array(*key.public());
    let url = Arc::new(format!(
        "{}/pay/{plan}?version={version}&terms={terms}&max={price}&key={key}",
        shop.url
    ));
    let buyers: Vec<_> = (0..BUYERS)
        .map(|buyer| {
            let (client, url, wallet) = (client.clone(), Arc::clone(&url), wallet.to_string());
            tokio::spawn(async move {
                let mut times = Vec::new();
                for purchase in 0..PURCHASES {
                    let order = buyer * PURCHASES + purchase;
                    let start = Instant::now();
                    let answer = client
                        .post(format!("{url}&order={order}"))
                        .body(json!({"account": wallet}).to_string())
                        .send()
                        .await?;
                    let status = answer.status();
                    let text = answer.text().await?;
                    times.push(start.elapsed().as_secs_f64() * 1_000.0);
                    ensure!(
                        status.is_success() && text.contains("\"transaction\""),
                        "{status}: {text}"
                    );
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for buyer in buyers {
        times.extend(buyer.await??);
    }
    Ok(median(times))
}
