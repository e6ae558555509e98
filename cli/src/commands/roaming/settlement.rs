//! Settling periods, and bringing on what nobody answers or decides.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use anyhow::{Result, bail};
use roaming_escrow::state::{Agreement, Side, StatementState};
use serde::Serialize;
use wayfare_client::roaming::instruction;
use wayfare_client::roaming::jobs::SettlePeriods;
use wayfare_client::roaming::settlement::{self, Period, Settlement, periods};
use wayfare_core::amount;

use super::{Found, find_agreement, require_online};
use crate::cli::roaming::{CrankArgs, FirstPeriodArg, SettleArgs};
use crate::cli::{JobArgs, SendArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Exit;
use crate::job::{self, JobReport, Kind};
use crate::output::{Amount, Output, Shown, table};

/// What settlements came to.
#[derive(Serialize)]
pub struct Settled {
    agreement: String,
    first: String,
    second: String,
    periods: Vec<SettledRow>,
    /// What both sides owed for these periods, what one of them owed after netting, and what did not have to move for that:
    /// tokens. Arrears of earlier periods are in none of them.
    gross: String,
    net: String,
    saved: String,
    fees: String,
    /// After it.
    balances: [Amount; 2],
    arrears: [Amount; 2],
    /// What nobody's settlement can take yet, by period.
    waiting: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction: Option<Receipt>,
    /// As often as a crank went on after it had waited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    jobs: Vec<JobReport>,
}

#[derive(Serialize)]
struct SettledRow {
    period: u32,
    month: Option<String>,
    /// What each side owes for the period now, the first side's first.
    owes: [Amount; 2],
    /// What waits for a decision.
    disputed: [Amount; 2],
    net: Amount,
    saved: String,
    /// Who paid, arrears of earlier periods included.
    payer: String,
    moved: Amount,
    fee: Amount,
    arrears: Amount,
}

impl Output for Settled {
    fn exit(&self) -> Exit {
        let exits = self.jobs.iter().map(JobReport::exit);
        exits
            .into_iter()
            .find(|exit| *exit != Exit::Done)
            .unwrap_or(Exit::Done)
    }
}

impl Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.periods.is_empty() {
            writeln!(f, "nothing is payable")?;
        } else {
            let (first_owes, second_owes) = (
                format!("{} owes", self.first),
                format!("{} owes", self.second),
            );
            let mut rows = table([
                "period",
                &first_owes,
                &second_owes,
                "net",
                "saved",
                "disputed",
                "pays",
                "moved",
                "fee",
                "arrears",
            ]);
            for row in &self.periods {
                let [first, second] = &row.owes;
                let disputed: Vec<String> = [&self.first, &self.second]
                    .into_iter()
                    .zip(&row.disputed)
                    .filter(|(_, amount)| !amount.is_zero())
                    .map(|(code, amount)| format!("{code} {amount}"))
                    .collect();
                rows.add_row([
                    match &row.month {
                        Some(month) => format!("{} {month}", row.period),
                        None => row.period.to_string(),
                    },
                    first.to_string(),
                    second.to_string(),
                    row.net.to_string(),
                    row.saved.clone(),
                    disputed.join(", "),
                    row.payer.clone(),
                    row.moved.to_string(),
                    row.fee.to_string(),
                    row.arrears.to_string(),
                ]);
            }
            writeln!(f, "{rows}")?;
            writeln!(
                f,
                "\ngross {}, net {}: netting saved {}; fees {}",
                self.gross, self.net, self.saved, self.fees
            )?;
        }
        for (code, (balance, arrears)) in [&self.first, &self.second]
            .into_iter()
            .zip(self.balances.iter().zip(&self.arrears))
        {
            write!(f, "{code} has {balance}")?;
            if !arrears.is_zero() {
                write!(f, ", and is in arrears with {arrears}: deposit that")?;
            }
            writeln!(f)?;
        }
        for waiting in &self.waiting {
            writeln!(f, "{waiting}")?;
        }
        if let Some(receipt) = &self.transaction {
            writeln!(f, "{receipt}")?;
        }
        for job in &self.jobs {
            job.fmt(f)?;
        }
        Ok(())
    }
}

/// What settlements do, one after the other, on a copy of the agreement.
struct Preview {
    settlements: Vec<Settlement>,
}

impl Preview {
    fn new(agreement: &Agreement, periods: &BTreeMap<u32, Period>) -> Result<Self> {
        let mut after = *agreement;
        let settlements = periods
            .iter()
            .filter(|(_, period)| period.is_payable())
            .map(|(number, period)| Ok(settlement::settle(&mut after, *number, period)?))
            .collect::<Result<_>>()?;
        Ok(Self { settlements })
    }

