//! An epoch's published data: a directory of three files.
//!
//! | file | holds |
//! |---|---|
//! | `manifest.json` | [`Manifest`]: the epoch's description, its root and totals, its policy, the hashes of the other two and of the epoch before |
//! | `leaves.parquet` | one row per owner, by index: `index`, `owner`, `lifetime`, `detail_root` |
//! | `nodes.parquet` | one row per node of the epoch, by owner index and device key: `owner_index`, `device`, its four metrics, its share of each pool, `reward` |
//!
//! The hash of `manifest.json` ([`EpochDir::data_hash`]) goes on chain, so all of it is fixed by
//! one hash. Every byte is determined by the input: no time, no version, no name of a machine. Amounts
//! are base units, and strings in JSON, because many readers of JSON round numbers above 2^53.

use super::{
    Leaf, Metrics, Node, Reward,
    columnar::{self, Column, ColumnarError, Kind, Record},
    policy::Withheld,
};
use crate::{
    key,
    merkle::{self, MAX_DEPTH, depth_for},
    tree::Tree,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Name of the file that commits to everything.
pub const MANIFEST_FILE: &str = "manifest.json";

/// Name of the file with the owners.
pub const LEAVES_FILE: &str = "leaves.parquet";

/// Name of the file with the nodes.
pub const NODES_FILE: &str = "nodes.parquet";

/// The manifest's `format`.
pub const FORMAT: &str = "wayfare-epoch";

/// The manifest's `version`.
pub const VERSION: u32 = 1;

/// The most owners that an epoch can have: the leaves of the deepest tree.
pub const MAX_LEAVES: u32 = 1 << MAX_DEPTH;

/// A manifest is small; a larger file is something else.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;

/// Why data cannot be read or written.
#[derive(Debug, Error)]
pub enum DataError {
    /// The system refuses to read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system refuses to write. Nothing is left of the attempt.
    #[error("{}: cannot be written: {source}; nothing was kept", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Published data are never overwritten.
    #[error("{}: exists and is not an empty directory; name another one", .0.display())]
    OutputExists(PathBuf),
    /// The file is not a manifest, or contradicts itself.
    #[error("{}: not an epoch's manifest: {reason}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A file is not the one that the manifest commits to.
    #[error(
        "{}: not the file that the manifest names ({reason}); it was changed or cut short: fetch it again",
        path.display()
    )]
    Hash {
        /// The file.
        path: PathBuf,
        /// The difference.
        reason: String,
    },
    /// The hash is right, but the content is wrong.
    #[error("{}: {reason}; the publisher published wrong data", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The source of an epoch's metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case", deny_unknown_fields)]
pub enum MetricsSource {
    /// The network measured them.
    Measured,
    /// They were generated, for a demonstration or a test ([`super::simulate`]).
    Simulated {
        /// The seed they were generated from.
        #[serde(with = "decimal")]
        seed: u64,
    },
}

/// The policy that an epoch was computed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRecord {
    /// SHA-256 of the text.
    #[serde(with = "hex::serde")]
    pub sha256: [u8; 32],
    /// The policy file, unchanged.
    pub text: String,
}

/// The manifest's record of another file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// SHA-256 of its bytes.
    #[serde(with = "hex::serde")]
    pub sha256: [u8; 32],
    /// Its size.
    pub bytes: u64,
}

/// The files beside the manifest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecords {
    /// The owners.
    #[serde(rename = "leaves.parquet")]
    pub leaves: FileRecord,
    /// The nodes.
    #[serde(rename = "nodes.parquet")]
    pub nodes: FileRecord,
}

