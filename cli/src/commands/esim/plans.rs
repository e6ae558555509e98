use std::cmp::Reverse;
use std::fmt::{self, Display};

use anyhow::{Context as _, Result};
use esim_market::constants::UNLIMITED_STOCK;
use esim_market::state::Plan;
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::esim::offers::{Hindrance, quote};
use wayfare_core::amount;
use wayfare_core::esim::countries::Countries;
use wayfare_core::esim::shop;

use super::find_market;
use crate::cli::esim::{PlanOrder, PlansArgs};
use crate::context::Context;
use crate::output::{Output, table};
use crate::views::esim::{PlanView, stock};

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

/// A plan with what it is chosen and sorted by.
struct Offer {
    address: Pubkey,
    plan: Plan,
    decimals: u8,
    /// What a buyer pays, in base units.
    paid: u64,
    hindrance: Option<Hindrance>,
}

impl PlansArgs {
    pub fn run(&self, ctx: &Context) -> Result<Plans> {
        let cluster = ctx.cluster()?;
        let (address, market) = find_market(ctx, &self.market.market)?;
        let now = cluster.unix_time()?;
        let vaults = cluster.vaults(&address)?;
        let sellers = cluster.sellers(&address)?;
        let mut offers = Vec::new();
        for (at, plan) in cluster.plans(&address, self.seller.as_ref())? {
            // A plan's mint was accepted once, and its seller has an account: neither is ever closed.
            let (Some((_, vault)), Some(seller)) =
                (vaults.get(&plan.terms.mint), sellers.get(&plan.seller))
            else {
                continue;
            };
            let quoted = quote(&plan, &market, seller, now);
            let paid = match &quoted {
                Ok(quote) => quote.paid,
                // Shown all the same: what it would cost.
                Err(_) => plan
                    .terms
                    .quote(0)
                    .map_or(plan.terms.price, |quote| quote.paid),
            };
            let offer = Offer {
                address: at,
                plan,
                decimals: vault.decimals,
                paid,
                hindrance: quoted.err(),
            };
            if (self.all || offer.hindrance.is_none()) && self.fits(&offer)? {
                offers.push(offer);
            }
        }
        sort(&mut offers, self.sort);
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

    fn fits(&self, offer: &Offer) -> Result<bool> {
        let terms = &offer.plan.terms;
        let max_price = self
            .max_price
            .as_deref()
            .map(|text| amount::parse(text, offer.decimals).context("--max-price"))
            .transpose()?;
        let countries = Countries(terms.countries);
        Ok(self.countries.iter().all(|code| countries.contains(*code))
            && self
                .min_data
                .is_none_or(|mb| data_rank(terms.data_mb) >= data_rank(mb))
            && self.days.is_none_or(|days| terms.validity_days >= days)
            && max_price.is_none_or(|most| offer.paid <= most))
    }
}

/// Megabytes, with unlimited data above every other.
fn data_rank(mb: u64) -> u64 {
    if mb == 0 { u64::MAX } else { mb }
}

/// A price that those of other mints' decimals compare with.
fn scaled(offer: &Offer) -> u128 {
    let missing = u32::from(18u8.saturating_sub(offer.decimals));
    // Below 2^64 · 10^18, which fits.
    u128::from(offer.paid).saturating_mul(10u128.pow(missing))
}

/// Prices of different mints stand apart. What is equal is in order of price, then of the addresses.
fn sort(offers: &mut [Offer], by: PlanOrder) {
    offers.sort_by_key(|offer| {
        let terms = &offer.plan.terms;
        let rank = match by {
            PlanOrder::Price => 0,
            // Without a limit, a gigabyte costs nothing.
            PlanOrder::PerGb => scaled(offer).checked_div(terms.data_mb.into()).unwrap_or(0),
            PlanOrder::Data => u128::from(u64::MAX - data_rank(terms.data_mb)),
            PlanOrder::Days => u128::from(u16::MAX - terms.validity_days),
        };
        let mint = matches!(by, PlanOrder::Price | PlanOrder::PerGb).then_some(terms.mint);
        (
            mint,
            rank,
            scaled(offer),
            Reverse(offer.plan.sold),
            offer.address,
        )
    });
}

#[cfg(test)]
mod tests {
    use esim_market::state::{ActivationPolicy, PlanTerms, RefundPolicy};
    use wayfare_core::esim::countries::Code;

