use anyhow::{Result, bail};
use clap::Args;
use esim_market::state::Action;
use solana_pubkey::Pubkey;
use wayfare_client::esim::instruction;

use crate::args::TransactionArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::find::{find_order, require_online};
use crate::esim::settled;
use crate::output::Moment;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct ReportArgs {
    /// Address of the order
    #[arg(value_name = "ORDER")]
    pub order: Pubkey,

    #[command(flatten)]
    pub what: ReportedArgs,

    /// The order's attester [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub attester: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct ReportedArgs {
    /// It was installed
    #[arg(long)]
    pub installed: bool,

    /// It was used for the first time, and so installed
    #[arg(long)]
    pub activated: bool,
}

impl ReportArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let attester = self.attester.as_ref();
        let mut draft = Draft::new(ctx, &self.transaction, attester, "the attester")?;
        require_online(draft.is_offline())?;
        let order = find_order(ctx, &self.order)?;
        let (what, before, report) = if self.what.activated {
            let report = instruction::report_activated(self.order, &order);
            ("first used", order.activated_at, report)
        } else {
            let report = instruction::report_installed(self.order, &order);
            ("installed", order.installed_at, report)
        };
        if before != 0 {
            bail!(
                "that it was {what} was reported on {} already",
                Moment(before)
            );
        }
        settled::require_possible(ctx, &order, Action::Report, &draft.signer)?;
        draft.describe(
            format!("report that the profile of an order was {what}"),
            vec![("order", self.order.into())],
        );
        draft.add(report);
        draft.finish(None)
    }
}