/// The description of an epoch. Amounts are base units of the mint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// The network account.
    #[serde(with = "key::base58")]
    pub network: [u8; 32],
    /// The mint that rewards are paid in.
    #[serde(with = "key::base58")]
    pub mint: [u8; 32],
    /// The mint's decimals.
    pub decimals: u8,
    /// The epoch's number, from 1.
    #[serde(with = "decimal")]
    pub epoch: u64,
    /// The epoch's length in seconds.
    pub epoch_length_seconds: u64,
    /// The source of the metrics.
    pub metrics: MetricsSource,
    /// The policy that turned them into rewards.
    pub policy: PolicyRecord,
    /// SHA-256 of the manifest of the epoch before; `None` for epoch 1.
    #[serde(with = "optional_hex")]
    pub previous: Option<[u8; 32]>,
    /// Root of the tree over the leaves.
    #[serde(with = "hex::serde")]
    pub root: [u8; 32],
    /// Its depth.
    pub depth: u8,
    /// Owners, those without a node in this epoch included.
    pub leaf_count: u32,
    /// Nodes of this epoch.
    pub node_count: u64,
    /// Sum of all lifetimes.
    #[serde(with = "decimal")]
    pub lifetime_total: u64,
    /// The policy's emission.
    #[serde(with = "decimal")]
    pub emission: u64,
    /// The part of it that nodes get.
    #[serde(with = "decimal")]
    pub issued: u64,
    /// The part that nobody gets because no node has a pool's metric.
    #[serde(with = "decimal")]
    pub withheld_empty_pools: u64,
    /// The part that nobody gets because nodes reached their cap.
    #[serde(with = "decimal")]
    pub withheld_above_cap: u64,
    /// The other files.
    pub files: FileRecords,
}

impl Manifest {
    /// The part of the emission that stays in the vault.
    pub fn withheld(&self) -> Withheld {
        Withheld {
            empty_pools: self.withheld_empty_pools,
            above_cap: self.withheld_above_cap,
        }
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        /// The fields of every version: they say whether the rest can be read.
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if head.format != FORMAT {
            return Err(format!(
                "its format is \"{}\", not \"{FORMAT}\"",
                head.format
            ));
        }
        if head.version != VERSION {
            return Err(format!(
                "it has version {}, and this program reads version {VERSION}",
                head.version
            ));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks what holds for every manifest by itself.
    fn check(&self) -> Result<(), String> {
        let parts = [
            self.issued,
            self.withheld_empty_pools,
            self.withheld_above_cap,
        ];
        let sum = parts
            .iter()
            .try_fold(0u64, |sum, part| sum.checked_add(*part));
        let wrong = if self.leaf_count == 0 || self.leaf_count > MAX_LEAVES {
            format!(
                "{} leaves are not between 1 and {MAX_LEAVES}",
                self.leaf_count
            )
        } else if self.depth != depth_for(self.leaf_count) {
            format!(
                "a tree of {} leaves does not have depth {}",
                self.leaf_count, self.depth
            )
        } else if sum != Some(self.emission) {
            "issued and withheld do not add up to the emission".to_owned()
        } else if self.issued > self.lifetime_total {
            "more is issued than all lifetimes add up to".to_owned()
        } else if sha256(self.policy.text.as_bytes()) != self.policy.sha256 {
            "the policy's hash is not that of its text".to_owned()
        } else if (self.epoch == 1) != self.previous.is_none() || self.epoch == 0 {
            "epochs are counted from 1, and each but the first names the one before".to_owned()
        } else {
            return Ok(());
        };
        Err(wrong)
    }

    fn to_json(&self) -> io::Result<Vec<u8>> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }
}

/// An epoch's directory, with only its manifest read so far.
#[derive(Clone, Debug)]
pub struct EpochDir {
    path: PathBuf,
    manifest: Manifest,
    data_hash: [u8; 32],
}

impl EpochDir {
    /// Reads the manifest.
    ///
    /// # Errors
    ///
    /// [`DataError`], also for a manifest that contradicts itself.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = path.join(MANIFEST_FILE);
        let refused = |reason| DataError::Manifest {
            path: file.clone(),
            reason,
        };
        let bytes = read_file(&file, |size| {
            (size > MAX_MANIFEST_BYTES).then(|| refused(format!("it has {size} bytes")))
        })?;
        let manifest = Manifest::read(&bytes).map_err(refused)?;
        Ok(Self {
            path: path.to_owned(),
            manifest,
            data_hash: sha256(&bytes),
        })
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of `manifest.json`, which goes on chain.
    pub fn data_hash(&self) -> [u8; 32] {
        self.data_hash
    }

