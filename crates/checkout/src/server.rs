//! The server around the routes: what it takes from whom, for how long, what it says in every answer, what it logs, and how
//! it ends.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use wayfare_client::cluster::Cancel;

use crate::log::log;
use crate::pages;
use crate::problem::Problem;
use crate::routes;
use crate::routes::request::{AT_ONCE, App, CLIENT, SEARCHES_AT_ONCE, is_search};
use crate::shop::Shop;

/// Connections at a time; more wait in the operating system's queue.
const CONNECTIONS: usize = 1_024;

/// Connections of one client at a time; more are closed.
const CONNECTIONS_OF_ONE: usize = 64;

/// Requests of one client that wait for the RPC node at a time, gone or not; more are told to wait.
const WORK_FOR_ONE: usize = 16;

/// The same for those that go through all orders.
const SEARCHES_FOR_ONE: usize = 2;

/// Threads for what does not wait for a place.
const SPARE_THREADS: usize = 8;

/// Time for a client to send the head of a request, also of the next one on a connection.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// Time for a whole request, from its head to the answer.
const REQUEST_TIME: Duration = Duration::from_secs(25);

/// Time for a connection, so that a client that reads slowly does not keep it for ever.
const CONNECTION_TIME: Duration = Duration::from_secs(300);

/// Time for requests under way once the server is told to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Between two looks at whether to end.
const LOOK: Duration = Duration::from_millis(100);

/// Between two times that clients which were not heard of are forgotten.
const FORGET: Duration = Duration::from_secs(60);

/// A client that was silent may make so many seconds' requests at once.
const BURST_SECONDS: u32 = 5;

/// The status that the log has for a client that did not wait for its answer.
const CLIENT_GONE: u16 = 499;

/// What every answer says to a browser.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=()",
    ),
];

/// How much is taken from whom.
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// Requests a second from one client; `None` for as many as come.
    pub rate: Option<NonZeroU32>,
    /// Whether a proxy stands before the server, and names the client last in `X-Forwarded-For`.
    pub is_behind_proxy: bool,
}

/// Serves a shop until it is cancelled, then lets requests under way end.
///
/// # Errors
///
/// [`io::Error`] of the operating system.
pub fn serve(
    shop: Shop,
    listener: TcpListener,
    options: ServerOptions,
    cancel: &Cancel,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("wayfare-shop")
        .max_blocking_threads(AT_ONCE + SEARCHES_AT_ONCE + SPARE_THREADS)
        .build()?;
    let served = runtime.block_on(accept(shop, listener, options, cancel));
    // What still runs had its time.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

async fn accept(
    shop: Shop,
    listener: TcpListener,
    options: ServerOptions,
    cancel: &Cancel,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = layered(Arc::new(App::new(shop)), options);
    let connections = Arc::new(Semaphore::new(CONNECTIONS));
    // Behind a proxy all connections are the proxy's.
    let is_counted = options.rate.is_some() && !options.is_behind_proxy;
    let per_client = Counts::default();
    let (end, ends) = watch::channel(false);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(16 * 1024);
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = Arc::clone(&connections).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = cancelled(cancel) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            // Of one connection, or of too many open files: the next one may do.
            Err(error) => {
                log(&json!({"event": "no-connection", "reason": error.to_string()}));
                tokio::time::sleep(LOOK).await;
                continue;
            }
        };
        let counted = match is_counted {
            true => match per_client.count(network_of(peer.ip()), CONNECTIONS_OF_ONE) {
                Some(counted) => Some(counted),
                None => continue,
            },
            false => None,
        };
        let service = TowerToHyperService::new(router.clone().layer(Extension(peer)));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let mut ends = ends.clone();
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            let is_over = async {
                tokio::select! {
                    _ = ends.wait_for(|end| *end) => {}
                    () = tokio::time::sleep(CONNECTION_TIME) => {}
                }
            };
            // A client that goes away or is too slow is none of the server's errors.
            tokio::select! {
                _ = connection.as_mut() => {}
                () = is_over => {
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(REQUEST_TIME, connection).await;
                }
            }
            drop((place, counted));
        });
    }
    drop(listener);
    let _ = end.send(true);
    // All places are free once the last connection has ended.
    let all = connections.acquire_many(CONNECTIONS as u32);
    let _ = tokio::time::timeout(FAREWELL, all).await;
    Ok(())
}

