//! An epoch's published data, held against the chain.

use std::path::Path;

use node_rewards::state::{ClaimPage, Epoch};
use solana_pubkey::Pubkey;
use thiserror::Error;
use wayfare_core::rewards::{
    Leaf,
    epoch_data::{self, DataError as FileError, EpochDir, MANIFEST_FILE},
    verify::{self, VerifyError},
};

use super::{address, audit::NetworkAudit, data_error::DataError, published::compare_epoch};
use crate::{
    audit::Audit,
    books::{Checks, Part, Relation, Rule, Side, Sum},
    error::ClientError,
};

/// Why data cannot be held against the chain at all.
#[derive(Debug, Error)]
pub enum PublishedError {
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Nothing on the chain to hold them against.
    #[error("the data are of network {0}, which is not on this cluster: check the data and --url")]
    NoNetwork(Pubkey),
    #[error(
        "epoch {number} of network {network} was never proposed: verify its data with `wayfare rewards verify`"
    )]
    NoEpoch { network: Pubkey, number: u64 },
}

impl From<FileError> for PublishedError {
    fn from(error: FileError) -> Self {
        Self::Client(DataError::Files(error).into())
    }
}

/// What holding an epoch's data against the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedAudit {
    pub network: Pubkey,
    pub epoch: u64,
    /// The owners whose counters were held against their lifetimes: all, or none where a later epoch is in force.
    pub counters: u32,
    /// The owners whose index and lifetime were held against the epoch before.
    pub compared: u32,
    pub checks: Checks,
}

/// Holds an epoch's data against the chain, and against the epoch before if that is given.
///
/// # Errors
///
/// [`PublishedError`] when the files cannot be read, or there is nothing to hold them against. What is wrong in them is
/// a finding, and no error.
pub fn published(
    audit: &Audit<NetworkAudit>,
    dir: &Path,
    previous: Option<&Path>,
) -> Result<PublishedAudit, PublishedError> {
    let opened = EpochDir::open(dir)?;
    let manifest = opened.manifest().clone();
    let address = Pubkey::from(manifest.network);
    let network = audit
        .books
        .iter()
        .find(|network| network.books.network == address)
        .ok_or(PublishedError::NoNetwork(address))?;
    let epoch = network
        .epochs
        .get(&manifest.epoch)
        .ok_or(PublishedError::NoEpoch {
            network: address,
            number: manifest.epoch,
        })?;
    let mut checks = Checks::default();
    check_chain(&mut checks, network, &opened, epoch);
    let at = address::epoch(&address, manifest.epoch);
    check_recomputed(&mut checks, &at, verify::verify(dir, previous))?;
    let leaves = load(&mut checks, &at, opened)?;

    let mut compared = 0;
    if let Some(previous) = previous {
        let before = EpochDir::open(previous)?;
        if let Some(epoch) = network.epochs.get(&before.manifest().epoch) {
            check_chain(&mut checks, network, &before, epoch);
        }
        let number = before.manifest().epoch;
        let of_before = address::epoch(&address, number);
        let before = load(&mut checks, &of_before, before)?;
        if let (Some(leaves), Some(before)) = (&leaves, &before) {
            compared = check_owners(&mut checks, &at, leaves.leaves(), before.leaves());
        }
    }
    // A counter may be above a lifetime of an epoch that is past.
    let counts = manifest.epoch >= network.state.active_epoch;
    let counters = match leaves {
        Some(leaves) if counts => check_counters(&mut checks, network, leaves.leaves()),
        _ => 0,
    };
    Ok(PublishedAudit {
        network: address,
        epoch: manifest.epoch,
        counters,
        compared,
        checks,
    })
}

