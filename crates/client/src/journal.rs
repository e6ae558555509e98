//! The journal of a job of many transactions: what was planned, signed and sent, on disk before it happens.
//!
//! An append-only file of lines. The first binds it to its job; each other line is one record, written and synced as a
//! whole: `crc32 in hex ‖ space ‖ JSON list of entries`. A crash or a full disk can only cut the last record short, and
//! nothing was done yet on the strength of a record that is not whole: it is dropped. Damage before the last record is
//! an error.
//!
//! A transaction goes PLANNED → SIGNED → SENT → FINALIZED, FAILED, EXPIRED or RECONCILED. What is signed is kept whole,
//! so that the same bytes can be sent again after a crash, and never others in their place.
//!
//! Most jobs know all their items from the start, and their journal is bound to the list. A job whose items come up as it
//! runs, such as the orders of a shop, lists each in the journal before it plans anything for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use solana_hash::Hash;
use solana_pubkey::Pubkey;
use solana_signature::Signature;
use solana_transaction::Transaction;

use crate::{
    cluster::Blockhash,
    error::JournalError,
    send::{Lifetime, Signed},
};

/// What the first line calls the format.
const FORMAT: &str = "wayfare-journal";
const VERSION: u32 = 1;

/// What ties a journal to its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The kind of job: `register-nodes`, say.
    pub job: String,
    /// SHA-256 of everything that decides what the job does.
    pub input: [u8; 32],
    /// The network, or the market.
    pub network: Pubkey,
    /// The cluster.
    pub genesis: Hash,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    job: String,
    input: String,
    network: String,
    genesis: String,
}

impl Header {
    fn of(binding: &Binding) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            job: binding.job.clone(),
            input: bs58::encode(binding.input).into_string(),
            network: binding.network.to_string(),
            genesis: binding.genesis.to_string(),
        }
    }

    /// The first field that differs, with what is expected and what is found.
    fn difference(&self, found: &Self) -> Option<(&'static str, String, String)> {
        let fields = [
            ("kind", &self.job, &found.job),
            ("input", &self.input, &found.input),
            ("network", &self.network, &found.network),
        ];
        fields
            .into_iter()
            .find(|(_, expected, found)| expected != found)
            .map(|(field, expected, found)| (field, expected.clone(), found.clone()))
    }
}

/// One step of one transaction. Transactions and items are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Entry {
    /// These items follow those that the job has already. What an item says is the job's own matter.
    Listed { items: Vec<Value> },
    /// These items are about to go into a transaction.
    Planned { transaction: u64, items: Vec<usize> },
    /// It is signed, and may be sent from here on.
    Signed {
        transaction: u64,
        signature: String,
        last_valid_block_height: u64,
        /// Base64.
        bytes: String,
    },
    /// A node has been handed it.
    Sent { transaction: u64 },
    /// It succeeded, and cannot be undone.
    Finalized { transaction: u64, slot: u64 },
    /// It was executed and refused.
    Failed { transaction: u64, reason: String },
    /// It can never land, the whole history does not know it, and what it was to change is unchanged.
    Expired { transaction: u64 },
    /// The history does not know it, but what it was to change has changed.
    Reconciled { transaction: u64 },
}

/// A transaction that was signed and is not settled: it may or may not land.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFlight {
    pub items: Vec<usize>,
    pub signed: Signed,
}

/// Where the records go: a file, or in a test one that fails.
trait Storage: Send {
    /// Appends and syncs.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

impl Storage for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)?;
        self.seek(SeekFrom::Start(length))?;
        self.sync_data()
    }
}

/// An open journal. It is locked as long as it lives: the system frees the lock however the process ends.
pub struct Journal {
    path: PathBuf,
    storage: Box<dyn Storage>,
    /// Length of what is whole and synced.
    length: u64,
    /// A write failed: what is on disk is known, but nothing more may be done on top of it.
    is_broken: bool,
    binding: Binding,
    state: State,
}

/// What the records add up to.
#[derive(Debug, Default)]
struct State {
    listed: Vec<Value>,
    settled: BTreeSet<usize>,
    next_transaction: u64,
    planned: BTreeMap<u64, Vec<usize>>,
    in_flight: BTreeMap<u64, InFlight>,
    finalized: u64,
}

