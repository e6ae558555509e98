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
use std::{fmt, io, path::PathBuf};
use thiserror::Error;

/// The input of an epoch's computation.
#[derive(Clone, Debug)]
pub struct ComputeInput {
    /// The metrics: a CSV file ([`metrics`]).
    pub metrics: PathBuf,
    /// The source of the metrics; published with the result.
    pub source: MetricsSource,
    /// The policy: a TOML file ([`super::policy`]).
    pub policy: PathBuf,
    /// The data of the epoch before. `None` only for epoch 1.
    pub previous: Option<PathBuf>,
    /// The owner of each device, to check the metrics against: a CSV file ([`metrics`]).
    pub registry: Option<PathBuf>,
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
    /// The directory to write. It must not exist, or must be empty.
    pub out: PathBuf,
}

/// The epoch that was computed and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The published manifest: root, totals, hashes.
    pub manifest: Manifest,
    /// Its SHA-256, which goes on chain.
    pub data_hash: [u8; 32],
    /// Owners with a leaf for the first time.
    pub new_owners: u32,
    /// Owners without a node in this epoch. They keep their lifetimes.
    pub absent_owners: u32,
}

/// Why an epoch was not computed. In that case nothing is written.
#[derive(Debug, Error)]
pub enum ComputeError {
    /// The metrics or the registry.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The policy file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    PolicyFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The policy is wrong.
    #[error("{}: {source}", path.display())]
    Policy {
        /// The file.
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
    #[error("epoch {epoch} builds on epoch {}; give that epoch's data", epoch.saturating_sub(1))]
    PreviousMissing {
        /// The epoch to be computed.
        epoch: u64,
    },
    /// The data given as the epoch before are those of another epoch.
    #[error("{}: has {what} {found}, but {expected} is needed; give the data of the epoch before", path.display())]
    PreviousDiffers {
        /// Its directory.
        path: PathBuf,
        /// The difference.
        what: &'static str,
        /// The value it has.
        found: String,
        /// The value it should have.
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
        /// The owner, in base58.
        owner: String,
    },
    /// All owners together would.
    #[error(
        "the lifetime rewards of all owners together exceed {}; lower the emission",
        u64::MAX
    )]
    TotalOverflow,
}

/// The stage of a computation, for a progress display.
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
    /// All stages, in order.
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

/// Computes an epoch and writes its directory. `progress` is called with each stage as it begins.
///
/// An owner keeps the index of the epoch before for ever; new ones follow in order of their keys. The
/// order of the rows in the metrics does not matter.
///
/// # Errors
///
/// [`ComputeError`]; in that case nothing is left on disk.
pub fn compute(
    input: &ComputeInput,
    progress: &mut dyn FnMut(Stage),
) -> Result<Summary, ComputeError> {
    // The quick checks come first.
    epoch_data::check_output(&input.out)?;
    let (policy, policy_text) = read_policy(input)?;
    progress(Stage::ReadPrevious);
    let previous = read_previous(input)?;

    progress(Stage::ReadMetrics);
    let registry = input.registry.as_deref();
    let rows = metrics::read(&input.metrics, input.epoch_length_seconds, registry)?;

    progress(Stage::Order);
    let known = previous.as_ref().map_or(&[][..], Epoch::leaves);
    let (mut leaves, mut nodes) = order(known, rows)?;
    let leaf_count = check_leaf_count(leaves.len())?;

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
        // A count of nodes in memory.
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
    let (manifest, data_hash) = epoch_data::write(&input.out, manifest, &leaves, &nodes)?;
    Ok(Summary {
        manifest,
        data_hash,
        // The known owners' leaves come first.
        new_owners: leaf_count.saturating_sub(known),
        // At most the number of leaves.
        absent_owners: u32::try_from(absent_owners).unwrap_or(leaf_count),
    })
}

