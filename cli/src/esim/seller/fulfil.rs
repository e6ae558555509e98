use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result};
use clap::Args;
use esim_market::state::{Order, OrderState};
use serde::Serialize;
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use wayfare_client::bulk::{BulkOptions, Stopped, Summary};
use wayfare_client::esim::OrderFilter;
use wayfare_client::esim::deliveries::{Assignments, Left, LeftReason, Pool};
use wayfare_core::esim::pool;

use crate::args::{JobArgs, Seconds, SendArgs};
use crate::context::Context;
use crate::error::{Exit, OneLine, exit_of};
use crate::esim::find::find_market;
use crate::esim::seller::args::SellerArg;
use crate::esim::seller::deliveries::{Deliveries, DeliveriesArgs, Of, least_time, warn_of};
use crate::esim::seller::find::find_seller;
use crate::job;
use crate::job::FailedItem;
use crate::output::{Fields, Moment, Output, table};

#[derive(Args)]
pub struct FulfilArgs {
    #[command(flatten)]
    pub seller: SellerArg,

    /// CSV or JSON file with profiles: columns lpa, and where known iccid, eid, apn, notes, confirmation_code, and plan
    /// for those that are for one plan only. Read again whenever it changes
    #[arg(long, value_name = "FILE")]
    pub pool: PathBuf,

    /// Run until Ctrl-C, serving orders as they arrive. An interrupted journal is continued automatically
    #[arg(long, conflicts_with = "dry_run")]
    pub watch: bool,

    /// How often to look for new orders
    #[arg(long, value_name = "SPAN", default_value = "2s", requires = "watch")]
    pub interval: Seconds,

    #[command(flatten)]
    pub deliveries: DeliveriesArgs,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
}

/// What serving a seller's orders came to.
#[derive(Serialize)]
pub struct Fulfilled {
    market: String,
    seller: String,
    /// Orders delivered by this run.
    delivered: Vec<String>,
    /// What a run would deliver, if this was a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<usize>,
    /// Orders with a profile set aside that cannot be delivered any more.
    failed: Vec<FailedItem>,
    /// Orders without a profile.
    left: Vec<LeftView>,
    /// Transactions of which it is not known whether they land.
    unresolved: Vec<String>,
    profiles_left: usize,
    transactions: u64,
    seconds: f64,
    /// Why it ended before its end.
    stopped: Option<String>,
    journal: Option<PathBuf>,
    #[serde(skip)]
    exit: Exit,
}

/// An order that is left, and why.
#[derive(Serialize)]
struct LeftView {
    order: String,
    plan: String,
    deliver_by: Moment,
    reason: String,
}

impl LeftView {
    fn new(left: &Left) -> Self {
        Self {
            order: left.order.to_string(),
            plan: left.plan.to_string(),
            deliver_by: Moment(left.deliver_by),
            reason: left.reason.to_string(),
        }
    }
}

impl Output for Fulfilled {
    fn exit(&self) -> Exit {
        self.exit
    }
}

impl Display for Fulfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "market {}, seller {}", self.market, self.seller)?;
        let delivered = match self.due {
            Some(due) => ("to deliver", due.to_string()),
            None => ("delivered", self.delivered.len().to_string()),
        };
        let mut fields = vec![
            delivered,
            ("failed", self.failed.len().to_string()),
            ("left", self.left.len().to_string()),
            ("profiles left", self.profiles_left.to_string()),
        ];
        if self.due.is_none() {
            let sent = format!("{} in {:.1} s", self.transactions, self.seconds);
            fields.push(("transactions", sent));
        }
        Fields(&fields).fmt(f)?;
        if self.due.is_some() {
            writeln!(f, "dry run: nothing was sent")?;
        }
        if !self.failed.is_empty() {
            let mut failed = table(["failed", "reason"]);
            for item in &self.failed {
                failed.add_row([&item.item, &item.reason]);
            }
            writeln!(f, "{failed}")?;
        }
        if !self.left.is_empty() {
            let mut left = table(["left", "deliver by", "reason"]);
            for order in &self.left {
                left.add_row([
                    order.order.clone(),
                    order.deliver_by.to_string(),
                    order.reason.clone(),
                ]);
            }
            writeln!(f, "{left}")?;
        }
        for signature in &self.unresolved {
            writeln!(f, "not known whether it lands: {signature}")?;
        }
        if let Some(stopped) = &self.stopped {
            writeln!(f, "stopped: {stopped}")?;
        }
        match &self.journal {
            Some(journal) if self.stopped.is_some() || !self.unresolved.is_empty() => writeln!(
                f,
                "to continue: the same command with --resume --journal {}",
                journal.display()
            ),
            _ => Ok(()),
        }
    }
}

/// A pool's file, and what it was like when it was read.
struct PoolFile<'a> {
    path: &'a Path,
    seen: Option<(SystemTime, u64)>,
}

impl<'a> PoolFile<'a> {
    fn new(path: &'a Path) -> Self {
        Self { path, seen: None }
    }