/// Holds a manifest against the epoch's account.
fn check_chain(checks: &mut Checks, network: &NetworkAudit, dir: &EpochDir, epoch: &Epoch) {
    let at = address::epoch(&epoch.network, epoch.number);
    let differs = compare_epoch(dir, &network.books.network, &network.state, epoch);
    let rule_of = |field: &str| match field {
        "the hash of manifest.json" => Rule::DataAreThePublished,
        "the lifetime total" => Rule::LeavesAddUp,
        // What the root stands for.
        _ => Rule::DataLeadToRoot,
    };
    for rule in [
        Rule::DataAreThePublished,
        Rule::LeavesAddUp,
        Rule::DataLeadToRoot,
    ] {
        if !differs
            .iter()
            .any(|mismatch| rule_of(mismatch.field) == rule)
        {
            checks.fact(rule, &at, None::<String>, "");
        }
    }
    for mismatch in &differs {
        checks.fact(
            rule_of(mismatch.field),
            &at,
            Some(format!("{} {}", mismatch.field, mismatch.published)),
            format!("{} on the chain", mismatch.chain),
        );
    }
}

/// Notes whether recomputing all of the data led to what they say.
fn check_recomputed(
    checks: &mut Checks,
    at: &Pubkey,
    result: Result<epoch_data::Epoch, VerifyError>,
) -> Result<(), PublishedError> {
    let fault = match result {
        Ok(_) => None,
        // Told by `load`, of the epoch that it is about.
        Err(VerifyError::Data(FileError::Hash { .. } | FileError::Content { .. })) => None,
        Err(VerifyError::Data(error)) => return Err(error.into()),
        Err(error @ VerifyError::Wrong { .. }) => Some(error.to_string()),
    };
    checks.fact(
        Rule::DataLeadToRoot,
        at,
        fault,
        "rewards that follow from the metrics, the policy and the epoch before",
    );
    Ok(())
}

/// Reads the leaves, if they are what the manifest commits to.
fn load(
    checks: &mut Checks,
    at: &Pubkey,
    dir: EpochDir,
) -> Result<Option<epoch_data::Epoch>, PublishedError> {
    let (rule, loaded) = match dir.load() {
        Ok(epoch) => (Rule::DataLeadToRoot, Ok(epoch)),
        Err(error @ FileError::Hash { .. }) => (Rule::DataAreThePublished, Err(error.to_string())),
        Err(error @ FileError::Content { .. }) => (Rule::DataLeadToRoot, Err(error.to_string())),
        Err(error) => return Err(error.into()),
    };
    let (epoch, fault) = match loaded {
        Ok(epoch) => (Some(epoch), None),
        Err(fault) => (None, Some(fault)),
    };
    checks.fact(
        rule,
        at,
        fault,
        format!("the files that {MANIFEST_FILE} commits to"),
    );
    Ok(epoch)
}

/// That no owner lost its index or part of its lifetime. Gives how many were compared.
fn check_owners(checks: &mut Checks, at: &Pubkey, leaves: &[Leaf], before: &[Leaf]) -> u32 {
    let mut compared = 0u32;
    for (index, old) in (0u32..).zip(before) {
        compared = compared.saturating_add(1);
        let owner = Pubkey::from(old.owner);
        let new = usize::try_from(index).ok().and_then(|i| leaves.get(i));
        let fault = match new {
            None => Some(format!("index {index} has no leaf")),
            Some(new) if new.owner != old.owner => Some(format!(
                "index {index} is that of {}",
                Pubkey::from(new.owner)
            )),
            Some(new) if new.lifetime < old.lifetime => {
                Some(format!("index {index} has a lifetime of {}", new.lifetime))
            }
            Some(_) => None,
        };
        checks.fact(
            Rule::OwnersKeepTheirIndex,
            at,
            fault,
            format!("{owner} with a lifetime of at least {}", old.lifetime),
        );
    }
    compared
}

/// That nobody was paid more than its leaf has. Gives how many counters were compared.
fn check_counters(checks: &mut Checks, network: &NetworkAudit, leaves: &[Leaf]) -> u32 {
    let mut compared = 0u32;
    for (index, leaf) in (0u32..).zip(leaves) {
        let (page, slot) = ClaimPage::locate(index);
        // Without a page, nothing was claimed.
        let counter = network.pages.get(&page).and_then(|p| p.counters.get(slot));
        compared = compared.saturating_add(1);
        let sum = Sum {
            rule: Rule::CounterWithinLeaf,
            account: address::claim_page(&network.books.network, page),
            left: Side::new("claimed", counter.copied().unwrap_or_default()),
            relation: Relation::AtMost,
            right: Side::new("lifetime", leaf.lifetime),
        };
        checks.amounts(&sum, || {
            vec![Part {
                account: Pubkey::from(leaf.owner),
                adds: format!("the owner of index {index}"),
            }]
        });
    }
    compared
}

