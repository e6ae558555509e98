//! An epoch's published data, from a directory or a web server, held against the chain.
//!
//! Nothing that a server says is trusted: the manifest must have the hash that the publishers put on the chain, each
//! file the hash that the manifest has, and the leaves the root that claims are proved against.

use std::{
    fmt,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use node_rewards::{
    constants::COUNTERS_PER_PAGE,
    state::{Epoch, EpochStatus, Network, Proposal},
};
use serde::Serialize;
use solana_pubkey::Pubkey;
use tempfile::TempDir;
use wayfare_core::rewards::epoch_data::{
    self, EpochDir, LEAVES_FILE, MANIFEST_FILE, Manifest, NODES_FILE,
};

use super::{
    address,
    data_error::{DataError, Mismatch},
};
use crate::{
    cluster::{Cancel, Cluster},
    error::{ClientError, with_sources},
};

/// Most bytes of a manifest that are read from a server.
const MAX_MANIFEST_BYTES: u64 = 1 << 20;

/// Most time without a byte from a server.
const SILENCE: Duration = Duration::from_secs(30);

/// How often a file is asked for.
const TRIES: u32 = 4;

/// Collects what differs.
#[derive(Default)]
struct Comparison(Vec<Mismatch>);

impl Comparison {
    fn equal<T: PartialEq + fmt::Display>(&mut self, field: &'static str, published: T, chain: T) {
        let differs = published != chain;
        self.require(field, !differs, published, chain);
    }

    fn require(
        &mut self,
        field: &'static str,
        holds: bool,
        published: impl fmt::Display,
        chain: impl fmt::Display,
    ) {
        if !holds {
            self.0.push(Mismatch {
                field,
                published: published.to_string(),
                chain: chain.to_string(),
            });
        }
    }
}

fn hash(bytes: &[u8; 32]) -> String {
    hex::encode(bytes)
}

/// Where published data are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Directory(PathBuf),
    /// The URL of the directory: the files are below it, by their names.
    Url(String),
}

impl FromStr for Source {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let is_url = reqwest::Url::parse(text).is_ok();
            return is_url
                .then(|| Self::Url(text.to_owned()))
                .ok_or_else(|| DataError::Source(text.to_owned()));
        }
        if text.is_empty() {
            return Err(DataError::Source(text.to_owned()));
        }
        Ok(Self::Directory(PathBuf::from(text)))
    }
}

impl Source {
    /// Opens the data as a directory: the one given, or one that the small files are fetched into.
    ///
    /// # Errors
    ///
    /// [`DataError`].
    pub fn open(&self, cancel: &Cancel) -> Result<Opened, DataError> {
        match self {
            Self::Directory(path) => Ok(Opened {
                dir: EpochDir::open(path)?,
                fetched: None,
            }),
            Self::Url(base) => {
                let fetch = Fetch::new(base, cancel)?;
                fetch.file(MANIFEST_FILE, MAX_MANIFEST_BYTES)?;
                Ok(Opened {
                    dir: EpochDir::open(fetch.directory.path())?,
                    fetched: Some(fetch),
                })
            }
        }
    }
}

/// Published data of which the manifest has been read.
pub struct Opened {
    dir: EpochDir,
    fetched: Option<Fetch>,
}

impl Opened {
    pub fn dir(&self) -> &EpochDir {
        &self.dir
    }

    pub fn manifest(&self) -> &Manifest {
        self.dir.manifest()
    }

    /// Reads the owners' leaves and builds their tree, fetching the file if it must.
    ///
    /// # Errors
    ///
    /// [`DataError`].
    pub fn load(self) -> Result<epoch_data::Epoch, DataError> {
        if let Some(fetch) = &self.fetched {
            fetch.file(LEAVES_FILE, self.manifest().files.leaves.bytes)?;
        }
        // A fetched directory is removed when this returns: the leaves are in memory then.
        Ok(self.dir.load()?)
    }

    /// The directory with every file in it, so that all of it can be verified.
    ///
    /// # Errors
    ///
    /// [`DataError`].
    pub fn complete(self, path: &Path) -> Result<CompleteDir, DataError> {
        let Some(fetch) = self.fetched else {
            return Ok(CompleteDir {
                path: path.to_owned(),
                _fetched: None,
            });
        };
        fetch.file(LEAVES_FILE, self.dir.manifest().files.leaves.bytes)?;
        fetch.file(NODES_FILE, self.dir.manifest().files.nodes.bytes)?;
        Ok(CompleteDir {
            path: fetch.directory.path().to_owned(),
            _fetched: Some(fetch),
        })
    }
}

