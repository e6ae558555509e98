//! A market with a seller and plans on a local network, set up and run by the `wayfare` binary as its operator and its
//! seller would, and the shop that the binary opens on the web.

use std::fs::File;
use std::io::BufReader;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use solana_instruction::Instruction;
use solana_keypair::{Keypair, read_keypair_file};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use spl_token_2022_interface::instruction::{close_account, transfer_checked};
use wayfare_client::cluster::{Cluster, ClusterOptions};
use wayfare_client::esim::address;
use wayfare_client::send::{self, SendOptions};
use wayfare_client::token::{create_token_account, token_account, token_balance};
use wayfare_tests::localnet::{Ended, LocalNetwork};
use wayfare_tests::token::{DECIMALS, TokenProgram};

use crate::service::Service;
use crate::web;

pub const MARKET: &str = "travel";

/// What most plans cost.
pub const PRICE: u64 = 4_500_000;

/// How long something on the chain is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A market whose operator, arbiter and one seller is the funded wallet.
pub struct Shop {
    pub net: LocalNetwork,
    pub cluster: Cluster,
    wallet: Keypair,
    pub mint: Pubkey,
}

/// A plan to be made: its id and what differs from 1 GB in France and Germany for a week, delivered and complained about
/// within an hour.
pub type Offer<'a> = (&'a str, &'a [&'a str]);

/// A shop that is open.
pub struct Server {
    /// Without a slash at its end.
    pub url: String,
    _service: Service,
}

impl Shop {
    /// A market with an approved seller who offers these plans.
    pub fn with(plans: &[Offer]) -> Self {
        let net = LocalNetwork::start();
        let wallet = read_keypair_file(net.path("wallet.json")).unwrap();
        let cluster = Cluster::connect(&net.url, ClusterOptions::default()).unwrap();
        let mint = net.mint.parse().unwrap();
        let shop = Self {
            net,
            cluster,
            wallet,
            mint,
        };
        let me = shop.wallet.pubkey().to_string();
        shop.net.create_market(MARKET, &me, &me);
        // Each command waits until the chain cannot forget it: what does not wait for another runs beside it.
        let seller = shop.seller().to_string();
        thread::scope(|scope| {
            scope.spawn(|| shop.esim(&["market", "accept-mint", MARKET, &shop.net.mint, "--yes"]));
            scope.spawn(|| shop.esim(&["seller", "apply", "-m", MARKET, "--yes"]));
        });
        thread::scope(|scope| {
            scope.spawn(|| {
                let approve = ["market", "seller-status", MARKET, &seller, "approved"];
                shop.esim(&[&approve[..], &["--yes"]].concat())
            });
            for (id, terms) in plans {
                scope.spawn(|| shop.offer(id, terms));
            }
        });
        shop
    }

    /// Runs `wayfare esim`, which must succeed.
    #[track_caller]
    pub fn esim(&self, args: &[&str]) -> Ended {
        self.net.done(&[&["esim"], args].concat())
    }

    /// Makes a plan.
    pub fn offer(&self, id: &str, terms: &[&str]) {
        let mint = &self.net.mint;
        let mut args = vec![
            "seller", "plan", "create", id, "-m", MARKET, "--mint", mint, "--yes",
        ];
        args.extend_from_slice(terms);
        for (name, value) in [
            ("--price", "4.50"),
            ("--data", "1GB"),
            ("--days", "7"),
            ("--countries", "France, DE"),
            ("--delivery-window", "1h"),
            ("--release-window", "1h"),
        ] {
            if !terms.contains(&name) {
                args.extend([name, value]);
            }
        }
        self.esim(&args);
    }

    /// Changes a plan.
    #[track_caller]
    pub fn update(&self, id: &str, change: &[&str]) {
        let update = ["seller", "plan", "update", id, "-m", MARKET, "--yes"];
        self.esim(&[&update[..], change].concat());
    }

    /// A pool with a profile for each of these numbers.
    pub fn pool(&self, numbers: impl IntoIterator<Item = usize>) -> String {
        let rows: String = numbers
            .into_iter()
            .map(|number| format!("{}\n", code(number)))
            .collect();
        self.net.write("pool.csv", &format!("lpa\n{rows}"))
    }

    /// The seller delivers all that is paid, from a pool of so many profiles.
    #[track_caller]
    pub fn fulfil(&self, profiles: usize) {
        let pool = self.pool(1..=profiles);
        self.esim(&["seller", "fulfil", "-m", MARKET, "--pool", &pool]);
    }

    /// A seller at work: every order is delivered as it comes, from a pool of so many profiles.
    pub fn seller_at_work(&self, profiles: usize) -> Service {
        let pool = self.pool(1..=profiles);
        let mut watch = vec!["esim", "seller", "fulfil", "-m", MARKET, "--pool", &pool];
        watch.extend(["--watch", "--interval", "1s"]);
        let log = File::create(self.net.path("seller.log")).unwrap();
        Service::start(&self.net.command(&watch), Stdio::from(log))
    }

    /// Opens the shop on a free port.
    #[track_caller]
    pub fn open(&self) -> Server {
        self.open_with(&["--listen", "127.0.0.1:0"])
    }

