//! The jobs for a market: publishing plans, delivering orders, sweeping.

use std::collections::HashMap;
use std::path::Path;

use esim_market::state::{
    Delivery, DisputeReason, Market, MarketVault, Order, OrderState, Plan, Seller, StockChange,
};
use wayfare_client::esim::OrderFilter;
use wayfare_client::esim::catalogue::{ListPlans, Listing};
use wayfare_client::esim::deliveries::{Assignments, DeliverOrders, Pool};
use wayfare_client::esim::instruction::VaultAccounts;
use wayfare_client::esim::sweep::{SweepOrders, is_due};
use wayfare_core::esim::delivery;
use wayfare_core::esim::delivery_key::DeliveryKey;
use wayfare_core::esim::pool;
use wayfare_core::esim::profile::Profile;
use wayfare_tests::esim::market::{FEE, OrderFixture, PAID, PlanFixture, RELEASED, RETENTION};
use wayfare_tests::esim::market::{MarketFixture, cranker};
use wayfare_tests::esim::world::{Stage, World, buyer, endow};
use wayfare_tests::token::TokenProgram;

use crate::*;

fn market(market: &MarketFixture, chain: &Chain) -> Market {
    chain.read(&market.address)
}

/// Of eight plans five are new, two are there with other terms, and one is as it is to be.
pub struct Catalogue {
    world: World,
    listings: Vec<Listing>,
}

const OLD: [&str; 3] = ["changed-1", "changed-2", "same"];

impl Catalogue {
    pub fn new() -> Self {
        let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
        for id in OLD {
            let plan = PlanFixture::new(&world.market.seller, id);
            world.chain.accept(world.market.create_plan(&plan));
        }
        let terms = world.market.plan_terms();
        let ids = ["new-1", "changed-1", "new-2", "same", "new-3", "new-4"];
        let ids = ids.into_iter().chain(["changed-2", "new-5"]);
        let mut others = terms;
        others.data_mb += 1;
        let listings = ids.map(|id| Listing {
            id: id.to_owned(),
            terms: if id == "same" { terms } else { others },
        });
        Self {
            listings: listings.collect(),
            world,
        }
    }

    fn plan(&self, listing: &Listing) -> Pubkey {
        PlanFixture::new(&self.world.market.seller, &listing.id).address
    }
}

impl Case for Catalogue {
    fn chain(&self) -> &Chain {
        &self.world.chain
    }

    fn payer(&self) -> Pubkey {
        self.world.market.seller.authority
    }

    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let authority = signer(&self.payer());
        let job = ListPlans {
            market: self.world.market.address,
            authority: &authority,
            payer: self.payer(),
            listings: self.listings.clone(),
            stock: StockChange::Set(5),
            on_sale: true,
        };
        let mut journal = open(journal, &job.binding(cluster.genesis_hash()?))?;
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        let (was, is) = (self.world.market(), market(&self.world.market, after));
        for listing in &self.listings {
            let plan: Plan = after.read(&self.plan(listing));
            assert_eq!(plan.terms, listing.terms);
            // A version is an event's number: none was made twice.
            let is_new = listing.id.starts_with("new");
            assert_eq!(
                plan.terms_version > was.scope.sequence,
                listing.id != "same"
            );
            assert_eq!(plan.stock == 5, is_new);
        }
        assert_eq!(is.scope.sequence, was.scope.sequence + 7);
        let (was, is): (Seller, Seller) = (
            self.world.seller(),
            after.read(&self.world.market.seller.address),
        );
        assert_eq!(is.plan_count, was.plan_count + 5);
    }

    fn depends(&self, account: &Pubkey) -> bool {
        self.listings.iter().any(|l| self.plan(l) == *account)
    }

    /// A plan that still shows its old terms is given the new ones: the same terms under another number.
    fn can_be_repeated(&self) -> bool {
        true
    }
}

/// Eight orders wait, and the pool has more profiles.
pub struct Deliveries {
    world: World,
    orders: Vec<OrderFixture>,
    key: DeliveryKey,
}

const ORDERS: u64 = 8;