/// A directory with all files of an epoch; removed with this value when they were fetched.
pub struct CompleteDir {
    path: PathBuf,
    _fetched: Option<Fetch>,
}

impl CompleteDir {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Files from a server, into a directory that is removed in the end.
struct Fetch {
    base: reqwest::Url,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    directory: TempDir,
    cancel: Cancel,
}

impl Fetch {
    fn new(base: &str, cancel: &Cancel) -> Result<Self, DataError> {
        let failed = |reason: String| DataError::Fetch {
            url: shown(base),
            reason,
            is_transient: false,
        };
        let client = reqwest::Client::builder()
            .connect_timeout(SILENCE)
            .read_timeout(SILENCE)
            .build()
            .map_err(|e| failed(e.without_url().to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| failed(e.to_string()))?;
        let directory = tempfile::tempdir().map_err(|source| DataError::Write {
            path: std::env::temp_dir(),
            source,
        })?;
        let base = reqwest::Url::parse(base).map_err(|_| DataError::Source(shown(base)))?;
        Ok(Self {
            base,
            client,
            runtime,
            directory,
            cancel: cancel.clone(),
        })
    }

    /// Fetches a file, once more where that may help.
    fn file(&self, name: &str, limit: u64) -> Result<(), DataError> {
        let mut pause = Duration::from_millis(500);
        let mut tries = 1;
        loop {
            let error = match self.runtime.block_on(self.try_file(name, limit)) {
                Err(error) if error.is_transient() => error,
                result => return result,
            };
            if tries == TRIES || self.cancel.sleep(pause) {
                return Err(error);
            }
            tries += 1;
            pause = pause.saturating_mul(2);
        }
    }

    async fn try_file(&self, name: &str, limit: u64) -> Result<(), DataError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            // A query stays: it may hold the key to all files.
            segments.pop_if_empty().push(name);
        }
        let failed = |error: reqwest::Error| {
            let status = error.status();
            let error = error.without_url();
            DataError::Fetch {
                url: shown(url.as_str()),
                is_transient: status.is_none_or(|s| s.is_server_error() || s == 429),
                reason: with_sources(&error),
            }
        };
        let path = self.directory.path().join(name);
        let write_error = |source| DataError::Write {
            path: path.clone(),
            source,
        };
        let mut response = self
            .client
            .get(url.clone())
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(failed)?;
        let mut file = File::create(&path).map_err(write_error)?;
        let mut size = 0u64;
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            size = size.saturating_add(chunk.len() as u64);
            if size > limit {
                return Err(DataError::TooLarge {
                    url: shown(url.as_str()),
                    limit,
                });
            }
            file.write_all(&chunk).map_err(write_error)?;
        }
        Ok(())
    }
}

