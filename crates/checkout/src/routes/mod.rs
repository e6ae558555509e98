//! The routes: what each takes and answers. The work is done elsewhere, on threads that may wait for the RPC node.

mod actions;
mod pages;
mod pay;
mod transactions;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, request};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::pages::assets;
use crate::problem::Problem;
use crate::shop::Shop;

/// Bytes of a body at the most. The largest is a transaction of 1,232 bytes in base64.
pub const MAX_BODY: usize = 8 * 1024;

/// Time for a client to send a body.
const BODY_TIME: Duration = Duration::from_secs(5);

/// Requests that wait for the RPC node at a time; the others wait for a place.
pub const AT_ONCE: usize = 64;

/// How long a request waits for a place.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the routes share.
pub struct App {
    pub shop: Shop,
    places: Semaphore,
}

type AppState = State<Arc<App>>;

/// The named parts of a query, none of them twice.
struct Parts(HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Parts {
    type Rejection = Problem;

    async fn from_request_parts(request: &mut request::Parts, _: &S) -> Result<Self, Problem> {
        let query = request.uri.query().unwrap_or_default();
        let mut named = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let twice = || Problem::bad_request(format!("the address says {name} twice"));
            if named.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(twice());
            }
        }
        Ok(Self(named))
    }
}

/// Whom a transaction is for: what Solana Pay and Solana Actions send.
#[derive(Deserialize)]
struct Account {
    account: String,
}

impl App {
    pub fn new(shop: Shop) -> Self {
        Self {
            shop,
            places: Semaphore::new(AT_ONCE),
        }
    }

    /// Does what may wait for the RPC node on a thread that may wait.
    async fn with_shop<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Shop) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::unavailable("the shop is busy: try again in a moment", PATIENCE);
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            return Err(busy());
        };
        let app = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&app.shop))
            .await
            .unwrap_or_else(|_| Err(busy()))
    }
}

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(pages::storefront))
        .route("/plans/{plan}", get(pages::plan))
        .route("/pay/{plan}", get(pay::label).post(pay::purchase))
        .route("/orders", get(pages::orders))
        .route("/orders/{order}", get(pages::order))
        .route("/orders/{order}/confirm", post(transactions::confirm))
        .route("/orders/{order}/dispute", post(transactions::dispute))
        .route("/orders/{order}/refund", post(transactions::refund))
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

/// A body of JSON, whatever type it says it is.
struct JsonBody<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Problem> {
        let too_large = || {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                format!("a request has at most {MAX_BODY} bytes"),
            )
        };
        let reading = axum::body::to_bytes(request.into_body(), MAX_BODY);
        let bytes = tokio::time::timeout(BODY_TIME, reading)
            .await
            .map_err(|_| {
                Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "too-slow",
                    "the request did not come to its end in time",
                )
            })?
            .map_err(|_| too_large())?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Problem::bad_request(format!("the body is not what is asked for: {error}"))
        })
    }
}

/// Whether a client rather reads JSON than a page.
fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept
        .is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
}

/// Whether the shop can do its work.
async fn health(State(app): AppState) -> Response {
    let checked = app
        .with_shop(|shop| {
            let accounts = shop.cluster.accounts(&[shop.market], None)?;
            Ok((accounts.slot, accounts.accounts.iter().all(Option::is_some)))
        })
        .await;
    match checked {
        Ok((slot, true)) => {
            axum::Json(serde_json::json!({"rpc": "ok", "market": "found", "slot": slot}))
                .into_response()
        }
        Ok((slot, false)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            axum::Json(serde_json::json!({"rpc": "ok", "market": "missing", "slot": slot})),
        )
            .into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// What pages are made with. Addresses carry a hash of the content, so that they can be kept for ever.
async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let asset = assets::find(&name)
        .ok_or_else(|| Problem::not_found("no-page", "there is no such file in this shop"))?;
    let headers = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.content).into_response())
}
