use std::fmt::{self, Display};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;
use url::Url;
use wayfare_checkout::{Descriptions, ServerOptions, Shop, ShopOptions};
use wayfare_client::account::AccountError;
use wayfare_client::cluster::{Cluster, ClusterOptions};
use wayfare_client::error::ClientError;

use crate::args::{OutputFormat, PriceArgs};
use crate::context::Context;
use crate::error::{Exit, Usage};
use crate::esim::args::MarketArg;
use crate::esim::find::no_market;
use crate::output;
use crate::output::Output;

#[derive(Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub market: MarketArg,

    /// Address and port to listen on; port 0 takes a free one. Encryption is for a proxy before it
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,

    /// Where the world reaches the shop, for what goes into payment codes [default: where it listens]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<Url>,

    /// Folder of plans' full descriptions: each belongs to the plans that have its SHA-256
    #[arg(long, value_name = "DIR")]
    pub descriptions: Option<PathBuf>,

    /// Take the last entry of X-Forwarded-For for the client's address: only where a proxy of yours always writes it
    #[arg(long)]
    pub behind_proxy: bool,

    /// Requests that one client may make in a second, five seconds' worth of them at once; 0 for any number
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub rate: u32,

    #[command(flatten)]
    pub price: PriceArgs,
}

/// A visitor is told soon that the RPC node does not answer, and comes back: nobody waits for a minute.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

const RETRY_BUDGET: Duration = Duration::from_secs(2);

/// Where a shop is open.
#[derive(Serialize)]
pub struct Listening {
    listening: String,
    public_url: String,
    market: String,
    descriptions: usize,
}

impl Output for Listening {}

impl Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the market {} is open at {}",
            self.market, self.listening
        )?;
        if self.public_url != self.listening {
            write!(f, ", to the world at {}", self.public_url)?;
        }
        write!(f, "; Ctrl-C ends it")
    }
}

impl ServeArgs {
    /// Serves until Ctrl-C.
    pub fn run(&self, ctx: &Context, format: OutputFormat) -> Result<Exit> {
        let listener = TcpListener::bind(self.listen).with_context(|| {
            format!(
                "cannot listen on {}: choose another address with --listen",
                self.listen
            )
        })?;
        let listening = format!("http://{}", listener.local_addr()?);
        let public_url = match &self.public_url {
            Some(url) => site(url)?,
            None => listening.clone(),
        };
        let descriptions = match &self.descriptions {
            Some(folder) => Descriptions::read(folder)?,
            None => Descriptions::default(),
        };
        let cluster = Cluster::connect(
            &ctx.settings.rpc_url.value,
            ClusterOptions {
                commitment: ctx.settings.commitment.value.commitment,
                call_timeout: CALL_TIMEOUT,
                retry_budget: RETRY_BUDGET,
                cancel: ctx.cancel.clone(),
                ..ClusterOptions::default()
            },
        )?;
        let shown = Listening {
            listening,
            public_url: public_url.clone(),
            market: self.market.market.clone(),
            descriptions: descriptions.len(),
        };
        let options = ShopOptions {
            market: self.market.market.clone(),
            public_url,
            descriptions,
            price: self.price.offer(),
        };
        let shop = match Shop::open(cluster, options) {
            Err(ClientError::Account(AccountError::Missing(_))) => {
                return Err(no_market(&self.market.market));
            }
            result => result?,
        };
        ctx.stop_on_ctrl_c()?;
        output::print(&shown, format)?;
        let options = ServerOptions {
            rate: std::num::NonZeroU32::new(self.rate),
            is_behind_proxy: self.behind_proxy,
        };
        wayfare_checkout::serve(shop, listener, options, &ctx.cancel)
            .context("the server ended")?;
        Ok(Exit::Done)
    }
}

/// The address of a whole site, without a slash at its end.
fn site(url: &Url) -> Result<String> {
    let is_site = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty();
    if !is_site {
        bail!(Usage(format!(
            "--public-url {url} is not the address of a site, such as https://shop.example"
        )));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses() {
        let of = |text: &str| site(&text.parse().unwrap());
        assert_eq!(of("https://shop.example").unwrap(), "https://shop.example");
        assert_eq!(
            of("http://127.0.0.1:8787/").unwrap(),
            "http://127.0.0.1:8787"
        );
        for text in [
            "ftp://shop.example",
            "https://shop.example/path",
            "https://shop.example/?a=b",
            "https://me@shop.example",
        ] {
            assert!(of(text).is_err(), "{text}");
        }
    }
}