    /// The profiles, if the file is another one than when it was read last.
    fn read_if_changed(&mut self, ctx: &Context) -> Result<Option<Vec<pool::Entry>>> {
        let path = self.path.display();
        let metadata =
            std::fs::metadata(self.path).with_context(|| format!("cannot read {path}"))?;
        let seen = (metadata.modified()?, metadata.len());
        if self.seen == Some(seen) {
            return Ok(None);
        }
        let bytes = std::fs::read(self.path).with_context(|| format!("cannot read {path}"))?;
        // What is wrong with this content is said once.
        self.seen = Some(seen);
        let entries = pool::parse(&bytes).with_context(|| path.to_string())?;
        for entry in &entries {
            warn_of(ctx, &format!("{path}, {}", entry.place), &entry.profile);
        }
        Ok(Some(entries))
    }
}

/// A run of the command.
struct Service<'a> {
    ctx: &'a Context,
    args: &'a FulfilArgs,
    market: Pubkey,
    seller: Pubkey,
    least_time: u32,
    options: BulkOptions,
    delivered: HashSet<usize>,
    failed: BTreeMap<usize, FailedItem>,
    left: Vec<Left>,
    unresolved: Vec<String>,
    stopped: Option<(String, Exit)>,
    /// What was said of orders that are left.
    said: HashSet<(Pubkey, LeftReason)>,
}

/// What a run was.
enum Run {
    /// Nothing was sent; so many orders would be delivered.
    Dry { due: usize },
    /// So many transactions were signed.
    Done { transactions: u64, journal: PathBuf },
}

impl FulfilArgs {
    pub fn run(&self, ctx: &Context) -> Result<Fulfilled> {
        let least_time = least_time(&self.deliveries)?;
        let mut file = PoolFile::new(&self.pool);
        let entries = file.read_if_changed(ctx)?.unwrap_or_default();
        let authority = ctx.party(self.seller.authority.as_ref(), "the seller")?;
        let payer = ctx.party(self.send.fee_payer.as_ref(), "the fee payer")?;
        let (market_at, market) = find_market(ctx, &self.seller.market.market)?;
        let (seller_at, seller) = find_seller(ctx, &market_at, &authority.pubkey())?;
        let of = Of {
            market_at,
            market: &market,
            seller_at,
            seller: &seller,
        };
        let mut service = Service {
            ctx,
            args: self,
            market: market_at,
            seller: seller_at,
            least_time,
            options: BulkOptions {
                // While it watches, the next order does not wait until the last one is final.
                until_final: !self.watch,
                ..job::options(&self.send)
            },
            delivered: HashSet::new(),
            failed: BTreeMap::new(),
            left: vec![],
            unresolved: vec![],
            stopped: None,
            said: HashSet::new(),
        };
        let start = Instant::now();
        if self.send.dry_run {
            let assignments = Deliveries::peek(ctx, &of, &self.job)?;
            let mut pool = Pool::new(&seller_at, entries, &assignments);
            let orders = service.orders()?;
            let now = ctx.cluster()?.unix_time()?;
            let (chosen, left) = assignments.choose(&orders, &mut pool, now, least_time);
            let due = chosen.len();
            service.left = left;
            return Ok(service.report(&assignments, pool.left(), start, Run::Dry { due }));
        }
        let authority = job::paying(&authority)?;
        let payer = job::paying(&payer)?;
        let mut deliveries = Deliveries::open(ctx, &of, &self.deliveries, &self.job, self.watch)?;
        let first = deliveries.journal.next_transaction();
        service.warn_of_plans(&entries)?;
        let mut pool = Pool::new(&seller_at, entries, &deliveries.assignments);
        if pool.used() > 0 {
            ctx.note(format_args!(
                "{} of the pool's profiles were given out before",
                pool.used()
            ));
        }
        // Also while there is nothing to deliver.
        ctx.stop_on_ctrl_c()?;
        loop {
            service.round(&mut deliveries, &mut pool, authority, payer)?;
            let is_over = !self.watch || service.stopped.is_some();
            if is_over || ctx.cancel.sleep(Duration::from_secs(self.interval.0)) {
                break;
            }
            match file.read_if_changed(ctx) {
                Ok(Some(entries)) => {
                    pool = Pool::new(&seller_at, entries, &deliveries.assignments);
                }
                Ok(None) => {}
                Err(error) => ctx.note(format_args!(
                    "note: {}; going on with the pool as it was",
                    OneLine(&error)
                )),
            }
        }
        let journal = &deliveries.journal;
        let run = Run::Done {
            transactions: journal.next_transaction().saturating_sub(first),
            journal: journal.path().to_owned(),
        };
        Ok(service.report(&deliveries.assignments, pool.left(), start, run))
    }
}

