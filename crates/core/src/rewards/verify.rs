//! Recomputes an epoch's published data.
//!
//! Everything but the metrics follows from something else, so everything but the metrics is checked:
//! every share and reward from the policy, every detail root from the nodes, every lifetime from the
//! epoch before, the root from the leaves, the totals from all of them.

use super::{
    Leaf, Node, by_owner, detail_root,
    epoch_data::{DataError, Epoch, EpochDir, LEAVES_FILE, MANIFEST_FILE, NODES_FILE},
    policy::Policy,
};
use crate::key;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why published data are refused.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// They cannot be read, or are not the data that their own manifest commits to.
    #[error(transparent)]
    Data(#[from] DataError),
    /// They contradict themselves, or the epoch before.
    #[error("{}: {reason}", path.display())]
    Wrong {
        /// The file at fault.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Checks an epoch's directory, and against the epoch before if that is given.
///
/// Without the epoch before, lifetimes are only checked to be no less than the epoch's rewards, unless
/// this is the first epoch. The epoch before is checked by its hashes and root; verify it by itself for
/// more. Whether `data_hash` is the one on chain is for the caller to check.
///
/// # Errors
///
/// [`VerifyError`] names the file and the first thing that is wrong in it.
pub fn verify(dir: &Path, previous: Option<&Path>) -> Result<Epoch, VerifyError> {
    let epoch = EpochDir::open(dir)?.load()?;
    let manifest = epoch.manifest();
    let wrong = |file: &str| {
        let path = dir.join(file);
        move |reason: String| VerifyError::Wrong { path, reason }
    };

    let nodes = epoch.dir().nodes()?;
    check_nodes(&nodes, manifest.epoch_length_seconds).map_err(wrong(NODES_FILE))?;

    let policy = Policy::parse(&manifest.policy.text, manifest.decimals)
        .map_err(|error| wrong(MANIFEST_FILE)(error.to_string()))?;
    let allocation = policy.allocate(&nodes, |node| &node.metrics);
    let differs = nodes
        .par_iter()
        .zip(&allocation.rewards)
        .find_first(|(node, reward)| node.reward != **reward);
    if let Some((node, expected)) = differs {
        return Err(wrong(NODES_FILE)(format!(
            "device {} has the rewards {:?}, but by the policy they are {expected:?}",
            key::to_base58(&node.device),
            node.reward
        )));
    }
    let published = (manifest.emission, manifest.issued, manifest.withheld());
    if published != (policy.emission, allocation.issued, allocation.withheld) {
        return Err(wrong(MANIFEST_FILE)(
            "emission, issued and withheld do not follow from the policy and the metrics"
                .to_owned(),
        ));
    }

    let previous = previous
        .map(|path| EpochDir::open(path)?.load())
        .transpose()?;
    if let Some(previous) = &previous {
        check_succession(previous, &epoch).map_err(wrong(MANIFEST_FILE))?;
    }
    let before: Option<&[Leaf]> = match &previous {
        Some(previous) => Some(previous.leaves()),
        // Before the first epoch nobody had anything.
        None => (manifest.epoch == 1).then_some(&[]),
    };
    check_leaves(epoch.leaves(), &nodes, before).map_err(wrong(LEAVES_FILE))?;
    Ok(epoch)
}

fn check_nodes(nodes: &[Node], epoch_length_seconds: u64) -> Result<(), String> {
    let text = |node: &Node| key::to_base58(&node.device);
    if let Some(node) = nodes
        .par_iter()
        .find_first(|node| node.metrics.uptime_seconds > epoch_length_seconds)
    {
        return Err(format!(
            "device {} was up for {} seconds, longer than the epoch's {epoch_length_seconds}",
            text(node),
            node.metrics.uptime_seconds
        ));
    }
    // Two owners must not both be paid for one device.
    let mut devices: Vec<&Node> = nodes.iter().collect();
    devices.par_sort_unstable_by_key(|node| &node.device);
    match devices.array_windows().find(|[a, b]| a.device == b.device) {
        Some([node, _]) => Err(format!("device {} appears twice", text(node))),
        None => Ok(()),
    }
}

/// Checks that an epoch is the one after another.
fn check_succession(previous: &Epoch, epoch: &Epoch) -> Result<(), String> {
    let (before, after) = (previous.manifest(), epoch.manifest());
    let same = |what: &str, holds: bool| {
        if holds {
            Ok(())
        } else {
            Err(format!(
                "the data given as the epoch before have another {what}"
            ))
        }
    };
    same("network", before.network == after.network)?;
    same("mint", before.mint == after.mint)?;
    same("number of decimals", before.decimals == after.decimals)?;
    same("number", before.epoch.checked_add(1) == Some(after.epoch))?;
    same("hash", after.previous == Some(previous.dir().data_hash()))
}

/// Checks that every leaf follows from the nodes and, if it is known, from the leaf before.
fn check_leaves(leaves: &[Leaf], nodes: &[Node], before: Option<&[Leaf]>) -> Result<(), String> {
    if let Some(before) = before {
        if leaves.len() < before.len() {
            return Err(format!(
                "{} owners, after {} in the epoch before: owners never leave",
                leaves.len(),
                before.len()
            ));
        }
        let new = leaves.get(before.len()..).unwrap_or_default();
        if !new.is_sorted_by(|a, b| a.owner < b.owner) {
            return Err("new owners are not in order of their keys".to_owned());
        }
    }
    let owned = by_owner(nodes, leaves.len());
    leaves
        .par_iter()
        .zip(owned)
        .enumerate()
        .try_for_each(|(index, (leaf, owned))| {
            let before = before.map(|before| before.get(index));
            check_leaf(leaf, owned, before)
                .map_err(|reason| format!("owner {}: {reason}", key::to_base58(&leaf.owner)))
        })
}

/// `before` is the leaf with the same index in the epoch before: `None` if unknown, `Some(None)` if there was none.
fn check_leaf(leaf: &Leaf, nodes: &[Node], before: Option<Option<&Leaf>>) -> Result<(), String> {
    if detail_root(nodes) != leaf.detail_root {
        return Err("its detail root is not that of its nodes".to_owned());
    }
    let earned = nodes
        .iter()
        .try_fold(0u64, |sum, node| sum.checked_add(node.reward.total))
        .ok_or("its rewards exceed 64 bits")?;
    let expected = match before {
        None if leaf.lifetime >= earned => return Ok(()),
        None => return Err(format!("it earned {earned}, more than in its lifetime")),
        Some(None) if nodes.is_empty() => return Err("it is new, but has no node".to_owned()),
        Some(None) => Some(earned),
        Some(Some(before)) if before.owner != leaf.owner => {
            return Err("its index was another owner's in the epoch before".to_owned());
        }
        Some(Some(before)) => before.lifetime.checked_add(earned),
    };
    if expected == Some(leaf.lifetime) {
        Ok(())
    } else {
        Err(format!(
            "its lifetime of {} is not that of the epoch before and the {earned} earned since",
            leaf.lifetime
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        merkle::depth_for,
        rewards::{
            epoch_data::{self, Manifest},
            fixture::{Fixture, row},
        },
        tree::Tree,
    };

    /// Publishes the second epoch again with something changed, but with a root, totals and hashes that
    /// fit, as a dishonest publisher would do. Returns the answers of verification with the epoch before and
    /// without it.
    fn forged(
        change: impl FnOnce(&mut Manifest, &mut Vec<Leaf>, &mut Vec<Node>),
    ) -> (String, String) {
        let (fixture, ..) = Fixture::with_two_epochs();
        let epoch = EpochDir::open(&fixture.epoch(2)).unwrap().load().unwrap();
        let mut manifest = epoch.manifest().clone();
        let mut leaves = epoch.leaves().to_vec();
        let mut nodes = epoch.dir().nodes().unwrap();
        change(&mut manifest, &mut leaves, &mut nodes);
        manifest.leaf_count = leaves.len() as u32;
        manifest.depth = depth_for(manifest.leaf_count);
        manifest.node_count = nodes.len() as u64;
        manifest.lifetime_total = epoch_data::lifetime_total(&leaves).unwrap();
        manifest.root = Tree::build(epoch_data::leaf_hashes(&manifest.network, &leaves)).root();
        let out = fixture.path("forged");
        epoch_data::write(&out, manifest, &leaves, &nodes).unwrap();
        let outcome = |previous| match verify(&out, previous) {
            Ok(_) => "verified".to_owned(),
            Err(error) => error.to_string(),
        };
        (outcome(Some(&fixture.epoch(1))), outcome(None))
    }

    /// The details follow from the nodes, which a careful forger also knows.
    fn fix_details(leaves: &mut [Leaf], nodes: &[Node]) {
        for (leaf, nodes) in leaves.iter_mut().zip(by_owner(nodes, 1_000)) {
            leaf.detail_root = detail_root(nodes);
        }
    }

    #[test]
    fn the_honest_twin_verifies() {
        assert_eq!(
            forged(|_, _, _| {}),
            ("verified".to_owned(), "verified".to_owned())
        );
    }

    #[test]
    fn a_reward_that_the_policy_does_not_give() {
        let (with, without) = forged(|_, leaves, nodes| {
            nodes[0].reward.total += 1;
            leaves[0].lifetime += 1;
            fix_details(leaves, nodes);
        });
        assert!(with.contains("but by the policy they are"), "{with}");
        assert_eq!(with, without);
        let (with, _) = forged(|_, _, nodes| {
            nodes[0].reward.uptime += 1;
            nodes[0].reward.traffic -= 1;
        });
        assert!(with.contains("but by the policy they are"), "{with}");
    }

    #[test]
    fn totals_that_the_policy_does_not_give() {
        let (with, _) = forged(|manifest, _, _| {
            manifest.issued -= 1;
            manifest.withheld_above_cap += 1;
        });
        assert!(with.contains("do not follow from the policy"), "{with}");
        let (with, _) = forged(|manifest, _, _| {
            manifest.emission += 1;
            manifest.withheld_above_cap += 1;
        });
        assert!(with.contains("do not follow from the policy"), "{with}");
        let (with, _) = forged(|manifest, _, _| {
            manifest.policy.text = "emission = \"1\"".to_owned();
            manifest.policy.sha256 = epoch_data::sha256(manifest.policy.text.as_bytes());
        });
        assert!(with.contains("missing field `weights`"), "{with}");
    }

    #[test]
    fn a_lifetime_out_of_nothing() {
        let (with, without) = forged(|_, leaves, _| leaves[0].lifetime += 1);
        assert!(
            with.contains("is not that of the epoch before and the"),
            "{with}"
        );
        // Without the epoch before nobody can know.
        assert_eq!(without, "verified");
        // An absent owner loses one unit.
        let (with, _) = forged(|_, leaves, _| leaves[2].lifetime -= 1);
        assert!(
            with.contains("is not that of the epoch before and the 0"),
            "{with}"
        );
        // Less than the rewards of this epoch alone is noticed at once.
        let (with, without) = forged(|_, leaves, _| {
            leaves[0].lifetime = 1;
            leaves[2].lifetime = u64::from(u32::MAX);
        });
        assert!(with.contains("is not that of the epoch before"), "{with}");
        assert!(without.contains("more than in its lifetime"), "{without}");
    }

    #[test]
    fn a_detail_root_of_other_nodes() {
        let (with, without) = forged(|_, leaves, _| leaves[0].detail_root = [1; 32]);
        assert!(
            with.contains("its detail root is not that of its nodes"),
            "{with}"
        );
        assert_eq!(with, without);
    }

    #[test]
    fn owners_keep_their_indices() {
        let (with, without) = forged(|_, leaves, nodes| {
            leaves.swap(1, 2);
            let node = nodes.iter_mut().find(|n| n.owner_index == 1).unwrap();
            node.owner_index = 2;
        });
        assert!(with.contains("its index was another owner's"), "{with}");
        assert_eq!(without, "verified");
        // A new owner without a node, with an index for nothing.
        let (with, _) = forged(|_, leaves, _| {
            leaves.push(Leaf {
                owner: [0xff; 32],
                lifetime: 0,
                detail_root: [0; 32],
            });
        });
        assert!(with.contains("it is new, but has no node"), "{with}");
        let (with, _) = forged(|_, leaves, _| {
            leaves.push(Leaf {
                owner: [0xf0; 32],
                lifetime: 0,
                detail_root: [0; 32],
            });
        });
        assert!(
            with.contains("new owners are not in order of their keys"),
            "{with}"
        );
    }

    #[test]
    fn owners_never_leave() {
        let leaf = Leaf {
            owner: [1; 32],
            lifetime: 0,
            detail_root: [0; 32],
        };
        let error = check_leaves(&[leaf], &[], Some(&[leaf, leaf])).unwrap_err();
        assert_eq!(
            error,
            "1 owners, after 2 in the epoch before: owners never leave"
        );
    }

    #[test]
    fn a_new_owner_comes_once() {
        // Loaded data have no owner twice; this check does not rely on it.
        let leaf = Leaf {
            owner: [1; 32],
            lifetime: 0,
            detail_root: [0; 32],
        };
        let error = check_leaves(&[leaf, leaf], &[], Some(&[])).unwrap_err();
        assert_eq!(error, "new owners are not in order of their keys");
    }

    #[test]
    fn impossible_nodes() {
        let (with, _) = forged(|_, _, nodes| nodes[0].metrics.uptime_seconds = 86_401);
        assert!(with.contains("was up for 86401 seconds"), "{with}");
        let (with, _) = forged(|_, _, nodes| nodes[1].device = nodes[0].device);
        assert!(with.contains("appears twice"), "{with}");
    }

    #[test]
    fn the_epoch_before_must_be_the_epoch_before() {
        for (what, change) in [
            (
                "network",
                (|m: &mut Manifest| m.network = [1; 32]) as fn(&mut Manifest),
            ),
            ("mint", |m| m.mint = [1; 32]),
            ("number", |m| m.epoch = 3),
            ("hash", |m| m.previous = Some([1; 32])),
        ] {
            let (with, without) = forged(|manifest, _, _| change(manifest));
            let expected = format!("the data given as the epoch before have another {what}");
            assert!(with.ends_with(&expected), "{with}");
            assert_eq!(without, "verified");
        }
        let (with, _) = forged(|manifest, _, _| {
            manifest.decimals = 2;
            manifest.policy.text = manifest.policy.text.replace("\"1000\"", "\"10000\"");
            manifest.policy.text = manifest.policy.text.replace("\"400\"", "\"4000\"");
            manifest.policy.sha256 = epoch_data::sha256(manifest.policy.text.as_bytes());
        });
        assert!(with.ends_with("another number of decimals"), "{with}");
    }

    #[test]
    fn the_first_epoch_starts_from_nothing() {
        let fixture = Fixture::new();
        fixture.compute(1, &[row(1, 1, [1; 4])]).unwrap();
        let epoch = EpochDir::open(&fixture.epoch(1)).unwrap().load().unwrap();
        let mut manifest = epoch.manifest().clone();
        let mut leaves = epoch.leaves().to_vec();
        leaves[0].lifetime += 1;
        manifest.lifetime_total += 1;
        manifest.root = Tree::build(epoch_data::leaf_hashes(&manifest.network, &leaves)).root();
        let nodes = epoch.dir().nodes().unwrap();
        epoch_data::write(&fixture.path("forged"), manifest, &leaves, &nodes).unwrap();
        let error = verify(&fixture.path("forged"), None).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("is not that of the epoch before")
        );
        assert!(verify(&fixture.path("nowhere"), None).is_err());
    }
}
