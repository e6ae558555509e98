//! Jobs of many transactions: register nodes, create pages, crank claims.
//!
//! A job is a list of items, and the chain is the truth about each: [`Job::assess`] reads from accounts what is done and
//! what is due, before the first transaction and after each one. The engine packs what is due into transactions, keeps
//! a window of them in flight, journals each step before it takes it, and goes on where it stopped: after a crash it
//! first finds out what became of every transaction that it had signed.
//!
//! An item that fails is reported with its reason, and the rest goes on. What fails every item, such as a payer without
//! lamports, stops the job instead.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use solana_commitment_config::CommitmentConfig;
use solana_instruction::{Instruction, error::InstructionError};
use solana_message::legacy::Message;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::TransactionStatus;

use crate::{
    cluster::Cluster,
    error::{ClientError, Refusal},
    journal::{Entry, InFlight, Journal, signed_entry},
    send::{self, Budget, Lifetime, MAX_COMPUTE_UNITS, PACKET_BYTES, Price, Signed},
};

/// Items that are assessed together: few calls, and little memory for what they need.
const ASSESS_AT_ONCE: usize = 256;

/// Transactions for one item that may come to nothing before it counts as failed.
const MAX_FRUITLESS: u32 = 5;

/// How long a price is offered before it is looked up again.
const PRICE_INTERVAL: Duration = Duration::from_secs(30);

/// What the chain says about an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assessment {
    /// Nothing is left to do.
    Done,
    /// These instructions bring it on. When they do not fit one transaction, as many of the first as do are sent, and
    /// the item is assessed again.
    Due {
        instructions: Vec<Instruction>,
        /// Changes with every step of the item: a counter, say.
        progress: u64,
    },
    /// It cannot be done, and why.
    Impossible(String),
}

/// What to do with an item whose instruction was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It failed; the rest goes on.
    Fail,
    /// The same may succeed after this time.
    Wait(Duration),
    /// Every other item would fail too.
    Stop,
}

/// A list of things to be done on the chain.
pub trait Job {
    /// How many items there are. They are numbered from 0.
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What an item is called in a report.
    fn name(&self, item: usize) -> String;

    /// Whether items must be done in their order: then one transaction is sent after the other.
    fn is_ordered(&self) -> bool {
        false
    }

    /// Reads what the chain has about items: one assessment for each, in order. `min_slot`: as of this slot or later.
    ///
    /// # Errors
    ///
    /// [`ClientError`] stops the job; what is wrong with one item is its assessment.
    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError>;

    /// Who must sign an item's instructions, besides the payer.
    fn signers(&self, item: usize) -> Vec<&dyn Signer>;

    /// What a refusal of an item's instruction means.
    ///
    /// # Errors
    ///
    /// [`ClientError`] stops the job.
    fn judge(
        &self,
        _cluster: &Cluster,
        _item: usize,
        refusal: &Refusal,
    ) -> Result<Verdict, ClientError> {
        Ok(if refusal.is_pause() {
            Verdict::Stop
        } else {
            Verdict::Fail
        })
    }
}

/// How a job is run.
#[derive(Clone, Copy, Debug)]
pub struct BulkOptions {
    pub price: Price,
    /// Transactions that are sent and not yet seen to succeed.
    pub window: usize,
    /// Calls to the node at a time.
    pub parallel: usize,
    /// Items in one transaction, at most.
    pub items_per_transaction: usize,
    /// Longest wait for one item, such as for the outflow limiter.
    pub patience: Duration,
    /// Whether the job ends only when everything is final, and not when it is at the cluster's commitment.
    pub until_final: bool,
    /// Pause between two looks at what became of transactions.
    pub poll_interval: Duration,
    /// Pause between two times that the same bytes are sent.
    pub resend_interval: Duration,
    /// Pause between two looks at whether what succeeded is final.
    pub finality_interval: Duration,
}

impl Default for BulkOptions {
    fn default() -> Self {
        Self {
            price: Price::default(),
            window: 64,
            parallel: 8,
            items_per_transaction: 16,
            patience: Duration::from_secs(3_600),
            until_final: true,
            poll_interval: Duration::from_millis(200),
            resend_interval: Duration::from_secs(2),
            finality_interval: Duration::from_secs(2),
        }
    }
}

/// Where a job stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub total: usize,
    /// Done by this run.
    pub done: usize,
    /// Found done.
    pub already_done: usize,
    pub failed: usize,
    /// Waiting for time to pass.
    pub waiting: usize,
    /// When the first of those is tried again.
    pub next_try: Option<Duration>,
    /// Transactions sent and not yet seen to succeed.
    pub in_flight: usize,
    /// Transactions seen to succeed that are not final yet.
    pub not_final: usize,
}

/// An item that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub item: usize,
    pub name: String,
    pub reason: String,
}

/// A transaction of which it is not known whether it lands. The journal has it: resuming finds out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    pub signature: Signature,
    pub items: Vec<usize>,
}

/// Why a job ended before its end.
#[derive(Debug)]
pub enum Stopped {
    OnRequest,
    Error(ClientError),
}

/// What a job came to.
#[derive(Debug, Default)]
pub struct Summary {
    pub total: usize,
    /// Done by this run.
    pub done: Vec<usize>,
    /// Found done.
    pub already_done: usize,
    pub failed: Vec<Failure>,
    pub unresolved: Vec<Unresolved>,
    /// Items that were not tried, or not to the end, because the job stopped.
    pub left: usize,
    /// Transactions that this run saw succeed.
    pub transactions: u64,
    /// `None` when the job went to its end.
    pub stopped: Option<Stopped>,
}

impl Summary {
    /// Whether every item is done.
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.failed.is_empty() && self.unresolved.is_empty()
    }
}

