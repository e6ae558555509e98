use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display};

use anyhow::{Context as _, Result};
use esim_market::state::Order;
use serde::Serialize;
use serde_json::Value;
use solana_pubkey::Pubkey;
use wayfare_client::error::ClientError;
use wayfare_client::esim::OrderFilter;
use wayfare_client::esim::instruction::VaultAccounts;
use wayfare_client::esim::sweep::{self, Party, SweepOrders};
use wayfare_client::journal::{Entry, Journal, JournalError};

use super::find_market;
use crate::cli::esim::seller::SweepArgs;
use crate::context::Context;
use crate::error::Exit;
use crate::job::{self, JobReport};
use crate::output::{Amount, Output, table};

/// What a sweep came to.
#[derive(Serialize)]
pub struct Swept {
    market: String,
    orders: JobReport,
    /// What ended orders still owe, since the accounts that get it cannot take it.
    still_due: Vec<DueView>,
}

#[derive(Serialize)]
struct DueView {
    order: String,
    to: &'static str,
    amount: Amount,
    wallet: String,
    account: String,
    reason: Option<String>,
}

impl Output for Swept {
    fn exit(&self) -> Exit {
        self.orders.exit()
    }
}

impl Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "market {}: orders with something due", self.market)?;
        self.orders.fmt(f)?;
        if self.still_due.is_empty() {
            return Ok(());
        }
        let mut due = table(["still due in", "to", "amount", "token account", "why"]);
        for part in &self.still_due {
            due.add_row([
                part.order.clone(),
                part.to.to_owned(),
                part.amount.to_string(),
                part.account.clone(),
                part.reason
                    .clone()
                    .unwrap_or_else(|| "not tried".to_owned()),
            ]);
        }
        writeln!(f, "{due}")
    }
}

impl SweepArgs {
    /// Whoever sweeps gets nothing for it, and the money goes nowhere but where it belongs.
    pub fn run(&self, ctx: &Context) -> Result<Swept> {
        let payer = ctx.party(self.send.fee_payer.as_ref(), "the fee payer")?;
        let name = &self.market.market;
        let (market, _) = find_market(ctx, name)?;
        let cluster = ctx.cluster()?;
        let states = cluster.vaults(&market)?;
        let vaults: HashMap<Pubkey, VaultAccounts> = states
            .iter()
            .map(|(mint, (at, state))| (*mint, VaultAccounts::of(*at, state)))
            .collect();
        let filter = OrderFilter {
            market: Some(market),
            ..OrderFilter::default()
        };
        let now = cluster.unix_time()?;
        let mut due: Vec<Pubkey> = cluster
            .orders(&filter)?
            .into_iter()
            .filter(|(_, order)| sweep::is_due(order, now))
            .map(|(at, _)| at)
            .collect();

        let report = if self.send.dry_run {
            let job = SweepOrders {
                orders: due,
                vaults: vaults.clone(),
                payer: payer.pubkey(),
            };
            job::assess(ctx, &job)?
        } else {
            let payer = job::paying(&payer)?;
            let path = job::path(&self.job, &format!("{name}-sweep.journal"));
            let binding = SweepOrders::binding(market, cluster.genesis_hash()?);
            let mut journal = job::open(&path, &binding, self.job.resume)?;
            // Those of an interrupted sweep come first: their transactions count them so.
            let mut orders = listed(&journal)?;
            let known: HashSet<Pubkey> = orders.iter().copied().collect();
            due.retain(|order| !known.contains(order));
            if !due.is_empty() {
                let items = due.iter().map(|order| order.to_string().into()).collect();
                journal
                    .append(&[Entry::Listed { items }])
                    .map_err(ClientError::from)?;
            }
            orders.extend(due);
            let job = SweepOrders {
                orders,
                vaults: vaults.clone(),
                payer: payer.pubkey(),
            };
            let start = std::time::Instant::now();
            let summary = job::run_in(
                ctx,
                "sweeping",
                &job,
                payer,
                &mut journal,
                &job::options(&self.send),
            )?;
            let is_settled = journal.in_flight().is_empty();
            let report = JobReport::new(summary, start.elapsed().as_secs_f64(), path.clone());
            drop(journal);
            if is_settled {
                // What is settled is on the chain. The next sweep finds other orders due.
                std::fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
            report
        };

        let owing: Vec<(Pubkey, Order)> = cluster
            .orders(&filter)?
            .into_iter()
            .filter(|(_, order)| {
                order.state().is_ok_and(|state| state.is_terminal())
                    && order.owes().is_ok_and(|units| units > 0)
            })
            .collect();
        let owing: Vec<(Pubkey, &Order)> = owing.iter().map(|(at, order)| (*at, order)).collect();
        let dues = sweep::dues(cluster, &owing, &vaults, None)?;
        let decimals: HashMap<Pubkey, u8> = states
            .iter()
            .map(|(mint, (_, state))| (*mint, state.decimals))
            .collect();
        Ok(Swept {
            market: name.clone(),
            orders: report,
            still_due: owing
                .iter()
                .zip(dues)
                .flat_map(|((at, order), dues)| {
                    let decimals = decimals.get(&order.terms.mint).copied().unwrap_or_default();
                    dues.into_iter().map(move |due| DueView {
                        order: at.to_string(),
                        to: match due.to {
                            Party::Payer => "who paid",
                            Party::Seller => "the seller",
                            Party::Market => "the market",
                        },
                        amount: Amount::new(due.amount, decimals, &order.terms.mint),
                        wallet: due.wallet.to_string(),
                        account: due.account.to_string(),
                        reason: due.obstacle.map(|obstacle| format!("it {obstacle}")),
                    })
                })
                .collect(),
        })
    }
}

/// The orders that a journal lists.
fn listed(journal: &Journal) -> Result<Vec<Pubkey>, ClientError> {
    let order = |value: &Value| value.as_str()?.parse().ok();
    let orders: Option<Vec<Pubkey>> = journal.listed().iter().map(order).collect();
    orders.ok_or_else(|| {
        JournalError::NotAJournal {
            path: journal.path().to_owned(),
        }
        .into()
    })
}
