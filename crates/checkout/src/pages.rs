//! What people see. Everything but paying and decrypting works without scripts.
//!
//! Texts of sellers are text: the templates escape whatever stands between tags and in attributes.

pub mod assets;

use esim_market::constants::UNLIMITED_STOCK;
use esim_market::state::{ActivationPolicy, PlanTerms, RefundPolicy};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use solana_pubkey::Pubkey;
use wayfare_client::esim::offers::Offer;
use wayfare_core::esim::countries::{Code, Countries};
use wayfare_core::esim::shop as said;

use crate::orders::{Found, OrderInfo};
use crate::problem::Problem;
use crate::purchase::hindered;
use crate::shop::{Catalogue, Listed, Shop};
use crate::words::{moment, percent, refund_terms};

/// Plans on one page.
const PLANS_SHOWN: usize = 100;

/// Stock that is low enough to be told.
const FEW: u32 = 20;

/// What a visitor looks for, as it was typed.
#[derive(Debug, Default)]
pub struct Search {
    pub country: String,
    pub data: String,
    pub days: String,
    pub max_price: String,
    pub sort: String,
    /// From 1 on.
    pub page: usize,
    /// What is wrong with it.
    pub mistake: Option<String>,
}

impl Search {
    /// The address of another page of the same search.
    fn at_page(&self, page: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("country", &self.country),
            ("data", &self.data),
            ("days", &self.days),
            ("max_price", &self.max_price),
            ("sort", &self.sort),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("page", &page.to_string());
        format!("/?{}", query.finish())
    }
}

fn page(shop: &Shop, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Wayfare " (shop.name) }
                link rel="icon" type="image/svg+xml" href=(assets::address("icon.svg"));
                link rel="stylesheet" href=(assets::address("style.css"));
                script type="module" src=(assets::address("checkout.js")) {}
            }
            body data-market=(shop.market) data-market-name=(shop.name) data-chain=(shop.chain) data-public-url=(shop.public_url) {
                a class="skip" href="#main" { "Skip to the content" }
                header {
                    nav aria-label="Shop" {
                        a href="/" { "Plans" }
                        a href="/orders" { "Your orders" }
                    }
                }
                main id="main" tabindex="-1" {
                    (content)
                    p id="status" role="status" aria-live="polite" {}
                }
                footer {
                    p { "The money waits on Solana until the eSIM is delivered. This shop holds no money, no keys and nothing about you." }
                }
            }
        }
    }
}

/// What went wrong, where a page was asked for.
pub fn problem(shop: &Shop, problem: &Problem) -> Markup {
    page(
        shop,
        "Not possible",
        &html! {
            h1 { "That did not work" }
            p class="problem" { (problem.message) }
            p { a href="/" { "To the plans" } }
        },
    )
}

/// The plans, as a shop shows them. `found`: what fits the search, in the order asked for.
pub fn storefront(
    shop: &Shop,
    catalogue: &Catalogue,
    found: &[&Listed],
    search: &Search,
) -> Markup {
    let pages = found.len().div_ceil(PLANS_SHOWN).max(1);
    let at = search.page.clamp(1, pages);
    let first = at.saturating_sub(1).saturating_mul(PLANS_SHOWN);
    let mut countries = Countries::NONE;
    for listed in catalogue.on_sale() {
        let more = listed.offer.plan.terms.countries;
        for (byte, more) in countries.0.iter_mut().zip(more) {
            *byte |= more;
        }
    }
    // Prices in different tokens do not compare.
    let many_mints = catalogue.market.mints().len() > 1;
    let is_filtered = [
        &search.country,
        &search.data,
        &search.days,
        &search.max_price,
    ]
    .iter()
    .any(|text| !text.is_empty());
    page(
        shop,
        "Travel eSIMs",
        &html! {
            h1 { "Travel eSIMs" }
            (filter(&countries, search))
            @if let Some(mistake) = &search.mistake {
                p class="problem" role="alert" { (mistake) }
            }
            p class="count" {
                @match found.len() {
                    0 if search.mistake.is_some() => {}
                    0 if is_filtered => { "No plan fits. " a href="/" { "Show all plans" } }
                    0 => { "Nothing is on sale now." }
                    1 => { "1 plan" }
                    count => { (count) " plans" }
                }
            }
            ul class="plans" {
                @for listed in found.iter().skip(first).take(PLANS_SHOWN) {
                    (card(shop, listed, many_mints))
                }
            }
            (page_links(at, pages, |page| search.at_page(page)))
        },
    )
}

