//! Every bulk job, with the real programs, behind an RPC node that fails in every way that a real one does.
//!
//! Each job is run [`SEEDS`] times with faults by seed, and killed at each of its calls and at each record of its
//! journal. Each time it is resumed until it is done, and then the accounts are looked at: everything was done exactly
//! once. However a run ends, each transaction that may still land is in the journal, and the run named its signature.

mod esim;
mod rewards;
mod roaming;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use solana_account::ReadableAccount;
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client_api::request::RpcRequest;
use solana_signature::Signature;
use solana_signer::Signer;
use tempfile::TempDir;
use wayfare_client::ClientError;
use wayfare_client::bulk::{self, BulkOptions, Job, Stopped, Summary};
use wayfare_client::cluster::Cluster;
use wayfare_client::error::JournalError;
use wayfare_client::journal::{Binding, Entry, Journal};
use wayfare_client::send::Price;
use wayfare_tests::chain::Chain;
use wayfare_tests::keys::{keypair, person};
use wayfare_tests::rpc::{
    FINALITY, LIFETIME, Node, Schedule, State, no_faults, random_faults, transaction,
};
use wayfare_tests::snapshot::changed;

/// How often each job is run with faults.
const SEEDS: u64 = 200;

/// How often a job is resumed until it must be done.
const ATTEMPTS: u64 = 60;

/// How many runs there are at a time in each test.
const THREADS: usize = 8;

/// A bulk job and the chain that it is for.
trait Case: Sync {
    /// As it is before the job.
    fn chain(&self) -> &Chain;

    /// Pays and signs.
    fn payer(&self) -> Pubkey;

    /// One run of the job, or of what is left of it, as the command does it.
    fn run(&self, cluster: &Cluster, journal: &Path) -> Result<Ran, ClientError>;

    /// Panics unless the job was done exactly once: by what the accounts say.
    fn check(&self, after: &Chain);

    /// Whether the data of an account depend on the order in which items were done, or on chance. All others must be
    /// byte for byte what they are when nothing goes wrong.
    fn depends(&self, _account: &Pubkey) -> bool {
        false
    }

    /// Whether a node that has not seen what was final before the run can make an instruction be sent once more that
    /// the program takes twice.
    fn can_be_repeated(&self) -> bool {
        false
    }
}

/// The highest slot that a journal knows to be final.
fn last_final(journal: &Path) -> u64 {
    let slots = steps(journal).into_values().map(|step| match step {
        Entry::Finalized { slot, .. } => slot,
        _ => 0,
    });
    slots.max().unwrap_or(0)
}

/// What a run of a job came to.
struct Ran {
    summary: Summary,
    /// Transactions that were signed and are not settled.
    open: HashSet<Signature>,
}

/// Opens the journal of a job, or starts it.
fn open(path: &Path, binding: &Binding) -> Result<Journal, ClientError> {
    Ok(match path.exists() {
        true => Journal::resume(path, binding)?,
        false => Journal::create(path, binding)?,
    })
}

/// Runs a job with an open journal.
fn run_in(
    cluster: &Cluster,
    job: &dyn Job,
    payer: &Pubkey,
    journal: &mut Journal,
) -> Result<Ran, ClientError> {
    let options = BulkOptions {
        price: Price::Auto { cap: 200 },
        window: 3,
        parallel: 2,
        items_per_transaction: 2,
        poll_interval: Duration::from_micros(200),
        resend_interval: Duration::from_millis(1),
        finality_interval: Duration::from_micros(200),
        ..BulkOptions::default()
    };
    let payer = signer(payer);
    let summary = bulk::run(cluster, job, &payer, journal, &options, &mut |_| ())?;
    let unresolved: HashSet<usize> = summary
        .unresolved
        .iter()
        .flat_map(|unresolved| unresolved.items.clone())
        .collect();
    let counted = [
        summary.done.len(),
        summary.already_done,
        summary.failed.len(),
        unresolved.len(),
        summary.left,
    ];
    assert_eq!(
        counted.iter().sum::<usize>(),
        job.len(),
        "an item is lost or counted twice: {summary:?}"
    );
    let open = journal.in_flight().values();
    let open = open.map(|flight| flight.signed.signature).collect();
    Ok(Ran { summary, open })
}

