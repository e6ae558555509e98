use anyhow::{Result, bail};
use wayfare_client::error::ClientError;
use wayfare_client::rewards::data_error::DataError;
use wayfare_client::rewards::instruction;
use wayfare_client::rewards::published::{compare_epoch, propose_args};

use super::compute::ManifestView;
use super::data;
use crate::cli::ApproveArgs;
use crate::context::Context;
use crate::draft::{Draft, Receipt};

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
            let epoch = ctx.epoch(&address, manifest.epoch)?;
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