    fn rows(&self, found: &Found, first: &FirstPeriodArg) -> Vec<SettledRow> {
        let decimals = found.state.decimals;
        let row = |settlement: &Settlement| {
            let netting = &settlement.netting;
            SettledRow {
                period: settlement.period,
                month: first
                    .month(settlement.period)
                    .map(|month| month.to_string()),
                owes: settlement.owes.map(|units| found.amount(units)),
                disputed: settlement.disputed.map(|units| found.amount(units)),
                net: found.amount(settlement.net()),
                saved: tokens(settlement.saved(), decimals),
                payer: match netting.moved {
                    0 => "-".to_owned(),
                    _ => found.names.of(netting.payer).to_owned(),
                },
                moved: found.amount(netting.moved),
                fee: found.amount(netting.fee),
                arrears: found.amount(netting.arrears),
            }
        };
        self.settlements.iter().map(row).collect()
    }

    fn sum(&self, decimals: u8, of: impl Fn(&Settlement) -> u128) -> String {
        let sum = self
            .settlements
            .iter()
            .fold(0u128, |sum, settlement| sum.saturating_add(of(settlement)));
        tokens(sum, decimals)
    }

    /// With the balances after it, read anew.
    fn report(
        self,
        ctx: &Context,
        found: &Found,
        first: &FirstPeriodArg,
        transaction: Option<Receipt>,
        jobs: Vec<JobReport>,
    ) -> Result<Settled> {
        let decimals = found.state.decimals;
        let after = find_agreement(ctx, &found.at)?;
        let sides = [Side::First, Side::Second].map(|side| after.state.books(side));
        Ok(Settled {
            agreement: found.at.to_string(),
            first: found.names.of(Side::First).to_owned(),
            second: found.names.of(Side::Second).to_owned(),
            gross: self.sum(decimals, Settlement::gross),
            net: self.sum(decimals, |settlement| settlement.net().into()),
            saved: self.sum(decimals, Settlement::saved),
            fees: self.sum(decimals, |settlement| settlement.netting.fee.into()),
            periods: self.rows(found, first),
            balances: sides.map(|books| found.amount(books.balance)),
            arrears: sides.map(|books| found.amount(books.arrears)),
            waiting: waiting(ctx, &after, first)?,
            transaction,
            jobs,
        })
    }
}

/// Tokens of a sum, which may be past 64 bits.
fn tokens(units: u128, decimals: u8) -> String {
    match u64::try_from(units) {
        Ok(units) => amount::format(units, decimals),
        Err(_) => format!("{units} base units"),
    }
}

/// What is open and nobody can bring on now, in words.
fn waiting(ctx: &Context, found: &Found, first: &FirstPeriodArg) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (_, statement) in ctx.cluster()?.statements(&found.at)? {
        let home = found.names.of(statement.home()?);
        let name = first.name(statement.period);
        lines.extend(match statement.state()? {
            StatementState::Stated => Some(format!(
                "waiting: period {name} that {home} pays, for its answer until {}",
                crate::output::Moment(statement.answer_by)
            )),
            StatementState::Returned => Some(format!(
                "waiting: period {name} that {home} pays, to be restated until {}",
                crate::output::Moment(statement.answer_by)
            )),
            StatementState::Countered => Some(format!(
                "waiting: period {name} that {home} pays, {} in dispute, decided at the latest from {} on",
                found.amount(statement.disputed()?),
                crate::output::Moment(statement.award_by)
            )),
            _ => None,
        });
    }
    Ok(lines)
}

/// All periods of an agreement.
fn all_periods(ctx: &Context, found: &Found) -> Result<BTreeMap<u32, Period>> {
    Ok(periods(&ctx.cluster()?.statements(&found.at)?))
}

/// Runs the job over periods.
fn run_job(
    ctx: &Context,
    found: &Found,
    numbers: Vec<u32>,
    overdue: bool,
    args: &JobArgs,
    send: &SendArgs,
) -> Result<JobReport> {
    let payer = ctx.party(send.fee_payer.as_ref(), "the fee payer")?;
    let job = SettlePeriods {
        accounts: found.accounts,
        periods: numbers,
        overdue,
        payer: payer.pubkey(),
    };
    let kind = Kind {
        message: "settling",
        journal: format!(
            "{}-{}-{}.journal",
            found.names.of(Side::First),
            found.names.of(Side::Second),
            if overdue { "crank" } else { "settle" }
        ),
        binding: job.binding(ctx.cluster()?.genesis_hash()?),
    };
    job::run(ctx, &kind, &job, &payer, args, send)
}

impl SettleArgs {
    /// Anyone can: a settlement moves what the statements say.
    pub fn run(&self, ctx: &Context) -> Result<Settled> {
        require_online(self.transaction.offline.sign_only)?;
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let mut periods = all_periods(ctx, &found)?;
        // `clap` sees to it that there is a period, or --all-due.
        if let Some(period) = self.period {
            let number = self.first.number(period)?;
            periods.retain(|known, _| *known == number);
            let Some(statements) = periods.get(&number) else {
                bail!("period {number} is not stated by anybody yet");
            };
            // What stands in its way is said before anything is sent.
            let mut copy = found.state;
            let settlement = settlement::settle(&mut copy, number, statements)?;
            let transaction = self.one(ctx, &found, statements, &settlement)?;
            let preview = Preview {
                settlements: vec![settlement],
            };
            return preview.report(ctx, &found, &self.first, Some(transaction), vec![]);
        }
        let preview = Preview::new(&found.state, &periods)?;
        let numbers: Vec<u32> = preview.settlements.iter().map(|s| s.period).collect();
        let jobs = match numbers.is_empty() {
            true => vec![],
            false => {
                let send = &self.transaction.send;
                vec![run_job(ctx, &found, numbers, false, &self.job, send)?]
            }
        };
        preview.report(ctx, &found, &self.first, None, jobs)
    }

