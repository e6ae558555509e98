use std::fmt::{self, Display};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde::Serialize;
use solana_pubkey::Pubkey;

use crate::context::Context;
use crate::output::{Output, table};
use crate::rewards::args::NetworkArg;
use crate::rewards::find::find_network;
use crate::rewards::views::NodeView;

#[derive(Args)]
pub struct NodeListArgs {
    #[command(flatten)]
    pub network: NetworkArg,

    /// Only this owner's
    #[arg(long, value_name = "PUBKEY")]
    pub owner: Option<Pubkey>,

    /// Write all as CSV to this file too: columns device and owner, as `rewards compute --registry` reads them
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
}

/// Nodes of a network.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Nodes(Vec<NodeView>);

impl Output for Nodes {}

impl Display for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no nodes");
        }
        let mut nodes = table(["device", "owner", "kind", "location", "registered"]);
        for node in &self.0 {
            nodes.add_row([
                node.device.clone(),
                node.owner.clone(),
                node.kind.to_owned(),
                node.location.clone(),
                node.registered_at.to_string(),
            ]);
        }
        writeln!(f, "{nodes}")?;
        write!(f, "{} nodes", self.0.len())
    }
}

impl NodeListArgs {
    pub fn run(&self, ctx: &Context) -> Result<Nodes> {
        let (network, _) = find_network(ctx, &self.network.network)?;
        let nodes = ctx.cluster()?.nodes(&network, self.owner.as_ref())?;
        let pairs = nodes
            .iter()
            .map(|(_, node)| (node.device, node.owner))
            .collect::<Vec<_>>();
        let nodes = Nodes(
            nodes
                .iter()
                .map(|(at, node)| NodeView::new(at, node))
                .collect(),
        );
        if let Some(path) = &self.registry {
            write_registry(path, pairs)?;
        }
        Ok(nodes)
    }
}

/// Writes who owns which device as `rewards compute` reads it. A file that is there is not touched.
pub fn write_registry(
    path: &Path,
    nodes: impl IntoIterator<Item = (Pubkey, Pubkey)>,
) -> Result<()> {
    let write = || -> Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "device,owner")?;
        for (device, owner) in nodes {
            writeln!(file, "{device},{owner}")?;
        }
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
