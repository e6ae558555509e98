use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use wayfare_client::error::ClientError;
use wayfare_client::rewards::data_error::DataError;
use wayfare_client::rewards::instruction;
use wayfare_client::rewards::published::{compare_epoch, propose_args};

use crate::args::{ConfirmArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::rewards::compute::ManifestView;
use crate::rewards::data;
use crate::rewards::find::find_proposed;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct ApproveArgs {
    /// Folder or URL of the epoch's data
    #[arg(value_name = "DIR|URL")]
    pub data: String,

    /// Data of the epoch before, to check that no lifetime fell and no index changed; not for the first epoch
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,

    /// One of the network's publishers [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub publisher: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

impl ApproveArgs {
    /// Recomputes the data first: who approves says that they are right.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let checked = data::check_to_sign(ctx, &self.data, self.previous.as_deref())?;
        let address = checked.network();
        let manifest = checked.manifest();
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.publisher.as_ref(),
            "the publisher",
        )?;
        if !draft.is_offline() {
            let network = data::network_of(ctx, &checked)?;
            let epoch = find_proposed(ctx, &address, manifest.epoch)?;
            let mismatches = compare_epoch(checked.dir(), &address, &network, &epoch);
            if !mismatches.is_empty() {
                bail!(ClientError::from(DataError::Differs(mismatches)));
            }
        }
        let view = ManifestView::new(manifest, &checked.dir().data_hash());
        draft.describe(format!("approve epoch {}", manifest.epoch), view.fields());
        draft.add(instruction::approve_epoch(
            address,
            draft.signer,
            propose_args(checked.dir()),
        ));
        draft.finish(Some(&self.confirm))
    }
}
