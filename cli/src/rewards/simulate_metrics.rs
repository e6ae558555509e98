use std::fmt::{self, Display};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;
use wayfare_core::rewards::simulate::{Device, write_csv};

use crate::args::Seconds;
use crate::context::Context;
use crate::output::{Output, Span};
use crate::rewards::args::NetworkArg;
use crate::rewards::find::find_network;

#[derive(Args)]
pub struct SimulateMetricsArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// What the metrics are generated from: the same seed gives the same metrics
    #[arg(long, value_name = "N")]
    pub seed: u64,

    /// The epoch that they are for [default: the one after the active]
    #[arg(long, value_name = "N")]
    pub epoch: Option<u64>,

    /// How long the epoch was [default: the network's epoch length]
    #[arg(long, value_name = "SPAN")]
    pub epoch_length: Option<Seconds>,

    /// CSV file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}

/// A file of metrics that nobody measured.
#[derive(Serialize)]
pub struct SimulatedMetrics {
    file: PathBuf,
    simulated: bool,
    seed: u64,
    epoch: u64,
    epoch_length: Span,
    nodes: usize,
}

impl Output for SimulatedMetrics {}

impl Display for SimulatedMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: SIMULATED metrics of {} nodes for epoch {}, of {}, from seed {}\n\
             compute with --simulated {}, so that the published data say so",
            self.file.display(),
            self.nodes,
            self.epoch,
            self.epoch_length,
            self.seed,
            self.seed
        )
    }
}

impl SimulateMetricsArgs {
    pub fn run(&self, ctx: &Context) -> Result<SimulatedMetrics> {
        let (address, network) = find_network(ctx, &self.network.network)?;
        let epoch = self.epoch.unwrap_or(network.active_epoch.saturating_add(1));
        let epoch_length = self
            .epoch_length
            .map_or(network.terms.epoch_length, |span| span.0);
        let nodes = ctx.cluster()?.nodes(&address, None)?;
        if nodes.is_empty() {
            bail!(
                "the network {} has no nodes: register some first",
                self.network.network
            );
        }
        let devices = nodes.iter().map(|(_, node)| Device {
            device: node.device.to_bytes(),
            owner: node.owner.to_bytes(),
        });
        write_csv(&self.out, self.seed, epoch, epoch_length, devices)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        Ok(SimulatedMetrics {
            file: self.out.clone(),
            simulated: true,
            seed: self.seed,
            epoch,
            epoch_length: Span(epoch_length),
            nodes: nodes.len(),
        })
    }
}
