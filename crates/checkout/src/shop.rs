//! The market that is sold from, as it is on the chain.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use esim_market::state::{Market, MarketVault, Order};
use solana_pubkey::Pubkey;
use wayfare_client::cluster::Cluster;
use wayfare_client::error::ClientError;
use wayfare_client::esim::{address, instruction::VaultAccounts, offers::Offer};
use wayfare_client::send::Price;
use wayfare_core::amount;
use wayfare_core::esim::countries::Countries;
use wayfare_core::esim::shop as said;

use crate::descriptions::{Description, Descriptions};
use crate::problem::Problem;

/// Countries that are named before the rest is counted.
pub const COUNTRIES_SHOWN: usize = 3;

/// How old what a page shows may be. A purchase is held against the chain itself, whatever a page showed.
const FRESH: Duration = Duration::from_secs(1);

/// Genesis hashes of the public clusters (`solana genesis-hash`), and their names in the Wallet Standard.
const CLUSTERS: [(&str, &str); 3] = [
    (
        "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d",
        "solana:mainnet",
    ),
    (
        "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG",
        "solana:devnet",
    ),
    (
        "4uhcVJyU9pJkvQyS88uRDiswHScCkY3xQwrPvjbBrDzR",
        "solana:testnet",
    ),
];

/// Characters of a genesis hash that name a cluster in CAIP-2 (the namespace `solana` of the Chain Agnostic Standards).
const CAIP_CHARS: usize = 32;

/// What is sold, and as whom the shop appears.
pub struct ShopOptions {
    /// The market's name.
    pub market: String,
    /// Where wallets and people reach the shop, without a slash at its end.
    pub public_url: String,
    pub descriptions: Descriptions,
    /// What the transactions offer for their place in a block.
    pub price: Price,
}

/// A market, and the cluster that it is on.
pub struct Shop {
    pub cluster: Cluster,
    pub market: Pubkey,
    pub name: String,
    pub public_url: String,
    pub price: Price,
    /// The cluster in the words of the Wallet Standard.
    pub chain: &'static str,
    /// The cluster in those of CAIP-2.
    pub caip: String,
    descriptions: Descriptions,
    /// Lamports that an order holds until it is closed.
    order_rent: u64,
    /// Held while it is read anew, so that many requests make one read.
    kept: Mutex<Kept>,
}

/// The last reading of what is on offer.
#[derive(Default)]
struct Kept {
    last: Option<Reading>,
    /// What the last one that succeeded found.
    found: Option<Arc<Catalogue>>,
}

/// How a reading ended. A failure is kept as well: who waited for it is told at once, and does not try again one by one.
struct Reading {
    began: Instant,
    ended: Instant,
    outcome: Result<Arc<Catalogue>, Problem>,
}

/// What is on offer, as it was read.
pub struct Catalogue {
    pub market: Market,
    /// In order of their addresses.
    pub offers: Vec<Listed>,
}

/// An offer with what of it takes long to say.
pub struct Listed {
    pub offer: Offer,
    /// Its countries in a few words.
    pub countries: Arc<str>,
}

impl Catalogue {
    /// What somebody can buy.
    pub fn on_sale(&self) -> impl Iterator<Item = &Listed> {
        self.offers
            .iter()
            .filter(|listed| listed.offer.hindrance.is_none())
    }

    /// The decimals of a mint that something is offered in.
    pub fn decimals(&self, mint: &Pubkey) -> Option<u8> {
        let mut offers = self.offers.iter().map(|listed| &listed.offer);
        offers
            .find(|offer| offer.plan.terms.mint == *mint)
            .map(|offer| offer.decimals)
    }

    /// An offer by its plan's address.
    pub fn offer(&self, plan: &Pubkey) -> Option<&Offer> {
        self.listed(plan).map(|listed| &listed.offer)
    }

    fn listed(&self, plan: &Pubkey) -> Option<&Listed> {
        let at = self
            .offers
            .binary_search_by_key(plan, |listed| listed.offer.address);
        at.ok().and_then(|at| self.offers.get(at))
    }
}

