use std::fmt::{self, Display};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use esim_market::constants::UNLIMITED_STOCK;
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::esim::offers::{self, OfferFilter, OfferOrder};
use wayfare_core::esim::countries::Code;
use wayfare_core::esim::shop;

use crate::context::Context;
use crate::esim::args::MarketArg;
use crate::esim::find::find_market;
use crate::esim::views::{PlanView, stock};
use crate::output::{Output, table};

pub fn country(text: &str) -> Result<Code, String> {
    Code::find(text).map_err(|error| format!("no country is called {error}"))
}

pub fn data(text: &str) -> Result<u64, String> {
    shop::parse_data(text).map_err(|error| error.to_string())
}

#[derive(Args)]
pub struct PlansArgs {
    #[command(flatten)]
    pub market: MarketArg,

    /// Only plans for this country, by its name or code. May be given several times: then for all of them
    #[arg(long = "country", value_name = "COUNTRY", value_parser = country)]
    pub countries: Vec<Code>,

    /// Only plans with at least so much data, as in 500MB, 5GB or unlimited
    #[arg(long, value_name = "DATA", value_parser = data)]
    pub min_data: Option<u64>,

    /// Only plans that are valid for at least so many days
    #[arg(long, value_name = "N")]
    pub days: Option<u16>,

    /// Only plans that cost at most so many tokens
    #[arg(long, value_name = "AMOUNT")]
    pub max_price: Option<String>,

    /// Only this seller's
    #[arg(long, value_name = "ADDRESS")]
    pub seller: Option<Pubkey>,

    /// What to list first: the lowest, but for data and days the most
    #[arg(long, value_enum, default_value_t)]
    pub sort: PlanOrder,

    /// Also list those that nobody can buy now, and say why
    #[arg(long)]
    pub all: bool,
}

/// What plans are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlanOrder {
    #[default]
    Price,
    PerGb,
    Data,
    Days,
}

/// What is on offer.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Plans(Vec<OfferView>);

/// A plan, and whether it can be bought.
#[derive(Serialize)]
pub struct OfferView {
    #[serde(flatten)]
    plan: PlanView,
    /// Why nobody can buy it now.
    unavailable: Option<String>,
}

impl Output for Plans {}

impl Display for Plans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no plans fit");
        }
        let mut plans = table([
            "plan",
            "countries",
            "data",
            "days",
            "price",
            "per GB",
            "refund if unused",
            "left",
            "address",
        ]);
        for OfferView { plan, unavailable } in &self.0 {
            let left = match unavailable {
                Some(reason) => reason.clone(),
                None => stock(plan.stock.unwrap_or(UNLIMITED_STOCK)),
            };
            plans.add_row([
                plan.id.clone(),
                plan.terms.countries_in_short().to_owned(),
                shop::data(plan.terms.data_mb),
                plan.terms.validity_days.to_string(),
                plan.terms.paid.to_string(),
                plan.terms
                    .price_per_gb
                    .clone()
                    .unwrap_or_else(|| "-".into()),
                plan.terms.refundable.to_owned(),
                left,
                plan.address.clone(),
            ]);
        }
        let mut mints: Vec<&str> = self
            .0
            .iter()
            .map(|offer| offer.plan.mint.as_str())
            .collect();
        mints.sort_unstable();
        mints.dedup();
        // Prices in different mints cannot be compared: it is said which they are.
        match mints[..] {
            [mint] => writeln!(f, "{plans}\nprices in tokens of {mint}"),
            _ => {
                writeln!(f, "{plans}\nprices are in tokens of different mints:")?;
                self.0
                    .iter()
                    .try_for_each(|offer| writeln!(f, "  {} in {}", offer.plan.id, offer.plan.mint))
            }
        }
    }
}

impl PlansArgs {
    pub fn run(&self, ctx: &Context) -> Result<Plans> {
        let cluster = ctx.cluster()?;
        let (address, market) = find_market(ctx, &self.market.market)?;
        let now = cluster.unix_time()?;
        let filter = OfferFilter {
            countries: self.countries.clone(),
            min_data: self.min_data,
            days: self.days,
            max_price: self.max_price.clone(),
        };
        let mut offers = Vec::new();
        for offer in cluster.offers(&address, &market, self.seller.as_ref(), now)? {
            let is_shown = self.all || offer.hindrance.is_none();
            if is_shown && filter.fits(&offer).context("--max-price")? {
                offers.push(offer);
            }
        }
        offers::sort(&mut offers, self.sort.into(), |offer| offer);
        Ok(Plans(
            offers
                .iter()
                .map(|offer| OfferView {
                    plan: PlanView::new(&offer.address, &offer.plan, offer.decimals),
                    unavailable: offer.hindrance.as_ref().map(ToString::to_string),
                })
                .collect(),
        ))
    }
}

impl From<PlanOrder> for OfferOrder {
    fn from(order: PlanOrder) -> Self {
        match order {
            PlanOrder::Price => Self::Price,
            PlanOrder::PerGb => Self::PerGb,
            PlanOrder::Data => Self::Data,
            PlanOrder::Days => Self::Days,
        }
    }
}