    use super::*;
    use crate::cli::esim::MarketArg;

    fn offer(address: u8, paid: u64, data_mb: u64, validity_days: u16) -> Offer {
        let mut countries = Countries([0; 85]);
        for code in ["FR", "DE"] {
            countries.insert(Code::find(code).unwrap());
        }
        let key = |byte| Pubkey::new_from_array([byte; 32]);
        Offer {
            address: key(address),
            plan: Plan {
                market: key(1),
                seller: key(2),
                rent_payer: key(3),
                version: 4,
                sold: 5,
                stock: 6,
                on_sale: true,
                terms: PlanTerms {
                    mint: key(7),
                    price: paid,
                    floor_price: 0,
                    discount_bps: 0,
                    data_mb,
                    validity_days,
                    countries: countries.0,
                    voice_minutes: 0,
                    sms: 0,
                    throttle_kbps: 0,
                    activation_policy: ActivationPolicy::FirstUse,
                    refund_policy: RefundPolicy::UntilDelivery,
                    top_up: false,
                    delivery_window: 1,
                    release_window: 1,
                    default_split_bps: 0,
                    description_hash: [0; 32],
                },
                bump: 8,
                id: "a".into(),
            },
            decimals: 6,
            paid,
            hindrance: None,
        }
    }

    fn args() -> PlansArgs {
        PlansArgs {
            market: MarketArg { market: "m".into() },
            countries: vec![],
            min_data: None,
            days: None,
            max_price: None,
            seller: None,
            sort: PlanOrder::Price,
            all: false,
        }
    }

    #[test]
    fn filters() {
        let five = offer(1, 9_500_000, 5_120, 30);
        let unlimited = offer(2, 20_000_000, 0, 7);
        let france = Code::find("France").unwrap();
        let japan = Code::find("jp").unwrap();
        let cases: [(PlansArgs, bool, bool); 8] = [
            (args(), true, true),
            (
                PlansArgs {
                    countries: vec![france],
                    ..args()
                },
                true,
                true,
            ),
            (
                PlansArgs {
                    countries: vec![france, japan],
                    ..args()
                },
                false,
                false,
            ),
            (
                PlansArgs {
                    min_data: Some(5_121),
                    ..args()
                },
                false,
                true,
            ),
            (
                PlansArgs {
                    min_data: Some(0),
                    ..args()
                },
                false,
                true,
            ),
            (
                PlansArgs {
                    days: Some(8),
                    ..args()
                },
                true,
                false,
            ),
            (
                PlansArgs {
                    max_price: Some("9.5".into()),
                    ..args()
                },
                true,
                false,
            ),
            (
                PlansArgs {
                    max_price: Some("9.499999".into()),
                    ..args()
                },
                false,
                false,
            ),
        ];
        for (at, (args, first, second)) in cases.into_iter().enumerate() {
            assert_eq!(args.fits(&five).unwrap(), first, "{at}");
            assert_eq!(args.fits(&unlimited).unwrap(), second, "{at}");
        }
        let bad = PlansArgs {
            max_price: Some("1.2345678".into()),
            ..args()
        };
        assert!(bad.fits(&five).is_err());
    }

    #[test]
    fn orders() {
        let sorted = |by| {
            let mut offers = vec![
                offer(1, 10, 1_000, 7),
                offer(2, 20, 4_000, 30),
                offer(3, 90, 0, 1),
            ];
            sort(&mut offers, by);
            offers
                .iter()
                .map(|offer| offer.address.to_bytes()[0])
                .collect::<Vec<_>>()
        };
        assert_eq!(sorted(PlanOrder::Price), [1, 2, 3]);
        assert_eq!(sorted(PlanOrder::PerGb), [3, 2, 1]);
        assert_eq!(sorted(PlanOrder::Data), [3, 2, 1]);
        assert_eq!(sorted(PlanOrder::Days), [2, 1, 3]);
    }
}
