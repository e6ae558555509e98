use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use roaming_escrow::state::Action;
use wayfare_client::roaming::instruction;

use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::roaming::args::OperatorAuthorityArgs;
use crate::roaming::find::require_online;
use crate::roaming::statement::act::{check_home, details};
use crate::roaming::statement::files::Files;

#[derive(Args)]
pub struct CounterArgs {
    /// File of the own statement of the same month, built with --kept-by home
    #[arg(value_name = "FILE")]
    pub statement: PathBuf,

    #[command(flatten)]
    pub by: OperatorAuthorityArgs,
}

impl CounterArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft: Draft = self.by.draft(ctx)?;
        require_online(draft.is_offline())?;
        let (found, key, file) = Files::read_one(ctx, &self.statement)?;
        let statement = check_home(ctx, &found, key, &draft.signer, Action::Counter)?;
        let own = file.commitment();
        let Some(difference) = statement.total.checked_sub(own.total) else {
            bail!(
                "the own total, {}, is above the statement's, {}: accept it",
                found.amount(own.total),
                found.amount(statement.total)
            );
        };
        let tolerated = statement.tolerated()?;
        let mut details = details(&found, key, &statement);
        details.extend([
            ("own total", Shown::of(found.amount(own.total))),
            ("difference", Shown::of(found.amount(difference))),
            ("tolerated", Shown::of(found.amount(tolerated))),
            ("own root", hex::encode(own.root).into()),
        ]);
        let what = if difference <= tolerated {
            "counter a statement within the tolerance: its total holds"
        } else {
            "counter a statement: the difference is disputed, the rest is payable"
        };
        draft.describe(what, details);
        draft.add(instruction::counter_statement(
            &found.statement_accounts(key),
            draft.signer,
            own.root,
            own.total,
        ));
        draft.finish(Some(&self.by.confirm))
    }
}