#[cfg(test)]
mod tests {
    use std::{fs, ops::Range, path::PathBuf};

    use node_rewards::state::EpochStatus;
    use tempfile::TempDir;
    use wayfare_core::rewards::{
        compute::{ComputeInput, compute},
        epoch_data::MetricsSource,
    };

    use super::*;
    use crate::{
        audit::audit,
        books::fixture::findings,
        fake_chain::no_faults,
        rewards::{
            account::NodeRewardsAccount,
            audit::examples::{self, Example, key},
        },
    };

    const POLICY: &str =
        "emission = \"300\"\n[weights]\nuptime = 10000\ntraffic = 0\ncheck_ins = 0\n";

    /// The data of two epochs, the second with an owner more.
    struct Data {
        dir: TempDir,
    }

    impl Data {
        fn new() -> Self {
            let data = Self {
                dir: tempfile::tempdir().unwrap(),
            };
            fs::write(data.path("policy.toml"), POLICY).unwrap();
            data.compute(1, 0..3, "1");
            data.compute(2, 0..4, "2");
            data
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn compute(&self, epoch: u64, owners: Range<u8>, name: &str) {
            let mut rows =
                String::from("device,owner,uptime_seconds,bytes_carried,sessions,check_ins\n");
            for owner in owners {
                rows += &format!("{},{},5,1,1,1\n", key(50 + owner), key(60 + owner));
            }
            let metrics = self.path(&format!("{name}.csv"));
            fs::write(&metrics, rows).unwrap();
            let input = ComputeInput {
                metrics,
                source: MetricsSource::Simulated { seed: 1 },
                policy: self.path("policy.toml"),
                previous: (epoch > 1).then(|| self.path("1")),
                registry: None,
                network: examples::network_address().to_bytes(),
                mint: examples::MINT.to_bytes(),
                decimals: 6,
                epoch,
                epoch_length_seconds: 86_400,
                out: self.path(name),
            };
            compute(&input, &mut |_| ()).unwrap();
        }

        /// What is on the chain after both epochs, when the first owner has claimed.
        fn on_chain(&self) -> Example {
            let mut example = examples::example();
            example.epochs.pop();
            for (epoch, name) in example.epochs.iter_mut().zip(["1", "2"]) {
                let dir = EpochDir::open(&self.path(name)).unwrap();
                let manifest = dir.manifest();
                (epoch.root, epoch.depth) = (manifest.root, manifest.depth);
                epoch.leaf_count = manifest.leaf_count;
                epoch.lifetime_total = manifest.lifetime_total;
                epoch.data_hash = dir.data_hash();
            }
            let active = &example.epochs[1];
            let network = &mut example.network;
            (network.root, network.depth) = (active.root, active.depth);
            network.leaf_count = active.leaf_count;
            network.lifetime_total = active.lifetime_total;
            example.pages.truncate(1);
            let lifetime = self.leaves("2")[0].lifetime;
            example.pages[0].counters[0] = lifetime;
            network.claimed_total = lifetime;
            example
        }

        fn leaves(&self, name: &str) -> Vec<Leaf> {
            let dir = EpochDir::open(&self.path(name)).unwrap();
            dir.load().unwrap().leaves().to_vec()
        }

        fn audit(
            &self,
            example: &Example,
            name: &str,
            previous: Option<&str>,
        ) -> Result<PublishedAudit, PublishedError> {
            let audit = audit::<NodeRewardsAccount>(&examples::chain(example).cluster(no_faults()))
                .unwrap();
            let previous = previous.map(|name| self.path(name));
            published(&audit, &self.path(name), previous.as_deref())
        }

        fn found(&self, change: impl FnOnce(&mut Example)) -> Vec<(Rule, Pubkey)> {
            let mut example = self.on_chain();
            change(&mut example);
            findings(&self.audit(&example, "2", Some("1")).unwrap().checks)
        }
    }