/// Runs a job, or what is left of it. The cluster's [`crate::cluster::Cancel`] stops it: nothing more is sent then, and
/// the journal has all that was.
///
/// # Errors
///
/// [`ClientError::WrongCluster`] when the journal was started on another cluster. Everything later is in the summary.
pub fn run(
    cluster: &Cluster,
    job: &dyn Job,
    payer: &dyn Signer,
    journal: &mut Journal,
    options: &BulkOptions,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<Summary, ClientError> {
    cluster.require_genesis(&journal.binding().genesis)?;
    let mut run = Run::new(cluster, job, payer, journal, options);
    let stopped = run.go(on_progress).err();
    Ok(run.summary(stopped))
}

/// An item whose instructions are known.
struct Ready {
    item: usize,
    instructions: Vec<Instruction>,
    progress: u64,
}

/// What a transaction has for one item.
#[derive(Clone, Copy)]
struct Part {
    item: usize,
    /// What [`Assessment::Due`] said before; `None` for a transaction out of the journal.
    progress: Option<u64>,
    /// How many instructions; 0 for a transaction out of the journal.
    instructions: usize,
}

/// Where an item is. It is in one place at a time, so that it is in one transaction at a time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In `to_assess` or `landed`.
    Queued,
    /// In `ready`, or being launched.
    Ready,
    /// In a flight that has not landed.
    Flying,
    /// In `waiting`.
    Waiting,
    /// Done by this run.
    Done,
    AlreadyDone,
    Failed,
}

/// Items that go into one transaction.
struct Packed {
    parts: Vec<Part>,
    instructions: Vec<Instruction>,
}

/// A transaction that is signed.
struct Flight {
    parts: Vec<Part>,
    signed: Signed,
    sent_at: Option<Instant>,
    /// The slot in which it succeeded, once that is known: from then on it only waits to be final.
    landed: Option<u64>,
}

struct Run<'a> {
    cluster: &'a Cluster,
    job: &'a dyn Job,
    payer: &'a dyn Signer,
    journal: &'a mut Journal,
    options: &'a BulkOptions,

    /// By item.
    places: Vec<Place>,
    to_assess: VecDeque<usize>,
    /// Items whose transactions have landed: assessed before any other.
    landed: Vec<usize>,
    /// As of which slot the next assessments must be.
    min_slot: Option<u64>,
    ready: VecDeque<Ready>,
    waiting: BTreeMap<Instant, Vec<usize>>,
    flights: BTreeMap<u64, Flight>,
    /// Items that go alone into a transaction: together with others they failed, and nobody knew which was to blame.
    alone: HashSet<usize>,
    /// Transactions for an item that brought nothing, and what its progress was then.
    fruitless: HashMap<usize, (u32, u64)>,
    /// Items that a transaction of this run was sent for.
    touched: HashSet<usize>,
    reasons: BTreeMap<usize, String>,
    transactions: u64,
    finality_looked_at: Option<Instant>,
    /// What is offered, and since when.
    price: Option<(u64, Instant)>,
}

impl<'a> Run<'a> {
    fn new(
        cluster: &'a Cluster,
        job: &'a dyn Job,
        payer: &'a dyn Signer,
        journal: &'a mut Journal,
        options: &'a BulkOptions,
    ) -> Self {
        let flights: BTreeMap<u64, Flight> = journal
            .in_flight()
            .iter()
            .map(|(transaction, InFlight { items, signed })| {
                let part = |item: &usize| Part {
                    item: *item,
                    progress: None,
                    instructions: 0,
                };
                let flight = Flight {
                    // The journal is bound to its input: it names no other items.
                    parts: items.iter().filter(|i| **i < job.len()).map(part).collect(),
                    signed: signed.clone(),
                    sent_at: None,
                    landed: None,
                };
                (*transaction, flight)
            })
            .collect();
        let parts = flights.values().flat_map(|flight| &flight.parts);
        let flying: HashSet<usize> = parts.map(|part| part.item).collect();
        let place = |item| match flying.contains(&item) {
            true => Place::Flying,
            false => Place::Queued,
        };
        Self {
            places: (0..job.len()).map(place).collect(),
            to_assess: (0..job.len())
                .filter(|item| !flying.contains(item))
                .collect(),
            touched: flying,
            cluster,
            job,
            payer,
            journal,
            options,
            landed: Vec::new(),
            min_slot: None,
            ready: VecDeque::new(),
            waiting: BTreeMap::new(),
            flights,
            alone: HashSet::new(),
            fruitless: HashMap::new(),
            reasons: BTreeMap::new(),
            transactions: 0,
            finality_looked_at: None,
            price: None,
        }
    }

    fn go(&mut self, on_progress: &mut dyn FnMut(&Progress)) -> Result<(), Stopped> {
        let mut shown = Progress::default();
        loop {
            // What is in flight comes first: after a crash nothing new is signed before it is looked up.
            self.poll().map_err(Stopped::Error)?;
            if self.cluster.cancel().is_cancelled() {
                return Err(Stopped::OnRequest);
            }
            self.wake();
            self.check_landed().map_err(Stopped::Error)?;
            self.fill().map_err(Stopped::Error)?;
            let launched = self.launch().map_err(Stopped::Error)?;

            let progress = self.progress();
            if progress != shown {
                on_progress(&progress);
                shown = progress;
            }
            if self.is_over() {
                return Ok(());
            }
            if !launched && self.cluster.cancel().sleep(self.options.poll_interval) {
                return Err(Stopped::OnRequest);
            }
        }
    }

    fn is_over(&self) -> bool {
        let is_idle = self.landed.is_empty()
            && self.to_assess.is_empty()
            && self.ready.is_empty()
            && self.waiting.is_empty();
        let is_settled = if self.options.until_final {
            self.flights.is_empty()
        } else {
            self.in_flight() == 0
        };
        is_idle && is_settled
    }

    /// Transactions at a time.
    fn window(&self) -> usize {
        if self.job.is_ordered() {
            1
        } else {
            self.options.window
        }
    }

    fn in_flight(&self) -> usize {
        self.flights.values().filter(|f| f.landed.is_none()).count()
    }

