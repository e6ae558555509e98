//! Load: a thousand orders bought, fulfilled and released on the local network, by the code that the command line is made
//! of. Purchases go through the job engine, the rest through the `wayfare` binary. Then every account is looked at: each
//! order ended in favour of its seller, and its delivery decrypts to a profile of the pool that nobody else has.
//!
//! `cargo xtask bench --load` builds what it needs and says where that is. It prints one figure.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use esim_market::state::{Delivery, Order, OrderState};
use serde_json::json;
use solana_keypair::{Keypair, read_keypair_file};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use wayfare_client::ClientError;
use wayfare_client::bulk::{self, Assessment, BulkOptions, Job};
use wayfare_client::cluster::{Cluster, ClusterOptions};
use wayfare_client::esim::instruction::{self, Purchase, VaultAccounts};
use wayfare_client::esim::{OrderFilter, address};
use wayfare_client::journal::{Binding, Journal};
use wayfare_client::token::token_account;
use wayfare_core::esim::delivery;
use wayfare_core::esim::delivery_key::DeliveryKey;
use wayfare_tests::localnet::LocalNetwork;

/// How many orders.
const ORDERS: u64 = 1_000;

/// Most that it may take, in seconds.
const TARGET_SECONDS: f64 = 120.0;

const MARKET: &str = "load";

/// Time for a buyer to complain: all there is to wait for.
const RELEASE_WINDOW: &str = "1s";

fn main() -> Result<()> {
    let network = Network::start()?;
    let market = set_up(&network)?;
    let pool = pool(&network);

    let start = Instant::now();
    let key = buy(&network, &market)?;
    let bought = start.elapsed().as_secs_f64();
    network
        .local
        .done(&["esim", "seller", "fulfil", "--pool", &pool, "-m", MARKET]);
    let delivered = start.elapsed().as_secs_f64();
    let orders = network.orders(&market)?;
    let last = orders.iter().map(|(_, order)| order.release_at).max();
    while network.cluster.unix_time()? < last.unwrap_or_default() {
        std::thread::sleep(Duration::from_millis(100));
    }
    network.local.done(&["esim", "sweep", "-m", MARKET]);
    let seconds = start.elapsed().as_secs_f64();
    eprintln!(
        "bought after {bought:.1} s, delivered after {delivered:.1} s, released after {seconds:.1} s"
    );

    check(&network, &market, &key)?;
    let figure = json!({ "figure": "esim_market.orders_1000.seconds", "value": (seconds * 10.0).round() / 10.0, "unit": "s" });
    println!("{figure}");
    ensure!(
        seconds <= TARGET_SECONDS,
        "{seconds:.1} s is more than {TARGET_SECONDS} s"
    );
    Ok(())
}

/// The market, its one seller and the seller's plan: the wallet plays every part.
struct Market {
    address: Pubkey,
    plan: Pubkey,
    vault: VaultAccounts,
}

fn set_up(network: &Network) -> Result<Market> {
    let mint = &network.local.mint;
    network.local.open_market(MARKET);
    let at = address::market(MARKET).context("the market's name has no address")?;
    let seller = address::seller(&at, &network.wallet.pubkey());
    let plan = [
        "esim",
        "seller",
        "plan",
        "create",
        "fr-1gb",
        "-m",
        MARKET,
        "--yes",
        "--mint",
        mint,
        "--price",
        "4.50",
        "--data",
        "1GB",
        "--days",
        "7",
        "--countries",
        "France",
        "--delivery-window",
        "1h",
        "--release-window",
        RELEASE_WINDOW,
        "--stock",
        &ORDERS.to_string(),
    ];
    network.local.done(&plan);
    let vault = address::vault(&at, &mint.parse()?);
    Ok(Market {
        address: at,
        plan: address::plan(&seller, "fr-1gb").context("the plan's id has no address")?,
        vault: VaultAccounts::of(vault, &network.cluster.state(&vault)?),
    })
}

/// A profile for each order.
fn pool(network: &Network) -> String {
    let mut csv = "lpa\n".to_owned();
    for n in 0..ORDERS {
        csv += &format!("LPA:1$smdp.example.com$LOAD-{n:04}\n");
    }
    network.local.write("pool.csv", &csv)
}