/// A URL without what may be a password or an access key.
fn shown(url: &str) -> String {
    match reqwest::Url::parse(url) {
        Ok(mut url) => {
            url.set_query(None);
            // Neither fails for an http URL, and an error would leave it as it was.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        Err(_) => "the URL".to_owned(),
    }
}

/// What a manifest must share with its network, whichever epoch it is of.
fn compare_network(
    comparison: &mut Comparison,
    manifest: &Manifest,
    network: &Pubkey,
    state: &Network,
) {
    comparison.equal("the network", Pubkey::from(manifest.network), *network);
    comparison.equal("the mint", Pubkey::from(manifest.mint), state.mint);
    comparison.equal("the number of decimals", manifest.decimals, state.decimals);
}

/// Holds data against the epoch account that they were proposed as: what a publisher does before approving, and anybody
/// to verify. Empty when they agree in every point.
pub fn compare_epoch(
    dir: &EpochDir,
    network: &Pubkey,
    state: &Network,
    epoch: &Epoch,
) -> Vec<Mismatch> {
    let manifest = dir.manifest();
    let mut comparison = Comparison::default();
    compare_network(&mut comparison, manifest, network, state);
    comparison.equal("the epoch's network", *network, epoch.network);
    comparison.equal("the epoch's number", manifest.epoch, epoch.number);
    comparison.equal(
        "the hash of manifest.json",
        hash(&dir.data_hash()),
        hash(&epoch.data_hash),
    );
    comparison.equal("the root", hash(&manifest.root), hash(&epoch.root));
    comparison.equal("the depth", manifest.depth, epoch.depth);
    comparison.equal(
        "the number of leaves",
        manifest.leaf_count,
        epoch.leaf_count,
    );
    comparison.equal(
        "the lifetime total",
        manifest.lifetime_total,
        epoch.lifetime_total,
    );
    comparison.0
}

/// Holds data that are not on the chain yet against what the program asks of the next epoch: what a publisher does
/// before proposing. `active`: the active epoch's account, if there is one. Empty when they can be proposed.
pub fn compare_next(
    dir: &EpochDir,
    network: &Pubkey,
    state: &Network,
    active: Option<&Epoch>,
) -> Vec<Mismatch> {
    let manifest = dir.manifest();
    let mut comparison = Comparison::default();
    compare_network(&mut comparison, manifest, network, state);
    let next = state.active_epoch.saturating_add(1);
    comparison.equal("the next epoch's number", manifest.epoch, next);
    comparison.equal(
        "the hash of the active epoch's manifest.json",
        manifest.previous.as_ref().map_or("none".to_owned(), hash),
        active.map_or("none".to_owned(), |epoch| hash(&epoch.data_hash)),
    );
    comparison.require(
        "the number of leaves",
        manifest.leaf_count >= state.leaf_count,
        manifest.leaf_count,
        format!("at least {}", state.leaf_count),
    );
    let most = state
        .lifetime_total
        .saturating_add(state.terms.emission_cap);
    comparison.require(
        "the lifetime total",
        (state.lifetime_total..=most).contains(&manifest.lifetime_total),
        manifest.lifetime_total,
        format!("{} to {most}", state.lifetime_total),
    );
    comparison.0
}

/// What to propose for data, and what an approval of them names: the arguments of `propose_epoch` and `approve_epoch`.
pub fn propose_args(dir: &EpochDir) -> Proposal {
    let manifest = dir.manifest();
    Proposal {
        number: manifest.epoch,
        root: manifest.root,
        depth: manifest.depth,
        leaf_count: manifest.leaf_count,
        lifetime_total: manifest.lifetime_total,
        data_hash: dir.data_hash(),
    }
}

/// Opens the data of the active epoch, held against the chain in every point, and with the root that claims are proved
/// against.
///
/// # Errors
///
/// [`DataError`].
pub fn open_active(
    cluster: &Cluster,
    network: &Pubkey,
    state: &Network,
    source: &Source,
) -> Result<epoch_data::Epoch, ClientError> {
    if state.active_epoch == 0 {
        return Err(DataError::NoActiveEpoch(*network).into());
    }
    let opened = source.open(cluster.cancel())?;
    let epoch: Epoch = cluster.state(&address::epoch(network, state.active_epoch))?;
    let mismatches = compare_epoch(opened.dir(), network, state, &epoch);
    if !mismatches.is_empty() {
        return Err(DataError::Differs(mismatches).into());
    }
    Ok(opened.load()?)
}

/// The claim pages that leaves need.
pub fn pages_for(leaf_count: u32) -> std::ops::Range<u32> {
    0..leaf_count.div_ceil(COUNTERS_PER_PAGE as u32)
}

/// The claim pages that leaves need and that are not there.
pub fn missing_pages(
    cluster: &Cluster,
    network: &Pubkey,
    leaf_count: u32,
) -> Result<Vec<u32>, ClientError> {
    let pages: Vec<u32> = pages_for(leaf_count).collect();
    let addresses: Vec<Pubkey> = pages
        .iter()
        .map(|page| address::claim_page(network, *page))
        .collect();
    let accounts = cluster.accounts(&addresses, None)?.accounts;
    Ok(pages
        .into_iter()
        .zip(accounts)
        .filter(|(_, account)| account.as_ref().is_none_or(|a| a.owner != address::PROGRAM))
        .map(|(page, _)| page)
        .collect())
}

/// What stands between a proposal and its activation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Activation {
    /// It can be activated.
    Ready,
    /// It is in force, or was.
    Activated,
    /// The guardian refused it.
    Vetoed,
    /// It was proposed under other publishers: it must be proposed again.
    PublishersChanged,
    Unapproved {
        approvals: u64,
        threshold: u8,
    },
    /// Unix seconds.
    Challenge {
        ends_at: i64,
    },
    /// Unix seconds.
    Paused {
        until: i64,
    },
    /// Base units that the vault lacks.
    Underfunded {
        missing: u64,
    },
}

