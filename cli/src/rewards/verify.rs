use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use wayfare_client::rewards::data_error::Mismatch;
use wayfare_client::rewards::published::{compare_epoch, compare_next};

use crate::context::Context;
use crate::error::Exit;
use crate::output::{Fields, Output};
use crate::rewards::compute::ManifestView;
use crate::rewards::data;

#[derive(Args)]
pub struct VerifyArgs {
    /// Folder or URL of the epoch's data
    #[arg(value_name = "DIR|URL")]
    pub data: String,

    /// Data of the epoch before, to check that no lifetime fell and no index changed
    #[arg(long, value_name = "DIR")]
    pub previous: Option<PathBuf>,

    /// Do not compare with the chain
    #[arg(long)]
    pub offline: bool,
}

/// What data are worth.
#[derive(Serialize)]
pub struct Verified {
    #[serde(flatten)]
    manifest: ManifestView,
    /// What they were compared with.
    compared_with: &'static str,
    mismatches: Vec<Mismatch>,
}

impl Output for Verified {
    fn exit(&self) -> Exit {
        if self.mismatches.is_empty() {
            Exit::Done
        } else {
            Exit::Refused
        }
    }
}

impl Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fields(&self.manifest.fields()).fmt(f)?;
        writeln!(
            f,
            "recomputed: every reward, lifetime and hash is as published"
        )?;
        writeln!(
            f,
            "compared with {}: {} differences",
            self.compared_with,
            self.mismatches.len()
        )?;
        self.mismatches
            .iter()
            .try_for_each(|mismatch| writeln!(f, "  {mismatch}"))
    }
}

impl VerifyArgs {
    pub fn run(&self, ctx: &Context) -> Result<Verified> {
        let checked = data::check(ctx, &self.data, self.previous.as_deref())?;
        let dir = checked.dir();
        let (compared_with, mismatches) = if self.offline {
            ("nothing on the chain", vec![])
        } else {
            let address = checked.network();
            let network = data::network_of(ctx, &checked)?;
            match data::find_epoch(ctx, &address, checked.manifest().epoch)? {
                Some(epoch) => (
                    "the epoch on the chain",
                    compare_epoch(dir, &address, &network, &epoch),
                ),
                None => {
                    let active = data::find_epoch(ctx, &address, network.active_epoch)?;
                    let mismatches = compare_next(dir, &address, &network, active.as_ref());
                    ("what the chain asks of the next epoch", mismatches)
                }
            }
        };
        Ok(Verified {
            manifest: ManifestView::new(checked.manifest(), &dir.data_hash()),
            compared_with,
            mismatches,
        })
    }
}
