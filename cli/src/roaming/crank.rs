use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;
use roaming_escrow::state::{Agreement, Side, StatementState};
use wayfare_client::roaming::settlement::Period;

use crate::args::{JobArgs, SendArgs};
use crate::context::Context;
use crate::error::Exit;
use crate::roaming::args::{AgreementArg, FirstPeriodArg};
use crate::roaming::find::find_agreement;
use crate::roaming::settlement::{Preview, Settled, all_periods, run_job};

#[derive(Args)]
pub struct CrankArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,
    #[command(flatten)]
    pub first: FirstPeriodArg,

    /// Wait until nobody's time is running any more, and nothing is left to do
    #[arg(long, conflicts_with = "dry_run")]
    pub wait: bool,

    #[command(flatten)]
    pub send: SendArgs,
    #[command(flatten)]
    pub job: JobArgs,
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
pub fn rebook(state: &mut Agreement, before: Option<&Period>, after: &Period) -> Result<()> {
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

/// When the next statement that nobody can advance becomes anybody's to advance, in Unix seconds.
pub fn next_time(periods: &BTreeMap<u32, Period>, now: i64) -> Option<i64> {
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