    fn progress(&self) -> Progress {
        let in_flight = self.in_flight();
        Progress {
            total: self.job.len(),
            done: self.count(Place::Done),
            already_done: self.count(Place::AlreadyDone),
            failed: self.count(Place::Failed),
            waiting: self.count(Place::Waiting),
            next_try: self.waiting.keys().next().map(|at| {
                let left = at.saturating_duration_since(Instant::now());
                // Whole seconds: a caller is not told of every millisecond.
                Duration::from_secs(left.as_secs().saturating_add(1))
            }),
            in_flight,
            not_final: self.flights.len().saturating_sub(in_flight),
        }
    }

    fn count(&self, place: Place) -> usize {
        self.places.iter().filter(|p| **p == place).count()
    }

    /// Whether an item is in a transaction that may still land. A journal can have two for one item: the first had landed
    /// and was not final yet, the next was under way. Until both are known to have landed or not, nothing is signed for
    /// the item.
    fn is_flying(&self, item: usize) -> bool {
        let mut open = self.flights.values().filter(|f| f.landed.is_none());
        open.any(|flight| flight.parts.iter().any(|part| part.item == item))
    }

    fn put(&mut self, item: usize, place: Place) {
        if let Some(slot) = self.places.get_mut(item) {
            *slot = place;
        }
    }

    fn queue(&mut self, item: usize) {
        self.put(item, Place::Queued);
        self.to_assess.push_back(item);
    }

    fn summary(self, stopped: Option<Stopped>) -> Summary {
        let job = self.job;
        let places = (0..).zip(&self.places);
        let done: Vec<usize> = places
            .filter(|(_, place)| **place == Place::Done)
            .map(|(item, _)| item)
            .collect();
        let already_done = self.count(Place::AlreadyDone);
        let failed: Vec<Failure> = self
            .reasons
            .into_iter()
            .map(|(item, reason)| Failure {
                item,
                name: job.name(item),
                reason,
            })
            .collect();
        let settled = [done.len(), already_done, failed.len()];
        let unresolved: Vec<Unresolved> = self
            .flights
            .into_values()
            .filter(|flight| flight.landed.is_none())
            .map(|flight| Unresolved {
                signature: flight.signed.signature,
                items: flight.parts.iter().map(|part| part.item).collect(),
            })
            .collect();
        let flying: HashSet<usize> = unresolved.iter().flat_map(|u| &u.items).copied().collect();
        let known: usize = settled
            .into_iter()
            .sum::<usize>()
            .saturating_add(flying.len());
        Summary {
            total: job.len(),
            done,
            already_done,
            failed,
            unresolved,
            left: job.len().saturating_sub(known),
            transactions: self.transactions,
            stopped,
        }
    }

