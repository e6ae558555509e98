//! The journal of a seller's deliveries: which profile went to which order.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use esim_market::state::{Market, Seller};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use wayfare_client::bulk::{BulkOptions, Summary};
use wayfare_client::error::ClientError;
use wayfare_client::esim::deliveries::{Assignments, DeliverOrders};
use wayfare_client::journal::Journal;
use wayfare_core::esim::profile::Profile;

use crate::cli::JobArgs;
use crate::cli::esim::seller::DeliveriesArgs;
use crate::context::Context;
use crate::job;

/// A seller's journal, open, and what it has.
pub struct Deliveries {
    pub journal: Journal,
    pub assignments: Assignments,
    /// Items that need no look at the chain any more.
    pub over: std::collections::HashSet<usize>,
}

/// Whose deliveries.
pub struct Of<'a> {
    pub market_at: Pubkey,
    pub market: &'a Market,
    pub seller_at: Pubkey,
    pub seller: &'a Seller,
}

impl Deliveries {
    /// Opens the journal, or starts one for a seller who has never delivered.
    ///
    /// With `always`, what an interrupted run left is continued without being asked for.
    pub fn open(
        ctx: &Context,
        of: &Of,
        args: &DeliveriesArgs,
        job: &JobArgs,
        always: bool,
    ) -> Result<Self> {
        let path = job::path(job, &name(of));
        let binding =
            Assignments::binding(of.market_at, &of.seller_at, ctx.cluster()?.genesis_hash()?);
        let exists = path
            .try_exists()
            .with_context(|| format!("cannot look for {}", path.display()))?;
        let delivered = of.seller.delivered_count;
        if !exists && !job.resume && delivered > 0 && !args.new_journal {
            bail!(
                "this seller has delivered {delivered} orders, but {} is not there, which knows with what profiles: name \
                 it with --journal, or add --new-journal if none of these profiles was ever given out",
                path.display()
            );
        }
        let journal = job::open(&path, &binding, job.resume || (always && exists))?;
        let assignments = Assignments::of(&journal).map_err(ClientError::from)?;
        let known = assignments.list().len() as u64;
        if exists && delivered > known {
            ctx.note(format_args!(
                "note: this seller has delivered {delivered} orders, and {} knows of {known}: profiles that were given \
                 out from elsewhere are not recognised",
                path.display()
            ));
        }
        let over = journal.settled().iter().copied().collect();
        Ok(Self {
            journal,
            assignments,
            over,
        })
    }

    /// What is there for a dry run: nothing is made.
    pub fn peek(ctx: &Context, of: &Of, job: &JobArgs) -> Result<Assignments> {
        let path = job::path(job, &name(of));
        if !path.try_exists().unwrap_or(false) {
            return Ok(Assignments::default());
        }
        let binding =
            Assignments::binding(of.market_at, &of.seller_at, ctx.cluster()?.genesis_hash()?);
        let journal = job::open(&path, &binding, true)?;
        Ok(Assignments::of(&journal).map_err(ClientError::from)?)
    }

    /// Items that may have to be delivered.
    pub fn pending(&self) -> Vec<usize> {
        (0..self.assignments.list().len())
            .filter(|item| !self.over.contains(item))
            .collect()
    }

    /// Delivers what is set aside and not over.
    pub fn run(
        &mut self,
        ctx: &Context,
        authority: &dyn Signer,
        payer: &dyn Signer,
        least_time: u32,
        options: &BulkOptions,
    ) -> Result<(Summary, f64)> {
        let job = DeliverOrders {
            assignments: &self.assignments,
            over: self.over.clone(),
            authority,
            least_time,
        };
        let start = Instant::now();
        let summary = job::run_in(ctx, "delivering", &job, payer, &mut self.journal, options)?;
        Ok((summary, start.elapsed().as_secs_f64()))
    }
}

/// One journal for each seller: the same profile must be recognised whatever pool it is in.
fn name(of: &Of) -> String {
    let seller = of.seller_at.to_string();
    // Enough to tell a market's sellers apart; the journal itself is bound to the whole address.
    let short: String = seller.chars().take(8).collect();
    format!("{}-{short}-deliveries.journal", of.market.scope.name())
}

/// Seconds that fit the program's times.
pub fn least_time(args: &DeliveriesArgs) -> Result<u32> {
    u32::try_from(args.least_time.0).context("--least-time is too long")
}

/// Says what is odd about a profile, without a digit of it.
pub fn warn_of(ctx: &Context, place: &str, profile: &Profile) {
    if profile.has_doubtful_iccid() {
        ctx.note(format_args!(
            "note: {place}: the ICCID's check digit does not fit; it is delivered as it is"
        ));
    }
}