impl Service<'_> {
    /// The seller's orders that wait.
    fn orders(&self) -> Result<Vec<(Pubkey, Order)>> {
        Ok(self.ctx.cluster()?.orders(&OrderFilter {
            market: Some(self.market),
            seller: Some(self.seller),
            state: Some(OrderState::Paid),
            ..OrderFilter::default()
        })?)
    }

    /// Serves the orders that wait now. While it watches, trouble that passes is waited out.
    fn round(
        &mut self,
        deliveries: &mut Deliveries,
        pool: &mut Pool,
        authority: &dyn Signer,
        payer: &dyn Signer,
    ) -> Result<()> {
        match self.serve(deliveries, pool, authority, payer) {
            Err(error) if self.args.watch && exit_of(&error) == Exit::Retry => {
                self.ctx
                    .note(format_args!("note: {}; trying again", OneLine(&error)));
                Ok(())
            }
            result => result,
        }
    }

    fn serve(
        &mut self,
        deliveries: &mut Deliveries,
        pool: &mut Pool,
        authority: &dyn Signer,
        payer: &dyn Signer,
    ) -> Result<()> {
        let orders = self.orders()?;
        let now = self.ctx.cluster()?.unix_time()?;
        self.left = deliveries.assignments.assign_from(
            &mut deliveries.journal,
            &orders,
            pool,
            now,
            self.least_time,
        )?;
        if self.args.watch {
            for left in &self.left {
                if self.said.insert((left.order, left.reason)) {
                    self.ctx
                        .note(format_args!("left: order {}: {}", left.order, left.reason));
                }
            }
        }
        if deliveries.pending().is_empty() && deliveries.journal.in_flight().is_empty() {
            return Ok(());
        }
        let (summary, _) =
            deliveries.run(self.ctx, authority, payer, self.least_time, &self.options)?;
        self.take(summary, deliveries);
        Ok(())
    }

    /// Notes what a round came to.
    fn take(&mut self, summary: Summary, deliveries: &mut Deliveries) {
        for item in summary.done {
            if self.delivered.insert(item)
                && self.args.watch
                && let Some(assignment) = deliveries.assignments.list().get(item)
            {
                self.ctx.note(format_args!(
                    "delivered: order {}",
                    assignment.purchase.order
                ));
            }
        }
        for failure in summary.failed {
            deliveries.over.insert(failure.item);
            if self.args.watch {
                self.ctx
                    .note(format_args!("failed: {}: {}", failure.name, failure.reason));
            }
            self.failed.insert(
                failure.item,
                FailedItem {
                    item: failure.name,
                    reason: failure.reason,
                },
            );
        }
        deliveries.over.extend(deliveries.journal.settled());
        self.unresolved = summary
            .unresolved
            .iter()
            .map(|sent| sent.signature.to_string())
            .collect();
        match summary.stopped {
            None => {}
            Some(Stopped::OnRequest) => {
                self.stopped = Some(("stopped on request".to_owned(), Exit::Retry));
            }
            Some(Stopped::Error(error)) => {
                let error = anyhow::Error::from(error);
                let exit = exit_of(&error);
                if self.args.watch && exit == Exit::Retry {
                    self.ctx
                        .note(format_args!("note: {}; trying again", OneLine(&error)));
                } else {
                    self.stopped = Some((OneLine(&error).to_string(), exit));
                }
            }
        }
    }

    /// Says which plans of the pool the seller does not offer: a slip of the pen would leave orders waiting.
    fn warn_of_plans(&self, entries: &[pool::Entry]) -> Result<()> {
        let plans = self
            .ctx
            .cluster()?
            .plans(&self.market, Some(&self.seller))?;
        let offered: HashSet<&str> = plans.iter().map(|(_, plan)| plan.id.as_str()).collect();
        let named: BTreeSet<&str> = entries.iter().filter_map(|e| e.plan.as_deref()).collect();
        for plan in named.into_iter().filter(|plan| !offered.contains(plan)) {
            self.ctx.note(format_args!(
                "note: the pool has profiles for the plan {plan:?}, which this seller does not offer now"
            ));
        }
        Ok(())
    }

    fn report(
        self,
        assignments: &Assignments,
        profiles_left: usize,
        start: Instant,
        run: Run,
    ) -> Fulfilled {
        let (due, transactions, journal) = match run {
            Run::Dry { due } => (Some(due), 0, None),
            Run::Done {
                transactions,
                journal,
            } => (None, transactions, Some(journal)),
        };
        let is_open = !self.failed.is_empty() || !self.left.is_empty();
        let (stopped, exit) = match self.stopped {
            Some((text, exit)) => (Some(text), exit),
            None if !self.unresolved.is_empty() => (None, Exit::Retry),
            // Who stops a watch has seen what is open.
            None if is_open && !self.args.watch => (None, Exit::Refused),
            None => (None, Exit::Done),
        };
        let mut delivered: Vec<usize> = self.delivered.into_iter().collect();
        delivered.sort_unstable();
        Fulfilled {
            market: self.market.to_string(),
            seller: self.seller.to_string(),
            delivered: delivered
                .into_iter()
                .filter_map(|item| assignments.list().get(item))
                .map(|assignment| assignment.purchase.order.to_string())
                .collect(),
            due,
            failed: self.failed.into_values().collect(),
            left: self.left.iter().map(LeftView::new).collect(),
            unresolved: self.unresolved,
            profiles_left,
            transactions,
            seconds: (start.elapsed().as_secs_f64() * 10.0).round() / 10.0,
            stopped,
            journal,
            exit,
        }
    }
}
