//! Follows the orders of a market, and prints each one that is new or in another state than before, until Ctrl-C:
//!
//! ```sh
//! cargo run -p wayfare-client --example watch_orders -- http://127.0.0.1:8899 travel
//! ```
//!
//! Ends with 1 when the orders cannot be read, and with 2 on wrong usage. Asks again while the node cannot be reached.

use std::collections::HashMap;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use wayfare_client::cluster::{Cluster, ClusterOptions};
use wayfare_client::error::ClientError;
use wayfare_client::esim::OrderFilter;

/// Between two reads of all orders.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [url, market] = args.as_slice() else {
        eprintln!("usage: watch_orders URL MARKET");
        return ExitCode::from(2);
    };
    let Err(error) = watch(url, market);
    eprintln!("error: {error}");
    ExitCode::FAILURE
}

fn watch(url: &str, market: &str) -> Result<std::convert::Infallible, ClientError> {
    let cluster = Cluster::connect(url, ClusterOptions::default())?;
    let (market, _) = cluster.market(market)?;
    let filter = OrderFilter {
        market: Some(market),
        ..OrderFilter::default()
    };
    let mut known = HashMap::new();
    loop {
        match cluster.orders(&filter) {
            Ok(orders) => {
                for (address, order) in orders {
                    if known.insert(address, order.state) == Some(order.state) {
                        continue;
                    }
                    match order.state() {
                        Ok(state) => println!("{address} {state:?}, plan {}", order.plan),
                        Err(_) => println!("{address} is in the unknown state {}", order.state),
                    }
                }
            }
            Err(error) if error.is_retryable() => eprintln!("asking again: {error}"),
            Err(error) => return Err(error),
        }
        sleep(POLL_INTERVAL);
    }
}
