//! The routes: what each takes and answers. The work is done elsewhere, on threads that may wait for the RPC node.

mod actions;
mod pages;
mod pay;
pub mod request;
mod transactions;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use self::request::{App, AppState, Named, PATIENCE, Parts};
use crate::pages::assets;
use crate::problem::Problem;

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(pages::storefront))
        .route("/plans/{plan}", get(pages::plan))
        .route(
            "/pay/{plan}",
            get(pay::label)
                .post(pay::purchase)
                .options(actions::preflight),
        )
        .route("/orders", get(pages::orders))
        .route("/orders/{order}", get(pages::order))
        .route("/orders/{order}/confirm", post(transactions::confirm))
        .route("/orders/{order}/dispute", post(transactions::dispute))
        .route("/orders/{order}/refund", post(transactions::refund))
        .route("/orders/{order}/resolve", post(transactions::resolve))
        .route("/orders/{order}/close", post(transactions::close))
        .route("/transactions", post(transactions::relay))
        .route(
            "/actions.json",
            get(actions::rules).options(actions::preflight),
        )
        .route(
            "/actions/esim/{plan}",
            get(actions::describe)
                .post(actions::purchase)
                .options(actions::preflight),
        )
        .route("/healthz", get(health))
        .route("/assets/{name}", get(asset))
        .fallback(|| async { Problem::not_found("no-page", "there is no such page in this shop") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "wrong-method",
                "this address does not take that method",
            )
        })
        .with_state(app)
}

/// Whether the shop can do its work. It does not wait behind the others: being busy is no illness.
async fn health(State(app): AppState) -> Response {
    let checked = app
        .on_thread(
            |shop| {
                let accounts = shop.cluster.accounts(&[shop.market], None)?;
                Ok((accounts.slot, accounts.accounts.iter().all(Option::is_some)))
            },
            (),
        )
        .await
        .unwrap_or_else(|| Err(Problem::unavailable("the check was given up", PATIENCE)));
    let (status, market, slot) = match checked {
        Ok((slot, true)) => (StatusCode::OK, "found", slot),
        Ok((slot, false)) => (StatusCode::SERVICE_UNAVAILABLE, "missing", slot),
        Err(problem) => return problem.into_response(),
    };
    let body = json!({"rpc": "ok", "market": market, "slot": slot});
    (status, Json(body)).into_response()
}

/// What pages are made with. Addresses carry a hash of the content, so that they can be kept for ever.
async fn asset(Named(name): Named, Parts(parts): Parts) -> Result<Response, Problem> {
    let asset = assets::find(&name)
        .ok_or_else(|| Problem::not_found("no-page", "there is no such file in this shop"))?;
    // Under the address of another version, somebody would else have this one kept for that.
    let kept = match assets::is_current(parts.get("v")) {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, kept)];
    Ok((headers, asset.content).into_response())
}
