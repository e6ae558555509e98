//! Solana Actions (version 2.4 of the specification): the same purchase where a client shows a link as a form.
//!
//! Who decrypts the delivery must hold its key before the payment, and this server never sees a secret. So the key is a
//! field of the form: one that the plan's page or the command line has made.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use serde::Deserialize;
use serde_json::{Value, json};
use wayfare_core::amount;
use wayfare_core::esim::{countries::Countries, shop};

use super::{AppState, JsonBody, Parts};
use crate::pages::assets;
use crate::problem::Problem;
use crate::purchase::{Request, hindered, random_order_id, read, read_account, read_key};
use crate::shop::{COUNTRIES_SHOWN, no_plan, plan_address};

/// Names the version of the specification, and the clusters that the actions are for.
const VERSION: &str = "2.4";

/// Headers that let a client on any site ask: an answer holds nothing but what it asked for.
pub struct Cors;

impl IntoResponseParts for Cors {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        let headers = [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "GET,POST,OPTIONS"),
            (
                "access-control-allow-headers",
                "Content-Type, Authorization, Content-Encoding, Accept-Encoding, X-Accept-Action-Version, X-Accept-Blockchain-Ids",
            ),
            (
                "access-control-expose-headers",
                "X-Action-Version, X-Blockchain-Ids",
            ),
        ];
        for (name, value) in headers {
            let name = HeaderName::from_static(name);
            parts
                .headers_mut()
                .insert(name, HeaderValue::from_static(value));
        }
        Ok(parts)
    }
}

fn answer(caip: &str, status: StatusCode, body: Value) -> Response {
    let headers = [
        (HeaderName::from_static("x-action-version"), VERSION),
        (HeaderName::from_static("x-blockchain-ids"), caip),
    ];
    (status, Cors, headers, Json(body)).into_response()
}

/// A problem in a client that shows `message`, with the headers that let it read it.
fn refused(caip: &str, problem: Problem) -> Response {
    let mut response = problem.into_response();
    let headers = answer(caip, StatusCode::OK, Value::Null).headers().clone();
    for (name, value) in &headers {
        if name.as_str().starts_with("access-control") || name.as_str().starts_with("x-") {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

pub async fn preflight(State(app): AppState) -> Response {
    answer(&app.shop.caip, StatusCode::OK, json!({}))
}

/// Which addresses of this site are actions.
pub async fn rules(State(app): AppState) -> Response {
    let rules = json!({"rules": [
        {"pathPattern": "/plans/*", "apiPath": "/actions/esim/*"},
        {"pathPattern": "/actions/esim/*", "apiPath": "/actions/esim/*"},
    ]});
    answer(&app.shop.caip, StatusCode::OK, rules)
}

pub async fn describe(State(app): AppState, Path(plan): Path<String>) -> Response {
    let described = app
        .with_shop(move |shop| {
            let at = plan_address(&plan)?;
            let catalogue = shop.catalogue()?;
            let offer = catalogue.offer(&at).ok_or_else(|| no_plan(at))?;
            let terms = &offer.plan.terms;
            let price = amount::format(offer.paid, offer.decimals);
            let label = format!("Buy for {price}");
            let href = format!(
                "/actions/esim/{at}?version={}&max={}&key={{key}}",
                offer.plan.version, offer.paid
            );
            let mut action = json!({
                "type": "action",
                "icon": assets::icon(&shop.public_url),
                "title": shop.title(offer),
                "description": format!(
                    "{}, {}, {}, for {price} tokens of {}. The money waits until the eSIM is delivered, and comes back if it is \
                     not within {}. The delivery is encrypted to a key of yours: make one on {}/plans/{at}, or with the command \
                     line.",
                    Countries(terms.countries).summary(COUNTRIES_SHOWN),
                    shop::data(terms.data_mb),
                    shop::days(terms.validity_days),
                    terms.mint,
                    shop::duration(terms.delivery_window.into()),
                    shop.public_url,
                ),
                "label": label,
                "links": {"actions": [{
                    "type": "transaction",
                    "label": label,
                    "href": href,
                    "parameters": [{
                        "type": "text",
                        "name": "key",
                        "label": "Your delivery key",
                        "required": true,
                        "pattern": "^[1-9A-HJ-NP-Za-km-z]{32,44}$",
                        "patternDescription": "The public key of a delivery key, in base58",
                    }],
                }]},
            });
            if let Some(hindrance) = &offer.hindrance
                && let Some(fields) = action.as_object_mut()
            {
                let message = hindered(hindrance).message;
                fields.insert("disabled".to_owned(), json!(true));
                fields.insert("error".to_owned(), json!({"message": message}));
            }
            Ok(action)
        })
        .await;
    match described {
        Ok(action) => answer(&app.shop.caip, StatusCode::OK, action),
        Err(problem) => refused(&app.shop.caip, problem),
    }
}

/// What a client sends: fields of the form come in the address or here.
#[derive(Deserialize)]
pub struct Form {
    account: String,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    key: Option<String>,
}

pub async fn purchase(
    State(app): AppState,
    Path(plan): Path<String>,
    Parts(parts): Parts,
    body: Result<JsonBody<Form>, Problem>,
) -> Response {
    let part = |name: &str| parts.get(name).map(String::as_str);
    let request = body.and_then(|JsonBody(body)| {
        Ok(Request {
            plan: plan_address(&plan)?,
            account: read_account(&body.account)?,
            order_id: random_order_id()?,
            key: read_key(part("key").or(body.data.key.as_deref()))?,
            version: read(
                "version",
                "the version of the plan that was shown",
                part("version"),
            )?,
            max_price: read("max", "the most to pay, in base units", part("max"))?,
        })
    });
    let bought = match request {
        Ok(request) => app.with_shop(move |shop| shop.purchase(&request)).await,
        Err(problem) => Err(problem),
    };
    match bought {
        Ok(unsigned) => {
            let body = json!({
                "type": "transaction",
                "transaction": unsigned.transaction,
                "message": unsigned.message,
            });
            answer(&app.shop.caip, StatusCode::OK, body)
        }
        Err(problem) => refused(&app.shop.caip, problem),
    }
}
