use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::state::StatementState;
use wayfare_client::roaming::{StatementKey, instruction};

use crate::context::Context;
use crate::draft::Receipt;
use crate::output::Shown;
use crate::roaming::args::OperatorAuthorityArgs;
use crate::roaming::find::require_online;
use crate::roaming::statement::files::{Files, args_of};
use crate::roaming::statement::submit::{check_tariff, check_visited, details};

#[derive(Args)]
pub struct RestateArgs {
    /// The statement's new file
    #[arg(value_name = "FILE")]
    pub statement: PathBuf,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

impl RestateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        require_online(draft.is_offline())?;
        let (found, key, file) = Files::read_one(ctx, &self.statement)?;
        check_visited(&found, key.home, &draft.signer)?;
        check_tariff(&found, key.home, &file)?;
        let StatementKey { home, period } = key;
        let (_, statement) = found.statement(ctx, key)?;
        if !matches!(statement.state(), Ok(StatementState::Returned)) {
            bail!("period {period} is not returned: only then it can be restated");
        }
        if file.commitment().first_record != statement.first_record {
            bail!(
                "its first record is {}, but that of the period is {}",
                file.commitment().first_record,
                statement.first_record
            );
        }
        draft.describe(
            format!("restate what {} used", found.names.of(home)),
            details(ctx, &found, &file)?,
        );
        draft.describe_before(|| {
            Ok(vec![
                ("records", Shown::of(statement.records)),
                ("total", Shown::of(found.amount(statement.total))),
                ("root", hex::encode(statement.root).into()),
            ])
        })?;
        draft.add(instruction::restate(
            &found.statement_accounts(key),
            draft.signer,
            args_of(&file),
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