/// The way to the other pages of a list, where there are any.
fn page_links(at: usize, pages: usize, address: impl Fn(usize) -> String) -> Markup {
    html! {
        @if pages > 1 {
            nav class="pages" aria-label="Pages" {
                @for number in 1..=pages {
                    @if number == at {
                        span aria-current="page" { (number) }
                    } @else {
                        a href=(address(number)) { (number) }
                    }
                    " "
                }
            }
        }
    }
}

fn filter(countries: &Countries, search: &Search) -> Markup {
    let mut named: Vec<(String, Code)> = countries
        .iter()
        .map(|code| {
            let name = code.name().map_or_else(|| code.to_string(), str::to_owned);
            (name, code)
        })
        .collect();
    named.sort();
    let chosen = Code::find(&search.country).ok();
    let sorts = [
        ("price", "Price"),
        ("per-gb", "Price per GB"),
        ("data", "Most data"),
        ("days", "Most days"),
    ];
    html! {
        form id="filter" method="get" action="/" {
            p {
                label for="country" { "Country" }
                select id="country" name="country" {
                    option value="" { "Any" }
                    @for (name, code) in &named {
                        option value=(code) selected[chosen == Some(*code)] { (name) }
                    }
                }
            }
            p {
                label for="data" { "Data, at least" }
                input id="data" name="data" value=(search.data) placeholder="5GB" autocomplete="off";
            }
            p {
                label for="days" { "Days, at least" }
                input id="days" name="days" value=(search.days) inputmode="numeric" autocomplete="off";
            }
            p {
                label for="max_price" { "Price, at most" }
                input id="max_price" name="max_price" value=(search.max_price) inputmode="decimal" autocomplete="off";
            }
            p {
                label for="sort" { "Sort by" }
                select id="sort" name="sort" {
                    @for (value, name) in sorts {
                        option value=(value) selected[search.sort == value] { (name) }
                    }
                }
            }
            p { button type="submit" { "Show plans" } }
        }
    }
}

fn card(shop: &Shop, listed: &Listed, many_mints: bool) -> Markup {
    let offer = &listed.offer;
    let terms = &offer.plan.terms;
    html! {
        li class="plan" {
            h2 { a href={ "/plans/" (offer.address) } { bdi { (shop.title(offer)) } } }
            p class="countries" { (listed.countries) }
            p class="what" {
                (said::data(terms.data_mb)) ", " (said::days(terms.validity_days))
                @if (1..=FEW).contains(&offer.plan.stock) { ", " (offer.plan.stock) " left" }
            }
            p class="price" {
                strong { (said::price(offer.paid, offer.decimals)) } " tokens"
                @if many_mints { " of " code { (short(&terms.mint)) } }
                @if let Some(per_gb) = said::price_per_gb(offer.paid, offer.decimals, terms.data_mb) {
                    " · " (per_gb) " per GB"
                }
            }
            p class="refund" { (refund_in_short(terms)) }
        }
    }
}

/// Enough of an address to tell it from others on a page.
fn short(address: &Pubkey) -> String {
    let text = address.to_string();
    let ends = text.get(..4).zip(text.get(text.len().saturating_sub(4)..));
    ends.map_or_else(|| text.clone(), |(first, last)| format!("{first}…{last}"))
}

fn refund_in_short(terms: &PlanTerms) -> &'static str {
    match terms.refund_policy {
        RefundPolicy::UntilDelivery => "Refund if undelivered or faulty",
        RefundPolicy::UntilInstalled => "Refund until installed",
        RefundPolicy::UntilActivated => "Refund until first use",
    }
}

