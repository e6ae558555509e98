use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_core::rewards::compute::{ComputeInput, Summary, compute};
use wayfare_core::rewards::epoch_data::{Manifest, MetricsSource};

use crate::cli::ComputeArgs;
use crate::commands::node::write_registry;
use crate::context::Context;
use crate::output::{Amount, Fields, Output, Shown};

/// What a manifest says, for people and programs.
#[derive(Serialize)]
pub struct ManifestView {
    pub network: String,
    pub epoch: u64,
    pub simulated: bool,
    pub owners: u32,
    pub nodes: u64,
    pub emission: Amount,
    pub issued: Amount,
    pub withheld_empty_pools: Amount,
    pub withheld_above_cap: Amount,
    pub lifetime_total: Amount,
    pub root: String,
    pub depth: u8,
    pub data_hash: String,
}

impl ManifestView {
    pub fn new(manifest: &Manifest, data_hash: &[u8; 32]) -> Self {
        let mint = Pubkey::from(manifest.mint);
        let amount = |units| Amount::new(units, manifest.decimals, &mint);
        Self {
            network: Pubkey::from(manifest.network).to_string(),
            epoch: manifest.epoch,
            simulated: matches!(manifest.metrics, MetricsSource::Simulated { .. }),
            owners: manifest.leaf_count,
            nodes: manifest.node_count,
            emission: amount(manifest.emission),
            issued: amount(manifest.issued),
            withheld_empty_pools: amount(manifest.withheld_empty_pools),
            withheld_above_cap: amount(manifest.withheld_above_cap),
            lifetime_total: amount(manifest.lifetime_total),
            root: hex::encode(manifest.root),
            depth: manifest.depth,
            data_hash: hex::encode(data_hash),
        }
    }

    /// Name and value of what matters.
    pub fn fields(&self) -> Vec<(&'static str, Shown)> {
        let metrics = if self.simulated {
            "SIMULATED"
        } else {
            "measured"
        };
        vec![
            ("epoch", Shown::of(self.epoch)),
            ("network", self.network.as_str().into()),
            ("metrics", metrics.into()),
            ("owners who earned", Shown::of(self.owners)),
            ("nodes", Shown::of(self.nodes)),
            ("emission", Shown::of(&self.emission)),
            ("issued", Shown::of(&self.issued)),
            (
                "withheld, empty pools",
                Shown::of(&self.withheld_empty_pools),
            ),
            (
                "withheld, above the cap",
                Shown::of(&self.withheld_above_cap),
            ),
            ("granted in all", Shown::of(&self.lifetime_total)),
            ("root", self.root.as_str().into()),
            ("data hash", self.data_hash.as_str().into()),
        ]
    }
}

/// An epoch's data, as written.
#[derive(Serialize)]
pub struct Computed {
    data: PathBuf,
    #[serde(flatten)]
    manifest: ManifestView,
    new_owners: u32,
    absent_owners: u32,
}

impl Output for Computed {}

impl Display for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = self.manifest.fields();
        fields.extend([
            ("new owners", Shown::of(self.new_owners)),
            ("owners without a node", Shown::of(self.absent_owners)),
            ("written to", self.data.display().to_string().into()),
        ]);
        Fields(&fields).fmt(f)
    }
}

impl ComputeArgs {
    pub fn run(&self, ctx: &Context) -> Result<Computed> {
        let (address, network) = ctx.network(&self.network.network)?;
        // Keeps the file of registered nodes until the end.
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        let registry = match &self.registry {
            Some(path) => path.clone(),
            None => {
                let path = folder.path().join("registry.csv");
                let nodes = ctx.cluster()?.nodes(&address, None)?;
                write_registry(
                    &path,
                    nodes.iter().map(|(_, node)| (node.device, node.owner)),
                )?;
                path
            }
        };
        let input = ComputeInput {
            metrics: self.metrics.clone(),
            source: match self.simulated {
                Some(seed) => MetricsSource::Simulated { seed },
                None => MetricsSource::Measured,
            },
            policy: self.policy.clone(),
            previous: self.previous.clone(),
            registry: Some(registry),
            network: address.to_bytes(),
            mint: network.mint.to_bytes(),
            decimals: network.decimals,
            epoch: network.active_epoch.saturating_add(1),
            epoch_length_seconds: self
                .epoch_length
                .map_or(network.terms.epoch_length, |span| span.0),
            out: self.out.clone(),
        };
        let spinner = ctx.spinner("computing");
        let Summary {
            manifest,
            data_hash,
            new_owners,
            absent_owners,
        } = compute(&input, &mut |stage| spinner.set_message(stage.to_string()))?;
        spinner.finish_and_clear();
        if manifest.issued > network.terms.emission_cap {
            ctx.note(format_args!(
                "note: this is above the network's emission cap of {}: it could not be proposed",
                Amount::new(network.terms.emission_cap, network.decimals, &network.mint)
            ));
        }
        Ok(Computed {
            data: self.out.clone(),
            manifest: ManifestView::new(&manifest, &data_hash),
            new_owners,
            absent_owners,
        })
    }
}
