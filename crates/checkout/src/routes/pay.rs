//! Solana Pay transaction requests (version 1.1 of the specification): `GET` says who asks, `POST` makes the transaction.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{Account, AppState, JsonBody, Parts};
use crate::pages::assets;
use crate::problem::Problem;
use crate::purchase::{Request, Unsigned, read, read_account, read_key};
use crate::shop::{no_plan, plan_address};

pub async fn label(State(app): AppState, Path(plan): Path<String>) -> Result<Json<Value>, Problem> {
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
    Path(plan): Path<String>,
    Parts(parts): Parts,
    JsonBody(body): JsonBody<Account>,
) -> Result<Json<Unsigned>, Problem> {
    let part = |name: &str| parts.get(name).map(String::as_str);
    let request = Request {
        plan: plan_address(&plan)?,
        account: read_account(&body.account)?,
        order_id: read("order", "a number below 2^64", part("order"))?,
        key: read_key(part("key"))?,
        version: read(
            "version",
            "the version of the plan that was shown",
            part("version"),
        )?,
        max_price: read("max", "the most to pay, in base units", part("max"))?,
    };
    let answer = app.with_shop(move |shop| shop.purchase(&request)).await?;
    Ok(Json(answer))
}
