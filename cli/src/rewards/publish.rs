use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use node_rewards::state::{Epoch, EpochStatus, Network};
use serde::Serialize;
use wayfare_client::error::ClientError;
use wayfare_client::rewards::data_error::DataError;
use wayfare_client::rewards::instruction;
use wayfare_client::rewards::jobs::CreatePages;
use wayfare_client::rewards::published::{compare_next, missing_pages, pages_for, propose_args};

use crate::args::{ConfirmArgs, JobArgs, TransactionArgs};
use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::error::Exit;
use crate::job;
use crate::job::{JobReport, Kind};
use crate::output::Output;
use crate::rewards::compute::ManifestView;
use crate::rewards::data;
use crate::rewards::data::Checked;
use crate::signers::SignerSource;

#[derive(Args)]
pub struct PublishArgs {
    /// Folder or URL of the epoch's data
    #[arg(value_name = "DIR|URL")]
    pub data: String,

    /// Data of the epoch before, to check that no lifetime fell and no index changed; not for the first epoch
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,

    /// Wait until the epoch is over, if it is not yet
    #[arg(long, conflicts_with_all = ["sign_only", "export_encoding"])]
    pub wait: bool,

    /// One of the network's publishers [default: --keypair]
    #[arg(long, value_name = "KEYPAIR")]
    pub publisher: Option<SignerSource>,

    #[command(flatten)]
    pub transaction: TransactionArgs,
    #[command(flatten)]
    pub job: JobArgs,
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// A proposal, and the pages that its claims need.
#[derive(Serialize)]
pub struct Published {
    /// `None`: it was proposed before.
    proposal: Option<Receipt>,
    /// `None`: not looked at, because nothing was sent.
    pages: Option<JobReport>,
}

impl Output for Published {
    fn exit(&self) -> Exit {
        self.pages.as_ref().map_or(Exit::Done, JobReport::exit)
    }
}

impl Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proposal {
            Some(receipt) => writeln!(f, "{receipt}")?,
            None => writeln!(f, "these data are proposed already")?,
        }
        match &self.pages {
            Some(pages) if pages.total > 0 => write!(f, "claim pages\n{pages}"),
            Some(_) => writeln!(f, "claim pages: all there"),
            None => Ok(()),
        }
    }
}

impl PublishArgs {
    pub fn run(&self, ctx: &Context) -> Result<Published> {
        let checked = data::check_to_sign(ctx, &self.data, self.previous.as_deref())?;
        let offline = &self.transaction.offline;
        if offline.sign_only || offline.export_encoding.is_some() {
            let proposal = Some(self.propose(ctx, &checked)?);
            ctx.note("note: once this is proposed, run the same command without signing: it creates the claim pages");
            return Ok(Published {
                proposal,
                pages: None,
            });
        }

        let network = data::network_of(ctx, &checked)?;
        let address = checked.network();
        let on_chain = data::find_epoch(ctx, &address, checked.manifest().epoch)?;
        let proposal = if on_chain.is_some_and(|epoch| stands(&epoch, &network, &checked)) {
            None
        } else {
            let active = data::find_epoch(ctx, &address, network.active_epoch)?;
            let mismatches = compare_next(checked.dir(), &address, &network, active.as_ref());
            if !mismatches.is_empty() {
                bail!(ClientError::from(DataError::Differs(mismatches)));
            }
            if self.wait {
                ctx.wait_until(network.epoch_ends_at, "the epoch is not over")?;
            }
            Some(self.propose(ctx, &checked)?)
        };
        let pages = match proposal {
            Some(Receipt::DryRun { .. }) => None,
            _ => Some(self.create_pages(ctx, &checked, network.scope.name())?),
        };
        Ok(Published { proposal, pages })
    }

    fn propose(&self, ctx: &Context, checked: &Checked) -> Result<Receipt> {
        let mut draft = Draft::new(
            ctx,
            &self.transaction,
            self.publisher.as_ref(),
            "the publisher",
        )?;
        let manifest = checked.manifest();
        let view = ManifestView::new(manifest, &checked.dir().data_hash());
        draft.describe(format!("propose epoch {}", manifest.epoch), view.fields());
        draft.add(instruction::propose_epoch(
            checked.network(),
            draft.payer,
            draft.signer,
            propose_args(checked.dir()),
        ));
        draft.finish(Some(&self.confirm))
    }

    /// Anybody may create pages: whoever publishes pays for them.
    fn create_pages(&self, ctx: &Context, checked: &Checked, name: &str) -> Result<JobReport> {
        let cluster = ctx.cluster()?;
        let network = checked.network();
        let manifest = checked.manifest();
        if missing_pages(cluster, &network, manifest.leaf_count)?.is_empty() {
            return Ok(JobReport::nothing());
        }
        let send = &self.transaction.send;
        let payer = ctx.party(send.fee_payer.as_ref(), "the fee payer")?;
        let job = CreatePages {
            network,
            payer: payer.pubkey(),
            // All of them: a resumed job must have the same list.
            pages: pages_for(manifest.leaf_count).collect(),
        };
        let kind = Kind {
            message: "creating claim pages",
            journal: format!("{name}-create-pages-{}.journal", manifest.epoch),
            binding: job.binding(cluster.genesis_hash()?),
        };
        job::run(ctx, &kind, &job, &payer, &self.job, send)
    }
}

/// Whether a proposal is of these data and can still be approved.
fn stands(epoch: &Epoch, network: &Network, checked: &Checked) -> bool {
    epoch.data_hash == checked.dir().data_hash()
        && epoch.root == checked.manifest().root
        && match epoch.status {
            EpochStatus::Proposed => epoch.publisher_set == network.publisher_set,
            EpochStatus::Vetoed => false,
            EpochStatus::Active | EpochStatus::Superseded => true,
        }
}