/// One plan: what it is, what becomes of the money, and the way to pay.
pub fn plan(shop: &Shop, catalogue: &Catalogue, offer: &Offer) -> Markup {
    let terms = &offer.plan.terms;
    let price = said::price(offer.paid, offer.decimals);
    let description = shop.description(offer);
    let text = description.and_then(|description| description.text.as_deref());
    page(
        shop,
        shop.title(offer),
        &html! {
            h1 { bdi { (shop.title(offer)) } }
            @if let Some(text) = text {
                p class="description" dir="auto" { (text) }
            }
            dl class="terms" {
                dt { "Price" }
                dd {
                    strong { (price) } " tokens of " code { (terms.mint) }
                    @if offer.plan.terms.discount_bps > 0 {
                        " (" (percent(terms.discount_bps)) " off " (said::price(terms.price, offer.decimals)) ")"
                    }
                }
                @if let Some(per_gb) = said::price_per_gb(offer.paid, offer.decimals, terms.data_mb) {
                    dt { "Price per GB" } dd { (per_gb) }
                }
                dt { "Data" } dd { (said::data(terms.data_mb)) }
                dt { "After the data" }
                dd {
                    @match terms.throttle_kbps { 0 => "no service", kbps => { (kbps) " kbit/s" } }
                }
                dt { "Valid for" }
                dd {
                    (said::days(terms.validity_days)) " from "
                    @match terms.activation_policy {
                        ActivationPolicy::Installation => "installation",
                        ActivationPolicy::FirstUse => "first use",
                    }
                }
                @if terms.voice_minutes > 0 { dt { "Calls" } dd { (terms.voice_minutes) " minutes" } }
                @if terms.sms > 0 { dt { "Text messages" } dd { (terms.sms) } }
                dt { "Countries" } dd { (Countries(terms.countries).names().join(", ")) }
                dt { "Can be topped up" } dd { @if terms.top_up { "yes" } @else { "no" } }
                dt { "Left" }
                dd {
                    @match offer.plan.stock { UNLIMITED_STOCK => "enough", left => { (left) } }
                }
                dt { "Plan" } dd { (offer.plan.id) ", version " (offer.plan.terms_version) }
                dt { "Seller" } dd { code { (offer.plan.seller) } }
            }
            h2 { "When your money comes back" }
            ul class="refunds" {
                @for sentence in refund_terms(terms, catalogue.market.terms.answer_window) {
                    li { (sentence) }
                }
            }
            h2 { "What your wallet will be asked" }
            p {
                "To sign a text twice, which makes the key that only your wallet can read the delivery with; then to pay at most "
                (price) " tokens, a network fee, and a deposit of " (shop.deposit()) " SOL for the order, which you get back by closing it once \
                 it has ended."
            }
            @match &offer.hindrance {
                Some(hindrance) => p class="unavailable" { (hindered(hindrance).message) },
                None => section id="checkout" data-plan=(offer.address) data-version=(offer.plan.terms_version)
                    data-market-version=(catalogue.market.terms_version)
                    data-max-price=(offer.paid) data-price=(price) data-deposit=(shop.deposit()) data-mint=(terms.mint) aria-label="Buy" {
                    (PreEscaped(assets::CHECKOUT))
                },
            }
        },
    )
}

/// One order.
pub fn order(shop: &Shop, order: &OrderInfo) -> Markup {
    page(
        shop,
        "Your order",
        &html! {
            h1 { "Your order" }
            p class="summary" id="summary" { (order.summary) }
            dl class="terms" {
                dt { "State" } dd id="state" { (order.state) }
                dt { "Plan" }
                dd {
                    @match &order.plan_id {
                        Some(id) => a href={ "/plans/" (order.plan) } { (id) },
                        None => code { (order.plan) },
                    }
                }
                dt { "Paid" } dd { (order.price.text) " tokens of " code { (order.price.mint) } }
            }
            dl class="terms" id="moments" {
                @for moment in &order.moments {
                    dt { (moment.name) } dd { time datetime=(moment.at) { (moment.text) } }
                }
            }
            dl class="terms" {
                dt { "Order" } dd { code { (order.order) } }
                dt { "Wallet" } dd { code { (order.buyer) } }
            }
            section id="order" data-order=(order.order) aria-label="Delivery" {
                (PreEscaped(assets::ORDER))
            }
        },
    )
}

/// Where orders are found.
pub fn find(shop: &Shop) -> Markup {
    page(
        shop,
        "Your orders",
        &html! {
            h1 { "Your orders" }
            section id="find" aria-label="Find an order" { (PreEscaped(assets::FIND)) }
        },
    )
}

/// Orders that were found, and the query that found them.
pub fn orders(shop: &Shop, found: &Found, query: &str) -> Markup {
    page(
        shop,
        "Your orders",
        &html! {
            h1 { "Your orders" }
            @if found.orders.is_empty() {
                p { "No orders were found. An order that was closed is gone from the chain." }
            }
            ul class="orders" {
                @for order in &found.orders {
                    li {
                        h2 {
                            a href={ "/orders/" (order.order) } {
                                (order.plan_id.as_deref().unwrap_or("a retired plan")) ", " (moment(order.purchased_at))
                            }
                        }
                        p { (order.summary) }
                    }
                }
            }
            (page_links(found.page, found.pages, |page| format!("/orders?{query}&page={page}")))
            p { a href="/orders" { "Look for others" } }
        },
    )
}
