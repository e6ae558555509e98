//! Solana Actions (version 2.4 of the specification): the same purchase where a client shows a link as a form.
//!
//! Who decrypts the delivery must hold its key before the payment, and this server never sees a secret. So the key is a
//! field of the form: one that the plan's page or the command line has made.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use wayfare_core::esim::{countries::Countries, shop};

use super::request::{AppState, JsonBody, Named, Parts};
use crate::pages::assets;
use crate::problem::Problem;
use crate::purchase::{hindered, order_id_of, read_account, read_key};
use crate::shop::{COUNTRIES_SHOWN, no_plan, plan_address};

/// What a browser asks before it asks from another site: the headers of the answer say all.
pub async fn preflight() -> Json<Value> {
    Json(json!({}))
}

/// Which addresses of this site are actions.
pub async fn rules() -> Json<Value> {
    Json(json!({"rules": [
        {"pathPattern": "/plans/*", "apiPath": "/actions/esim/*"},
        {"pathPattern": "/actions/esim/*", "apiPath": "/actions/esim/*"},
    ]}))
}

pub async fn describe(State(app): AppState, Named(plan): Named) -> Result<Json<Value>, Problem> {
    app.with_shop(move |shop| {
            let at = plan_address(&plan)?;
            let catalogue = shop.catalogue()?;
            let offer = catalogue.offer(&at).ok_or_else(|| no_plan(at))?;
            let terms = &offer.plan.terms;
            let price = shop.price(offer);
            let label = format!("Buy for {}", shop::price(offer.paid, offer.decimals));
            let href = format!(
                "/actions/esim/{at}?version={}&terms={}&max={}&key={{key}}",
                offer.plan.terms_version, catalogue.market.terms_version, offer.paid
            );
            let mut action = json!({
                "type": "action",
                "icon": assets::icon(&shop.public_url),
                "title": shop.title(offer),
                "description": format!(
                    "{}, {}, {}, for {price}, and a deposit of {} SOL that comes back. The money waits until the eSIM is \
                     delivered; if it is not within {}, it can be fetched back. The delivery is encrypted to a key of yours: make \
                     one on {}/plans/{at}, or with the command line.",
                    Countries(terms.countries).summary(COUNTRIES_SHOWN),
                    shop::data(terms.data_mb),
                    shop::days(terms.validity_days),
                    shop.deposit(),
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
                        "label": "Public key of your delivery key (not its secret, and not your wallet)",
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
        .await
        .map(Json)
}

/// What a client sends: fields of the form come in the address or here.
#[derive(Deserialize)]
pub struct Form {
    account: String,
    data: Option<Data>,
}

#[derive(Deserialize)]
struct Data {
    key: Option<String>,
}

pub async fn purchase(
    State(app): AppState,
    Named(plan): Named,
    parts: Parts,
    JsonBody(body): JsonBody<Form>,
) -> Result<Json<Value>, Problem> {
    let in_body = body.data.as_ref().and_then(|data| data.key.as_deref());
    let (plan, account) = (plan_address(&plan)?, read_account(&body.account)?);
    let key = read_key(parts.part("key").or(in_body))?;
    let order_id = order_id_of(&plan, &account, &key);
    let request = parts.purchase(plan, account, order_id, key)?;
    let unsigned = app.with_shop(move |shop| shop.purchase(&request)).await?;
    Ok(Json(json!({
        "type": "transaction",
        "transaction": unsigned.transaction,
        "message": unsigned.message,
    })))
}