/// Seconds that must be left for a delivery.
const LEAST_TIME: u32 = 60;

impl Deliveries {
    pub fn new() -> Self {
        let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
        let key = DeliveryKey::from_signature(&[7; 64]).expect("a signature");
        let mut orders = vec![];
        for id in 0..ORDERS {
            let order = OrderFixture::new(&world.market.plan, buyer(), id);
            let version = world.plan().terms_version;
            let purchase = world
                .market
                .purchase_with_key(&order, version, u64::MAX, *key.public());
            world.chain.accept(purchase);
            orders.push(order);
        }
        Self { world, orders, key }
    }

    fn pool() -> Vec<pool::Entry> {
        let entry = |n: u64| pool::Entry {
            place: pool::Place::Line(n),
            plan: None,
            profile: Profile::parse(format!("LPA:1$smdp.example.com$P{n}").as_bytes())
                .expect("an activation code"),
        };
        (0..ORDERS + 4).map(entry).collect()
    }
}

impl Case for Deliveries {
    fn chain(&self) -> &Chain {
        &self.world.chain
    }

    fn payer(&self) -> Pubkey {
        self.world.market.seller.authority
    }

    /// As `esim seller fulfil` does it.
    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let (market, seller) = (self.world.market.address, &self.world.market.seller);
        let binding = Assignments::binding(market, &seller.address, cluster.genesis_hash()?);
        let mut journal = open(journal, &binding)?;
        let mut assignments = Assignments::of(&journal)?;
        let over = journal.settled().iter().copied().collect();
        let mut pool = Pool::new(&seller.address, Self::pool(), &assignments);
        let orders = cluster.orders(&OrderFilter {
            market: Some(market),
            seller: Some(seller.address),
            state: Some(OrderState::Paid),
            ..OrderFilter::default()
        })?;
        let now = cluster.unix_time()?;
        let left = assignments
            .assign_from(&mut journal, &orders, &mut pool, now, LEAST_TIME)
            .expect("profiles, and room on the disk");
        assert!(left.is_empty(), "{left:?}");
        // One profile for each order, however often it was begun.
        assert_eq!(assignments.list().len() as u64, ORDERS);
        let authority = signer(&seller.authority);
        let job = DeliverOrders {
            assignments: &assignments,
            over,
            authority: &authority,
            least_time: LEAST_TIME,
        };
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        let mut given = HashSet::new();
        for fixture in &self.orders {
            let order: Order = after.read(&fixture.address);
            assert_eq!(order.state().expect("a state"), OrderState::Delivered);
            let delivery: Delivery = after.read(&fixture.delivery());
            let opened = delivery::open(
                &self.key,
                &fixture.address.to_bytes(),
                &delivery.ciphertext,
                &order.commitment,
            );
            let opened = opened.expect("encrypted to the buyer");
            let profile = opened.profile().expect("a profile");
            let id = profile.activation_code().matching_id().to_owned();
            assert!(given.insert(id.clone()), "{id} was given out twice");
        }
        let seller: Seller = after.read(&self.world.market.seller.address);
        assert_eq!(seller.delivered_count, ORDERS);
        let (was, is) = (self.world.market(), market(&self.world.market, after));
        assert_eq!(is.scope.sequence, was.scope.sequence + ORDERS);
    }

    /// Each encryption is another one.
    fn depends(&self, account: &Pubkey) -> bool {
        let mut orders = self.orders.iter();
        orders.any(|order| order.address == *account || order.delivery() == *account)
    }
}

/// Orders with something due, of every kind: two that were never delivered, two whose buyer was content, one whose seller
/// did not answer, one that nobody decided, one that still owes, and one that is kept no longer.
pub struct Sweep {
    world: World,
    orders: Vec<OrderFixture>,
}

/// Who pays for the order that still owes.
fn patron() -> Pubkey {
    person("patron")
}

const DIVIDED: usize = 5;