fn signer(key: &Pubkey) -> Keypair {
    keypair(key).expect("somebody who can sign")
}

/// How the transactions in a journal stand: what the last entry of each says, by signature.
fn steps(journal: &Path) -> HashMap<Signature, Entry> {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    let mut signatures: HashMap<u64, Signature> = HashMap::new();
    let mut steps = HashMap::new();
    // A last line that is not whole was never acted upon.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    for line in whole.lines().skip(1) {
        let (_, json) = line.split_once(' ').expect("a record");
        for entry in serde_json::from_str::<Vec<Entry>>(json).expect("entries") {
            let number = match &entry {
                Entry::Listed { .. } | Entry::Planned { .. } => continue,
                Entry::Signed {
                    transaction,
                    signature,
                    ..
                } => {
                    signatures.insert(*transaction, signature.parse().expect("a signature"));
                    *transaction
                }
                Entry::Sent { transaction }
                | Entry::Finalized { transaction, .. }
                | Entry::Failed { transaction, .. }
                | Entry::Expired { transaction }
                | Entry::Reconciled { transaction } => *transaction,
            };
            steps.insert(signatures[&number], entry);
        }
    }
    steps
}

/// Panics unless the journal tells the truth about every transaction, and the run named what may still land.
fn check_journal(state: &State, journal: &Path, ran: Option<&Ran>, what: &str) {
    let steps = steps(journal);
    for signature in &state.handed {
        assert!(steps.contains_key(signature), "{what}: {signature} is lost");
    }
    for (signature, step) in &steps {
        let landed = state.landed.get(signature);
        let has_succeeded = landed.is_some_and(|landed| landed.error.is_none());
        match step {
            Entry::Finalized { slot, .. } => {
                assert!(has_succeeded, "{what}: {signature} did not succeed");
                assert!(
                    *slot + FINALITY <= state.height,
                    "{what}: {signature} is not final"
                );
            }
            Entry::Failed { .. } => assert!(
                landed.is_some() && !has_succeeded,
                "{what}: {signature} did not fail"
            ),
            Entry::Expired { .. } | Entry::Reconciled { .. } => assert!(
                landed.is_none() && !state.may_land(signature),
                "{what}: {signature} is given up, and lands"
            ),
            _ => {
                let Some(ran) = ran else {
                    continue;
                };
                assert!(ran.open.contains(signature), "{what}: {signature}");
                let mut named = ran.summary.unresolved.iter();
                assert!(
                    has_succeeded || named.any(|unresolved| unresolved.signature == *signature),
                    "{what}: {signature} is open, and not named: {:?}",
                    ran.summary
                );
            }
        }
    }
}

/// What may keep a job from being done: trouble that passes, and nothing else.
fn check_trouble(ran: &Result<Ran, ClientError>, what: &str) {
    match ran {
        Ok(ran) => {
            match &ran.summary.stopped {
                None => {}
                Some(Stopped::Error(error)) if error.is_retryable() => {}
                Some(stopped) => panic!("{what}: {stopped:?}"),
            }
            for failure in &ran.summary.failed {
                assert!(
                    failure.reason.contains("expired or changed nothing"),
                    "{what}: {failure:?}"
                );
            }
        }
        Err(ClientError::Journal(JournalError::OtherCluster { .. })) => {}
        Err(error) => assert!(error.is_retryable(), "{what}: {error}"),
    }
}