    /// Reads the owners and builds the tree over them.
    ///
    /// # Errors
    ///
    /// [`DataError`] if the file's hash, the root, the number of leaves or the total of the lifetimes
    /// is not the manifest's, or an owner appears twice.
    pub fn load(self) -> Result<Epoch, DataError> {
        let leaves: Vec<Leaf> = self.table(
            LEAVES_FILE,
            self.manifest.files.leaves,
            u64::from(self.manifest.leaf_count),
        )?;
        let refused = |reason: String| DataError::Content {
            path: self.path.join(LEAVES_FILE),
            reason,
        };
        let total = lifetime_total(&leaves);
        if total != Some(self.manifest.lifetime_total) {
            return Err(refused(
                "the lifetimes do not add up to the manifest's total".to_owned(),
            ));
        }
        let by_owner = leaves_by_owner(&leaves);
        if let Some([(owner, _), _]) = by_owner.array_windows().find(|[a, b]| a.0 == b.0) {
            return Err(refused(format!(
                "owner {} has two leaves",
                key::to_base58(owner)
            )));
        }
        drop(by_owner);
        let tree = Tree::build(leaf_hashes(&self.manifest.network, &leaves));
        if tree.root() != self.manifest.root {
            return Err(refused(
                "the root over the leaves is not the manifest's".to_owned(),
            ));
        }
        Ok(Epoch {
            dir: self,
            leaves,
            tree,
        })
    }

    /// Reads the nodes, ordered by owner index and device key as the file must have them.
    ///
    /// # Errors
    ///
    /// [`DataError`] if the file's hash is not the manifest's, or its content is malformed. Whether the
    /// rewards are right is for [`super::verify`] to check.
    pub fn nodes(&self) -> Result<Vec<Node>, DataError> {
        let nodes: Vec<Node> = self.table(
            NODES_FILE,
            self.manifest.files.nodes,
            self.manifest.node_count,
        )?;
        let refused = |reason: &str| DataError::Content {
            path: self.path.join(NODES_FILE),
            reason: reason.to_owned(),
        };
        let place = |node: &Node| (node.owner_index, node.device);
        if !nodes.is_sorted_by(|a, b| place(a) < place(b)) {
            return Err(refused("nodes are not in order of owner and device"));
        }
        if nodes
            .last()
            .is_some_and(|n| n.owner_index >= self.manifest.leaf_count)
        {
            return Err(refused("a node's owner has no leaf"));
        }
        Ok(nodes)
    }

    fn table<R: Record>(
        &self,
        name: &str,
        record: FileRecord,
        rows: u64,
    ) -> Result<Vec<R>, DataError> {
        let path = self.path.join(name);
        let changed = |reason: String| DataError::Hash {
            path: path.clone(),
            reason,
        };
        let bytes = read_file(&path, |size| {
            (size != record.bytes)
                .then(|| changed(format!("it has {size} bytes instead of {}", record.bytes)))
        })?;
        let hash = sha256(&bytes);
        if hash != record.sha256 {
            return Err(changed(format!(
                "its SHA-256 is {} instead of {}",
                hex::encode(hash),
                hex::encode(record.sha256)
            )));
        }
        usize::try_from(rows)
            .map_err(|_| ColumnarError::Contradiction)
            .and_then(|rows| columnar::read(bytes.into(), rows))
            .map_err(|error| DataError::Content {
                path,
                reason: error.to_string(),
            })
    }
}

/// Reads a whole file, unless its size is refused.
fn read_file(path: &Path, refuse: impl Fn(u64) -> Option<DataError>) -> Result<Vec<u8>, DataError> {
    let failed = |source| DataError::Read {
        path: path.to_owned(),
        source,
    };
    let size = fs::metadata(path).map_err(failed)?.len();
    if let Some(refused) = refuse(size) {
        return Err(refused);
    }
    fs::read(path).map_err(failed)
}

/// An epoch's owners and the tree over them, checked against the manifest.
#[derive(Clone, Debug)]
pub struct Epoch {
    dir: EpochDir,
    leaves: Vec<Leaf>,
    tree: Tree,
}

/// The data that an owner's claim needs, besides the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The owner's place among the leaves.
    pub index: u32,
    /// The owner.
    pub owner: [u8; 32],
    /// All that it has ever earned, in base units.
    pub lifetime: u64,
    /// Commits to its nodes of the epoch.
    pub detail_root: [u8; 32],
    /// The siblings up to the root, 32 bytes each.
    pub proof: Vec<u8>,
}

impl Epoch {
    /// The directory it was read from.
    pub fn dir(&self) -> &EpochDir {
        &self.dir
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.dir.manifest
    }

    /// The owners, by index.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The owner's index, if it has a leaf.
    pub fn index_of(&self, owner: &[u8; 32]) -> Option<u32> {
        let at = self.leaves.par_iter().position_any(|l| l.owner == *owner)?;
        u32::try_from(at).ok()
    }

