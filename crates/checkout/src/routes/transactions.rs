//! What becomes of an order, for its buyer to sign, and the relay for what is signed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::request::{Account, App, AppState, JsonBody, Named};
use crate::orders::{Deed, order_address, read_reason};
use crate::problem::Problem;
use crate::purchase::{Unsigned, read_account};

#[derive(Deserialize)]
pub struct Complaint {
    account: String,
    reason: Option<String>,
}

#[derive(Deserialize)]
pub struct Signed {
    transaction: String,
}

async fn act(
    app: Arc<App>,
    order: &str,
    account: &str,
    deed: Deed,
) -> Result<Json<Unsigned>, Problem> {
    let order = order_address(order)?;
    let account = read_account(account)?;
    let unsigned = app
        .with_shop(move |shop| shop.act(&order, &account, deed))
        .await?;
    Ok(Json(unsigned))
}

pub async fn confirm(
    State(app): AppState,
    Named(order): Named,
    JsonBody(body): JsonBody<Account>,
) -> Result<Json<Unsigned>, Problem> {
    act(app, &order, &body.account, Deed::Confirm).await
}

pub async fn dispute(
    State(app): AppState,
    Named(order): Named,
    JsonBody(body): JsonBody<Complaint>,
) -> Result<Json<Unsigned>, Problem> {
    let reason = read_reason(body.reason.as_deref())?;
    act(app, &order, &body.account, Deed::Dispute(reason)).await
}

pub async fn refund(
    State(app): AppState,
    Named(order): Named,
    JsonBody(body): JsonBody<Account>,
) -> Result<Json<Unsigned>, Problem> {
    act(app, &order, &body.account, Deed::Refund).await
}

pub async fn resolve(
    State(app): AppState,
    Named(order): Named,
    JsonBody(body): JsonBody<Account>,
) -> Result<Json<Unsigned>, Problem> {
    act(app, &order, &body.account, Deed::Resolve).await
}

pub async fn close(
    State(app): AppState,
    Named(order): Named,
    JsonBody(body): JsonBody<Account>,
) -> Result<Json<Unsigned>, Problem> {
    act(app, &order, &body.account, Deed::Close).await
}

pub async fn relay(
    State(app): AppState,
    JsonBody(body): JsonBody<Signed>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let signature = app
        .with_shop(move |shop| shop.relay(&body.transaction))
        .await?;
    Ok((StatusCode::ACCEPTED, Json(json!({"signature": signature}))))
}
