//! The pages.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use solana_pubkey::Pubkey;
use wayfare_client::esim::OrderFilter;
use wayfare_client::esim::offers::{self, OfferFilter, OfferOrder};
use wayfare_core::esim::countries::Code;
use wayfare_core::esim::shop::parse_data;

use super::request::{AppState, Named, Parts, wants_json};
use crate::orders::order_address;
use crate::pages::{self, Search};
use crate::problem::Problem;
use crate::purchase::read;
use crate::shop::{no_plan, plan_address};

pub async fn storefront(State(app): AppState, parts: Parts) -> Result<Response, Problem> {
    let page = app
        .with_shop(move |shop| {
            let part = |name: &str| {
                let text = parts.part(name).map(str::trim);
                text.filter(|text| !text.is_empty())
            };
            let mut search = Search {
                country: part("country").unwrap_or_default().to_owned(),
                data: part("data").unwrap_or_default().to_owned(),
                days: part("days").unwrap_or_default().to_owned(),
                max_price: part("max_price").unwrap_or_default().to_owned(),
                sort: part("sort").unwrap_or_default().to_owned(),
                page: parts.page(),
                mistake: None,
            };
            let catalogue = shop.catalogue()?;
            let mut found = Vec::new();
            match read_filter(part) {
                Ok(filter) => {
                    let mut mistake = None;
                    for listed in catalogue.on_sale() {
                        match filter.fits(&listed.offer) {
                            Ok(true) => found.push(listed),
                            Ok(false) => {}
                            // A price can be too fine for one mint and good for another.
                            Err(error) => mistake = Some(format!("Price: {error}.")),
                        }
                    }
                    search.mistake = mistake.filter(|_| found.is_empty());
                }
                Err(mistake) => search.mistake = Some(mistake),
            }
            let by = match search.sort.as_str() {
                "per-gb" => OfferOrder::PerGb,
                "data" => OfferOrder::Data,
                "days" => OfferOrder::Days,
                _ => OfferOrder::Price,
            };
            offers::sort(&mut found, by, |listed| &listed.offer);
            Ok(pages::storefront(shop, &catalogue, &found, &search))
        })
        .await?;
    Ok(page.into_response())
}

/// What a visitor looks for, or what is wrong with it.
fn read_filter<'a>(part: impl Fn(&str) -> Option<&'a str>) -> Result<OfferFilter, String> {
    let countries = part("country")
        .map(Code::find)
        .transpose()
        .map_err(|error| format!("No country is called {error}."))?;
    let min_data = part("data")
        .map(parse_data)
        .transpose()
        .map_err(|error| format!("Data: {error}."))?;
    let days = part("days")
        .map(str::parse)
        .transpose()
        .map_err(|_| "Days is a whole number.".to_owned())?;
    Ok(OfferFilter {
        countries: countries.into_iter().collect(),
        min_data,
        days,
        max_price: part("max_price").map(str::to_owned),
    })
}

pub async fn plan(State(app): AppState, Named(plan): Named) -> Result<Response, Problem> {
    let page = app
        .with_shop(move |shop| {
            let at = plan_address(&plan)?;
            let catalogue = shop.catalogue()?;
            let offer = catalogue.offer(&at).ok_or_else(|| no_plan(at))?;
            Ok(pages::plan(shop, &catalogue, offer))
        })
        .await?;
    Ok(page.into_response())
}

pub async fn order(
    State(app): AppState,
    Named(order): Named,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let at = order_address(&order)?;
    let info = app.with_shop(move |shop| shop.order(&at)).await?;
    Ok(match wants_json(&headers) {
        true => Json(info).into_response(),
        false => pages::order(&app.shop, &info).into_response(),
    })
}

pub async fn orders(
    State(app): AppState,
    parts: Parts,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let address = |name: &str| -> Result<Option<Pubkey>, Problem> {
        let text = parts.part(name).map(str::trim);
        let what = "an address or key of 32 bytes in base58";
        text.filter(|text| !text.is_empty())
            .map(|text| read(name, what, Some(text)))
            .transpose()
    };
    let filter = OrderFilter {
        plan: address("plan")?,
        buyer: address("buyer")?,
        encryption_key: address("key")?.map(|key| key.to_bytes()),
        ..OrderFilter::default()
    };
    if filter.buyer.is_none() && filter.encryption_key.is_none() {
        return match wants_json(&headers) {
            true => Err(Problem::bad_request(
                "whose orders: give buyer or key in the address",
            )),
            false => Ok(pages::find(&app.shop).into_response()),
        };
    }
    let is_json = wants_json(&headers);
    let page = parts.page();
    let found = app
        .with_search(move |shop| shop.orders(filter, page, is_json))
        .await?;
    if is_json {
        return Ok(Json(found).into_response());
    }
    let mut asked = url::form_urlencoded::Serializer::new(String::new());
    for name in ["plan", "buyer", "key"] {
        if let Some(text) = parts.part(name) {
            asked.append_pair(name, text);
        }
    }
    Ok(pages::orders(&app.shop, &found, &asked.finish()).into_response())
}
