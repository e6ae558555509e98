//! Solana Pay transaction requests (version 1.1 of the specification): `GET` says who asks, `POST` makes the transaction.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::request::{Account, AppState, JsonBody, Named, Parts};
use crate::pages::assets;
use crate::problem::Problem;
use crate::purchase::{Unsigned, read, read_account, read_key};
use crate::shop::{no_plan, plan_address};

pub async fn label(State(app): AppState, Named(plan): Named) -> Result<Json<Value>, Problem> {
    let answer = app
        .with_shop(move |shop| {
            let at = plan_address(&plan)?;
            let catalogue = shop.catalogue()?;
            let offer = catalogue.offer(&at).ok_or_else(|| no_plan(at))?;
            Ok(json!({
                "label": format!("Wayfare {}: {}", shop.name, shop.title(offer)),
                "icon": assets::icon(&shop.public_url),
            }))
        })
        .await?;
    Ok(Json(answer))
}

pub async fn purchase(
    State(app): AppState,
    Named(plan): Named,
    parts: Parts,
    JsonBody(body): JsonBody<Account>,
) -> Result<Json<Unsigned>, Problem> {
    let (plan, account) = (plan_address(&plan)?, read_account(&body.account)?);
    let order_id = read("order", "a number below 2^64", parts.part("order"))?;
    let key = read_key(parts.part("key"))?;
    let request = parts.purchase(plan, account, order_id, key)?;
    let answer = app.with_shop(move |shop| shop.purchase(&request)).await?;
    Ok(Json(answer))
}
