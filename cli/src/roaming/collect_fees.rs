use anyhow::{Result, bail};
use clap::Args;
use wayfare_client::roaming::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::output::Shown;
use crate::roaming::args::AgreementArg;
use crate::roaming::find::{find_agreement, hub_of, make_account, require_online};

#[derive(Args)]
pub struct CollectFeesArgs {
    #[command(flatten)]
    pub agreement: AgreementArg,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

impl CollectFeesArgs {
    /// Anyone can: the money goes to the hub's treasury, whoever asks.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::paid_only(ctx, &self.transaction)?;
        require_online(draft.is_offline())?;
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        if found.state.fees == 0 {
            bail!("no fees wait to be collected");
        }
        let treasury = hub_of(ctx, &found)?.terms.treasury;
        draft.describe(
            "collect the hub's fees",
            vec![
                ("agreement", found.at.into()),
                ("amount", Shown::of(found.amount(found.state.fees))),
                ("to", treasury.into()),
            ],
        );
        make_account(ctx, &mut draft, &found, &treasury)?;
        draft.add(instruction::collect_fees(&found.accounts, &treasury));
        draft.finish(None)
    }
}