    fn one(
        &self,
        ctx: &Context,
        found: &Found,
        period: &Period,
        settlement: &Settlement,
    ) -> Result<Receipt> {
        let mut draft = Draft::paid_only(ctx, &self.transaction)?;
        let amount = |units| Shown::of(found.amount(units));
        let netting = &settlement.netting;
        draft.describe(
            format!("settle period {}", settlement.period),
            vec![
                ("agreement", found.at.into()),
                ("pays", found.names.of(netting.payer).into()),
                ("moved", amount(netting.moved)),
                ("fee", amount(netting.fee)),
                ("arrears", amount(netting.arrears)),
            ],
        );
        draft.add(instruction::settle(
            &found.accounts,
            settlement.period,
            |home| period.statement(home).is_some(),
        ));
        draft.finish(None)
    }
}

impl CrankArgs {
    /// Anyone can. With `--wait`, until nothing waits any more.
    pub fn run(&self, ctx: &Context) -> Result<Settled> {
        let mut all = Preview {
            settlements: vec![],
        };
        let mut jobs = vec![];
        loop {
            let found = find_agreement(ctx, &self.agreement.agreement)?;
            let cluster = ctx.cluster()?;
            let now = cluster.unix_time()?;
            let before = all_periods(ctx, &found)?;
            let then: BTreeMap<u32, Period> = before
                .iter()
                .map(|(number, period)| (*number, period.after_overdue(&found.state, now)))
                .collect();
            let due: Vec<u32> = then
                .iter()
                .filter(|(number, period)| {
                    period.is_payable() || before.get(number) != Some(*period)
                })
                .map(|(number, _)| *number)
                .collect();
            if !due.is_empty() {
                // Overdue statements leave their side's exposure as it is, or smaller: netting does not depend on it.
                let mut state = found.state;
                for (number, period) in &then {
                    rebook(&mut state, before.get(number), period)?;
                }
                let preview = Preview::new(&state, &then)?;
                let report = run_job(ctx, &found, due, true, &self.job, &self.send)?;
                let failed = report.exit() != Exit::Done;
                all.settlements.extend(preview.settlements);
                jobs.push(report);
                if failed || self.send.dry_run {
                    break;
                }
                continue;
            }
            let next = self.wait.then(|| next_time(&before, now)).flatten();
            match next {
                Some(at) => ctx.wait_until(at, "waiting for what is due next")?,
                None => break,
            }
        }
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        all.report(ctx, &found, &self.first, None, jobs)
    }
}

/// Books statements as they will be after what is overdue.
fn rebook(state: &mut Agreement, before: Option<&Period>, after: &Period) -> Result<()> {
    for &home in Side::ALL {
        let old = before.and_then(|before| before.statement(home));
        if let (Some(old), Some(new)) = (old, after.statement(home)) {
            let books = state.books_mut(home);
            books.close(old)?;
            books.open(new)?;
        }
    }
    Ok(())
}

/// When the next statement that nobody brings on becomes anybody's to bring on, in Unix seconds.
fn next_time(periods: &BTreeMap<u32, Period>, now: i64) -> Option<i64> {
    let statements = periods
        .values()
        .flat_map(|period| [period.first, period.second])
        .flatten();
    statements
        .filter_map(|statement| match statement.state().ok()? {
            StatementState::Stated | StatementState::Returned => Some(statement.answer_by),
            StatementState::Countered => Some(statement.award_by),
            _ => None,
        })
        .filter(|at| *at > now)
        .min()
}

#[cfg(test)]
mod tests {
    use roaming_escrow::state::Statement;

    use super::*;

    #[test]
    fn what_the_crank_waits_for() {
        let statement = |state: StatementState, answer_by, award_by| {
            let mut statement: Statement = bytemuck::Zeroable::zeroed();
            statement.set_state(state);
            (statement.answer_by, statement.award_by) = (answer_by, award_by);
            Some(statement)
        };
        let periods = BTreeMap::from([
            (
                0,
                Period {
                    first: statement(StatementState::Settled, 10, 20),
                    second: statement(StatementState::Countered, 5, 40),
                },
            ),
            (
                1,
                Period {
                    first: statement(StatementState::Stated, 30, 0),
                    second: None,
                },
            ),
        ]);
        assert_eq!(next_time(&periods, 0), Some(30));
        assert_eq!(next_time(&periods, 30), Some(40));
        assert_eq!(next_time(&periods, 40), None);
    }
}