impl Journal {
    /// Starts a journal.
    ///
    /// # Errors
    ///
    /// [`JournalError::Exists`] when there is a file already: a job is never started over an unfinished one.
    pub fn create(path: &Path, binding: &Binding) -> Result<Self, JournalError> {
        let write_error = |source| JournalError::Write {
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            // It is nobody else's business what is signed, for whom, and from which stock.
            .mode(0o600)
            .open(path)
            .map_err(|source| match source.kind() {
                io::ErrorKind::AlreadyExists => JournalError::Exists {
                    path: path.to_owned(),
                },
                _ => write_error(source),
            })?;
        lock(&file, path)?;
        sync_directory(path).map_err(write_error)?;
        Self::start(path, Box::new(file), binding)
    }

    fn start(
        path: &Path,
        storage: Box<dyn Storage>,
        binding: &Binding,
    ) -> Result<Self, JournalError> {
        let mut journal = Self {
            path: path.to_owned(),
            storage,
            length: 0,
            is_broken: false,
            binding: binding.clone(),
            state: State::default(),
        };
        let header = journal.line(&Header::of(binding))?;
        journal.write(&header)?;
        Ok(journal)
    }

    /// Opens a journal that was left, for whatever reason, and drops a last record that is not whole.
    ///
    /// # Errors
    ///
    /// [`JournalError::OtherJob`] when it was started with another input or network, [`JournalError::OtherCluster`] on
    /// another cluster;
    /// [`JournalError::Damaged`] when a record before the last is not what was written.
    pub fn resume(path: &Path, binding: &Binding) -> Result<Self, JournalError> {
        let read_error = |source| JournalError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => JournalError::Missing {
                    path: path.to_owned(),
                },
                _ => read_error(source),
            })?;
        lock(&file, path)?;

        let mut reader = BufReader::new(&mut file);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).map_err(read_error)?;
        let expected = Header::of(binding);
        let Some(header) = record(&line).and_then(|json| serde_json::from_slice(json).ok()) else {
            let whole = encode(&expected).map_err(|e| read_error(e.into()))?;
            if whole.starts_with(&line) {
                // The crash came before the first line was whole: nothing had happened.
                let mut storage = Box::new(file);
                storage.truncate(0).map_err(read_error)?;
                return Self::start(path, storage, binding);
            }
            return Err(JournalError::NotAJournal {
                path: path.to_owned(),
            });
        };
        check_header(path, &expected, &header)?;

        let mut length = line.len() as u64;
        let mut number = 1u64;
        let mut first_bad = None;
        let mut state = State::default();
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(read_error)? == 0 {
                break;
            }
            number = number.saturating_add(1);
            let entries: Option<Vec<Entry>> =
                record(&line).and_then(|json| serde_json::from_slice(json).ok());
            match (entries, first_bad) {
                (Some(entries), None) if state.apply_all(&entries).is_some() => {
                    length = length.saturating_add(line.len() as u64);
                }
                // Whole records after a bad one: it was not cut short but changed.
                (Some(_), _) => {
                    return Err(JournalError::Damaged {
                        path: path.to_owned(),
                        line: first_bad.unwrap_or(number),
                    });
                }
                (None, _) => first_bad = first_bad.or(Some(number)),
            }
        }
        drop(reader);
        // Always: the position must be at the end of what is whole.
        Storage::truncate(&mut file, length).map_err(read_error)?;
        Ok(Self {
            path: path.to_owned(),
            storage: Box::new(file),
            length,
            is_broken: false,
            binding: binding.clone(),
            state,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn binding(&self) -> &Binding {
        &self.binding
    }

    /// The number for the next transaction.
    pub fn next_transaction(&self) -> u64 {
        self.state.next_transaction
    }

    /// Transactions known to have succeeded for good.
    pub fn finalized(&self) -> u64 {
        self.state.finalized
    }

    /// The items of a job that lists them in its journal, in order.
    pub fn listed(&self) -> &[Value] {
        &self.state.listed
    }

    /// Items of transactions known to have succeeded for good.
    pub fn settled(&self) -> &BTreeSet<usize> {
        &self.state.settled
    }

    /// Transactions that were signed and are not settled, by number.
    pub fn in_flight(&self) -> &BTreeMap<u64, InFlight> {
        &self.state.in_flight
    }

    /// Writes entries as one record, and returns when they are on the disk.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`]: none of them counts then, and the journal takes no more.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        if entries.is_empty() {
            return Ok(());
        }
        let line = self.line(&entries)?;
        self.write(&line)?;
        // What this process writes is in order: a refusal would be one of the next reader's too.
        self.state
            .apply_all(entries)
            .ok_or_else(|| JournalError::Write {
                path: self.path.clone(),
                source: io::Error::other("entries out of order"),
            })
    }

    fn line(&self, value: &impl Serialize) -> Result<Vec<u8>, JournalError> {
        encode(value).map_err(|e| JournalError::Write {
            path: self.path.clone(),
            source: e.into(),
        })
    }

    fn write(&mut self, line: &[u8]) -> Result<(), JournalError> {
        let error = |source| JournalError::Write {
            path: self.path.clone(),
            source,
        };
        if self.is_broken {
            return Err(error(io::Error::other("an earlier write failed")));
        }
        if let Err(source) = self.storage.append(line) {
            self.is_broken = true;
            // If this fails too, the next reader drops what is not whole.
            let _ = self.storage.truncate(self.length);
            return Err(error(source));
        }
        self.length = self.length.saturating_add(line.len() as u64);
        Ok(())
    }
}

