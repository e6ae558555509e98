use anyhow::{Result, bail};
use roaming_escrow::state::Action;
use wayfare_client::roaming::instruction;

use super::{details, disputed};
use crate::cli::roaming::DefaultAwardArgs;
use crate::commands::roaming::require_online;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Moment;

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
