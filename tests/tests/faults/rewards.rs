//! The jobs for a network: registering nodes, creating claim pages, claiming for everybody.

use std::path::Path;

use node_rewards::state::{ClaimPage, Node, NodeKind};
use tempfile::TempDir;
use wayfare_client::rewards::claims::ClaimRewards;
use wayfare_client::rewards::jobs::{CreatePages, NewNode, RegisterNodes};
use wayfare_client::rewards::published::propose_args;
use wayfare_core::rewards::compute::{ComputeInput, compute};
use wayfare_core::rewards::epoch_data::{Epoch, EpochDir, MetricsSource};
use wayfare_tests::rewards::instruction;
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, location};
use wayfare_tests::rewards::world::{FUNDED, Stage, World};
use wayfare_tests::token::{DECIMALS, TokenProgram};

use crate::*;

/// How many items each job has.
const ITEMS: u32 = 8;

fn owner(n: u32) -> Pubkey {
    person(&format!("owner {n}"))
}

pub struct Registration {
    world: World,
    /// Device and owner of each node.
    keys: Vec<(Keypair, Keypair)>,
}

impl Registration {
    pub fn new() -> Self {
        let device = |n| person(&format!("device {n}"));
        let keys = (0..ITEMS).map(|n| (signer(&device(n)), signer(&owner(n % 3))));
        Self {
            world: World::at(Stage::Created, TokenProgram::Spl),
            keys: keys.collect(),
        }
    }

    fn kind(n: usize) -> NodeKind {
        match n % 2 {
            0 => NodeKind::Wifi,
            _ => NodeKind::SmallCell,
        }
    }

    fn cell(n: usize) -> u64 {
        location(7 + (n % 3) as u8)
    }
}

impl Case for Registration {
    fn chain(&self) -> &Chain {
        &self.world.chain
    }

    fn payer(&self) -> Pubkey {
        self.world.net.operator
    }

    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let nodes = self.keys.iter().enumerate();
        let job = RegisterNodes {
            network: self.world.net.address,
            payer: self.payer(),
            nodes: nodes
                .map(|(n, (device, owner))| NewNode {
                    device,
                    owner,
                    kind: Self::kind(n),
                    location: Self::cell(n),
                })
                .collect(),
        };
        let mut journal = open(journal, &job.binding(cluster.genesis_hash()?))?;
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        let net = &self.world.net;
        for (n, (device, owner)) in self.keys.iter().enumerate() {
            let node: Node = after.read(&net.node(&device.pubkey()));
            assert_eq!(
                (node.device, node.owner, node.kind, node.location),
                (
                    device.pubkey(),
                    owner.pubkey(),
                    Self::kind(n),
                    Self::cell(n)
                )
            );
        }
        let (before, after) = (self.world.state(), network(net, after));
        assert_eq!(after.node_count, u64::from(ITEMS));
        assert_eq!(
            after.scope.sequence,
            before.scope.sequence + u64::from(ITEMS)
        );
    }
}

fn network(
    net: &wayfare_tests::rewards::network::NetworkFixture,
    chain: &Chain,
) -> node_rewards::state::Network {
    chain.read(&net.address)
}

pub struct Pages(World);

impl Pages {
    pub fn new() -> Self {
        Self(World::at(Stage::Created, TokenProgram::Spl))
    }
}

impl Case for Pages {
    fn chain(&self) -> &Chain {
        &self.0.chain
    }

    fn payer(&self) -> Pubkey {
        self.0.net.operator
    }

    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let job = CreatePages {
            network: self.0.net.address,
            payer: self.payer(),
            pages: (0..ITEMS).collect(),
        };
        let mut journal = open(journal, &job.binding(cluster.genesis_hash()?))?;
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        for number in 0..ITEMS {
            let page = page(&self.0, after, number);
            assert_eq!(page.page, number);
            assert!(page.counters.iter().all(|counter| *counter == 0));
        }
        let (before, after) = (self.0.state(), network(&self.0.net, after));
        assert_eq!(
            after.scope.sequence,
            before.scope.sequence + u64::from(ITEMS)
        );
    }
}

