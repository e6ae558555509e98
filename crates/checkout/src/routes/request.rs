//! What the routes share: how they read a request, and how they wait for the RPC node.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode, request};
use http_body_util::LengthLimitError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use solana_pubkey::Pubkey;
use tokio::sync::Semaphore;

use crate::problem::Problem;
use crate::purchase;
use crate::shop::Shop;

/// Bytes of a body at the most. The largest is a transaction of 1,232 bytes in base64.
const MAX_BODY: usize = 8 * 1024;

/// Time for a client to send a body.
const BODY_TIME: Duration = Duration::from_secs(5);

/// Requests that wait for the RPC node at a time; the others wait for a place.
pub const AT_ONCE: usize = 64;

/// Those that go through all orders of the program, which may take a node long. They have places of their own, so that the
/// others do not wait behind them.
pub const SEARCHES_AT_ONCE: usize = 8;

/// How long a request waits for a place.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// What the routes share.
pub struct App {
    pub shop: Shop,
    places: Arc<Semaphore>,
    searches: Arc<Semaphore>,
}

tokio::task_local! {
    /// What is kept of a request's client for as long as there is work for it, also when the client has gone.
    pub static CLIENT: Arc<dyn Send + Sync>;
}

pub type AppState = State<Arc<App>>;

/// The named parts of a query, none of them twice.
pub struct Parts(pub HashMap<String, String>);

impl Parts {
    pub fn part(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Which page of a list is asked for, from 1 on.
    pub fn page(&self) -> usize {
        let page = self.part("page").and_then(|page| page.trim().parse().ok());
        page.unwrap_or(1)
    }

    /// The purchase under the terms that the query names: those that the buyer was shown.
    pub fn purchase(
        &self,
        plan: Pubkey,
        account: Pubkey,
        order_id: u64,
        key: [u8; 32],
    ) -> Result<purchase::Request, Problem> {
        let version = "the version of the plan that was shown";
        let market = "the version of the market's terms that was shown";
        let most = "the most to pay, in base units";
        Ok(purchase::Request {
            plan,
            account,
            order_id,
            key,
            version: purchase::read("version", version, self.part("version"))?,
            market_version: purchase::read("terms", market, self.part("terms"))?,
            max_price: purchase::read("max", most, self.part("max"))?,
        })
    }
}

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

/// What a path names: a plan, an order or a file.
pub struct Named(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(Problem::bad_request(
                "what the address names is not text in UTF-8: copy the address anew",
            )),
        }
    }
}

/// Whom a transaction is for: what Solana Pay and Solana Actions send.
#[derive(Deserialize)]
pub struct Account {
    pub account: String,
}

impl App {
    pub fn new(shop: Shop) -> Self {
        Self {
            shop,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            searches: Arc::new(Semaphore::new(SEARCHES_AT_ONCE)),
        }
    }

    /// Does what may wait for the RPC node on a thread that may wait.
    pub async fn with_shop<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Shop) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.at_place(&self.places, work).await
    }

    /// The same for what goes through all orders.
    pub async fn with_search<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Shop) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.at_place(&self.searches, work).await
    }

    async fn at_place<T: Send + 'static>(
        self: &Arc<Self>,
        places: &Arc<Semaphore>,
        work: impl FnOnce(&Shop) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let busy = || Problem::unavailable("the shop is busy: try again in a moment", PATIENCE);
        let waited = tokio::time::timeout(PATIENCE, Arc::clone(places).acquire_owned());
        let Ok(Ok(place)) = waited.await else {
            return Err(busy());
        };
        self.on_thread(work, place)
            .await
            .unwrap_or_else(|| Err(busy()))
    }

    /// Does it on a thread that may wait, without waiting for a place. `None` when it was given up.
    pub async fn on_thread<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Shop) -> T + Send + 'static,
        held: impl Send + 'static,
    ) -> Option<T> {
        let app = Arc::clone(self);
        let client = CLIENT.try_with(Arc::clone).ok();
        let (answer, answered) = tokio::sync::oneshot::channel();
        tokio::task::spawn_blocking(move || {
            // Nobody waits for it any more.
            if answer.is_closed() {
                return;
            }
            let _ = answer.send(work(&app.shop));
            // What is held is held until the work is done, whether or not anybody waited for it.
            drop((held, client));
        });
        answered.await.ok()
    }
}

/// Whether a request goes through all orders.
pub fn is_search(request: &Request) -> bool {
    let uri = request.uri();
    uri.path() == "/orders" && uri.query().is_some_and(|query| !query.is_empty())
}

/// A body of JSON, whatever type it says it is.
pub struct JsonBody<T>(pub T);

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
            .map_err(|error| match error.into_inner().is::<LengthLimitError>() {
                true => too_large(),
                false => Problem::bad_request("the body did not come whole: send it again"),
            })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Problem::bad_request(format!("the body is not what is asked for: {error}"))
        })
    }
}

/// Whether a client rather reads JSON than a page.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept
        .is_some_and(|accept| accept.contains("application/json") && !accept.contains("text/html"))
}