fn read_policy(input: &ComputeInput) -> Result<(Policy, String), ComputeError> {
    let path = &input.policy;
    let text = std::fs::read_to_string(path).map_err(|source| ComputeError::PolicyFile {
        path: path.clone(),
        source,
    })?;
    let policy = Policy::parse(&text, input.decimals).map_err(|source| ComputeError::Policy {
        path: path.clone(),
        source,
    })?;
    Ok((policy, text))
}

/// The epoch before, checked to be just that.
fn read_previous(input: &ComputeInput) -> Result<Option<Epoch>, ComputeError> {
    let number = input.epoch.checked_sub(1).ok_or(ComputeError::EpochZero)?;
    let Some(path) = &input.previous else {
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
            path: path.clone(),
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

    // Both sides in order of the owners' keys, so one walk finds the known ones.
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

    // Checked before indices are given out, so that each fits 32 bits.
    check_leaf_count(leaves.len())?;
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

/// The number of leaves, if a tree can have that many.
fn check_leaf_count(leaves: usize) -> Result<u32, ComputeError> {
    u32::try_from(leaves)
        .ok()
        .filter(|count| *count <= MAX_LEAVES)
        .ok_or(ComputeError::TooManyOwners(leaves))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rewards::{
        fixture::{EPOCH_LENGTH_SECONDS, Fixture, HEADER, MINT, NETWORK, POLICY, row},
        verify::verify,
    };
    use proptest::prelude::*;
    use std::fs;

    #[test]
    fn stages_have_different_names() {
        let said = Stage::ALL.map(|stage| stage.to_string());
        assert_eq!(said[0], "reading the previous epoch");
        assert_eq!(said[5], "writing");
        let different: std::collections::BTreeSet<_> = said.iter().collect();
        assert_eq!(different.len(), Stage::ALL.len());
    }

    /// The published hashes of a fixed epoch; its roots were computed a second time by another program,
    /// written from the documentation alone. A change means that two versions of this program publish
    /// different data for the same epoch: never let that happen unnoticed.
    #[test]
    fn the_same_input_gives_the_same_bytes_for_ever() {
        let (fixture, first, second) = Fixture::with_two_epochs();
        assert_eq!(
            fs::read_to_string(fixture.epoch(1).join("manifest.json")).unwrap(),
            format!(
                r#"{{
  "format": "wayfare-epoch",
  "version": 1,
  "network": "{}",
  "mint": "{}",
  "decimals": 3,
  "epoch": "1",
  "epoch_length_seconds": 86400,
  "metrics": {{
    "source": "simulated",
    "seed": "7"
  }},
  "policy": {{
    "sha256": "{}",
    "text": {}
  }},
  "previous": null,
  "root": "dc70d6b9380729b5c3975822861a1ad840621b871c4fe1eb179742ff0fc87cad",
  "depth": 2,
  "leaf_count": 3,
  "node_count": 4,
  "lifetime_total": "867488",
  "emission": "1000000",
  "issued": "867488",
  "withheld_empty_pools": "0",
  "withheld_above_cap": "132512",
  "files": {{
    "leaves.parquet": {{
      "sha256": "ddd830e4fdd360b83e4c69cabca4b1ba5b094ee7f103b5edec1945ce1720d8c2",
      "bytes": 768
    }},
    "nodes.parquet": {{
      "sha256": "338ad92fbbad25daf770ee1a5fa126cb7645176145bfa26d745eeb0961dd3355",
      "bytes": 2159
    }}
  }}
}}
"#,
                key::to_base58(&NETWORK),
                key::to_base58(&MINT),
                hex::encode(epoch_data::sha256(POLICY.as_bytes())),
                serde_json::to_string(POLICY).unwrap(),
            )
        );
        assert_eq!(
            hex::encode(first.data_hash),
            "4eb0233e08b84ce99026179c672b38d58930f09ac67130a6453a6f5ea3518474"
        );
        assert_eq!(
            hex::encode(second.data_hash),
            "99a2d073f72facb9ef86776a34c0f8ae3f743fbc11de2c50fe2991d8a3c1c301"
        );
    }

    #[test]
    fn two_epochs_by_hand() {
        let (fixture, first, second) = Fixture::with_two_epochs();
        assert_eq!((first.new_owners, first.absent_owners), (3, 0));
        assert_eq!((second.new_owners, second.absent_owners), (1, 1));
        assert_eq!(second.manifest.previous, Some(first.data_hash));
        assert_eq!(second.manifest.leaf_count, 4);

        let before = verify(&fixture.epoch(1), None).unwrap();
        let after = verify(&fixture.epoch(2), Some(&fixture.epoch(1))).unwrap();
        assert_eq!(before.manifest(), &first.manifest);
        let owners: Vec<u8> = before.leaves().iter().map(|leaf| leaf.owner[0]).collect();
        assert_eq!(owners, [1, 2, 3]);
        // A new owner follows, wherever its key would sort. Owner 3 is absent, and keeps what it has.
        let owners: Vec<u8> = after.leaves().iter().map(|leaf| leaf.owner[0]).collect();
        assert_eq!(owners, [1, 2, 3, 0xfe]);
        assert_eq!(after.leaves()[2].lifetime, before.leaves()[2].lifetime);
        assert_eq!(after.leaves()[2].detail_root, [0; 32]);
        assert!(after.leaves()[0].lifetime > before.leaves()[0].lifetime);

        // Uptime pool 500,000 over 43,200 + 10 + 86,400 + 86,400; traffic 400,000 over 6,700;
        // check-ins 100,000 over 294; cap 400,000.
        let nodes = before.dir().nodes().unwrap();
        let rewards: Vec<[u64; 4]> = nodes
            .iter()
            .map(|n| {
                [
                    n.reward.uptime,
                    n.reward.traffic,
                    n.reward.check_ins,
                    n.reward.total,
                ]
            })
            .collect();
        assert_eq!(
            rewards,
            [
                [99_995, 59_702, 17_007, 176_704],
                [23, 41_791, 0, 41_814],
                [199_991, 298_507, 34_014, 400_000],
                [199_991, 0, 48_979, 248_970],
            ]
        );
    }

    #[test]
    fn every_owner_can_claim_what_is_published() {
        let (fixture, _, second) = Fixture::with_two_epochs();
        let epoch = EpochDir::open(&fixture.epoch(2)).unwrap().load().unwrap();
        for leaf in epoch.leaves() {
            let claim = epoch.claim(epoch.index_of(&leaf.owner).unwrap()).unwrap();
            assert_eq!(claim.owner, leaf.owner);
            let hash = crate::merkle::reward_leaf(
                &NETWORK,
                claim.index,
                &claim.owner,
                claim.lifetime,
                &claim.detail_root,
            );
            let manifest = &second.manifest;
            assert!(crate::merkle::verify(
                &manifest.root,
                manifest.depth,
                hash,
                claim.index,
                &claim.proof
            ));
        }
        assert_eq!(epoch.index_of(&[77; 32]), None);
        assert_eq!(epoch.claim(4), None);
    }

    #[test]
    fn stages_are_reported_in_order() {
        let fixture = Fixture::new();
        let metrics = fixture.path("m.csv");
        fs::write(&metrics, HEADER.to_owned() + &row(1, 1, [1; 4])).unwrap();
        let mut stages = vec![];
        compute(
            &ComputeInput {
                metrics,
                source: MetricsSource::Measured,
                policy: fixture.path("policy.toml"),
                previous: None,
                registry: None,
                network: NETWORK,
                mint: MINT,
                decimals: 3,
                epoch: 1,
                epoch_length_seconds: EPOCH_LENGTH_SECONDS,
                out: fixture.epoch(1),
            },
            &mut |stage| stages.push(stage),
        )
        .unwrap();
        assert_eq!(stages, Stage::ALL);
    }

    /// The error of a computation, of which nothing must be left.
    fn refused(
        fixture: &Fixture,
        epoch: u64,
        rows: &[String],
        change: impl FnOnce(&mut ComputeInput),
    ) -> String {
        let before = fixture.names();
        let error = fixture.compute_with(epoch, rows, change).unwrap_err();
        let mut after = fixture.names();
        after.retain(|name| name != "metrics.csv");
        let before: Vec<_> = before.into_iter().filter(|n| n != "metrics.csv").collect();
        assert_eq!(after, before);
        error.to_string()
    }

    #[test]
    fn the_epoch_before_must_be_the_epoch_before() {
        let (fixture, ..) = Fixture::with_two_epochs();
        let rows = [row(11, 1, [1; 4])];
        let refused =
            |epoch, change: fn(&mut ComputeInput)| refused(&fixture, epoch, &rows, change);
        assert_eq!(
            refused(3, |input| input.previous = None),
            "epoch 3 builds on epoch 2; give that epoch's data"
        );
        assert_eq!(refused(0, |_| {}), "there is no epoch 0; the first is 1");
        assert!(refused(3, |input| input.network = [1; 32]).contains("has network 7porTR"));
        assert!(refused(3, |input| input.mint = [1; 32]).contains("has mint "));
        assert!(
            refused(3, |input| input.decimals = 4)
                .contains("has decimals 3, but 4 is needed; give the data of the epoch before")
        );
        let error = fixture
            .compute_with(3, &rows, |input| input.previous = Some(fixture.epoch(1)))
            .unwrap_err();
        assert!(error.to_string().contains("has epoch 1, but 2 is needed"));
        // A fourth epoch whose third is not there.
        assert!(refused(4, |_| {}).contains("epoch-3/manifest.json: cannot be read"));
        // The first, on top of a second.
        let error = fixture
            .compute_with(1, &rows, |input| {
                input.previous = Some(fixture.epoch(2));
                input.out = PathBuf::from("elsewhere");
            })
            .unwrap_err();
        assert!(error.to_string().contains("has epoch 2, but 0 is needed"));
    }

    #[test]
    fn bad_metrics_and_policies_leave_nothing() {
        let fixture = Fixture::new();
        let twice = [row(1, 1, [1; 4]), row(1, 2, [1; 4])];
        assert!(refused(&fixture, 1, &twice, |_| {}).contains("is on line 2 too"));
        assert!(refused(&fixture, 1, &[], |_| {}).contains("no rows"));
        let one = [row(1, 1, [1; 4])];
        assert!(
            refused(&fixture, 1, &one, |input| input.policy =
                PathBuf::from("none.toml"))
            .starts_with("none.toml: cannot be read")
        );
        assert!(
            refused(&fixture, 1, &one, |input| input.decimals = 20)
                .contains("policy.toml: the policy's emission: \"1000\" is more than")
        );
        assert!(
            refused(&fixture, 1, &one, |input| input.epoch_length_seconds = 0)
                .contains("1 seconds is longer than the epoch's 0")
        );
        let registry = fixture.path("registry.csv");
        fs::write(&registry, "device,owner\n").unwrap();
        let error = fixture
            .compute_with(1, &one, |input| input.registry = Some(registry))
            .unwrap_err();
        assert!(error.to_string().contains("registry.csv: 1 error"));
    }

    #[test]
    fn an_existing_output_is_never_touched() {
        let fixture = Fixture::new();
        let rows = [row(1, 1, [1; 4])];
        // An empty directory can be filled.
        fs::create_dir(fixture.epoch(1)).unwrap();
        fixture.compute(1, &rows).unwrap();
        let manifest = fs::read(fixture.epoch(1).join("manifest.json")).unwrap();
        let error = refused(&fixture, 1, &[row(1, 2, [1; 4])], |_| {});
        assert!(error.ends_with("exists and is not an empty directory; name another one"));
        assert_eq!(
            fs::read(fixture.epoch(1).join("manifest.json")).unwrap(),
            manifest
        );
        let file = fixture.path("file");
        fs::write(&file, "").unwrap();
        let error = fixture
            .compute_with(1, &rows, |input| input.out = file)
            .unwrap_err();
        assert!(error.to_string().contains("is not an empty directory"));
        let orphan = fixture.path("no/such/parent");
        let error = fixture
            .compute_with(1, &rows, |input| input.out = orphan)
            .unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
        assert!(!fixture.path("no").exists());
    }

    #[test]
    fn lifetimes_cannot_overflow() {
        let fixture = Fixture::new();
        let policy = POLICY
            .replace("\"1000\"", "\"18446744073709551.615\"")
            .replace("node_cap", "# node_cap");
        fs::write(fixture.path("policy.toml"), policy).unwrap();
        let one = [row(1, 1, [1; 4])];
        fixture.compute(1, &one).unwrap();
        assert!(refused(&fixture, 2, &one, |_| {}).starts_with(&format!(
            "owner {}: its lifetime rewards exceed 18446744073709551615",
            key::to_base58(&[1; 32])
        )));
        assert!(
            refused(&fixture, 2, &[row(2, 2, [1; 4])], |_| {})
                .starts_with("the lifetime rewards of all owners together exceed")
        );
    }

    #[test]
    fn owners_are_bounded_by_the_tree() {
        assert_eq!(check_leaf_count(2_097_152).unwrap(), 2_097_152);
        assert_eq!(
            check_leaf_count(2_097_153).unwrap_err().to_string(),
            "2097153 owners are more than a tree can have, which is 2097152"
        );
        assert!(check_leaf_count(usize::MAX).is_err());
    }

    /// Random rows of distinct devices.
    fn rows() -> impl Strategy<Value = Vec<(u8, u8, [u64; 4])>> {
        let number = || prop_oneof![Just(0u64), 0u64..100, 0u64..=86_400];
        let row = (
            1u8..20,
            (number(), any::<u64>(), number(), number()).prop_map(|(a, b, c, d)| [a, b, c, d]),
        );
        proptest::collection::btree_map(1u8..40, row, 1..20)
            .prop_map(|rows| rows.into_iter().map(|(d, (o, n))| (d, o, n)).collect())
    }

    fn text(rows: &[(u8, u8, [u64; 4])]) -> Vec<String> {
        rows.iter().map(|(d, o, n)| row(*d, *o, *n)).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn the_order_of_rows_does_not_matter(
            shuffled in rows().prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))
        ) {
            let (one, other) = (Fixture::new(), Fixture::new());
            prop_assert_eq!(
                one.compute(1, &text(&shuffled.0)).unwrap(),
                other.compute(1, &text(&shuffled.1)).unwrap()
            );
            for file in ["manifest.json", "leaves.parquet", "nodes.parquet"] {
                prop_assert_eq!(
                    fs::read(one.epoch(1).join(file)).unwrap(),
                    fs::read(other.epoch(1).join(file)).unwrap()
                );
            }
        }

        #[test]
        fn computed_epochs_verify_one_after_another(epochs in proptest::collection::vec(rows(), 1..5)) {
            let fixture = Fixture::new();
            let mut issued = 0;
            for (number, rows) in (1u64..).zip(&epochs) {
                let summary = fixture.compute(number, &text(rows)).unwrap();
                let before = fixture.epoch(number - 1);
                let epoch = verify(&fixture.epoch(number), (number > 1).then_some(before.as_path())).unwrap();
                prop_assert_eq!(epoch.manifest(), &summary.manifest);
                prop_assert_eq!(summary.manifest.issued + summary.manifest.withheld().total(), 1_000_000);
                issued += summary.manifest.issued;
                prop_assert_eq!(summary.manifest.lifetime_total, issued);
            }
        }
    }
}
