use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::state::Action;
use wayfare_client::roaming::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Moment;
use crate::roaming::args::StatementArg;
use crate::roaming::dispute::difference::{details, disputed};
use crate::roaming::find::require_online;

#[derive(Args)]
pub struct DefaultAwardArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl DefaultAwardArgs {
    /// Anyone can, once the arbiter's time is over.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::paid_only(ctx, &self.transaction)?;
        require_online(draft.is_offline())?;
        let (found, key) = self.statement.find(ctx)?;
        let statement = disputed(ctx, &found, key)?;
        if ctx.cluster()?.unix_time()? < statement.award_by {
            bail!(
                "until {} the arbiter may decide",
                Moment(statement.award_by)
            );
        }
        let award = statement.default_award(statement.disputed()?)?;
        draft.describe(
            "award the agreed default",
            details(&found, key, &statement, award)?,
        );
        let accounts = found.statement_accounts(key);
        match instruction::overdue(&accounts, draft.payer, Action::AwardByDefault) {
            Some(overdue) => draft.add(overdue),
            None => bail!("the statement allows nobody to award the default"),
        }
        draft.finish(None)
    }
}