    /// The claim of the owner with this index.
    pub fn claim(&self, index: u32) -> Option<Claim> {
        let leaf = self.leaves.get(usize::try_from(index).ok()?)?;
        Some(Claim {
            index,
            owner: leaf.owner,
            lifetime: leaf.lifetime,
            detail_root: leaf.detail_root,
            proof: self.tree.proof(index)?,
        })
    }
}

/// Owners with their indices, in order of their keys.
pub(super) fn leaves_by_owner(leaves: &[Leaf]) -> Vec<([u8; 32], u32)> {
    let mut owners: Vec<_> = leaves.iter().map(|leaf| leaf.owner).zip(0u32..).collect();
    owners.par_sort_unstable();
    owners
}

/// The leaves' hashes, by index.
pub(super) fn leaf_hashes(network: &[u8; 32], leaves: &[Leaf]) -> Vec<[u8; 32]> {
    // Every caller bounds the number of leaves by `MAX_LEAVES`.
    leaves
        .par_iter()
        .enumerate()
        .map(|(index, leaf)| {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            merkle::reward_leaf(
                network,
                index,
                &leaf.owner,
                leaf.lifetime,
                &leaf.detail_root,
            )
        })
        .collect()
}

/// The sum of all lifetimes, if it fits.
pub(super) fn lifetime_total(leaves: &[Leaf]) -> Option<u64> {
    leaves
        .iter()
        .try_fold(0u64, |sum, leaf| sum.checked_add(leaf.lifetime))
}

/// Writes an epoch's directory, all or nothing: into a directory beside it, synced to disk, then
/// renamed. A process that is killed in between leaves that directory, named `.wayfare-epoch-…`, which
/// nothing reads. `manifest` comes complete except for its `files`. Returns the whole manifest and its hash.
pub(super) fn write(
    out: &Path,
    mut manifest: Manifest,
    leaves: &[Leaf],
    nodes: &[Node],
) -> Result<(Manifest, [u8; 32]), DataError> {
    check_output(out)?;
    let parent = match out.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => return Err(DataError::OutputExists(out.to_owned())),
    };
    let failed = |source| DataError::Write {
        path: out.to_owned(),
        source,
    };
    // Removed when dropped, as happens on every error below.
    let mut partial = tempfile::Builder::new();
    partial.prefix(".wayfare-epoch-");
    #[cfg(unix)]
    partial.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755));
    let partial = partial.tempdir_in(parent).map_err(failed)?;

    let (leaves, nodes) = rayon::join(
        || write_table(&partial.path().join(LEAVES_FILE), leaves),
        || write_table(&partial.path().join(NODES_FILE), nodes),
    );
    manifest.files = FileRecords {
        leaves: leaves.map_err(failed)?,
        nodes: nodes.map_err(failed)?,
    };
    let json = manifest.to_json().map_err(failed)?;
    let finish = || {
        let mut file = File::create_new(partial.path().join(MANIFEST_FILE))?;
        file.write_all(&json)?;
        file.sync_all()?;
        File::open(partial.path())?.sync_all()?;
        // Fails if somebody has put a file there since, or filled the directory.
        fs::rename(partial.path(), out)
    };
    finish().map_err(failed)?;
    // Nothing is left at the old name to be removed.
    let _ = partial.keep();
    File::open(parent)
        .and_then(|parent| parent.sync_all())
        .map_err(failed)?;
    Ok((manifest, sha256(&json)))
}

/// Refuses an output that exists, unless it is an empty directory.
pub(super) fn check_output(out: &Path) -> Result<(), DataError> {
    match fs::read_dir(out).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        _ => Err(DataError::OutputExists(out.to_owned())),
    }
}

fn write_table<R: Record>(path: &Path, rows: &[R]) -> io::Result<FileRecord> {
    let writer = Hashing {
        inner: File::create_new(path)?,
        hasher: Sha256::new(),
        bytes: 0,
    };
    let writer = columnar::write(writer, rows)?;
    writer.inner.sync_all()?;
    Ok(FileRecord {
        sha256: writer.hasher.finalize().into(),
        bytes: writer.bytes,
    })
}