/// A new journal is bound to whatever cluster the node says it is: only a later run can be told of another one.
fn honest_at_first(mut schedule: Schedule, journal: &Path) -> Schedule {
    let is_new = !journal.exists();
    Box::new(move |request| {
        schedule(request).filter(|_| !(is_new && request == RpcRequest::GetGenesisHash))
    })
}

/// Resumes a job with faults until it is done, then once more on a node without any, and looks at everything.
fn finish(case: &dyn Case, reference: &State, node: &Node, journal: &Path, seed: u64, what: &str) {
    for attempt in 0.. {
        let what = format!("{what}, attempt {attempt}");
        // Trouble that never gets less would stop a long job for ever at its first reads.
        let schedule = random_faults(seed * 1_000 + attempt, 3 + seed % 9 + attempt / 4);
        // Half of the seeds stop at the first read that fails; the others try again for a while.
        let patience = match seed % 2 {
            0 => Duration::ZERO,
            _ => Duration::from_millis(20),
        };
        let cluster = node.cluster(honest_at_first(schedule, journal), journal, patience);
        if case.can_be_repeated() {
            node.state().floor = last_final(journal);
        }
        let sent = node.state().handed.len();
        let ran = case.run(&cluster, journal);
        check_trouble(&ran, &what);
        if let Err(ClientError::Journal(JournalError::OtherCluster { .. })) = &ran {
            assert_eq!(node.state().handed.len(), sent, "{what}");
        }
        check_journal(&node.state(), journal, ran.as_ref().ok(), &what);
        if ran.is_ok_and(|ran| ran.summary.is_complete()) {
            break;
        }
        assert!(attempt < ATTEMPTS, "{what}: it is never done");
    }
    let cluster = node.cluster(no_faults(), journal, Duration::ZERO);
    let ran = case.run(&cluster, journal).expect("a healthy node");
    assert!(ran.summary.is_complete(), "{what}: {:?}", ran.summary);
    assert!(ran.open.is_empty(), "{what}: {:?}", ran.open);
    check_end(case, reference, node, journal, what);
}

/// Looks at everything at the end of a job.
fn check_end(case: &dyn Case, reference: &State, node: &Node, journal: &Path, what: &str) {
    let mut state = node.state();
    check_journal(&state, journal, None, what);
    // What is still under way lands now, if it can.
    state.pass(LIFETIME);
    case.check(&state.chain);
    let payer = case.payer();
    let (expected, found) = (reference.chain.snapshot(), state.chain.snapshot());
    for address in changed(&expected, &found) {
        let of = |snapshot: &wayfare_tests::snapshot::Snapshot| {
            snapshot
                .get(&address)
                .map(|account| (account.lamports(), *account.owner(), account.data().len()))
        };
        if address == payer {
            let paid = |state: &State| state.chain.lamports(&payer) + state.fees;
            assert_eq!(
                paid(&state),
                paid(reference),
                "{what}: the payer paid something else than fees and the same rents"
            );
        } else {
            assert!(
                case.depends(&address) && of(&expected) == of(&found),
                "{what}: {address} is not what it is when nothing goes wrong"
            );
        }
    }
}

/// The job when nothing goes wrong: what all else is compared with. Gives what is seen at each call: the state before
/// it, the journal then, and the call.
fn undisturbed(case: &dyn Case, journal: &Path) -> (State, Vec<Seen>) {
    let node = Node::new(case.chain().clone());
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let (list, path) = (seen.clone(), journal.to_owned());
    let watch = move |state: &State, request: RpcRequest, params: &Value| {
        let journal = std::fs::read(&path).unwrap_or_default();
        list.lock().expect("nobody panicked").push(Seen {
            state: state.clone(),
            journal,
            sent: (request == RpcRequest::SendTransaction).then(|| transaction(params)),
        });
    };
    let cluster = node.watched(no_faults(), journal, Duration::ZERO, Box::new(watch));
    let ran = case.run(&cluster, journal).expect("nothing goes wrong");
    assert!(ran.summary.is_complete(), "{:?}", ran.summary);
    assert!(ran.summary.already_done < ran.summary.total);
    drop(cluster);
    check_journal(&node.state(), journal, Some(&ran), "undisturbed");
    let mut end = node.state().clone();
    let mut seen = std::mem::take(&mut *seen.lock().expect("nobody panicked"));
    seen.push(Seen {
        state: end.clone(),
        journal: std::fs::read(journal).expect("a journal"),
        sent: None,
    });
    end.pass(LIFETIME);
    case.check(&end.chain);
    (end, seen)
}