async fn cancelled(cancel: &Cancel) {
    while !cancel.is_cancelled() {
        tokio::time::sleep(LOOK).await;
    }
}

/// The routes within all that every request goes through.
fn layered(app: Arc<App>, options: ServerOptions) -> Router {
    let limit = options.rate.map(|rate| {
        let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
        let limiter = Arc::new(RateLimiter::keyed(
            Quota::per_second(rate).allow_burst(burst),
        ));
        let kept = Arc::downgrade(&limiter);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(FORGET).await;
                let Some(limiter) = kept.upgrade() else { break };
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        });
        Arc::new(Limit {
            limiter,
            working: Counts::default(),
            searching: Counts::default(),
            is_behind_proxy: options.is_behind_proxy,
        })
    });
    let caip = HeaderValue::from_str(&app.shop.caip).ok();
    let mut router = routes::router(Arc::clone(&app));
    if let Some(limit) = limit {
        router = router.layer(middleware::from_fn_with_state(limit, limited));
    }
    router
        .layer(middleware::from_fn(timed))
        .layer(middleware::from_fn_with_state(app, as_page))
        .layer(middleware::from_fn_with_state(caip, marked))
        .layer(middleware::from_fn(logged))
}

/// How many of something each client has.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of them, until it is dropped.
struct Counted {
    counts: Counts,
    client: IpAddr,
}

impl Counts {
    /// One more, unless there are as many as may be.
    fn count(&self, client: IpAddr, most: usize) -> Option<Counted> {
        // Adding and taking away leave nothing half done.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        if *count >= most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Counted {
            counts: self.clone(),
            client,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = counts.entry(self.client) {
            match entry.get().saturating_sub(1) {
                0 => drop(entry.remove()),
                left => *entry.get_mut() = left,
            }
        }
    }
}

/// Whom an address counts for. Who has an IPv6 address has the 2⁶⁴ of its network.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

/// How much a client may ask for.
struct Limit {
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    working: Counts,
    searching: Counts,
    is_behind_proxy: bool,
}

impl Limit {
    /// Whom a request counts for.
    fn client(&self, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
        let named = headers
            .get_all("x-forwarded-for")
            .iter()
            .next_back()
            .and_then(|value| {
                let last = value.to_str().ok()?.rsplit(',').next()?.trim();
                // Some proxies add the port.
                let with_port = last.parse().map(|address: SocketAddr| address.ip());
                last.parse().or(with_port).ok()
            });
        network_of(named.filter(|_| self.is_behind_proxy).unwrap_or(peer.ip()))
    }
}

async fn limited(
    State(limit): State<Arc<Limit>>,
    Extension(peer): Extension<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let client = limit.client(request.headers(), peer);
    if let Err(until) = limit.limiter.check_key(&client) {
        let wait = until.wait_time_from(DefaultClock::default().now());
        return Problem::too_many_requests(wait).into_response();
    }
    let busy = || Problem::too_many_requests(Duration::from_secs(1)).into_response();
    let Some(work) = limit.working.count(client, WORK_FOR_ONE) else {
        return busy();
    };
    let search = match is_search(&request) {
        true => match limit.searching.count(client, SEARCHES_FOR_ONE) {
            Some(search) => Some(search),
            None => return busy(),
        },
        false => None,
    };
    CLIENT
        .scope(Arc::new((work, search)), next.run(request))
        .await
}

async fn timed(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable(
            "the shop could not answer in time: try again in a moment",
            LOOK.saturating_mul(50),
        )
        .into_response(),
    }
}

/// Makes a page of a problem where a browser asked for one.
async fn as_page(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let accept = request.headers().get(ACCEPT);
    let wants_page = accept.is_some_and(|accept| {
        let accept = accept.to_str().unwrap_or_default();
        accept.contains("text/html")
    });
    let mut response = next.run(request).await;
    if wants_page && let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let mut page = (problem.status, pages::problem(&app.shop, &problem)).into_response();
        for (name, value) in response.headers() {
            // What says when to come back, and all else but what tells of the body.
            if !page.headers().contains_key(name) && !name.as_str().starts_with("content-") {
                page.headers_mut().insert(name, value.clone());
            }
        }
        return page;
    }
    response
}