/// Hashes the bytes that it passes on.
struct Hashing<W> {
    inner: W,
    hasher: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        let written = bytes.get(..count).unwrap_or(bytes);
        self.hasher.update(written);
        // A file has at most 2^63 bytes.
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// SHA-256 of bytes in memory.
pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Record for Leaf {
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("index", Kind::U32),
        ("owner", Kind::Key),
        ("lifetime", Kind::U64),
        ("detail_root", Kind::Key),
    ];

    fn to_columns(rows: &[Self], first: usize) -> Vec<Column> {
        // At most `MAX_LEAVES` rows.
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        vec![
            Column::U32((first..).zip(rows).map(|(index, _)| index).collect()),
            Column::Key(rows.iter().map(|leaf| leaf.owner).collect()),
            Column::U64(rows.iter().map(|leaf| leaf.lifetime).collect()),
            Column::Key(rows.iter().map(|leaf| leaf.detail_root).collect()),
        ]
    }

    fn from_columns(columns: Vec<Column>, rows: &mut Vec<Self>) -> Result<(), ColumnarError> {
        let [index, owner, lifetime, detail_root] = columns
            .try_into()
            .map_err(|_| ColumnarError::Contradiction)?;
        let (Some(index), Some(owner), Some(lifetime), Some(detail_root)) = (
            index.u32s(),
            owner.keys(),
            lifetime.u64s(),
            detail_root.keys(),
        ) else {
            return Err(ColumnarError::Contradiction);
        };
        let columns = index.into_iter().zip(owner).zip(lifetime).zip(detail_root);
        for (((index, owner), lifetime), detail_root) in columns {
            // The index is a column so that other readers see it; it adds no information.
            if usize::try_from(index) != Ok(rows.len()) {
                return Err(ColumnarError::Row {
                    row: rows.len(),
                    reason: "its index is not its place",
                });
            }
            rows.push(Self {
                owner,
                lifetime,
                detail_root,
            });
        }
        Ok(())
    }
}

impl Record for Node {
    const COLUMNS: &'static [(&'static str, Kind)] = &[
        ("owner_index", Kind::U32),
        ("device", Kind::Key),
        ("uptime_seconds", Kind::U64),
        ("bytes_carried", Kind::U64),
        ("sessions", Kind::U64),
        ("check_ins", Kind::U64),
        ("uptime_share", Kind::U64),
        ("traffic_share", Kind::U64),
        ("check_ins_share", Kind::U64),
        ("reward", Kind::U64),
    ];

    fn to_columns(rows: &[Self], _: usize) -> Vec<Column> {
        let numbers = |number: fn(&Self) -> u64| Column::U64(rows.iter().map(number).collect());
        vec![
            Column::U32(rows.iter().map(|node| node.owner_index).collect()),
            Column::Key(rows.iter().map(|node| node.device).collect()),
            numbers(|node| node.metrics.uptime_seconds),
            numbers(|node| node.metrics.bytes_carried),
            numbers(|node| node.metrics.sessions),
            numbers(|node| node.metrics.check_ins),
            numbers(|node| node.reward.uptime),
            numbers(|node| node.reward.traffic),
            numbers(|node| node.reward.check_ins),
            numbers(|node| node.reward.total),
        ]
    }

    fn from_columns(columns: Vec<Column>, rows: &mut Vec<Self>) -> Result<(), ColumnarError> {
        let mut columns = columns.into_iter();
        let mut read = || -> Option<()> {
            let owner_index = columns.next()?.u32s()?;
            let device = columns.next()?.keys()?;
            let first = rows.len();
            rows.extend(
                owner_index
                    .into_iter()
                    .zip(device)
                    .map(|(owner_index, device)| Self {
                        owner_index,
                        device,
                        metrics: Metrics::default(),
                        reward: Reward::default(),
                    }),
            );
            let new = rows.get_mut(first..)?;
            let fields: [fn(&mut Self) -> &mut u64; 8] = [
                |node| &mut node.metrics.uptime_seconds,
                |node| &mut node.metrics.bytes_carried,
                |node| &mut node.metrics.sessions,
                |node| &mut node.metrics.check_ins,
                |node| &mut node.reward.uptime,
                |node| &mut node.reward.traffic,
                |node| &mut node.reward.check_ins,
                |node| &mut node.reward.total,
            ];
            for field in fields {
                for (node, value) in new.iter_mut().zip(columns.next()?.u64s()?) {
                    *field(node) = value;
                }
            }
            Some(())
        };
        read().ok_or(ColumnarError::Contradiction)
    }
}