/// What there was at a call.
struct Seen {
    state: State,
    /// Bytes.
    journal: Vec<u8>,
    sent: Option<solana_transaction::Transaction>,
}

/// Does something with each number, several at a time: most of the time they wait.
fn for_each(numbers: impl Iterator<Item = u64> + Send, work: impl Fn(u64) + Sync) {
    let numbers = Mutex::new(numbers);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let next = numbers.lock().expect("nobody panicked").next();
                    let Some(number) = next else {
                        break;
                    };
                    work(number);
                }
            });
        }
    });
}

fn with_faults(case: &dyn Case) {
    let directory = TempDir::new().expect("a directory");
    let (reference, _) = undisturbed(case, &directory.path().join("undisturbed"));
    for_each(0..SEEDS, |seed| {
        let journal = directory.path().join(seed.to_string());
        let node = Node::new(case.chain().clone());
        let what = format!("seed {seed}");
        finish(case, &reference, &node, &journal, seed, &what);
    });
}

/// A kill leaves the chain and the bytes on the disk, and nothing else: so every moment at which it can come is a pair of
/// both. Between two calls the chain stays, and the journal grows record by record; each prefix of it is tried, and one
/// that ends within a record. A transaction that is being sent may land later all the same.
fn killed_at_every_step(case: &dyn Case) {
    let directory = TempDir::new().expect("a directory");
    let (reference, seen) = undisturbed(case, &directory.path().join("undisturbed"));
    let mut before = 0;
    let mut kills = vec![];
    for (call, at) in seen.iter().enumerate() {
        let mut ends = vec![before];
        for (end, byte) in (1..).zip(&at.journal) {
            if end > before && *byte == b'\n' {
                // Within the record, and behind it.
                ends.push(end - 7);
                ends.push(end);
            }
        }
        before = at.journal.len();
        for end in ends {
            for is_late in [false, true] {
                let mut state = at.state.clone();
                match (&at.sent, is_late) {
                    (Some(sent), true) if end == before => state.delay(sent.clone()),
                    (_, false) => {}
                    _ => continue,
                }
                let journal = directory.path().join(kills.len().to_string());
                if end > 0 {
                    std::fs::write(&journal, &at.journal[..end]).expect("room");
                }
                let what = format!("killed at call {call}, byte {end}, late: {is_late}");
                kills.push((Node::resumed(state), journal, what));
            }
        }
    }
    assert!(kills.len() > 30, "{}", kills.len());
    for_each(0..kills.len() as u64, |kill| {
        let (node, journal, what) = &kills[kill as usize];
        finish(case, &reference, node, journal, kill, what);
    });
}

macro_rules! cases {
    ($($name:ident: $case:expr,)*) => {
        $(mod $name {
            use super::*;

            #[test]
            fn with_faults() {
                super::with_faults(&$case);
            }

            #[test]
            fn killed_at_every_step() {
                super::killed_at_every_step(&$case);
            }
        })*
    };
}

cases! {
    register_nodes: rewards::Registration::new(),
    create_pages: rewards::Pages::new(),
    claim_rewards: rewards::Claims::new(),
    list_plans: esim::Catalogue::new(),
    deliver_orders: esim::Deliveries::new(),
    sweep_orders: esim::Sweep::new(),
    submit_statements: roaming::Submission::new(),
    answer_statements: roaming::Answers::new(),
    settle_periods: roaming::Settlement::new(),
}