/// Buys all orders, and returns the key that their deliveries are encrypted to.
fn buy(network: &Network, market: &Market) -> Result<DeliveryKey> {
    let key = DeliveryKey::generate(&mut delivery::rng()?);
    let plan: esim_market::state::Plan = network.cluster.state(&market.plan)?;
    let state: esim_market::state::Market = network.cluster.state(&market.address)?;
    let buyer = network.wallet.pubkey();
    let purchases = (0..ORDERS).map(|order_id| Purchase {
        payer: buyer,
        buyer,
        market: market.address,
        seller: plan.seller,
        plan: market.plan,
        vault: market.vault,
        source: token_account(&buyer, &market.vault.mint, &market.vault.token_program),
        order_id,
        plan_version: plan.terms_version,
        market_version: state.terms_version,
        max_price: plan.terms.price,
    });
    let job = BuyOrders {
        purchases: purchases.collect(),
        encryption_key: *key.public(),
    };
    let binding = Binding {
        job: "buy-orders".to_owned(),
        input: [0; 32],
        network: market.address,
        genesis: network.cluster.genesis_hash()?,
    };
    let mut journal = Journal::create(Path::new(&network.local.path("buy.journal")), &binding)?;
    let options = BulkOptions::default();
    let summary = bulk::run(
        &network.cluster,
        &job,
        &network.wallet,
        &mut journal,
        &options,
        &mut |_| (),
    )?;
    ensure!(summary.is_complete(), "not all was bought: {summary:?}");
    Ok(key)
}

/// Each order is there once it is bought. None is closed here, so none can be bought twice.
struct BuyOrders {
    purchases: Vec<Purchase>,
    encryption_key: [u8; 32],
}

impl Job for BuyOrders {
    fn len(&self) -> usize {
        self.purchases.len()
    }

    fn name(&self, item: usize) -> String {
        format!("order {item}")
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let purchases: Vec<&Purchase> = items
            .iter()
            .filter_map(|item| self.purchases.get(*item))
            .collect();
        let addresses: Vec<Pubkey> = purchases.iter().map(|purchase| purchase.order()).collect();
        let accounts = cluster.accounts(&addresses, min_slot)?.accounts;
        Ok(purchases
            .iter()
            .zip(accounts)
            .map(|(purchase, account)| match account {
                Some(_) => Assessment::Done,
                None => Assessment::Due {
                    instructions: vec![instruction::purchase(purchase, self.encryption_key)],
                    progress: 0,
                },
            })
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![]
    }
}

/// Looks at every account: each order was delivered once and paid for once, each with a profile of its own.
fn check(network: &Network, market: &Market, key: &DeliveryKey) -> Result<()> {
    let orders = network.orders(market)?;
    ensure!(
        orders.len() as u64 == ORDERS,
        "there are {} orders",
        orders.len()
    );
    let mut given = HashSet::new();
    for (at, order) in &orders {
        ensure!(
            order.state()? == OrderState::Completed && order.owes()? == 0,
            "the order {at} is {:?} and owes {}",
            order.state()?,
            order.owes()?
        );
        let delivery: Delivery = network.cluster.state(&address::delivery(at))?;
        let opened = delivery::open(key, &at.to_bytes(), &delivery.ciphertext, &order.commitment)
            .map_err(|error| anyhow::anyhow!("the order {at}: {error}"))?;
        let profile = opened.profile()?;
        let id = profile.activation_code().matching_id().to_owned();
        ensure!(id.starts_with("LOAD-"), "{id} is not of the pool");
        if !given.insert(id.clone()) {
            bail!("{id} was delivered twice, last for the order {at}");
        }
    }
    let plan: esim_market::state::Plan = network.cluster.state(&market.plan)?;
    let seller: esim_market::state::Seller = network.cluster.state(&plan.seller)?;
    ensure!(
        (plan.sold, plan.stock) == (ORDERS, 0)
            && (seller.delivered_count, seller.refunded_count) == (ORDERS, 0),
        "the counters do not agree: {plan:?}, {seller:?}"
    );
    network.local.done(&["esim", "market", "books", MARKET]);
    Ok(())
}

/// A local network, which ends with this process, and who is there.
struct Network {
    local: LocalNetwork,
    wallet: Keypair,
    cluster: Cluster,
}

impl Network {
    fn start() -> Result<Self> {
        let local = LocalNetwork::start_as_it_is();
        let wallet = read_keypair_file(local.path("wallet.json"))
            .map_err(|error| anyhow::anyhow!("the wallet cannot be read: {error}"))?;
        let cluster = Cluster::connect(&local.url, ClusterOptions::default())?;
        Ok(Self {
            local,
            wallet,
            cluster,
        })
    }

    fn orders(&self, market: &Market) -> Result<Vec<(Pubkey, Order)>> {
        Ok(self.cluster.orders(&OrderFilter {
            market: Some(market.address),
            ..OrderFilter::default()
        })?)
    }
}