/// Headers that let a client on any site ask for a payment: an answer holds nothing but what it asked for.
const CORS: [(&str, &str); 5] = [
    ("access-control-allow-origin", "*"),
    ("access-control-allow-methods", "GET,POST,OPTIONS"),
    (
        "access-control-allow-headers",
        "Content-Type, Authorization, Content-Encoding, Accept-Encoding, X-Accept-Action-Version, X-Accept-Blockchain-Ids, \
         X-Action-Version, X-Blockchain-Ids",
    ),
    (
        "access-control-expose-headers",
        "Retry-After, X-Action-Version, X-Blockchain-Ids",
    ),
    ("x-action-version", "2.4"),
];

/// What a browser is told with every answer. `caip` names the cluster for clients of Solana Actions.
async fn marked(State(caip): State<Option<HeaderValue>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_for_all = ["/pay/", "/actions/", "/actions.json"]
        .iter()
        .any(|start| path.starts_with(start));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let shared = CORS.iter().filter(|_| is_for_all);
    for (name, value) in HEADERS.iter().chain(shared) {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if is_for_all && let Some(caip) = caip {
        headers.insert(HeaderName::from_static("x-blockchain-ids"), caip);
    }
    // What is on the chain changes; the files of the pages say otherwise themselves.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// One line for each request: which route, never which order, wallet or key. Also for a client that has gone before the
/// answer.
async fn logged(request: Request<Body>, next: Next) -> Response {
    struct Line {
        start: Instant,
        method: &'static str,
        route: String,
        status: u16,
    }
    impl Drop for Line {
        fn drop(&mut self) {
            log(&json!({
                "event": "request",
                "method": self.method,
                "route": self.route,
                "status": self.status,
                "ms": self.start.elapsed().as_micros() as f64 / 1_000.0,
            }));
        }
    }
    let matched = request.extensions().get::<MatchedPath>();
    let mut line = Line {
        start: Instant::now(),
        method: known(request.method()),
        route: matched.map_or("none", MatchedPath::as_str).to_owned(),
        status: CLIENT_GONE,
    };
    let response = next.run(request).await;
    line.status = response.status().as_u16();
    response
}

/// A method as the log has it. Clients can send any word for one, and the log has none of theirs.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_a_request_counts_for() {
        let limit = |is_behind_proxy| Limit {
            limiter: Arc::new(RateLimiter::keyed(Quota::per_second(NonZeroU32::MIN))),
            working: Counts::default(),
            searching: Counts::default(),
            is_behind_proxy,
        };
        let peer: SocketAddr = "10.0.0.1:5".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(limit(true).client(&headers, peer), peer.ip());
        // What a client says of itself stands before what the proxy adds.
        headers.insert("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        assert_eq!(limit(true).client(&headers, peer).to_string(), "2.2.2.2");
        assert_eq!(limit(false).client(&headers, peer), peer.ip());
        headers.insert("x-forwarded-for", "1.1.1.1, 3.3.3.3:4567".parse().unwrap());
        assert_eq!(limit(true).client(&headers, peer).to_string(), "3.3.3.3");
        let client = |text: &str| {
            let peer: SocketAddr = text.parse().unwrap();
            limit(false).client(&headers, peer).to_string()
        };
        assert_eq!(client("[2001:db8::1:2:3:4]:5"), "2001:db8::");
        assert_eq!(client("[::ffff:1.2.3.4]:5"), "::ffff:1.2.3.4");
    }

    #[test]
    fn what_a_client_has_is_counted_until_it_ends() {
        let counts = Counts::default();
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
        let first = counts.count(one, 2).unwrap();
        let second = counts.count(one, 2).unwrap();
        assert!(counts.count(one, 2).is_none());
        assert!(counts.count(other, 2).is_some());
        drop(first);
        assert!(counts.count(one, 2).is_some());
        drop(second);
        assert!(counts.0.lock().unwrap().is_empty());
    }
}