    /// Opens the shop with these arguments, as many requests as come.
    #[track_caller]
    pub fn open_with(&self, more: &[&str]) -> Server {
        let mut args = [&["esim", "serve", "-m", MARKET], more].concat();
        if !more.contains(&"--rate") {
            args.extend(["--rate", "0"]);
        }
        let mut log = File::options();
        log.create(true).append(true);
        let log = log.open(self.net.path("server.log")).unwrap();
        let mut service = Service::start(&self.net.command(&args), Stdio::from(log));
        let stdout = BufReader::new(service.stdout.take().unwrap());
        let mut said = serde_json::Deserializer::from_reader(stdout).into_iter::<Value>();
        let ready = said.next().and_then(Result::ok);
        let ready = ready.unwrap_or_else(|| panic!("not open: {}", self.log()));
        let url = ready["listening"].as_str().unwrap().to_owned();
        Server {
            url,
            _service: service,
        }
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.net.path("server.log")).unwrap()
    }

    fn seller(&self) -> Pubkey {
        address::seller(&address::market(MARKET).unwrap(), &self.wallet.pubkey())
    }

    pub fn plan(&self, id: &str) -> Pubkey {
        address::plan(&self.seller(), id).unwrap()
    }

    /// A wallet with 1 SOL and 100 tokens.
    #[track_caller]
    pub fn buyer(&self) -> Keypair {
        self.buyers(1).remove(0)
    }

    /// So many wallets with 1 SOL and 100 tokens each.
    #[track_caller]
    pub fn buyers(&self, count: usize) -> Vec<Keypair> {
        let buyers: Vec<Keypair> = (0..count).map(|_| Keypair::new()).collect();
        let me = self.wallet.pubkey();
        let token = TokenProgram::Spl.id();
        let account = |wallet: &Pubkey| token_account(wallet, &self.mint, &token);
        let gifts = |buyers: &[Keypair]| {
            let of_one = |buyer: &Keypair| {
                let wallet = buyer.pubkey();
                let (from, to) = (account(&me), account(&wallet));
                let tokens = transfer_checked(
                    &token,
                    &from,
                    &self.mint,
                    &to,
                    &me,
                    &[],
                    100_000_000,
                    DECIMALS,
                );
                [
                    transfer(&me, &wallet, 1_000_000_000),
                    create_token_account(&me, &wallet, &self.mint, &token),
                    tokens.unwrap(),
                ]
            };
            let instructions: Vec<_> = buyers.iter().flat_map(of_one).collect();
            self.send(&instructions);
        };
        // So many fit a transaction.
        thread::scope(|scope| {
            for part in buyers.chunks(7 * 4) {
                scope.spawn(move || part.chunks(7).for_each(gifts));
            }
        });
        buyers
    }

    /// A wallet gives its tokens away and closes their account.
    #[track_caller]
    pub fn closes_token_account(&self, owner: &Keypair) {
        let token = TokenProgram::Spl.id();
        let [from, to] =
            [owner, &self.wallet].map(|wallet| token_account(&wallet.pubkey(), &self.mint, &token));
        let (me, held) = (owner.pubkey(), self.tokens(&owner.pubkey()));
        let gift = transfer_checked(&token, &from, &self.mint, &to, &me, &[], held, DECIMALS);
        let close = close_account(&token, &from, &me, &me, &[]);
        self.send_with(&[gift.unwrap(), close.unwrap()], &[&self.wallet, owner]);
    }

    /// Has the funded wallet sign and send these, and waits until they are confirmed.
    #[track_caller]
    pub fn send(&self, instructions: &[Instruction]) {
        self.send_with(instructions, &[&self.wallet]);
    }

    /// The same with these signers, of whom the first pays the fee.
    #[track_caller]
    fn send_with(&self, instructions: &[Instruction], signers: &[&Keypair]) {
        let options = SendOptions {
            commitment: self.cluster.commitment(),
            poll_interval: Duration::from_millis(50),
            ..SendOptions::default()
        };
        let payer = signers[0].pubkey();
        let signers: Vec<&dyn Signer> = signers.iter().map(|key| *key as &dyn Signer).collect();
        let sent = send::send(&self.cluster, instructions, &payer, &signers, &options);
        sent.unwrap().into_result().unwrap();
    }

    /// Base units that a wallet holds.
    #[track_caller]
    pub fn tokens(&self, wallet: &Pubkey) -> u64 {
        let token = TokenProgram::Spl.id();
        let account = token_account(wallet, &self.mint, &token);
        token_balance(&self.cluster, &account, &self.mint, &token).unwrap()
    }

    /// What a wallet has paid since it got its 100 tokens.
    #[track_caller]
    pub fn paid_by(&self, wallet: &Pubkey) -> u64 {
        100_000_000 - self.tokens(wallet)
    }

    /// An order as the command line shows it.
    #[track_caller]
    pub fn order(&self, order: &str) -> Value {
        self.esim(&["show", order]).json()
    }

    /// Waits until an order is in a state.
    #[track_caller]
    pub fn order_becomes(&self, order: &str, state: &str) {
        let started = Instant::now();
        loop {
            let shown = self.order(order);
            if shown["state"] == state {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "not {state}: {shown}");
            thread::sleep(Duration::from_millis(100));
        }
    }

    #[track_caller]
    pub fn balanced(&self) -> Value {
        let books = self.esim(&["market", "books", MARKET]).json();
        assert_eq!(books["differences"], json!([]), "{books}");
        books
    }
}

impl Server {
    /// The address of something in the shop.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn plan(&self, plan: &Pubkey) -> String {
        self.at(&format!("/plans/{plan}"))
    }

    /// Host and port.
    pub fn host(&self) -> &str {
        web::split(&self.url).0
    }

    /// The state of an order, which must be there.
    #[track_caller]
    pub fn order(&self, order: &str) -> Value {
        web::get_json(&self.at(&format!("/orders/{order}"))).ok()
    }
}

/// The activation code of a number.
pub fn code(number: usize) -> String {
    format!("LPA:1$smdp.example.com$ID-{number}")
}
