//! Turns metrics and a policy into an epoch's published data.

use super::{
    Leaf, Node, by_owner, detail_root,
    epoch_data::{
        self, DataError, Epoch, EpochDir, FORMAT, FileRecords, MAX_LEAVES, Manifest, MetricsSource,
        PolicyRecord, VERSION,
    },
    metrics::{self, Row, TableError},
    policy::{Policy, PolicyError},
};
use crate::{key, merkle::depth_for, tree::Tree};
use rayon::prelude::*;
use std::{
    fmt, io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// What an epoch is computed from.
#[derive(Clone, Debug)]
pub struct ComputeInput<'a> {
    /// The metrics: a CSV file ([`metrics`]).
    pub metrics: &'a Path,
    /// Where they come from; published with the result.
    pub source: MetricsSource,
    /// The policy: a TOML file ([`super::policy`]).
    pub policy: &'a Path,
    /// The data of the epoch before. None only for epoch 1.
    pub previous: Option<&'a Path>,
    /// Who owns which device, to check the metrics against: a CSV file ([`metrics`]).
    pub registry: Option<&'a Path>,
    /// The network account.
    pub network: [u8; 32],
    /// The mint that rewards are paid in.
    pub mint: [u8; 32],
    /// The mint's decimals.
    pub decimals: u8,
    /// The epoch's number, from 1.
    pub epoch: u64,
    /// The epoch's length in seconds: no node can be up for longer.
    pub epoch_length_seconds: u64,
    /// The directory to make. It must not exist, or be empty.
    pub out: &'a Path,
}

/// What was computed and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The published manifest: root, totals, hashes.
    pub manifest: Manifest,
    /// Its SHA-256: what goes on chain.
    pub data_hash: [u8; 32],
    /// Owners that have a leaf for the first time.
    pub new_owners: u32,
    /// Owners without a node in this epoch. They keep their lifetimes.
    pub absent_owners: u32,
}

/// Why nothing was computed. Nothing is written then.
#[derive(Debug, Error)]
pub enum ComputeError {
    /// The metrics or the registry.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The policy file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    PolicyFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The policy is wrong.
    #[error("{}: {source}", path.display())]
    Policy {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: PolicyError,
    },
    /// The data of the epoch before, or the output.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Epochs are counted from 1.
    #[error("there is no epoch 0; the first is 1")]
    EpochZero,
    /// Without it, every lifetime would start again from nothing.
    #[error("epoch {epoch} builds on epoch {}; give that one's data", epoch.saturating_sub(1))]
    PreviousMissing {
        /// The epoch to be computed.
        epoch: u64,
    },
    /// What is given as the epoch before is not it.
    #[error("{}: has {what} {found}, but {expected} is needed; give the data of the epoch before", path.display())]
    PreviousDiffers {
        /// Its directory.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What it has.
        found: String,
        /// What it should have.
        expected: String,
    },
    /// More owners than the deepest tree has leaves.
    #[error("{0} owners are more than a tree can have, which is {MAX_LEAVES}")]
    TooManyOwners(usize),
    /// An owner would have earned more than 64 bits can count.
    #[error(
        "owner {owner}: its lifetime rewards exceed {}; lower the emission",
        u64::MAX
    )]
    LifetimeOverflow {
        /// Which, in base58.
        owner: String,
    },
    /// All owners together would.
    #[error(
        "the lifetime rewards of all owners together exceed {}; lower the emission",
        u64::MAX
    )]
    TotalOverflow,
}

/// What is going on, for a progress display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading and checking the epoch before.
    ReadPrevious,
    /// Reading and checking the metrics.
    ReadMetrics,
    /// Giving owners their indices, and nodes their order.
    Order,
    /// Sharing the emission.
    Share,
    /// Hashing leaves and trees.
    Hash,
    /// Writing to disk.
    Write,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 6] = [
        Self::ReadPrevious,
        Self::ReadMetrics,
        Self::Order,
        Self::Share,
        Self::Hash,
        Self::Write,
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadPrevious => "reading the previous epoch",
            Self::ReadMetrics => "reading metrics",
            Self::Order => "ordering owners and nodes",
            Self::Share => "sharing the emission",
            Self::Hash => "hashing",
            Self::Write => "writing",
        })
    }
}

