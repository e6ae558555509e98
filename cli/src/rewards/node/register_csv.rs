use std::collections::HashMap;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use node_rewards::state::{Node, NodeKind};
use rayon::prelude::*;
use serde::Serialize;
use solana_keypair::Keypair;
use solana_signer::Signer;
use wayfare_client::rewards::jobs::{NewNode, RegisterNodes};
use wayfare_core::amount;

use crate::context::Context;
use crate::error::{Exit, Usage};
use crate::job;
use crate::job::{JobReport, Kind};
use crate::keys::KeyFolder;
use crate::output::{Output, table};
use crate::rewards::find::find_network;
use crate::rewards::node::register::NodeRegisterArgs;
use crate::rewards::node::roster::{Reading, RefusedRow, Roster, Row, read_owners};
use crate::signers::{Party, read_key_file};

/// What a registration from a file came to.
#[derive(Serialize)]
pub struct Registered {
    network: String,
    rows: usize,
    owners: usize,
    device_keys_made: usize,
    owner_keys_made: usize,
    /// Rows that cannot be registered.
    refused: Vec<RefusedRow>,
    /// The rows that can.
    nodes: JobReport,
}

impl Output for Registered {
    fn exit(&self) -> Exit {
        match self.nodes.exit() {
            Exit::Done if !self.refused.is_empty() => Exit::Refused,
            exit => exit,
        }
    }
}

impl Display for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "network {}: {} rows, {} owners, {} rows refused; {} device keys and {} owner keys made",
            self.network,
            self.rows,
            self.owners,
            self.refused.len(),
            self.device_keys_made,
            self.owner_keys_made
        )?;
        if !self.refused.is_empty() {
            let mut refused = table(["line", "id", "reason"]);
            for row in &self.refused {
                refused.add_row([&row.line.to_string(), &row.id, &row.reason]);
            }
            writeln!(f, "{refused}")?;
        }
        self.nodes.fmt(f)
    }
}

/// The keys of all rows: where each is, and those that are there already.
struct Keys {
    devices: KeyFolder,
    owners: KeyFolder,
    /// Owners whose key files are kept elsewhere, by name.
    kept: HashMap<String, PathBuf>,
}

impl Keys {
    fn owner_file(&self, name: &str) -> PathBuf {
        self.kept
            .get(name)
            .cloned()
            .unwrap_or_else(|| self.owners.file(name))
    }

    fn find_owner(&self, name: &str) -> Result<Option<Keypair>> {
        match self.kept.get(name) {
            // Named one by one: then it must be there.
            Some(file) => read_key_file(file).map(Some),
            None => self.owners.find(&self.owners.file(name)),
        }
    }
}