impl Shop {
    /// Opens a shop: the market must be there.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn open(cluster: Cluster, options: ShopOptions) -> Result<Self, ClientError> {
        let (market, _) = cluster.market(&options.market)?;
        let genesis = cluster.genesis_hash()?.to_string();
        let order_rent = cluster.rent(Order::SPACE)?;
        let known = CLUSTERS.iter().find(|(hash, _)| *hash == genesis);
        Ok(Self {
            market,
            name: options.market,
            public_url: options.public_url,
            price: options.price,
            chain: known.map_or("solana:localnet", |(_, chain)| chain),
            caip: format!(
                "solana:{}",
                genesis.get(..CAIP_CHARS).unwrap_or(genesis.as_str())
            ),
            descriptions: options.descriptions,
            order_rent,
            cluster,
            kept: Mutex::default(),
        })
    }

    /// What is on offer now, or was a moment ago.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>, Problem> {
        self.catalogue_unless(|last| last.ended.elapsed() < FRESH)
    }

    /// What is on offer now: read after this was called.
    pub fn catalogue_now(&self) -> Result<Arc<Catalogue>, Problem> {
        let now = Instant::now();
        self.catalogue_unless(|last| last.began >= now)
    }

    /// The last reading if it will do, else a new one. Whoever waits while one is made shares it.
    fn catalogue_unless(
        &self,
        will_do: impl FnOnce(&Reading) -> bool,
    ) -> Result<Arc<Catalogue>, Problem> {
        // A thread that died while it read has left the reading before.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = &kept.last
            && will_do(last)
        {
            return last.outcome.clone();
        }
        let began = Instant::now();
        let outcome = self.read_catalogue(kept.found.as_deref()).map(Arc::new);
        if let Ok(catalogue) = &outcome {
            kept.found = Some(Arc::clone(catalogue));
        }
        kept.last = Some(Reading {
            began,
            ended: Instant::now(),
            outcome: outcome.clone(),
        });
        outcome
    }

    /// What was said of a plan `before` is said again, as long as it is of the same version.
    fn read_catalogue(&self, before: Option<&Catalogue>) -> Result<Catalogue, Problem> {
        // A market is never closed: a node without it has not got so far, or is of another cluster.
        let missing = |error| match error {
            ClientError::Account(_) => Problem::unavailable(
                "the shop's node does not know its market now: try again in a moment",
                FRESH,
            ),
            error => Problem::from(error),
        };
        let market: Market = self.cluster.state(&self.market).map_err(missing)?;
        let now = self.cluster.unix_time().map_err(missing)?;
        let offers = self.cluster.offers(&self.market, &market, None, now)?;
        let list = |offer: Offer| {
            let same = before
                .and_then(|before| before.listed(&offer.address))
                .filter(|listed| listed.offer.plan.terms_version == offer.plan.terms_version);
            let countries = match same {
                Some(listed) => Arc::clone(&listed.countries),
                None => Countries(offer.plan.terms.countries)
                    .summary(COUNTRIES_SHOWN)
                    .into(),
            };
            Listed { offer, countries }
        };
        Ok(Catalogue {
            market,
            offers: offers.into_iter().map(list).collect(),
        })
    }

    /// The vault of a mint that was accepted once, with the mint's decimals.
    pub fn vault(&self, mint: &Pubkey) -> Result<(VaultAccounts, u8), Problem> {
        let at = address::vault(&self.market, mint);
        let vault: MarketVault = self.cluster.state(&at)?;
        Ok((VaultAccounts::of(at, &vault), vault.decimals))
    }

    /// What a buyer deposits for an order, in SOL.
    pub fn deposit(&self) -> String {
        amount::sol(self.order_rent)
    }

    /// What the seller of an offer says about it.
    pub fn description(&self, offer: &Offer) -> Option<&Description> {
        self.descriptions.get(&offer.plan.terms.description_hash)
    }

    /// An amount with its token, where people must know which.
    pub fn price(&self, offer: &Offer) -> String {
        let mint = offer.plan.terms.mint;
        format!(
            "{} tokens of {mint}",
            said::price(offer.paid, offer.decimals)
        )
    }

    /// What an offer is called: by its seller, or by its id.
    pub fn title<'a>(&'a self, offer: &'a Offer) -> &'a str {
        self.description(offer)
            .and_then(|description| description.title.as_deref())
            .unwrap_or(&offer.plan.id)
    }
}

/// Reads a plan's address; what is no address is no plan.
pub fn plan_address(text: &str) -> Result<Pubkey, Problem> {
    text.parse().map_err(|_| no_plan(text))
}

pub fn no_plan(plan: impl std::fmt::Display) -> Problem {
    Problem::not_found(
        "no-plan",
        format!("there is no plan {plan} in this shop: choose one from its list"),
    )
}
