//! The server around the routes: what it takes from whom, for how long, what it says in every answer, what it logs, and how
//! it ends.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::sync::Semaphore;
use wayfare_client::cluster::Cancel;
use wayfare_client::error::ClientError;

use crate::pages;
use crate::problem::Problem;
use crate::routes::{self, AT_ONCE, App};
use crate::shop::Shop;

/// Connections at a time; more wait in the operating system's queue.
const CONNECTIONS: usize = 1_024;

/// Time for a client to send the head of a request, also of the next one on a connection.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// Time for a whole request, from its head to the answer.
const REQUEST_TIME: Duration = Duration::from_secs(30);

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
    // Dropped with all that still runs on it once the time for farewells is over.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("wayfare-shop")
        .max_blocking_threads(AT_ONCE.saturating_add(1))
        .build()?;
    let served = runtime.block_on(accept(shop, listener, options, cancel));
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
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(16 * 1024);
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&connections).acquire_owned().await else {
            break;
        };
        let (stream, client) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Of one connection, or of too many open files: the next one may do.
                Err(error) => {
                    log(&json!({"event": "no-connection", "reason": error.to_string()}));
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
            },
            () = cancelled(cancel) => break,
        };
        let service = router.clone().layer(Extension(client));
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away or is too slow is none of the server's errors.
            let _ = tokio::time::timeout(CONNECTION_TIME, watched).await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
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
            is_behind_proxy: options.is_behind_proxy,
        })
    });
    let mut router = routes::router(Arc::clone(&app));
    if let Some(limit) = limit {
        router = router.layer(middleware::from_fn_with_state(limit, limited));
    }
    router
        .layer(middleware::from_fn(timed))
        .layer(middleware::from_fn_with_state(app, as_page))
        .layer(middleware::from_fn(marked))
        .layer(middleware::from_fn(logged))
}

/// How many requests a client may make.
struct Limit {
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    is_behind_proxy: bool,
}

impl Limit {
    /// Whom a request counts for. Who has an IPv6 address has the 2⁶⁴ of its network.
    fn client(&self, headers: &HeaderMap, peer: SocketAddr) -> IpAddr {
        let named = headers
            .get_all("x-forwarded-for")
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        match named.filter(|_| self.is_behind_proxy).unwrap_or(peer.ip()) {
            IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
                let network = address.to_bits() & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            address => address,
        }
    }
}

async fn limited(
    State(limit): State<Arc<Limit>>,
    Extension(peer): Extension<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let client = limit.client(request.headers(), peer);
    match limit.limiter.check_key(&client) {
        Ok(()) => next.run(request).await,
        Err(until) => {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Problem::too_many_requests(wait).into_response()
        }
    }
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

/// What a browser is told with every answer.
async fn marked(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    // What is on the chain changes; the files of the pages say otherwise themselves.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// One line for each request: which route, never which order, wallet or key.
async fn logged(request: Request<Body>, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().to_string();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    log(&json!({
        "event": "request",
        "method": method,
        "route": route,
        "status": response.status().as_u16(),
        "ms": start.elapsed().as_micros() as f64 / 1_000.0,
    }));
    response
}

/// What the RPC node did instead of answering.
pub fn log_trouble(error: &ClientError) {
    log(&json!({"event": "trouble", "reason": error.to_string()}));
}

/// A line of the log. Without anybody to read it, serving goes on.
fn log(line: &serde_json::Value) {
    let mut stderr = io::stderr().lock();
    let _ = writeln!(stderr, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_a_request_counts_for() {
        let limit = |is_behind_proxy| Limit {
            limiter: Arc::new(RateLimiter::keyed(Quota::per_second(NonZeroU32::MIN))),
            is_behind_proxy,
        };
        let peer: SocketAddr = "10.0.0.1:5".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(limit(true).client(&headers, peer), peer.ip());
        // What a client says of itself stands before what the proxy adds.
        headers.insert("x-forwarded-for", "1.1.1.1, 2.2.2.2".parse().unwrap());
        assert_eq!(limit(true).client(&headers, peer).to_string(), "2.2.2.2");
        assert_eq!(limit(false).client(&headers, peer), peer.ip());
        let client = |text: &str| {
            let peer: SocketAddr = text.parse().unwrap();
            limit(false).client(&headers, peer).to_string()
        };
        assert_eq!(client("[2001:db8::1:2:3:4]:5"), "2001:db8::");
        assert_eq!(client("[::ffff:1.2.3.4]:5"), "::ffff:1.2.3.4");
    }
}