/// Registers a node for each row of a file.
pub fn run(args: &NodeRegisterArgs, file: &Path, ctx: &Context) -> Result<Registered> {
    let bulk = &args.bulk;
    // `clap` asks for both folders.
    let (Some(device_keys), Some(owner_keys)) = (&bulk.device_keys, &bulk.owner_keys) else {
        bail!(Usage(
            "--from-csv needs --device-keys and --owner-keys".into()
        ));
    };
    let offline = &args.transaction.offline;
    if offline.blockhash.is_some() || offline.export_encoding.is_some() {
        bail!(Usage(
            "--from-csv sends many transactions: it cannot be signed elsewhere".into()
        ));
    }
    let send = &args.transaction.send;
    let payer = ctx.party(send.fee_payer.as_ref(), "the fee payer")?;
    let (address, network) = find_network(ctx, &args.network.network)?;

    let reading = Reading {
        columns: &bulk.columns,
        single_owners: bulk.single_owners,
        resolution: network.terms.location_resolution,
    };
    let mut roster = Roster::read(file, &reading)?;
    let keys = Keys {
        devices: KeyFolder::new(device_keys),
        owners: KeyFolder::new(owner_keys),
        kept: bulk
            .owners
            .as_deref()
            .map(read_owners)
            .transpose()?
            .unwrap_or_default(),
    };
    roster.refuse_shared_files(|row| &row.id, |id| keys.devices.file(id));
    roster.refuse_shared_files(|row| &row.owner, |owner| keys.owner_file(owner));
    let Roster { rows, refused } = roster;

    let mut devices: HashMap<&str, Option<Keypair>> = HashMap::new();
    let mut owners: HashMap<&str, Option<Keypair>> = HashMap::new();
    for row in &rows {
        devices.insert(&row.id, keys.devices.find(&keys.devices.file(&row.id))?);
        if !owners.contains_key(row.owner.as_str()) {
            owners.insert(&row.owner, keys.find_owner(&row.owner)?);
        }
    }
    let missing =
        |keys: &HashMap<&str, Option<Keypair>>| keys.values().filter(|key| key.is_none()).count();
    let mut registered = Registered {
        network: args.network.network.clone(),
        rows: rows.len() + refused.len(),
        owners: owners.len(),
        device_keys_made: missing(&devices),
        owner_keys_made: missing(&owners),
        refused,
        nodes: JobReport::nothing(),
    };
    if rows.is_empty() {
        return Ok(registered);
    }

    if send.dry_run {
        // Nothing is made, so a key that is missing is not known: its node is certainly not registered.
        let known: Vec<&Row> = rows
            .iter()
            .filter(|row| {
                devices[row.id.as_str()].is_some() && owners[row.owner.as_str()].is_some()
            })
            .collect();
        let new = rows.len() - known.len();
        let nodes = nodes(&known, &devices, &owners, args.kind.into());
        let job = RegisterNodes {
            network: address,
            payer: payer.pubkey(),
            nodes,
        };
        registered.nodes = job::assess(ctx, &job)?.with_due(new);
        registered.device_keys_made = 0;
        registered.owner_keys_made = 0;
        return Ok(registered);
    }

    if !args.job.resume {
        ask(args, ctx, &payer, &registered, rows.len())?;
    }
    let spinner = ctx.spinner("making keys");
    make_missing(&mut devices, |id| {
        keys.devices.create(&keys.devices.file(id))
    })?;
    make_missing(&mut owners, |name| {
        keys.owners.create(&keys.owners.file(name))
    })?;
    // A device that is registered under a key that was lost could never sign again.
    keys.devices.sync()?;
    keys.owners.sync()?;
    spinner.finish_and_clear();

    let rows: Vec<&Row> = rows.iter().collect();
    let nodes = nodes(&rows, &devices, &owners, args.kind.into());
    let job = RegisterNodes {
        network: address,
        payer: payer.pubkey(),
        nodes,
    };
    let kind = Kind {
        message: "registering nodes",
        journal: journal_name(&args.network.network, file),
        binding: job.binding(ctx.cluster()?.genesis_hash()?),
    };
    registered.nodes = job::run(ctx, &kind, &job, &payer, &args.job, send)?;
    Ok(registered)
}

/// One for each file, so that next month's rows are another job.
fn journal_name(network: &str, file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    format!("{network}-register-{stem}.journal")
}

/// Shows what the job takes, and asks.
fn ask(
    args: &NodeRegisterArgs,
    ctx: &Context,
    payer: &Party,
    registered: &Registered,
    nodes: usize,
) -> Result<()> {
    let cluster = ctx.cluster()?;
    let rent = cluster.rent(Node::SPACE)?.saturating_mul(nodes as u64);
    let what = format!(
        "register {nodes} nodes of {} owners in the network {}; {} rows are refused\n\
         make {} device keys and {} owner keys\n\
         rent {} SOL, paid by {} out of {} SOL; it comes back when a node is retired",
        registered.owners,
        args.network.network,
        registered.refused.len(),
        registered.device_keys_made,
        registered.owner_keys_made,
        amount::sol(rent),
        payer.pubkey(),
        amount::sol(cluster.lamports(&payer.pubkey())?),
    );
    ctx.confirm(&args.confirm, what, "Register them?")
}

/// Keys made at a time: each waits for the disk, and disks take many writes at once.
const KEYS_AT_ONCE: usize = 16;

/// Makes the keys that are missing.
fn make_missing(
    keys: &mut HashMap<&str, Option<Keypair>>,
    make: impl Fn(&str) -> Result<Keypair> + Sync,
) -> Result<()> {
    let threads = rayon::ThreadPoolBuilder::new()
        .num_threads(KEYS_AT_ONCE)
        .build()
        .context("no threads to make keys with")?;
    threads.install(|| {
        keys.par_iter_mut()
            .filter(|(_, key)| key.is_none())
            .try_for_each(|(name, key)| {
                *key = Some(make(name)?);
                Ok(())
            })
    })
}

/// The rows with their keys, in the order of the file.
fn nodes<'a>(
    rows: &[&Row],
    devices: &'a HashMap<&str, Option<Keypair>>,
    owners: &'a HashMap<&str, Option<Keypair>>,
    kind: NodeKind,
) -> Vec<NewNode<'a>> {
    let find = |keys: &'a HashMap<&str, Option<Keypair>>, name: &str| keys.get(name)?.as_ref();
    rows.iter()
        .filter_map(|row| {
            Some(NewNode {
                device: find(devices, &row.id)? as &dyn Signer,
                owner: find(owners, &row.owner)? as &dyn Signer,
                kind,
                location: row.location,
            })
        })
        .collect()
}