fn page(world: &World, chain: &Chain, number: u32) -> ClaimPage {
    chain.read(&world.net.page(number))
}

/// Some owners have no token account yet, and one named another wallet.
pub struct Claims {
    world: World,
    data: Epoch,
    _directory: TempDir,
}

impl Claims {
    pub fn new() -> Self {
        let mut world = World::at(Stage::Funded, TokenProgram::Spl);
        let directory = TempDir::new().expect("a directory");
        let data = data(&world, directory.path());
        let args = propose_args(data.dir());
        let net = &world.net;
        let chain = &mut world.chain;
        chain.pass(EPOCH_LENGTH);
        chain.accept(net.propose_with(0, |proposal| *proposal = args.clone()));
        let second = net.publishers[1];
        chain.accept(instruction::approve_epoch(net.address, second, args));
        chain.pass(CHALLENGE_PERIOD);
        chain.accept(net.activate());
        chain.accept(net.set_payout(owner(1), person("payout wallet")));
        Self {
            world,
            data,
            _directory: directory,
        }
    }

    fn wallet(owner: Pubkey) -> Pubkey {
        match owner == self::owner(1) {
            true => person("payout wallet"),
            false => owner,
        }
    }
}

/// The data of an epoch in which each owner earned more than the one before.
fn data(world: &World, directory: &Path) -> Epoch {
    let mut metrics =
        String::from("device,owner,uptime_seconds,bytes_carried,sessions,check_ins\n");
    for n in 0..ITEMS {
        let (device, owner) = (person(&format!("device {n}")), owner(n));
        metrics += &format!("{device},{owner},{},1,1,1\n", 1_000 * (n + 1));
    }
    let policy = "emission = \"1\"\n[weights]\nuptime = 10000\ntraffic = 0\ncheck_ins = 0\n";
    let file = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).expect("room");
        path
    };
    let out = directory.join("epoch-1");
    let input = ComputeInput {
        metrics: file("metrics.csv", &metrics),
        source: MetricsSource::Simulated { seed: 1 },
        policy: file("policy.toml", policy),
        previous: None,
        registry: None,
        network: world.net.address.to_bytes(),
        mint: world.net.mint.to_bytes(),
        decimals: DECIMALS,
        epoch: 1,
        epoch_length_seconds: EPOCH_LENGTH as u64,
        out: out.clone(),
    };
    compute(&input, &mut |_| ()).expect("metrics that add up");
    let dir = EpochDir::open(&out).expect("an epoch");
    dir.load().expect("an epoch")
}

impl Case for Claims {
    fn chain(&self) -> &Chain {
        &self.world.chain
    }

    fn payer(&self) -> Pubkey {
        self.world.net.operator
    }

    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError> {
        let job = ClaimRewards {
            network: self.world.net.accounts(),
            data: &self.data,
            owners: (0..ITEMS).collect(),
            payer: self.payer(),
        };
        let mut journal = open(journal, &job.binding(cluster.genesis_hash()?))?;
        run_in(cluster, &job, &self.payer(), &mut journal)
    }

    fn check(&self, after: &Chain) {
        let net = &self.world.net;
        let page = page(&self.world, after, 0);
        let mut total = 0;
        for (n, leaf) in self.data.leaves().iter().enumerate() {
            assert!(leaf.lifetime > 0);
            let wallet = Self::wallet(Pubkey::from(leaf.owner));
            assert_eq!(after.tokens(&net.tokens_of(&wallet)), leaf.lifetime);
            assert_eq!(page.counters[n], leaf.lifetime);
            total += leaf.lifetime;
        }
        assert_eq!(after.tokens(&net.vault), FUNDED - total);
        let (before, after) = (self.world.state(), network(net, after));
        assert_eq!(after.claimed_total, total);
        assert_eq!(
            after.scope.sequence,
            before.scope.sequence + u64::from(ITEMS)
        );
    }
}