/// An entry for a transaction that was just signed.
pub fn signed_entry(transaction: u64, signed: &Signed) -> Entry {
    let last_valid_block_height = match &signed.lifetime {
        Lifetime::Blockhash(blockhash) => blockhash.last_valid_block_height,
        // Jobs of many transactions use no nonces: each would wait for the one before.
        Lifetime::Nonce { .. } => u64::MAX,
    };
    Entry::Signed {
        transaction,
        signature: signed.signature.to_string(),
        last_valid_block_height,
        bytes: BASE64_STANDARD.encode(&signed.bytes),
    }
}

impl State {
    /// `None` when an entry cannot follow what is there.
    fn apply_all(&mut self, entries: &[Entry]) -> Option<()> {
        entries.iter().try_for_each(|entry| self.apply(entry))
    }

    fn apply(&mut self, entry: &Entry) -> Option<()> {
        match entry {
            Entry::Listed { items } => self.listed.extend_from_slice(items),
            Entry::Planned { transaction, items } => {
                self.planned.insert(*transaction, items.clone());
                self.next_transaction = self.next_transaction.max(transaction.checked_add(1)?);
            }
            Entry::Signed {
                transaction,
                signature,
                last_valid_block_height,
                bytes,
            } => {
                let items = self.planned.remove(transaction)?;
                let signed = read_signed(signature, *last_valid_block_height, bytes)?;
                self.in_flight
                    .insert(*transaction, InFlight { items, signed });
            }
            Entry::Sent { transaction } => {
                self.in_flight.get(transaction)?;
            }
            Entry::Finalized { transaction, .. } => {
                self.settled
                    .extend(self.in_flight.remove(transaction)?.items);
                self.finalized = self.finalized.saturating_add(1);
            }
            Entry::Failed { transaction, .. }
            | Entry::Expired { transaction }
            | Entry::Reconciled { transaction } => {
                self.in_flight.remove(transaction)?;
            }
        }
        Some(())
    }
}

/// The transaction of an entry; `None` when its parts are not of one transaction.
fn read_signed(signature: &str, last_valid_block_height: u64, bytes: &str) -> Option<Signed> {
    let bytes = BASE64_STANDARD.decode(bytes).ok()?;
    let transaction: Transaction = wincode::deserialize(&bytes).ok()?;
    let signature: Signature = signature.parse().ok()?;
    if transaction.signatures.first() != Some(&signature) {
        return None;
    }
    Some(Signed {
        signature,
        bytes,
        lifetime: Lifetime::Blockhash(Blockhash {
            hash: transaction.message.recent_blockhash,
            last_valid_block_height,
        }),
        message: transaction.message,
    })
}

fn check_header(path: &Path, expected: &Header, found: &Header) -> Result<(), JournalError> {
    if (found.format.as_str(), found.version) != (FORMAT, VERSION) {
        return Err(JournalError::NotAJournal {
            path: path.to_owned(),
        });
    }
    if expected.genesis != found.genesis {
        return Err(JournalError::OtherCluster {
            path: path.to_owned(),
            expected: expected.genesis.clone(),
            found: found.genesis.clone(),
        });
    }
    match expected.difference(found) {
        None => Ok(()),
        Some((field, expected, found)) => Err(JournalError::OtherJob {
            path: path.to_owned(),
            field,
            expected,
            found,
        }),
    }
}

/// Takes the lock, or says who has it.
fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => JournalError::Locked {
            path: path.to_owned(),
        },
        TryLockError::Error(source) => JournalError::Write {
            path: path.to_owned(),
            source,
        },
    })
}