    /// Items whose time has come are assessed again.
    fn wake(&mut self) {
        let now = Instant::now();
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > now {
                break;
            }
            for item in entry.remove() {
                self.queue(item);
            }
        }
    }

    /// Looks at what the transactions that landed have done.
    fn check_landed(&mut self) -> Result<(), ClientError> {
        while !self.landed.is_empty() {
            let count = self.landed.len().min(ASSESS_AT_ONCE);
            let items: Vec<usize> = self.landed.iter().take(count).copied().collect();
            let assessments = self.job.assess(self.cluster, &items, self.min_slot)?;
            self.landed.drain(..count);
            for (item, assessment) in items.into_iter().zip(assessments) {
                self.take_assessment(item, assessment);
            }
        }
        Ok(())
    }

    /// Assesses items until there is enough for the free part of the window.
    fn fill(&mut self) -> Result<(), ClientError> {
        let wanted = self
            .window()
            .saturating_sub(self.in_flight())
            .saturating_mul(self.options.items_per_transaction);
        while self.ready.len() < wanted && !self.to_assess.is_empty() {
            let count = self.to_assess.len().min(ASSESS_AT_ONCE);
            let items: Vec<usize> = self.to_assess.iter().take(count).copied().collect();
            let assessments = self.job.assess(self.cluster, &items, self.min_slot)?;
            self.to_assess.drain(..count);
            for (item, assessment) in items.into_iter().zip(assessments) {
                self.take_assessment(item, assessment);
            }
        }
        Ok(())
    }

    fn take_assessment(&mut self, item: usize, assessment: Assessment) {
        match assessment {
            Assessment::Done => self.finish(item),
            Assessment::Impossible(reason) => self.fail(item, reason),
            Assessment::Due {
                instructions,
                progress,
            } => {
                if let Some((count, before)) = self.fruitless.get(&item).copied() {
                    if before != progress {
                        self.fruitless.remove(&item);
                    } else if count >= MAX_FRUITLESS {
                        let reason = format!(
                            "{count} transactions for it expired or changed nothing: \
                             try again later, or offer a higher price"
                        );
                        return self.fail(item, reason);
                    }
                }
                self.put(item, Place::Ready);
                self.ready.push_back(Ready {
                    item,
                    instructions,
                    progress,
                });
            }
        }
    }

    fn finish(&mut self, item: usize) {
        self.put(
            item,
            match self.touched.contains(&item) {
                true => Place::Done,
                false => Place::AlreadyDone,
            },
        );
    }

    fn fail(&mut self, item: usize, reason: String) {
        self.put(item, Place::Failed);
        self.reasons.insert(item, reason);
    }

    /// Counts a transaction that may have brought an item nothing; its next assessment tells.
    fn doubt(&mut self, item: usize, progress: u64) {
        let entry = self.fruitless.entry(item).or_insert((0, progress));
        *entry = if entry.1 == progress {
            (entry.0.saturating_add(1), progress)
        } else {
            (1, progress)
        };
    }

    fn budget(&self, limit: u32) -> Budget {
        Budget {
            limit: Some(limit),
            price: self.price.map(|(price, _)| price),
        }
    }

    /// The message of some instructions, with a limit that its size does not depend on.
    fn trial(
        &self,
        instructions: &[Instruction],
        lifetime: &Lifetime,
    ) -> Result<Message, ClientError> {
        let budget = self.budget(MAX_COMPUTE_UNITS);
        send::message(instructions, &self.payer.pubkey(), lifetime, budget)
    }

    fn fits(&self, instructions: &[Instruction]) -> bool {
        let lifetime = Lifetime::Blockhash(crate::cluster::Blockhash {
            hash: Default::default(),
            last_valid_block_height: 0,
        });
        self.trial(instructions, &lifetime).is_ok()
    }

    /// Takes ready items for one transaction. Items that do not fit any are failed.
    fn pack(&mut self) -> Option<Packed> {
        let mut packed = Packed {
            parts: Vec::new(),
            instructions: Vec::new(),
        };
        let part = |ready: &Ready, instructions| Part {
            item: ready.item,
            progress: Some(ready.progress),
            instructions,
        };
        while packed.parts.len() < self.options.items_per_transaction.max(1) {
            let Some(next) = self.ready.pop_front() else {
                break;
            };
            let is_alone = self.alone.contains(&next.item);
            let is_first = packed.parts.is_empty();
            let mut instructions = packed.instructions.clone();
            instructions.extend_from_slice(&next.instructions);
            let fits = (is_first || !is_alone) && self.fits(&instructions);
            if fits {
                packed.parts.push(part(&next, next.instructions.len()));
                packed.instructions = instructions;
            } else if is_first {
                // Too large for one transaction: its first instructions, as many as fit.
                let count = (1..next.instructions.len()).rev().find(|count| {
                    let first = next.instructions.get(..*count);
                    first.is_some_and(|first| self.fits(first))
                });
                let Some(count) = count else {
                    let reason = format!("it does not fit a transaction of {PACKET_BYTES} bytes");
                    self.fail(next.item, reason);
                    continue;
                };
                packed.parts.push(part(&next, count));
                packed.instructions = next.instructions.into_iter().take(count).collect();
                break;
            } else {
                self.ready.push_front(next);
                break;
            }
            if is_alone {
                break;
            }
        }
        (!packed.parts.is_empty()).then_some(packed)
    }

    /// Puts ready items in flight, as far as the window has room. Says whether any were.
    fn launch(&mut self) -> Result<bool, ClientError> {
        if self.ready.is_empty() {
            return Ok(false);
        }
        if self
            .price
            .is_none_or(|(_, since)| since.elapsed() > PRICE_INTERVAL)
        {
            let first = self.ready.front().map(|r| r.instructions.clone());
            let instructions = first.unwrap_or_default();
            let price = send::price(self.cluster, self.options.price, &instructions)?;
            self.price = Some((price, Instant::now()));
        }
        let room = self.window().saturating_sub(self.in_flight());
        let mut batch = Vec::new();
        while batch.len() < room
            && let Some(packed) = self.pack()
        {
            batch.push(packed);
        }
        if batch.is_empty() {
            return Ok(false);
        }
        let first = self.journal.next_transaction();
        let plans: Vec<Entry> = (first..)
            .zip(&batch)
            .map(|(transaction, packed)| Entry::Planned {
                transaction,
                items: packed.parts.iter().map(|part| part.item).collect(),
            })
            .collect();
        self.journal.append(&plans)?;

        let lifetime = Lifetime::Blockhash(self.cluster.blockhash()?);
        let trials = batch
            .iter()
            .map(|packed| self.trial(&packed.instructions, &lifetime))
            .collect::<Result<Vec<_>, _>>()?;
        let simulations = in_parallel(self.options.parallel, &trials, |message| {
            send::simulate(self.cluster, message)
        });

        let mut flights = Vec::new();
        for (((transaction, packed), simulation), trial) in
            (first..).zip(batch).zip(simulations).zip(trials)
        {
            match simulation {
                Ok(simulation) => {
                    let limit = simulation.compute_unit_limit();
                    let signed = self.sign(&packed, &lifetime, limit)?;
                    flights.push((transaction, packed, signed));
                }
                Err(ClientError::Refused(refusal)) => {
                    self.refused(&packed.parts, &refusal, &trial)?;
                }
                Err(error) => return Err(error),
            }
        }
        let entries: Vec<Entry> = flights
            .iter()
            .map(|(transaction, _, signed)| signed_entry(*transaction, signed))
            .collect();
        self.journal.append(&entries)?;

        let mut numbers = Vec::with_capacity(flights.len());
        for (transaction, packed, signed) in flights {
            numbers.push(transaction);
            for part in &packed.parts {
                self.touched.insert(part.item);
                self.put(part.item, Place::Flying);
            }
            let flight = Flight {
                parts: packed.parts,
                signed,
                sent_at: None,
                landed: None,
            };
            self.flights.insert(transaction, flight);
        }
        self.submit(&numbers)?;
        Ok(true)
    }

    fn sign(
        &self,
        packed: &Packed,
        lifetime: &Lifetime,
        limit: u32,
    ) -> Result<Signed, ClientError> {
        let payer = self.payer.pubkey();
        let message = send::message(&packed.instructions, &payer, lifetime, self.budget(limit))?;
        let mut signers: Vec<&dyn Signer> = vec![self.payer];
        for part in &packed.parts {
            for signer in self.job.signers(part.item) {
                let key = signer.pubkey();
                // Instructions of a first part may need fewer signers than the item.
                let is_needed = message.signer_keys().contains(&&key);
                if is_needed && signers.iter().all(|s| s.pubkey() != key) {
                    signers.push(signer);
                }
            }
        }
        send::sign(message, *lifetime, &signers)
    }

    /// Hands transactions to the node, and journals that. An error does not mean that the node did not take one: its
    /// status tells.
    fn submit(&mut self, transactions: &[u64]) -> Result<(), ClientError> {
        let flights: Vec<&Signed> = transactions
            .iter()
            .filter_map(|t| self.flights.get(t).map(|f| &f.signed))
            .collect();
        in_parallel(self.options.parallel, &flights, |signed| {
            self.cluster.submit(&signed.bytes, &signed.signature).err()
        });
        let mut entries = Vec::new();
        for transaction in transactions {
            if let Some(flight) = self.flights.get_mut(transaction) {
                if flight.sent_at.is_none() {
                    entries.push(Entry::Sent {
                        transaction: *transaction,
                    });
                }
                flight.sent_at = Some(Instant::now());
            }
        }
        self.journal.append(&entries)?;
        Ok(())
    }

    /// Looks at what became of everything in flight, and sends again what nobody has seen.
    fn poll(&mut self) -> Result<(), ClientError> {
        let look_at_landed = self
            .finality_looked_at
            .is_none_or(|at| at.elapsed() >= self.options.finality_interval);
        let numbers: Vec<u64> = self
            .flights
            .iter()
            .filter(|(_, flight)| flight.landed.is_none() || look_at_landed)
            .map(|(transaction, _)| *transaction)
            .collect();
        if numbers.is_empty() {
            return Ok(());
        }
        if look_at_landed {
            self.finality_looked_at = Some(Instant::now());
        }
        let signatures = self.signatures(&numbers);
        let statuses = self.cluster.statuses(&signatures)?;
        let mut unseen = Vec::new();
        let mut entries = Vec::new();
        let mut found = numbers.into_iter().zip(statuses);
        let taken = found.try_for_each(|(transaction, status)| match status {
            Some(status) => self.take_status(transaction, &status, &mut entries),
            None => {
                unseen.push(transaction);
                Ok(())
            }
        });
        // What is known of the first is noted, even if the next could not be looked into.
        self.journal.append(&entries)?;
        taken?;
        self.chase(&unseen)
    }

    fn signatures(&self, transactions: &[u64]) -> Vec<Signature> {
        transactions
            .iter()
            .filter_map(|t| self.flights.get(t).map(|f| f.signed.signature))
            .collect()
    }

    fn take_status(
        &mut self,
        transaction: u64,
        status: &TransactionStatus,
        entries: &mut Vec<Entry>,
    ) -> Result<(), ClientError> {
        let is_final = status.satisfies_commitment(CommitmentConfig::finalized());
        if !is_final && !status.satisfies_commitment(self.cluster.commitment()) {
            return Ok(());
        }
        let Some(flight) = self.flights.get_mut(&transaction) else {
            return Ok(());
        };
        if let Some(error) = &status.err {
            let Some(flight) = self.flights.remove(&transaction) else {
                return Ok(());
            };
            self.min_slot = self.min_slot.max(Some(status.slot));
            // Only for the explanation: without the logs it is less exact.
            let logs = self.cluster.logs(&flight.signed.signature);
            let message = &flight.signed.message;
            let refusal = Refusal::new(error.clone(), Some(message), logs.unwrap_or_default());
            entries.push(Entry::Failed {
                transaction,
                reason: refusal.to_string(),
            });
            return match flight.landed {
                None => self.refused(&flight.parts, &refusal, message),
                Some(_) => {
                    self.undo(&flight.parts);
                    Ok(())
                }
            };
        }
        if flight.landed.is_none() {
            flight.landed = Some(status.slot);
            let parts = flight.parts.clone();
            self.min_slot = self.min_slot.max(Some(status.slot));
            self.transactions = self.transactions.saturating_add(1);
            for part in parts {
                if let Some(progress) = part.progress {
                    self.doubt(part.item, progress);
                }
                if self.is_flying(part.item) {
                    continue;
                }
                self.put(part.item, Place::Queued);
                self.landed.push(part.item);
            }
        }
        if is_final {
            self.flights.remove(&transaction);
            entries.push(Entry::Finalized {
                transaction,
                slot: status.slot,
            });
        }
        Ok(())
    }

    /// Transactions that the node does not know: sent again while they can land, and settled when they cannot.
    fn chase(&mut self, unseen: &[u64]) -> Result<(), ClientError> {
        let due: Vec<u64> = unseen
            .iter()
            .copied()
            .filter(|t| {
                self.flights.get(t).is_some_and(|f| {
                    f.sent_at
                        .is_none_or(|at| at.elapsed() >= self.options.resend_interval)
                })
            })
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        let finalized = self.cluster.finalized()?;
        let (past, alive): (Vec<u64>, Vec<u64>) = due.into_iter().partition(|t| {
            self.flights
                .get(t)
                .is_some_and(|f| match f.signed.lifetime {
                    Lifetime::Blockhash(blockhash) => {
                        finalized.block_height > blockhash.last_valid_block_height
                    }
                    Lifetime::Nonce { .. } => false,
                })
        });
        self.submit(&alive)?;
        if past.is_empty() {
            return Ok(());
        }
        // What had not landed by then never will; a node that is not there yet would not know.
        self.min_slot = self.min_slot.max(Some(finalized.slot));
        let signatures = self.signatures(&past);
        let statuses = self.cluster.history(&signatures, finalized.slot)?;
        let mut entries = Vec::new();
        let mut found = past.into_iter().zip(statuses);
        let settled = found.try_for_each(|(transaction, status)| match status {
            Some(status) => self.take_status(transaction, &status, &mut entries),
            None => self.expire(transaction, &mut entries),
        });
        self.journal.append(&entries)?;
        settled
    }

    /// A transaction that can never land and that no history knows: the accounts have the last word.
    fn expire(&mut self, transaction: u64, entries: &mut Vec<Entry>) -> Result<(), ClientError> {
        let Some(flight) = self.flights.get(&transaction) else {
            return Ok(());
        };
        let parts = flight.parts.clone();
        let has_landed = flight.landed.is_some();
        let items: Vec<usize> = parts.iter().map(|part| part.item).collect();
        let assessments = self.job.assess(self.cluster, &items, self.min_slot)?;
        self.flights.remove(&transaction);
        let is_unchanged = parts.iter().zip(&assessments).all(|(part, assessment)| {
            matches!(assessment, Assessment::Due { progress, .. }
                if part.progress.is_none_or(|before| before == *progress))
        });
        entries.push(match is_unchanged {
            true => Entry::Expired { transaction },
            false => Entry::Reconciled { transaction },
        });
        if has_landed {
            self.undo(&parts);
            return Ok(());
        }
        for (item, assessment) in items.into_iter().zip(assessments) {
            if self.is_flying(item) {
                continue;
            }
            if let Assessment::Due { progress, .. } = &assessment {
                self.doubt(item, *progress);
            }
            self.take_assessment(item, assessment);
        }
        Ok(())
    }

    /// A transaction had succeeded in a block that was dropped since: what it had done must be looked at again. Items
    /// that are not done are on their way already.
    fn undo(&mut self, parts: &[Part]) {
        for part in parts {
            if self.places.get(part.item) == Some(&Place::Done) {
                self.queue(part.item);
            }
        }
    }

    /// Sorts out a refused transaction, simulated or executed.
    fn refused(
        &mut self,
        parts: &[Part],
        refusal: &Refusal,
        message: &Message,
    ) -> Result<(), ClientError> {
        if refusal.is_payer_short() {
            return Err(refusal.clone().into());
        }
        let culprit = match parts {
            [part] => Some(*part),
            _ if is_shared_fault(refusal) => None,
            _ => refusal
                .instruction
                .as_ref()
                .and_then(|failed| culprit(parts, usize::from(failed.index), message)),
        };
        for part in parts {
            let is_culprit = culprit.is_some_and(|culprit| culprit.item == part.item);
            if is_culprit || self.is_flying(part.item) {
                continue;
            }
            // Assessed and sent again; alone, when nobody knows whose fault it was.
            if culprit.is_none() && !refusal.is_transient() {
                self.alone.insert(part.item);
            }
            self.queue(part.item);
        }
        let Some(Part { item, progress, .. }) = culprit.filter(|part| !self.is_flying(part.item))
        else {
            return Ok(());
        };
        // Somebody else may have done it meanwhile: then its refusal does not matter.
        let assessment = self.job.assess(self.cluster, &[item], self.min_slot)?.pop();
        let unchanged = match &assessment {
            Some(Assessment::Due { progress: now, .. }) => {
                Some(*now).filter(|now| progress.is_none_or(|before| before == *now))
            }
            _ => None,
        };
        match (unchanged, assessment) {
            (Some(now), _) if refusal.is_transient() => {
                self.doubt(item, now);
                self.queue(item);
                return Ok(());
            }
            (None, Some(assessment)) => {
                self.take_assessment(item, assessment);
                return Ok(());
            }
            (Some(_), _) | (None, None) => {}
        }
        match self.job.judge(self.cluster, item, refusal)? {
            Verdict::Stop => return Err(refusal.clone().into()),
            Verdict::Wait(time) if time <= self.options.patience => {
                self.put(item, Place::Waiting);
                let at = Instant::now() + time;
                self.waiting.entry(at).or_default().push(item);
            }
            Verdict::Wait(_) | Verdict::Fail => {
                let reason = match refusal.next_step() {
                    Some(next_step) => format!("{refusal}; {next_step}"),
                    None => refusal.to_string(),
                };
                self.fail(item, reason);
            }
        }
        Ok(())
    }
}