impl Sweep {
    pub fn new() -> Self {
        let mut world = World::at(Stage::OnSale, TokenProgram::Spl);
        endow(&mut world.chain, &world.market, &patron());
        let orders: Vec<OrderFixture> = (0..8)
            .map(|id| {
                let order = OrderFixture::new(&world.market.plan, buyer(), id);
                if id == 6 {
                    order.paid_by(patron())
                } else {
                    order
                }
            })
            .collect();
        for order in &orders {
            let purchase = world.purchase(order);
            world.chain.accept(purchase);
        }
        let World { chain, market, .. } = &mut world;
        for n in [2, 3, 4, DIVIDED, 7] {
            chain.accept(market.deliver(&orders[n]));
        }
        for n in [4, DIVIDED] {
            chain.accept(market.dispute(&orders[n], DisputeReason::NoService));
        }
        chain.accept(market.answer(&orders[DIVIDED]));
        let tokens = market.tokens_of(&patron());
        chain.freeze(market.token, &market.mint, &tokens);
        chain.accept(market.refund(&orders[6]));
        chain.thaw(market.token, &market.mint, &tokens);
        chain.accept(market.confirm(&orders[7]));
        chain.pass(RETENTION);
        Self { world, orders }
    }
}

impl Case for Sweep {
    fn chain(&self) -> &Chain {
        &self.world.chain
    }

    fn payer(&self) -> Pubkey {
        cranker()
    }

    /// As `esim sweep` does it.
    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let market = self.world.market.address;
        let vaults: HashMap<Pubkey, VaultAccounts> = cluster
            .vaults(&market)?
            .into_iter()
            .map(|(mint, (at, state))| (mint, VaultAccounts::of(at, &state)))
            .collect();
        let filter = OrderFilter {
            market: Some(market),
            ..OrderFilter::default()
        };
        let now = cluster.unix_time()?;
        let found = cluster.orders(&filter)?;
        let binding = SweepOrders::binding(market, cluster.genesis_hash()?);
        let mut journal = open(journal, &binding)?;
        let listed = journal.listed().iter();
        let mut orders: Vec<Pubkey> = listed
            .map(|order| {
                let text = order.as_str().expect("an address");
                text.parse().expect("an address")
            })
            .collect();
        let due: Vec<Pubkey> = found
            .into_iter()
            .filter(|(at, order)| is_due(order, now) && !orders.contains(at))
            .map(|(at, _)| at)
            .collect();
        if !due.is_empty() {
            let items = due.iter().map(|order| order.to_string().into()).collect();
            journal.append(&[Entry::Listed { items }])?;
        }
        orders.extend(due);
        let job = SweepOrders {
            orders,
            vaults,
            payer: self.payer(),
        };
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        let World { chain, market, .. } = &self.world;
        for n in [0, 1, 4, 6, 7] {
            assert!(after.account(&self.orders[n].address).is_none(), "{n}");
            assert!(after.account(&self.orders[n].delivery()).is_none(), "{n}");
        }
        for (n, state) in [
            (2, OrderState::Completed),
            (3, OrderState::Completed),
            (DIVIDED, OrderState::Resolved),
        ] {
            let order: Order = after.read(&self.orders[n].address);
            assert_eq!(order.state().expect("a state"), state);
            assert_eq!(order.owes().expect("a sum"), 0);
        }
        let divided: Order = after.read(&self.orders[DIVIDED].address);
        assert_eq!(divided.refunded + divided.released + divided.fee, PAID);
        for (wallet, got) in [
            (buyer(), 3 * PAID + divided.refunded),
            (patron(), PAID),
            (market.seller.payout, 2 * RELEASED + divided.released),
            (market.treasury, 2 * FEE + divided.fee),
        ] {
            let tokens = market.tokens_of(&wallet);
            assert_eq!(after.tokens(&tokens), chain.tokens(&tokens) + got);
        }
        let vault: MarketVault = after.read(&market.vault);
        assert_eq!((vault.held, after.tokens(&market.tokens)), (0, 0));
        // Six ends, one payment of what was still due, five closings.
        let (was, is) = (self.world.market(), self::market(market, after));
        assert_eq!(is.scope.sequence, was.scope.sequence + 6 + 1 + 5);
    }
}
