use std::fmt::{self, Display};
use std::io::Read;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use esim_market::state::{Action, Market};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::esim::profile::Profile;

use crate::args::{JobArgs, SendArgs};
use crate::context::Context;
use crate::error::{Exit, Usage};
use crate::esim::find::find_order;
use crate::esim::seller::deliveries::{Deliveries, DeliveriesArgs, Of, least_time, warn_of};
use crate::esim::seller::find::find_seller;
use crate::esim::settled;
use crate::job;
use crate::job::JobReport;
use crate::output::{Moment, Output};
use crate::signers::SignerSource;

#[derive(Args)]
pub struct DeliverArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    /// File with the profile: an activation code (LPA:1$…), or a JSON object with it. Or the activation code itself
    #[arg(long, value_name = "FILE|LPA")]
    pub profile: String,

    /// The seller's authority [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub authority: Option<SignerSource>,

    #[command(flatten)]
    pub deliveries: DeliveriesArgs,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
}

/// Most bytes of a profile's file: far more than can be delivered.
const MAX_FILE: u64 = 64 * 1024;

/// What a delivery came to.
#[derive(Serialize)]
pub struct Delivered {
    order: String,
    buyer: String,
    deliver_by: Moment,
    /// SHA-256 of the order's secret and the profile.
    commitment: Option<String>,
    delivery: JobReport,
}

impl Output for Delivered {
    fn exit(&self) -> Exit {
        self.delivery.exit()
    }
}

impl Display for Delivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "order {} of {}", self.order, self.buyer)?;
        if let Some(commitment) = &self.commitment {
            writeln!(f, "commitment {commitment}")?;
        }
        self.delivery.fmt(f)
    }
}

impl DeliverArgs {
    pub fn run(&self, ctx: &Context) -> Result<Delivered> {
        let profile = self.read()?;
        warn_of(ctx, "the profile", &profile);
        let authority = ctx.party(self.authority.as_ref(), "the seller")?;
        let payer = ctx.party(self.send.fee_payer.as_ref(), "the fee payer")?;
        let least_time = least_time(&self.deliveries)?;
        let order = find_order(ctx, &self.order)?;
        let cluster = ctx.cluster()?;
        let market: Market = cluster.state(&order.market)?;
        let (seller_at, seller) = find_seller(ctx, &order.market, &authority.pubkey())?;
        if seller_at != order.seller {
            bail!(
                "the order is the seller {}'s, not {}'s",
                order.seller,
                seller_at
            );
        }
        settled::require_possible(ctx, &order, Action::Deliver, &authority.pubkey())?;
        let left = order.deliver_by.saturating_sub(cluster.unix_time()?);
        if left <= i64::from(least_time) {
            bail!(
                "only {left} s are left to deliver this order, and --least-time asks for more than {least_time}: what \
                 comes too late is refused, and the buyer may read it all the same"
            );
        }
        let of = Of {
            market_at: order.market,
            market: &market,
            seller_at,
            seller: &seller,
        };
        let delivered = |commitment, delivery| Delivered {
            order: self.order.to_string(),
            buyer: order.buyer.to_string(),
            deliver_by: Moment(order.deliver_by),
            commitment,
            delivery,
        };
        if self.send.dry_run {
            let assignments = Deliveries::peek(ctx, &of, &self.job)?;
            assignments.check(&self.order, &order, &profile)?;
            return Ok(delivered(None, JobReport::nothing().with_due(1)));
        }

        let authority = job::paying(&authority)?;
        let payer = job::paying(&payer)?;
        let mut deliveries = Deliveries::open(ctx, &of, &self.deliveries, &self.job, false)?;
        let item =
            deliveries
                .assignments
                .assign(&mut deliveries.journal, self.order, &order, &profile)?;
        let others = deliveries
            .pending()
            .into_iter()
            .filter(|other| *other != item);
        deliveries.over.extend(others.collect::<Vec<_>>());
        let options = job::options(&self.send);
        let (mut summary, seconds) = deliveries.run(ctx, authority, payer, least_time, &options)?;
        // Of the whole journal, this order counts.
        summary.total = 1;
        summary.already_done = usize::from(
            !summary.done.contains(&item)
                && !summary.failed.iter().any(|failure| failure.item == item)
                && summary.is_complete(),
        );
        let commitment = deliveries
            .assignments
            .list()
            .get(item)
            .map(|assignment| hex::encode(assignment.commitment));
        let path = deliveries.journal.path().to_owned();
        Ok(delivered(
            commitment,
            JobReport::new(summary, seconds, path),
        ))
    }

    /// The profile: an activation code, or what a file holds.
    fn read(&self) -> Result<Profile> {
        if self.profile.starts_with("LPA:") {
            return Profile::parse(self.profile.as_bytes()).context("--profile");
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&self.profile).with_context(|| {
            format!(
                "{} is neither an activation code (LPA:1$…) nor a file that can be read",
                self.shown()
            )
        })?;
        file.take(MAX_FILE.saturating_add(1))
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {}", self.profile))?;
        if bytes.len() as u64 > MAX_FILE {
            bail!(Usage(format!(
                "{} is far too long for a profile",
                self.profile
            )));
        }
        Profile::parse(&bytes).with_context(|| self.profile.clone())
    }

    /// What was given, unless it looks like an activation code with a slip: then no part of it is shown.
    fn shown(&self) -> &str {
        match self.profile.contains('$') {
            true => "--profile",
            false => &self.profile,
        }
    }
}