/// Makes a new file's name as durable as its content.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

/// A line: checksum, space, JSON, end of line.
fn encode(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(value)?;
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

/// The JSON of a line that is whole.
fn record(line: &[u8]) -> Option<&[u8]> {
    let (checksum, json) = line.strip_suffix(b"\n")?.split_at_checked(9)?;
    (format!("{:08x} ", crc32fast::hash(json)).as_bytes() == checksum).then_some(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send;
    use solana_keypair::Keypair;
    use solana_signer::Signer;
    use std::{
        fs,
        sync::{Arc, Mutex},
    };
    use tempfile::TempDir;

    fn binding() -> Binding {
        Binding {
            job: "claims".to_owned(),
            input: [1; 32],
            network: Pubkey::new_from_array([2; 32]),
            genesis: Hash::new_from_array([3; 32]),
        }
    }

    fn signed(height: u64) -> Signed {
        let payer = Keypair::new();
        let lifetime = Lifetime::Blockhash(Blockhash {
            hash: Hash::new_from_array([4; 32]),
            last_valid_block_height: height,
        });
        let instructions = [send::compute_unit_limit(5)];
        let message = send::message(
            &instructions,
            &payer.pubkey(),
            &lifetime,
            send::Budget::default(),
        )
        .unwrap();
        send::sign(message, lifetime, &[&payer]).unwrap()
    }

    fn planned(transaction: u64, items: &[usize]) -> Entry {
        Entry::Planned {
            transaction,
            items: items.to_vec(),
        }
    }

    /// What a reader makes of a journal.
    type View = (
        BTreeMap<u64, InFlight>,
        u64,
        u64,
        Vec<Value>,
        BTreeSet<usize>,
    );

    fn view(journal: &Journal) -> View {
        (
            journal.in_flight().clone(),
            journal.next_transaction(),
            journal.finalized(),
            journal.listed().to_vec(),
            journal.settled().clone(),
        )
    }

    /// A journal with a bit of everything: the file, and what a reader must see after each whole record.
    fn example(directory: &TempDir) -> (PathBuf, Vec<(u64, View)>) {
        let path = directory.path().join("journal");
        let mut journal = Journal::create(&path, &binding()).unwrap();
        let mut views = vec![(journal.length, view(&journal))];
        let listed = |items: &[&str]| Entry::Listed {
            items: items.iter().map(|item| (*item).into()).collect(),
        };
        let records = [
            vec![listed(&["a", "b"]), listed(&["c", "d"])],
            vec![planned(0, &[0, 1]), planned(1, &[2]), planned(2, &[3])],
            vec![
                signed_entry(0, &signed(100)),
                signed_entry(1, &signed(101)),
                signed_entry(2, &signed(102)),
            ],
            vec![
                Entry::Sent { transaction: 0 },
                Entry::Sent { transaction: 1 },
            ],
            vec![Entry::Finalized {
                transaction: 1,
                slot: 7,
            }],
            vec![
                Entry::Expired { transaction: 0 },
                Entry::Failed {
                    transaction: 2,
                    reason: "refused".to_owned(),
                },
            ],
            vec![planned(3, &[0, 1])],
            vec![listed(&["e"])],
            vec![signed_entry(3, &signed(200))],
        ];
        for record in &records {
            journal.append(record).unwrap();
            views.push((journal.length, view(&journal)));
        }
        (path, views)
    }

    #[test]
    fn cut_off_at_any_byte_it_is_what_the_last_whole_record_made_it() {
        let directory = TempDir::new().unwrap();
        let (path, views) = example(&directory);
        let bytes = fs::read(&path).unwrap();
        let fresh = (BTreeMap::new(), 0, 0, vec![], BTreeSet::new());
        for length in 0..=bytes.len() {
            fs::write(&path, &bytes[..length]).unwrap();
            let mut journal = Journal::resume(&path, &binding()).unwrap();
            let expected = views
                .iter()
                .rev()
                .find(|(end, _)| *end <= length as u64)
                .map_or(&fresh, |(_, view)| view);
            assert_eq!(&view(&journal), expected, "cut at {length}");
            // And it goes on from there: at some places, since each takes three syncs.
            if !length.is_multiple_of(16) {
                continue;
            }
            let next = journal.next_transaction();
            journal.append(&[planned(next, &[9])]).unwrap();
            drop(journal);
            let journal = Journal::resume(&path, &binding()).unwrap();
            assert_eq!(journal.next_transaction(), next + 1, "cut at {length}");
        }
    }

    #[test]
    fn damage_before_the_last_record_is_an_error() {
        let directory = TempDir::new().unwrap();
        let (path, views) = example(&directory);
        let bytes = fs::read(&path).unwrap();
        let header = views[0].0 as usize;
        let last = views[views.len() - 2].0 as usize;
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            let result = Journal::resume(&path, &binding());
            if at < header {
                assert!(
                    matches!(result, Err(JournalError::NotAJournal { .. })),
                    "{at}"
                );
            } else if at < last {
                assert!(matches!(result, Err(JournalError::Damaged { .. })), "{at}");
            } else {
                // The last record: as if it had never been written.
                assert_eq!(view(&result.unwrap()), views[views.len() - 2].1, "{at}");
            }
        }
    }

    #[test]
    fn records_out_of_order_are_damage() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        let mut journal = Journal::create(&path, &binding()).unwrap();
        assert!(journal.append(&[Entry::Sent { transaction: 5 }]).is_err());
        drop(journal);
        assert!(matches!(
            Journal::resume(&path, &binding()),
            Err(JournalError::Damaged { line: 2, .. })
        ));
    }

    #[test]
    fn one_process_at_a_time() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        let journal = Journal::create(&path, &binding()).unwrap();
        assert!(matches!(
            Journal::resume(&path, &binding()),
            Err(JournalError::Locked { .. })
        ));
        drop(journal);
        Journal::resume(&path, &binding()).unwrap();
    }

    #[test]
    fn never_over_another_file_or_job() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        assert!(matches!(
            Journal::resume(&path, &binding()),
            Err(JournalError::Missing { .. })
        ));
        drop(Journal::create(&path, &binding()).unwrap());
        assert!(matches!(
            Journal::create(&path, &binding()),
            Err(JournalError::Exists { .. })
        ));
        let others = [
            Binding {
                job: "register-nodes".to_owned(),
                ..binding()
            },
            Binding {
                input: [9; 32],
                ..binding()
            },
            Binding {
                network: Pubkey::new_from_array([9; 32]),
                ..binding()
            },
        ];
        for (other, name) in others.iter().zip(["kind", "input", "network"]) {
            let Err(JournalError::OtherJob { field, .. }) = Journal::resume(&path, other) else {
                panic!("{name}");
            };
            assert!(field.starts_with(name));
        }
        let elsewhere = Binding {
            genesis: Hash::new_from_array([9; 32]),
            ..binding()
        };
        assert!(matches!(
            Journal::resume(&path, &elsewhere),
            Err(JournalError::OtherCluster { .. })
        ));
        let table = directory.path().join("hotspots.csv");
        fs::write(&table, "device,owner\n").unwrap();
        assert!(matches!(
            Journal::resume(&table, &binding()),
            Err(JournalError::NotAJournal { .. })
        ));
        assert_eq!(fs::read(&table).unwrap(), b"device,owner\n");
    }

    /// A disk with room for so many bytes more.
    #[derive(Clone)]
    struct SmallDisk(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Storage for SmallDisk {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            let (content, room) = &mut *self.0.lock().unwrap();
            let fits = bytes.len().min(*room);
            content.extend_from_slice(&bytes[..fits]);
            *room -= fits;
            if fits == bytes.len() {
                Ok(())
            } else {
                Err(io::ErrorKind::StorageFull.into())
            }
        }

        fn truncate(&mut self, _: u64) -> io::Result<()> {
            // The worst case: not even that works.
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn a_full_disk_leaves_a_journal_that_can_be_resumed() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        for room in 0..200 {
            let disk = SmallDisk(Arc::new(Mutex::new((Vec::new(), 400 + room))));
            let mut journal = Journal::start(&path, Box::new(disk.clone()), &binding()).unwrap();
            let mut written = 0;
            let error = loop {
                match journal.append(&[planned(written, &[1, 2, 3])]) {
                    Ok(()) => written += 1,
                    Err(error) => break error,
                }
            };
            assert!(error.to_string().contains("make room"), "{error}");
            // Room again: this process must still not go on, since it does not know what is on the disk.
            disk.0.lock().unwrap().1 = 10_000;
            assert!(journal.append(&[planned(written, &[])]).is_err());
            fs::write(&path, &disk.0.lock().unwrap().0).unwrap();
            let journal = Journal::resume(&path, &binding()).unwrap();
            assert_eq!(journal.next_transaction(), written);
        }
    }
}