    #[test]
    fn data_that_are_on_the_chain() {
        let data = Data::new();
        let found = data.audit(&data.on_chain(), "2", Some("1")).unwrap();
        assert!(found.checks.hold(), "{:?}", found.checks.findings);
        assert_eq!((found.epoch, found.counters, found.compared), (2, 4, 3));
        // Of the epoch before the counters may be beyond.
        let found = data.audit(&data.on_chain(), "1", None).unwrap();
        assert!(found.checks.hold(), "{:?}", found.checks.findings);
        assert_eq!((found.epoch, found.counters, found.compared), (1, 0, 0));
    }

    #[test]
    fn data_that_are_not_on_the_chain() {
        let data = Data::new();
        let network = examples::network_address();
        let at = |number| address::epoch(&network, number);
        let page = address::claim_page(&network, 0);
        for (rule, account, change) in [
            (
                Rule::DataAreThePublished,
                at(2),
                (|e| e.epochs[1].data_hash[0] ^= 1) as fn(&mut Example),
            ),
            (Rule::DataAreThePublished, at(1), |e| {
                e.epochs[0].data_hash[0] ^= 1;
            }),
            (Rule::DataLeadToRoot, at(2), |e| e.epochs[1].root[0] ^= 1),
            (Rule::DataLeadToRoot, at(2), |e| e.epochs[1].leaf_count += 1),
            (Rule::LeavesAddUp, at(2), |e| {
                e.epochs[1].lifetime_total += 1
            }),
            (Rule::CounterWithinLeaf, page, |e| {
                e.pages[0].counters[0] += 1
            }),
            (Rule::CounterWithinLeaf, page, |e| {
                e.pages[0].counters[3] = 300_000_000
            }),
        ] {
            assert_eq!(data.found(change), [(rule, account)]);
        }
        let nowhere = data.audit(
            &Example {
                epochs: vec![],
                ..data.on_chain()
            },
            "2",
            None,
        );
        assert!(matches!(
            nowhere,
            Err(PublishedError::NoEpoch { number: 2, .. })
        ));
    }

    #[test]
    fn an_owner_that_lost_its_index_or_its_lifetime() {
        let data = Data::new();
        let at = address::epoch(&examples::network_address(), 2);
        // First epochs in which other owners come first, and in which the only owner got everything.
        for (owners, broken) in [(1..4, 3), (0..1, 1)] {
            let name = format!("{owners:?}");
            data.compute(1, owners, &name);
            let dir = EpochDir::open(&data.path(&name)).unwrap();
            let mut example = data.on_chain();
            let first = &mut example.epochs[0];
            (first.data_hash, first.root) = (dir.data_hash(), dir.manifest().root);
            (first.leaf_count, first.depth) = (dir.manifest().leaf_count, dir.manifest().depth);
            let found = data.audit(&example, "2", Some(&name)).unwrap();
            // The second epoch does not follow from it either.
            let mut expected = vec![(Rule::DataLeadToRoot, at)];
            expected.extend(vec![(Rule::OwnersKeepTheirIndex, at); broken]);
            assert_eq!(findings(&found.checks), expected);
        }
    }

    #[test]
    fn files_that_were_changed() {
        let data = Data::new();
        let example = data.on_chain();
        let at = address::epoch(&examples::network_address(), 2);
        let path = data.path("2").join(epoch_data::LEAVES_FILE);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        let found = data.audit(&example, "2", Some("1")).unwrap();
        assert_eq!(findings(&found.checks), [(Rule::DataAreThePublished, at)]);
        assert_eq!((found.counters, found.compared), (0, 0));
        fs::remove_file(&path).unwrap();
        assert!(matches!(
            data.audit(&example, "2", None),
            Err(PublishedError::Client(_))
        ));
    }

    #[test]
    fn an_epoch_that_is_proposed_counts_too() {
        let data = Data::new();
        let mut example = data.on_chain();
        example.network.active_epoch = 1;
        example.epochs[1].status = EpochStatus::Proposed;
        example.pages[0].counters[1] = 300_000_000;
        let found = data.audit(&example, "2", Some("1")).unwrap();
        assert_eq!(found.checks.tallies[&Rule::CounterWithinLeaf].broken, 1);
    }
}
