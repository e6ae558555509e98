use anyhow::{Result, bail};
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::roaming::args::StatementArg;
use crate::roaming::find::require_online;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct StatementCloseArgs {
    #[command(flatten)]
    pub statement: StatementArg,

    /// Payer of the statement's rent [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub rent_payer: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl StatementCloseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let rent_payer = self.rent_payer.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, rent_payer, "the payer of the rent")?;
        require_online(draft.is_offline())?;
        let (found, key) = self.statement.find(ctx)?;
        let (at, statement) = found.statement(ctx, key)?;
        if !found.state.is_wound_up(ctx.cluster()?.unix_time()?)? {
            bail!(
                "the agreement is not wound up: until it is closed and all its statements are settled, statements stay"
            );
        }
        if statement.rent_payer != draft.signer {
            bail!(
                "{} paid the statement's rent, and alone can close it",
                statement.rent_payer
            );
        }
        draft.describe(
            "close a settled statement: the rent comes back",
            vec![
                ("statement", at.into()),
                ("period", Shown::of(key.period)),
                ("rent goes to", statement.rent_payer.into()),
            ],
        );
        draft.add(instruction::close_statement(
            found.state.hub,
            at,
            &statement,
        ));
        draft.finish(None)
    }
}