/// A u64 as a decimal string.
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature is serde's"
    )]
    pub fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::amount::parse(&text, 0).map_err(D::Error::custom)
    }
}

/// A hash in hexadecimal, or null.
mod optional_hex {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Hash(#[serde(with = "hex::serde")] [u8; 32]);

    pub fn serialize<S: Serializer>(
        hash: &Option<[u8; 32]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        hash.map(Hash).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<[u8; 32]>, D::Error> {
        Option::<Hash>::deserialize(deserializer).map(|hash| hash.map(|Hash(bytes)| bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewards::fixture::{Fixture, row};
    use proptest::prelude::*;

    fn one_epoch() -> Fixture {
        let fixture = Fixture::new();
        let rows: Vec<String> = (1..60)
            .map(|d| row(d, d % 7 + 1, [u64::from(d); 4]))
            .collect();
        fixture.compute(1, &rows).unwrap();
        fixture
    }

    /// Opens, loads and reads everything.
    fn read_all(dir: &Path) -> Result<(), DataError> {
        let dir = EpochDir::open(dir)?;
        dir.nodes()?;
        dir.load()?;
        Ok(())
    }

    /// Changes the manifest as text, without fixing hashes.
    fn edit_manifest(fixture: &Fixture, from: &str, to: &str) -> String {
        let path = fixture.epoch(1).join(MANIFEST_FILE);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replace(from, to)).unwrap();
        let error = read_all(&fixture.epoch(1)).unwrap_err().to_string();
        fs::write(&path, text).unwrap();
        error
    }

    #[test]
    fn a_written_epoch_is_read_back() {
        let fixture = one_epoch();
        read_all(&fixture.epoch(1)).unwrap();
        let dir = EpochDir::open(&fixture.epoch(1)).unwrap();
        assert_eq!(dir.manifest().node_count, 59);
        assert_eq!(dir.nodes().unwrap().len(), 59);
        let json = fs::read(fixture.epoch(1).join(MANIFEST_FILE)).unwrap();
        assert_eq!(dir.data_hash(), sha256(&json));
        assert_eq!(dir.manifest().to_json().unwrap(), json);
    }

    #[test]
    fn files_that_are_not_manifests_or_contradict_themselves() {
        let fixture = one_epoch();
        for (from, to, reason) in [
            ("wayfare-epoch", "other", "its format is \"other\""),
            (
                "\"version\": 1",
                "\"version\": 2",
                "this program reads version 1",
            ),
            (
                "\"leaf_count\": 7",
                "\"leaf_count\": 0",
                "0 leaves are not between",
            ),
            (
                "\"leaf_count\": 7",
                "\"leaf_count\": 2097153",
                "2097153 leaves are not between",
            ),
            (
                "\"depth\": 3",
                "\"depth\": 4",
                "a tree of 7 leaves does not have depth 4",
            ),
            (
                "\"withheld_above_cap\": \"0\"",
                "\"withheld_above_cap\": \"1\"",
                "do not add up to the emission",
            ),
            (
                "\"withheld_above_cap\": \"0\"",
                "\"withheld_above_cap\": \"18446744073709551615\"",
                "do not add up to the emission",
            ),
            (
                "\"lifetime_total\": \"1000000\"",
                "\"lifetime_total\": \"999999\"",
                "more is issued than all lifetimes add up to",
            ),
            (
                "traffic = 4000",
                "traffic = 3999",
                "the policy's hash is not that of its text",
            ),
            (
                "\"epoch\": \"1\"",
                "\"epoch\": \"2\"",
                "epochs are counted from 1",
            ),
            (
                "\"epoch\": \"1\"",
                "\"epoch\": \"0\"",
                "epochs are counted from 1",
            ),
            (
                "\"previous\": null",
                "\"previous\": \"0000000000000000000000000000000000000000000000000000000000000000\"",
                "epochs are counted from 1",
            ),
            (
                "\"previous\": null",
                "\"previous\": \"00\"",
                "manifest.json: not an",
            ),
            ("\"epoch\": \"1\"", "\"epoch\": 1", "expected a string"),
            (
                "\"epoch\": \"1\"",
                "\"epoch\": \"-1\"",
                "not a decimal amount",
            ),
            (
                "\"seed\": \"7\"",
                "\"seed\": \"7\", \"more\": 1",
                "unknown field",
            ),
            (
                "\"depth\": 3,",
                "\"depth\": 3, \"more\": 1,",
                "unknown field `more`",
            ),
            ("\"depth\": 3,", "", "missing field `depth`"),
            ("simulated", "invented", "unknown variant"),
            (
                "\"network\": \"",
                "\"network\": \"0",
                "not a base58 public key",
            ),
            (
                "{\n  \"format",
                "\n  \"format",
                "manifest.json: not an epoch's",
            ),
        ] {
            let error = edit_manifest(&fixture, from, to);
            assert!(error.contains(reason), "{from} {to}: {error}");
        }
        let path = fixture.epoch(1).join(MANIFEST_FILE);
        fs::write(&path, vec![b' '; 1 << 21]).unwrap();
        let error = EpochDir::open(&fixture.epoch(1)).unwrap_err().to_string();
        assert!(error.contains("it has 2097152 bytes"), "{error}");
        fs::remove_file(&path).unwrap();
        let error = EpochDir::open(&fixture.epoch(1)).unwrap_err().to_string();
        assert!(error.contains("manifest.json: cannot be read"), "{error}");
    }

    #[test]
    fn data_that_are_not_those_of_the_manifest() {
        let fixture = one_epoch();
        let root = "\"root\": \"";
        for (from, to, reason) in [
            (
                "\"lifetime_total\": \"1000000\"",
                "\"lifetime_total\": \"1000001\"",
                "do not add up",
            ),
            (
                "\"leaf_count\": 7",
                "\"leaf_count\": 8",
                "7 rows, but 8 are announced; the publisher published",
            ),
            (
                "\"node_count\": 59",
                "\"node_count\": 60",
                "59 rows, but 60 are announced",
            ),
            (
                "\"node_count\": 59",
                "\"node_count\": 18446744073709551615",
                "are announced",
            ),
        ] {
            let error = edit_manifest(&fixture, from, to);
            assert!(error.contains(reason), "{from} {to}: {error}");
        }
        let text = fs::read_to_string(fixture.epoch(1).join(MANIFEST_FILE)).unwrap();
        let at = text.find(root).unwrap() + root.len();
        let error = edit_manifest(&fixture, &text[at..at + 64], &"0".repeat(64));
        assert!(error.contains("the root over the leaves is not"), "{error}");
        // Another network makes other leaves.
        let error = edit_manifest(
            &fixture,
            &key::to_base58(&crate::rewards::fixture::NETWORK),
            &key::to_base58(&[9; 32]),
        );
        assert!(error.contains("the root over the leaves is not"), "{error}");
    }

    #[test]
    fn a_file_cut_short_or_changed() {
        let fixture = one_epoch();
        for name in [LEAVES_FILE, NODES_FILE] {
            let path = fixture.epoch(1).join(name);
            let good = fs::read(&path).unwrap();
            for length in (0..good.len()).step_by(37) {
                fs::write(&path, &good[..length]).unwrap();
                let error = read_all(&fixture.epoch(1)).unwrap_err().to_string();
                let expected = format!("it has {length} bytes instead of {}", good.len());
                assert!(error.contains(&expected), "{error}");
                assert!(error.ends_with("it was changed or cut short: fetch it again"));
            }
            let mut bad = good.clone();
            bad[good.len() / 2] ^= 1;
            fs::write(&path, &bad).unwrap();
            let error = read_all(&fixture.epoch(1)).unwrap_err().to_string();
            assert!(error.contains("its SHA-256 is "), "{error}");
            fs::remove_file(&path).unwrap();
            let error = read_all(&fixture.epoch(1)).unwrap_err().to_string();
            assert!(error.contains("cannot be read"), "{error}");
            fs::write(&path, good).unwrap();
        }
        read_all(&fixture.epoch(1)).unwrap();
    }

    /// Writes as a dishonest publisher would: wrong rows, right hashes.
    fn published(change: impl FnOnce(&mut Manifest, &mut Vec<Leaf>, &mut Vec<Node>)) -> String {
        let fixture = one_epoch();
        let epoch = EpochDir::open(&fixture.epoch(1)).unwrap().load().unwrap();
        let mut manifest = epoch.manifest().clone();
        let mut leaves = epoch.leaves().to_vec();
        let mut nodes = epoch.dir().nodes().unwrap();
        change(&mut manifest, &mut leaves, &mut nodes);
        let out = fixture.path("published");
        write(&out, manifest, &leaves, &nodes).unwrap();
        read_all(&out).unwrap_err().to_string()
    }

    #[test]
    fn wrong_rows_under_right_hashes() {
        let error = published(|_, leaves, _| leaves[1].owner = leaves[0].owner);
        assert!(error.contains("has two leaves"), "{error}");
        let error = published(|_, _, nodes| nodes.swap(3, 4));
        assert!(
            error.contains("not in order of owner and device"),
            "{error}"
        );
        let error = published(|_, _, nodes| nodes[4] = nodes[3]);
        assert!(
            error.contains("not in order of owner and device"),
            "{error}"
        );
        let error = published(|_, _, nodes| nodes.last_mut().unwrap().owner_index = 7);
        assert!(error.contains("a node's owner has no leaf"), "{error}");
        let error = published(|manifest, leaves, _| {
            leaves.swap(0, 1);
            manifest.lifetime_total = lifetime_total(leaves).unwrap();
        });
        assert!(error.contains("the root over the leaves is not"), "{error}");
        let error = published(|_, leaves, _| {
            leaves[0].lifetime = u64::MAX;
            leaves[1].lifetime = u64::MAX;
        });
        assert!(error.contains("do not add up"), "{error}");
    }

    #[test]
    fn a_leaf_whose_index_is_not_its_place_is_refused() {
        let leaf = Leaf {
            owner: [1; 32],
            lifetime: 1,
            detail_root: [0; 32],
        };
        let columns = |index| {
            let mut columns = Leaf::to_columns(&[leaf], 0);
            columns[0] = Column::U32(vec![index]);
            columns
        };
        let mut rows = vec![];
        assert!(Leaf::from_columns(columns(1), &mut rows).is_err());
        Leaf::from_columns(columns(0), &mut rows).unwrap();
        Leaf::from_columns(columns(1), &mut rows).unwrap();
        assert_eq!(rows, [leaf, leaf]);
    }

    #[test]
    fn a_directory_that_cannot_be_finished_leaves_nothing() {
        let fixture = one_epoch();
        let epoch = EpochDir::open(&fixture.epoch(1)).unwrap().load().unwrap();
        let names = fixture.names();
        // A file in the way appears after the first check: the rename decides.
        let out = fixture.epoch(1);
        let nodes = epoch.dir().nodes().unwrap();
        let manifest = epoch.manifest().clone();
        let error = write(&out, manifest, epoch.leaves(), &nodes).unwrap_err();
        assert!(matches!(error, DataError::OutputExists(_)));
        assert_eq!(fixture.names(), names);
        assert!(write(Path::new("/"), epoch.manifest().clone(), &[], &[]).is_err());
    }

    #[test]
    fn many_owners_span_row_groups() {
        let leaves: Vec<Leaf> = (0..300_000u32)
            .map(|i| Leaf {
                owner: sha256(&i.to_le_bytes()),
                lifetime: u64::from(i),
                detail_root: [0; 32],
            })
            .collect();
        let bytes = columnar::write(Vec::new(), &leaves).unwrap();
        assert!(columnar::read::<Leaf>(bytes.into(), leaves.len()).unwrap() == leaves);
    }

    proptest! {
        #[test]
        fn nodes_there_and_back(numbers in proptest::collection::vec(any::<[u64; 8]>(), 1..40)) {
            let nodes: Vec<Node> = numbers.iter().map(|n| Node {
                owner_index: n[0] as u32,
                device: sha256(&n[1].to_le_bytes()),
                metrics: Metrics {
                    uptime_seconds: n[0],
                    bytes_carried: n[1],
                    sessions: n[2],
                    check_ins: n[3],
                },
                reward: Reward { uptime: n[4], traffic: n[5], check_ins: n[6], total: n[7] },
            }).collect();
            let bytes = columnar::write(Vec::new(), &nodes).unwrap();
            prop_assert_eq!(columnar::read::<Node>(bytes.into(), nodes.len()).unwrap(), nodes);
        }

        #[test]
        fn any_manifest_ends_in_a_result(text in ".{0,200}") {
            prop_assert!(Manifest::read(text.as_bytes()).is_err());
        }
    }
}
