use anyhow::{Result, bail};
use clap::Args;
use wayfare_client::roaming::instruction;
use wayfare_client::roaming::settlement::{self, Settlement};

use crate::args::{JobArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::roaming::args::{AgreementArg, FirstPeriodArg, Period};
use crate::roaming::find::{Found, find_agreement, require_online};
use crate::roaming::settlement::{Preview, Settled, all_periods, run_job};

#[derive(Args)]
pub struct SettleArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    /// The period: its number, from 0, or its month, as in 2019-04
    #[arg(long, value_name = "PERIOD", required_unless_present = "all_due")]
    pub period: Option<Period>,

    #[command(flatten)]
    pub first: FirstPeriodArg,

    /// Settle every period that something is payable in, in order
    #[arg(long, conflicts_with_all = ["period", "sign_only", "blockhash", "export_encoding"])]
    pub all_due: bool,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
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

    pub fn one(
        &self,
        ctx: &Context,
        found: &Found,
        period: &settlement::Period,
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