/// Refusals that name an instruction, but are the fault of the whole transaction: what the ones before it used up.
fn is_shared_fault(refusal: &Refusal) -> bool {
    matches!(
        refusal.error,
        TransactionError::InstructionError(
            _,
            InstructionError::ComputationalBudgetExceeded
                | InstructionError::MaxAccountsDataAllocationsExceeded
                | InstructionError::MaxInstructionTraceLengthExceeded
        )
    )
}

/// The part whose instruction is at `index` of a message.
fn culprit(parts: &[Part], index: usize, message: &Message) -> Option<Part> {
    let budget = message
        .instructions
        .iter()
        .take_while(|i| {
            message.account_keys.get(usize::from(i.program_id_index))
                == Some(&solana_sdk_ids::compute_budget::ID)
        })
        .count();
    let mut first = budget;
    for part in parts {
        let end = first.checked_add(part.instructions)?;
        if (first..end).contains(&index) {
            return Some(*part);
        }
        first = end;
    }
    None
}

/// Maps a list on several threads, in order.
fn in_parallel<T: Sync, R: Send>(
    threads: usize,
    list: &[T],
    map: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(list.len()));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(value) = list.get(at) else {
                break;
            };
            let result = map(value);
            // A thread that panicked has left nothing half done in a list that is only pushed to.
            let mut results = results
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            results.push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(list.len()) {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fake_chain::*, journal::Binding};
    use solana_hash::Hash;
    use solana_pubkey::Pubkey;
    use solana_rpc_client_api::request::RpcRequest;
    use std::{collections::BTreeMap, path::Path};
    use tempfile::TempDir;

    const ITEMS: u32 = 40;

    fn options() -> BulkOptions {
        BulkOptions {
            window: 4,
            parallel: 3,
            items_per_transaction: 3,
            poll_interval: Duration::from_millis(1),
            resend_interval: Duration::from_millis(2),
            finality_interval: Duration::from_millis(1),
            ..BulkOptions::default()
        }
    }

    fn binding() -> Binding {
        Binding {
            job: "bump".to_owned(),
            input: [0; 32],
            network: Pubkey::default(),
            genesis: genesis(),
        }
    }

    fn journal(path: &Path) -> Journal {
        if path.exists() {
            Journal::resume(path, &binding()).unwrap()
        } else {
            Journal::create(path, &binding()).unwrap()
        }
    }

    fn run_once(chain: &FakeChain, schedule: Schedule, path: &Path) -> Summary {
        let cluster = chain.cluster(schedule);
        let job = Bump {
            items: ITEMS,
            times: 1,
        };
        let mut journal = journal(path);
        match run(
            &cluster,
            &job,
            &payer(),
            &mut journal,
            &options(),
            &mut |_| (),
        ) {
            Ok(summary) => summary,
            // The very first call: nothing was tried.
            Err(error) => Summary {
                stopped: Some(Stopped::Error(error)),
                ..Summary::default()
            },
        }
    }

    fn each_once() -> BTreeMap<u32, u64> {
        (0..ITEMS).map(|item| (item, 1)).collect()
    }

    /// After whatever happened: on a healthy node, the job goes to its end, and each item was executed once.
    fn finish(chain: &FakeChain, path: &Path) {
        let summary = run_once(chain, no_faults(), path);
        assert!(summary.is_complete(), "{summary:?}");
        assert_eq!(summary.done.len() + summary.already_done, ITEMS as usize);
        assert_eq!(chain.counters(), each_once());
        let journal = journal(path);
        assert!(journal.in_flight().is_empty());
    }

    #[test]
    fn without_trouble() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        let chain = FakeChain::default();
        let summary = run_once(&chain, no_faults(), &path);
        assert!(summary.is_complete());
        assert_eq!(
            (summary.done.len(), summary.already_done),
            (ITEMS as usize, 0)
        );
        assert_eq!(summary.transactions, 14);
        assert_eq!(journal(&path).finalized(), 14);
        assert_eq!(chain.counters(), each_once());
        // Again: all there, and nothing is sent.
        let again = run_once(&chain, no_faults(), &path);
        assert_eq!((again.done.len(), again.already_done), (0, ITEMS as usize));
        assert_eq!(chain.0.lock().unwrap().seen.len(), 14);
    }

    #[test]
    fn every_kind_of_trouble_and_each_item_is_executed_once() {
        let directory = TempDir::new().unwrap();
        let seeds: Vec<u64> = (0..200).collect();
        in_parallel(8, &seeds, |seed| {
            let path = directory.path().join(seed.to_string());
            let chain = FakeChain::default();
            for attempt in 0.. {
                let every = 2 + seed % 6;
                let summary = run_once(&chain, random_faults(seed * 100 + attempt, every), &path);
                if summary.is_complete() {
                    break;
                }
                // Trouble may stop it, but only as trouble; nothing is lost from the count.
                assert!(
                    matches!(&summary.stopped, Some(Stopped::Error(e)) if e.is_retryable()),
                    "seed {seed}: {summary:?}"
                );
                assert!(attempt < 50, "seed {seed}: {summary:?}");
            }
            assert_eq!(chain.counters(), each_once(), "seed {seed}");
            finish(&chain, &path);
        });
    }

    #[test]
    fn one_kind_of_trouble_at_a_time() {
        let directory = TempDir::new().unwrap();
        for (number, fault) in Fault::ALL.into_iter().enumerate() {
            let path = directory.path().join(number.to_string());
            let chain = FakeChain::default();
            // One call in three; of those that send, every other.
            let mut chance = Chance::new(number as u64);
            let schedule: Schedule = Box::new(move |_, request| {
                let hits = match request {
                    RpcRequest::SendTransaction => chance.below(2) == 0,
                    _ => chance.below(3) == 0,
                };
                hits.then_some(fault)
            });
            let summary = run_once(&chain, schedule, &path);
            assert!(summary.failed.is_empty(), "{fault:?}: {summary:?}");
            finish(&chain, &path);
        }
    }

    #[test]
    fn what_only_the_history_knows_has_not_expired() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        let chain = FakeChain::default();
        let blind: Schedule = Box::new(|_, request| {
            (request == RpcRequest::GetSignatureStatuses).then_some(Fault::NotSeenYet)
        });
        assert!(run_once(&chain, blind, &path).is_complete());
        assert_eq!(journal(&path).finalized(), 14);
        assert_eq!(chain.counters(), each_once());
    }

    /// What is left when a process is killed while it waits for the answer to a given call.
    fn killed_at(chain: &FakeChain, call: u64, path: &Path) {
        let cluster = chain.impatient_cluster(Box::new(move |at, request| {
            // What it is killed in may reach the node all the same.
            let is_last = at == call && request == RpcRequest::SendTransaction;
            match is_last {
                true => Some(Fault::ExecutedThenTimeout),
                false => (at >= call).then_some(Fault::Unavailable),
            }
        }));
        let job = Bump {
            items: ITEMS,
            times: 1,
        };
        let _ = run(
            &cluster,
            &job,
            &payer(),
            &mut journal(path),
            &options(),
            &mut |_| (),
        );
    }

    #[test]
    fn killed_at_any_call_it_goes_on_where_it_was() {
        let directory = TempDir::new().unwrap();
        let chain = FakeChain::default();
        run_once(&chain, no_faults(), &directory.path().join("whole"));
        let calls = chain.0.lock().unwrap().calls;
        assert!(calls > 30);
        for call in 1..=calls {
            let path = directory.path().join(call.to_string());
            let chain = FakeChain::default();
            killed_at(&chain, call, &path);
            finish(&chain, &path);
        }
    }

    #[test]
    fn killed_again_and_again() {
        let directory = TempDir::new().unwrap();
        for step in 3..30 {
            let path = directory.path().join(step.to_string());
            let chain = FakeChain::default();
            for attempt in 1..=8 {
                killed_at(&chain, attempt * step, &path);
            }
            finish(&chain, &path);
        }
    }

    #[test]
    fn killed_while_the_second_step_is_under_way_and_the_first_is_not_final() {
        let directory = TempDir::new().unwrap();
        let bump = |cluster: &Cluster, path: &Path| {
            let mut journal = journal(path);
            let options = options();
            run(
                cluster,
                &Bump { items: 6, times: 2 },
                &payer(),
                &mut journal,
                &options,
                &mut |_| (),
            )
        };
        let mut late = 0;
        for call in 1..60 {
            let path = directory.path().join(call.to_string());
            let chain = FakeChain::default();
            // What it is killed in is under way, and lands later.
            let cluster = chain.impatient_cluster(Box::new(move |at, request| {
                let is_last = at == call && request == RpcRequest::SendTransaction;
                match is_last {
                    true => Some(Fault::Delayed),
                    false => (at >= call).then_some(Fault::Unavailable),
                }
            }));
            let _ = bump(&cluster, &path);
            late += usize::from(!journal(&path).in_flight().is_empty());
            // The same bytes again do not get through.
            let mut is_first = true;
            let cluster = chain.cluster(Box::new(move |_, request| {
                let is_sent = request == RpcRequest::SendTransaction;
                (is_sent && std::mem::take(&mut is_first)).then_some(Fault::Dropped)
            }));
            let summary = bump(&cluster, &path).unwrap();
            assert!(summary.is_complete(), "{call}: {summary:?}");
            let each_twice = (0..6).map(|item| (item, 2)).collect();
            assert_eq!(chain.counters(), each_twice, "{call}");
        }
        assert!(late > 10, "{late}");
    }

    #[test]
    fn killed_between_any_two_records() {
        let directory = TempDir::new().unwrap();
        let whole = directory.path().join("whole");
        // What is cut off had been acted upon already, the worst that a disk can do: the counters still end at one,
        // because the accounts have the last word and every lost transaction has landed.
        let chain = FakeChain::default();
        run_once(&chain, no_faults(), &whole);
        let bytes = std::fs::read(&whole).unwrap();
        let ends: Vec<usize> = bytes
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(at, _)| at + 1)
            .collect();
        for end in ends {
            let path = directory.path().join(end.to_string());
            std::fs::write(&path, &bytes[..end]).unwrap();
            finish(&chain, &path);
        }
    }

    #[test]
    fn what_fails_is_reported_and_the_rest_goes_on() {
        let directory = TempDir::new().unwrap();
        for is_late in [false, true] {
            let path = directory.path().join(is_late.to_string());
            let chain = FakeChain::default();
            {
                let mut state = chain.0.lock().unwrap();
                let refused = match is_late {
                    false => &mut state.refused,
                    true => &mut state.refused_late,
                };
                refused.extend([(0, 17), (5, 1), (ITEMS - 1, 6_036)]);
            }
            let summary = run_once(&chain, no_faults(), &path);
            let failed: Vec<usize> = summary.failed.iter().map(|f| f.item).collect();
            assert_eq!(failed, [0, 5, ITEMS as usize - 1], "{summary:?}");
            assert_eq!(summary.done.len(), ITEMS as usize - 3);
            assert_eq!(summary.failed[0].name, "counter 0");
            assert!(summary.failed[0].reason.contains("error 17"), "{summary:?}");
            assert!(summary.stopped.is_none() && summary.unresolved.is_empty());
            // Once the cause is fixed, resuming does the rest.
            {
                let mut state = chain.0.lock().unwrap();
                state.refused.clear();
                state.refused_late.clear();
            }
            finish(&chain, &path);
        }
    }

    #[test]
    fn stopped_on_request_it_leaves_a_journal() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        let chain = FakeChain::default();
        let cluster = chain.cluster(no_faults());
        let job = Bump {
            items: ITEMS,
            times: 1,
        };
        let cancel = cluster.cancel().clone();
        let mut stop = move |progress: &Progress| {
            if progress.done >= 6 {
                cancel.cancel();
            }
        };
        let summary = run(
            &cluster,
            &job,
            &payer(),
            &mut journal(&path),
            &options(),
            &mut stop,
        )
        .unwrap();
        assert!(matches!(summary.stopped, Some(Stopped::OnRequest)));
        let done = summary.done.len();
        assert!(done >= 6 && done < ITEMS as usize);
        let unresolved: usize = summary.unresolved.iter().map(|u| u.items.len()).sum();
        assert_eq!(done + unresolved + summary.left, ITEMS as usize);
        finish(&chain, &path);
    }

    #[test]
    fn what_is_known_is_noted_when_the_next_look_fails() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        let chain = FakeChain::default();
        // Everything is dropped. Once it has expired, the first is looked into, and the second cannot be any more.
        let (mut is_settling, mut looks) = (false, 0);
        let cluster = chain.impatient_cluster(Box::new(move |_, request| match request {
            RpcRequest::SendTransaction => Some(Fault::Dropped),
            RpcRequest::GetEpochInfo => {
                is_settling = true;
                None
            }
            RpcRequest::GetBlockHeight => {
                (is_settling, looks) = (false, 0);
                None
            }
            RpcRequest::GetMultipleAccounts if is_settling => {
                looks += 1;
                (looks > 1).then_some(Fault::Unavailable)
            }
            _ => None,
        }));
        let job = Bump {
            items: ITEMS,
            times: 1,
        };
        let mut journal = journal(&path);
        let summary = run(
            &cluster,
            &job,
            &payer(),
            &mut journal,
            &options(),
            &mut |_| (),
        )
        .unwrap();
        assert!(matches!(summary.stopped, Some(Stopped::Error(_))));
        let named: Vec<Signature> = summary.unresolved.iter().map(|u| u.signature).collect();
        let open = journal.in_flight().values().map(|f| f.signed.signature);
        assert_eq!(named, open.collect::<Vec<_>>());
        assert_eq!(named.len(), 3);
        drop(journal);
        finish(&chain, &path);
    }

    #[test]
    fn another_cluster_is_refused() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("journal");
        let chain = FakeChain::default();
        killed_at(&chain, 30, &path);
        let other = Hash::new_from_array([8; 32]);
        let cluster = chain.cluster_of(no_faults(), other);
        let calls = chain.0.lock().unwrap().calls;
        let job = Bump {
            items: ITEMS,
            times: 1,
        };
        let result = run(
            &cluster,
            &job,
            &payer(),
            &mut journal(&path),
            &options(),
            &mut |_| (),
        );
        assert!(matches!(result, Err(ClientError::WrongCluster { found, .. }) if found == other));
        // It asked which cluster it is, and nothing more.
        assert_eq!(chain.0.lock().unwrap().calls, calls + 1);
        finish(&chain, &path);
    }

    #[test]
    fn lists_are_mapped_in_order() {
        let list: Vec<u32> = (0..1_000).collect();
        for threads in [0, 1, 7] {
            let doubled = in_parallel(threads, &list, |n| n * 2);
            assert!(doubled.into_iter().eq((0..1_000).map(|n| n * 2)));
        }
        assert!(in_parallel(4, &[] as &[u32], |n| *n).is_empty());
    }
}