/// What stands between a proposal and its activation at a time, in Unix seconds: the first thing that the program would
/// refuse it for. `vault_balance`: in base units.
pub fn activation(network: &Network, epoch: &Epoch, vault_balance: u64, now: i64) -> Activation {
    match epoch.status {
        EpochStatus::Active | EpochStatus::Superseded => return Activation::Activated,
        EpochStatus::Vetoed => return Activation::Vetoed,
        EpochStatus::Proposed => {}
    }
    if epoch.publisher_set != network.publisher_set {
        return Activation::PublishersChanged;
    }
    if !epoch.is_approved(network) {
        return Activation::Unapproved {
            approvals: epoch.approvals.len() as u64,
            threshold: network.threshold,
        };
    }
    let ends_at = epoch
        .approved_at
        .saturating_add_unsigned(network.terms.challenge_period);
    if now < ends_at {
        return Activation::Challenge { ends_at };
    }
    if now < network.scope.paused_until {
        return Activation::Paused {
            until: network.scope.paused_until,
        };
    }
    let owed = epoch.lifetime_total.saturating_sub(network.claimed_total);
    match owed.checked_sub(vault_balance) {
        None | Some(0) => Activation::Ready,
        Some(missing) => Activation::Underfunded { missing },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_server::{Answer, cut_off, http, serve};
    use std::fs;
    use wayfare_core::rewards::{
        compute::{ComputeInput, compute},
        epoch_data::MetricsSource,
    };

    const NETWORK: [u8; 32] = [1; 32];
    const MINT: [u8; 32] = [2; 32];

    /// The data of a first epoch of three owners, computed.
    fn data(directory: &TempDir) -> PathBuf {
        let metrics = directory.path().join("metrics.csv");
        let policy = directory.path().join("policy.toml");
        let mut rows =
            String::from("device,owner,uptime_seconds,bytes_carried,sessions,check_ins\n");
        for device in 10..15u8 {
            let key = |byte| Pubkey::new_from_array([byte; 32]);
            rows.push_str(&format!(
                "{},{},5,1,1,1\n",
                key(device),
                key(20 + device % 3)
            ));
        }
        fs::write(&metrics, rows).unwrap();
        let text = "emission = \"10\"\n[weights]\nuptime = 10000\ntraffic = 0\ncheck_ins = 0\n";
        fs::write(&policy, text).unwrap();
        let out = directory.path().join("epoch-1");
        let input = ComputeInput {
            metrics,
            source: MetricsSource::Simulated { seed: 1 },
            policy,
            previous: None,
            registry: None,
            network: NETWORK,
            mint: MINT,
            decimals: 6,
            epoch: 1,
            epoch_length_seconds: 60,
            out: out.clone(),
        };
        compute(&input, &mut |_| ()).unwrap();
        out
    }

    fn open(path: &Path) -> EpochDir {
        EpochDir::open(path).unwrap()
    }

    /// A network and a proposal that agree with the data.
    fn on_chain(dir: &EpochDir) -> (Box<Network>, Epoch) {
        let args = propose_args(dir);
        let mut network: Box<Network> = Box::new(bytemuck::Zeroable::zeroed());
        network.mint = Pubkey::from(MINT);
        network.decimals = 6;
        network.terms.emission_cap = 10_000_000;
        network.terms.challenge_period = 100;
        network.threshold = 2;
        network.publisher_set = 1;
        let epoch = Epoch {
            version: Epoch::VERSION,
            network: Pubkey::from(NETWORK),
            number: args.number,
            root: args.root,
            depth: args.depth,
            leaf_count: args.leaf_count,
            lifetime_total: args.lifetime_total,
            data_hash: args.data_hash,
            proposer: Pubkey::default(),
            publisher_set: 1,
            proposed_at: 1_000,
            approved_at: 2_000,
            activated_at: 0,
            status: EpochStatus::Proposed,
            bump: 0,
            spare: [0; 16],
            approvals: vec![Pubkey::default(); 2],
        };
        (network, epoch)
    }

    #[test]
    fn data_and_chain_agree_or_every_difference_is_named() {
        let directory = TempDir::new().unwrap();
        let dir = open(&data(&directory));
        let network_key = Pubkey::from(NETWORK);
        let (network, epoch) = on_chain(&dir);
        assert_eq!(compare_epoch(&dir, &network_key, &network, &epoch), []);

        type Change = fn(&mut Network, &mut Epoch);
        let changes: [(&str, Change); 9] = [
            ("the mint", |n, _| n.mint = Pubkey::default()),
            ("the number of decimals", |n, _| n.decimals = 9),
            ("the epoch's network", |_, e| e.network = Pubkey::default()),
            ("the epoch's number", |_, e| e.number += 1),
            ("the hash of manifest.json", |_, e| e.data_hash[0] ^= 1),
            ("the root", |_, e| e.root[31] ^= 1),
            ("the depth", |_, e| e.depth += 1),
            ("the number of leaves", |_, e| e.leaf_count += 1),
            ("the lifetime total", |_, e| e.lifetime_total += 1),
        ];
        for (field, change) in changes {
            let (mut network, mut epoch) = on_chain(&dir);
            change(&mut network, &mut epoch);
            let found = compare_epoch(&dir, &network_key, &network, &epoch);
            assert_eq!(found.len(), 1, "{field}");
            assert_eq!(found[0].field, field);
            let error = DataError::Differs(found).to_string();
            assert!(
                error.contains(field) && error.contains("on the chain"),
                "{error}"
            );
        }
        let other = Pubkey::new_from_array([9; 32]);
        let found = compare_epoch(&dir, &other, &network, &epoch);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn what_can_be_proposed_next() {
        let directory = TempDir::new().unwrap();
        let dir = open(&data(&directory));
        let key = Pubkey::from(NETWORK);
        let (network, epoch) = on_chain(&dir);
        assert_eq!(compare_next(&dir, &key, &network, None), []);

        let fields = |change: fn(&mut Network), active: Option<&Epoch>| {
            let (mut network, _) = on_chain(&dir);
            change(&mut network);
            let found = compare_next(&dir, &key, &network, active);
            found.iter().map(|m| m.field).collect::<Vec<_>>()
        };
        assert_eq!(
            fields(|n| n.active_epoch = 1, Some(&epoch)),
            [
                "the next epoch's number",
                "the hash of the active epoch's manifest.json"
            ]
        );
        assert_eq!(
            fields(|n| n.terms.emission_cap -= 1, None),
            ["the lifetime total"]
        );
        assert_eq!(
            fields(|n| n.lifetime_total = u64::MAX, None),
            ["the lifetime total"]
        );
        assert_eq!(fields(|n| n.leaf_count = 4, None), ["the number of leaves"]);
    }

    #[test]
    fn what_stands_between_a_proposal_and_its_activation() {
        let directory = TempDir::new().unwrap();
        let dir = open(&data(&directory));
        let state = |change: fn(&mut Network, &mut Epoch), vault, now| {
            let (mut network, mut epoch) = on_chain(&dir);
            change(&mut network, &mut epoch);
            activation(&network, &epoch, vault, now)
        };
        let funded = 10_000_000;
        assert_eq!(state(|_, _| (), funded, 2_100), Activation::Ready);
        assert_eq!(
            state(|_, _| (), funded, 2_099),
            Activation::Challenge { ends_at: 2_100 }
        );
        assert_eq!(
            state(|_, _| (), funded - 7, 2_100),
            Activation::Underfunded { missing: 7 }
        );
        assert_eq!(
            state(|n, _| n.claimed_total = 7, funded - 7, 2_100),
            Activation::Ready
        );
        assert_eq!(
            state(|n, _| n.scope.paused_until = 2_101, funded, 2_100),
            Activation::Paused { until: 2_101 }
        );
        assert_eq!(
            state(|n, _| n.threshold = 3, funded, 2_100),
            Activation::Unapproved {
                approvals: 2,
                threshold: 3
            }
        );
        assert_eq!(
            state(|n, _| n.publisher_set = 2, funded, 2_100),
            Activation::PublishersChanged
        );
        assert_eq!(
            state(|_, e| e.status = EpochStatus::Vetoed, funded, 0),
            Activation::Vetoed
        );
        assert_eq!(
            state(|_, e| e.status = EpochStatus::Active, funded, 0),
            Activation::Activated
        );
    }

    #[test]
    fn pages_hold_their_leaves() {
        let per_page = u32::try_from(COUNTERS_PER_PAGE).unwrap();
        assert_eq!(pages_for(0), 0..0);
        assert_eq!(pages_for(1), 0..1);
        assert_eq!(pages_for(per_page), 0..1);
        assert_eq!(pages_for(per_page + 1), 0..2);
    }

    /// A web server with a directory's files, but for what a test answers itself.
    fn served(
        path: &Path,
        mut instead: impl FnMut(&str) -> Option<Answer> + Send + 'static,
    ) -> Source {
        let path = path.to_owned();
        let url = serve(move |request| {
            let name = request
                .split(['/', ' '])
                .nth(2)
                .unwrap_or_default()
                .to_owned();
            instead(&name).unwrap_or_else(|| match fs::read(path.join(&name)) {
                Ok(bytes) => http("200 OK", "", &bytes),
                Err(_) => http("404 Not Found", "", b""),
            })
        });
        url.parse().unwrap()
    }

    fn load(source: &Source) -> Result<epoch_data::Epoch, DataError> {
        source.open(&Cancel::default())?.load()
    }

    #[test]
    fn fetched_data_are_the_directorys() {
        let directory = TempDir::new().unwrap();
        let path = data(&directory);
        let here = load(&Source::Directory(path.clone())).unwrap();
        let there = load(&served(&path, |_| None)).unwrap();
        assert_eq!(here.leaves(), there.leaves());
        assert_eq!(here.dir().data_hash(), there.dir().data_hash());

        let source = served(&path, |_| None);
        let opened = source.open(&Cancel::default()).unwrap();
        let complete = opened.complete(Path::new("")).unwrap();
        let files = complete.path().to_owned();
        assert_eq!(
            fs::read(files.join(NODES_FILE)).unwrap(),
            fs::read(path.join(NODES_FILE)).unwrap()
        );
        drop(complete);
        assert!(!files.exists());
    }

    #[test]
    fn a_server_that_stumbles_is_asked_again() {
        let directory = TempDir::new().unwrap();
        let path = data(&directory);
        let mut calls = 0;
        let bytes = fs::read(path.join(LEAVES_FILE)).unwrap();
        let source = served(&path, move |_| {
            calls += 1;
            match calls {
                1 => Some(http("503 Service Unavailable", "", b"")),
                3 => Some(cut_off(&bytes)),
                _ => None,
            }
        });
        assert_eq!(load(&source).unwrap().leaves().len(), 3);
    }

    #[test]
    fn a_server_that_has_something_else() {
        let directory = TempDir::new().unwrap();
        let path = data(&directory);
        let manifest = fs::read(path.join(MANIFEST_FILE)).unwrap();
        let leaves = fs::read(path.join(LEAVES_FILE)).unwrap();

        let missing = load(&served(&path, |_| Some(http("404 Not Found", "", b"")))).unwrap_err();
        assert!(missing.to_string().contains("404"), "{missing}");
        assert!(!missing.is_transient());

        let large = vec![b' '; (MAX_MANIFEST_BYTES + 1) as usize];
        let large = load(&served(&path, move |_| Some(http("200 OK", "", &large)))).unwrap_err();
        assert!(matches!(large, DataError::TooLarge { .. }), "{large}");

        let mut longer = leaves.clone();
        longer.push(0);
        let longer = load(&served(&path, move |name| {
            (name == LEAVES_FILE).then(|| http("200 OK", "", &longer))
        }));
        assert!(matches!(longer, Err(DataError::TooLarge { .. })));

        let mut changed = leaves;
        let at = changed.len() / 2;
        changed[at] ^= 1;
        let changed = load(&served(&path, move |name| {
            (name == LEAVES_FILE).then(|| http("200 OK", "", &changed))
        }));
        assert!(matches!(changed, Err(DataError::Files(_))));

        let half = manifest[..manifest.len() / 2].to_vec();
        let half = load(&served(&path, move |_| Some(http("200 OK", "", &half))));
        assert!(matches!(half, Err(DataError::Files(_))));
    }

    #[test]
    fn where_data_can_be() {
        assert_eq!(
            "epochs/1".parse::<Source>().unwrap(),
            Source::Directory("epochs/1".into())
        );
        assert!(matches!(
            "https://host/epochs/1".parse(),
            Ok(Source::Url(_))
        ));
        assert!("".parse::<Source>().is_err());
        assert!("http://".parse::<Source>().is_err());
        let error = Source::Url("http://name:secret@127.0.0.1:1/?key=secret".to_owned())
            .open(&Cancel::default())
            .err()
            .unwrap();
        assert!(
            error.is_transient() && !error.to_string().contains("secret"),
            "{error}"
        );
    }
}
