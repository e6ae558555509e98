use anyhow::{Result, bail};
use clap::Args;
use wayfare_client::rewards::instruction;

use crate::args::{ConfirmArgs, OfflineArgs, Seconds, TransactionArgs, UnixTime};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Usage;
use crate::output::{Moment, Shown};
use crate::rewards::args::NetworkNameArgs;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct NetworkPauseArgs {
    #[command(flatten)]
    pub network: NetworkNameArgs,

    #[command(flatten)]
    pub end: PauseEnd,

    /// The network's guardian [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub guardian: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct PauseEnd {
    /// How long from now, at most 7d
    #[arg(long = "for", value_name = "SPAN")]
    pub span: Option<Seconds>,

    /// Until when, at most 7 days ahead
    #[arg(long, value_name = "TIME")]
    pub until: Option<UnixTime>,
}

impl NetworkPauseArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.guardian.as_ref(),
            "the guardian",
        )?;
        let until = self.end.moment(ctx, &self.transaction.offline)?;
        draft.describe(
            format!("pause the network {}", self.network.name),
            vec![("paused until", Shown::of(Moment(until)))],
        );
        draft.add(instruction::pause(
            self.network.address()?,
            draft.signer,
            until,
        ));
        draft.finish(Some(&self.confirm))
    }
}

impl PauseEnd {
    /// When the pause ends, in Unix seconds.
    pub fn moment(&self, ctx: &Context, offline: &OfflineArgs) -> Result<i64> {
        match (self.until, self.span) {
            (Some(until), _) => Ok(until.0),
            (None, Some(span)) if offline.blockhash.is_none() => {
                // By the cluster's clock, which the program goes by.
                Ok(ctx.cluster()?.unix_time()?.saturating_add_unsigned(span.0))
            }
            _ => bail!(Usage("with --blockhash every signer must sign the same time: give --until instead of --for".into())),
        }
    }
}