/// Computes an epoch and writes its directory. `progress` is told of each stage as it begins.
///
/// An owner keeps the index of the epoch before for ever; new ones follow in order of their keys. The
/// order of the rows in the metrics does not matter.
///
/// # Errors
///
/// [`ComputeError`]; nothing is left on disk then.
pub fn compute(
    input: &ComputeInput<'_>,
    progress: &mut dyn FnMut(Stage),
) -> Result<Summary, ComputeError> {
    // What is quick to refuse comes first.
    epoch_data::check_output(input.out)?;
    let (policy, policy_text) = read_policy(input)?;
    progress(Stage::ReadPrevious);
    let previous = read_previous(input)?;

    progress(Stage::ReadMetrics);
    let rows = metrics::read(input.metrics, input.epoch_length_seconds, input.registry)?;

    progress(Stage::Order);
    let known = previous.as_ref().map_or(&[][..], Epoch::leaves);
    let (mut leaves, mut nodes) = order(known, rows)?;
    let leaf_count = u32::try_from(leaves.len())
        .ok()
        .filter(|count| *count <= MAX_LEAVES)
        .ok_or(ComputeError::TooManyOwners(leaves.len()))?;

    progress(Stage::Share);
    let allocation = policy.allocate(&nodes, |node| &node.metrics);
    nodes
        .par_iter_mut()
        .zip(allocation.rewards)
        .for_each(|(node, reward)| node.reward = reward);

    progress(Stage::Hash);
    let owned = by_owner(&nodes, leaves.len());
    leaves
        .par_iter_mut()
        .zip(&owned)
        .try_for_each(|(leaf, owned)| add_epoch(leaf, owned))?;
    let absent_owners = owned.iter().filter(|nodes| nodes.is_empty()).count();
    let lifetime_total = epoch_data::lifetime_total(&leaves).ok_or(ComputeError::TotalOverflow)?;
    let tree = Tree::build(epoch_data::leaf_hashes(&input.network, &leaves));

    let manifest = Manifest {
        format: FORMAT.to_owned(),
        version: VERSION,
        network: input.network,
        mint: input.mint,
        decimals: input.decimals,
        epoch: input.epoch,
        epoch_length_seconds: input.epoch_length_seconds,
        metrics: input.source,
        policy: PolicyRecord {
            sha256: epoch_data::sha256(policy_text.as_bytes()),
            text: policy_text,
        },
        previous: previous.as_ref().map(|epoch| epoch.dir().data_hash()),
        root: tree.root(),
        depth: depth_for(leaf_count),
        leaf_count,
        // A count of what is in memory.
        node_count: u64::try_from(nodes.len()).unwrap_or(u64::MAX),
        lifetime_total,
        emission: policy.emission,
        issued: allocation.issued,
        withheld_empty_pools: allocation.withheld.empty_pools,
        withheld_above_cap: allocation.withheld.above_cap,
        files: FileRecords::default(),
    };
    let known = previous.as_ref().map_or(0, |p| p.manifest().leaf_count);
    drop((tree, previous));

    progress(Stage::Write);
    let (manifest, data_hash) = epoch_data::write(input.out, manifest, &leaves, &nodes)?;
    Ok(Summary {
        manifest,
        data_hash,
        // The leaves begin with those that were known.
        new_owners: leaf_count.saturating_sub(known),
        // At most the number of leaves.
        absent_owners: u32::try_from(absent_owners).unwrap_or(leaf_count),
    })
}

fn read_policy(input: &ComputeInput<'_>) -> Result<(Policy, String), ComputeError> {
    let path = input.policy;
    let text = std::fs::read_to_string(path).map_err(|source| ComputeError::PolicyFile {
        path: path.to_owned(),
        source,
    })?;
    let policy = Policy::parse(&text, input.decimals).map_err(|source| ComputeError::Policy {
        path: path.to_owned(),
        source,
    })?;
    Ok((policy, text))
}

/// The epoch before, checked to be just that.
fn read_previous(input: &ComputeInput<'_>) -> Result<Option<Epoch>, ComputeError> {
    let number = input.epoch.checked_sub(1).ok_or(ComputeError::EpochZero)?;
    let Some(path) = input.previous else {
        return if number == 0 {
            Ok(None)
        } else {
            Err(ComputeError::PreviousMissing { epoch: input.epoch })
        };
    };
    let dir = EpochDir::open(path)?;
    let found = dir.manifest();
    let expect = |what, found: String, expected: String| {
        if found == expected {
            return Ok(());
        }
        Err(ComputeError::PreviousDiffers {
            path: path.to_owned(),
            what,
            found,
            expected,
        })
    };
    let text = key::to_base58;
    expect("network", text(&found.network), text(&input.network))?;
    expect("mint", text(&found.mint), text(&input.mint))?;
    expect(
        "decimals",
        found.decimals.to_string(),
        input.decimals.to_string(),
    )?;
    expect("epoch", found.epoch.to_string(), number.to_string())?;
    Ok(Some(dir.load()?))
}

/// Gives every owner its leaf, the known ones first, and every node its place. The leaves are those of
/// the epoch before, and the nodes have no rewards yet.
fn order(known: &[Leaf], mut rows: Vec<Row>) -> Result<(Vec<Leaf>, Vec<Node>), ComputeError> {
    rows.par_sort_unstable_by(|a, b| (&a.owner, &a.device).cmp(&(&b.owner, &b.device)));

    // Both sides in order of the owners' keys, so one walk finds who is known.
    let mut known_by_owner = epoch_data::leaves_by_owner(known).into_iter().peekable();
    let mut leaves = known.to_vec();
    let mut rows_by_index: Vec<&[Row]> = vec![&[]; known.len()];
    for group in rows.chunk_by(|a, b| a.owner == b.owner) {
        let Some(Row { owner, .. }) = group.first() else {
            continue;
        };
        while known_by_owner.next_if(|(known, _)| known < owner).is_some() {}
        let index = known_by_owner
            .next_if(|(known, _)| known == owner)
            .and_then(|(_, index)| usize::try_from(index).ok());
        match index.and_then(|index| rows_by_index.get_mut(index)) {
            Some(slot) => *slot = group,
            None => {
                rows_by_index.push(group);
                leaves.push(Leaf {
                    owner: *owner,
                    lifetime: 0,
                    detail_root: [0; 32],
                });
            }
        }
    }

    if u32::try_from(rows_by_index.len()).is_err() {
        return Err(ComputeError::TooManyOwners(rows_by_index.len()));
    }
    let mut nodes = Vec::with_capacity(rows.len());
    for (owner_index, group) in (0u32..).zip(rows_by_index) {
        nodes.extend(group.iter().map(|row| Node {
            owner_index,
            device: row.device,
            metrics: row.metrics,
            reward: super::Reward::default(),
        }));
    }
    Ok((leaves, nodes))
}

/// Adds an epoch's rewards to an owner's leaf.
fn add_epoch(leaf: &mut Leaf, nodes: &[Node]) -> Result<(), ComputeError> {
    let earned = nodes
        .iter()
        .try_fold(0u64, |sum, node| sum.checked_add(node.reward.total));
    leaf.lifetime = earned
        .and_then(|earned| leaf.lifetime.checked_add(earned))
        .ok_or_else(|| ComputeError::LifetimeOverflow {
            owner: key::to_base58(&leaf.owner),
        })?;
    leaf.detail_root = detail_root(nodes);
    Ok(())
}
