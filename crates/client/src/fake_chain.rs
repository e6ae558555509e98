//! A chain in memory behind an RPC transport that can fail in every way that a real one does.
//!
//! Its one program is the opposite of node-rewards: nothing in it is idempotent. Each execution of an instruction adds
//! one to the counter of its item, so that a transaction executed twice, or signed again while the first could still
//! land, shows.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use solana_hash::Hash;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_sender::{RpcSender, RpcTransportStats};
use solana_rpc_client_api::{
    client_error::{Error as RpcClientError, ErrorKind, Result as RpcResult},
    request::{RpcError, RpcRequest, RpcResponseErrorData},
};
use solana_signer::Signer;
use solana_transaction::Transaction;

use crate::{
    bulk::{Assessment, Job},
    cluster::{Cluster, ClusterOptions},
    error::{ClientError, HttpStatus},
};

pub const PROGRAM: Pubkey = Pubkey::new_from_array([0xfa; 32]);

/// Blocks for which a blockhash is good.
const LIFETIME: u64 = 40;

/// Blocks until a block is final.
const FINALITY: u64 = 3;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    TooManyRequests,
    Unavailable,
    /// No answer at all.
    Timeout,
    /// The answer is cut off.
    Truncated,
    /// The node is behind.
    Behind,
    /// `sendTransaction` only: the node says yes, and drops it.
    Dropped,
    /// `sendTransaction` only: it is executed, and no answer comes.
    ExecutedThenTimeout,
    /// `sendTransaction` only: it is executed some blocks later.
    Delayed,
    /// `getSignatureStatuses` only: the node does not know yet what it has executed.
    NotSeenYet,
    /// `getSignatureStatuses` only: the answer is of another node, many blocks behind.
    Lagging,
}

impl Fault {
    pub const ALL: [Self; 10] = [
        Self::TooManyRequests,
        Self::Unavailable,
        Self::Timeout,
        Self::Truncated,
        Self::Behind,
        Self::Dropped,
        Self::ExecutedThenTimeout,
        Self::Delayed,
        Self::NotSeenYet,
        Self::Lagging,
    ];
}

/// Decides what goes wrong with a call, by its number and its method.
pub type Schedule = Box<dyn FnMut(u64, RpcRequest) -> Option<Fault> + Send>;

#[derive(Default)]
pub struct State {
    pub height: u64,
    pub calls: u64,
    /// How often each item was executed.
    pub counters: BTreeMap<u32, u64>,
    /// By signature: the block, and the custom error if it failed.
    landed: HashMap<String, (u64, Option<(u8, u32)>)>,
    /// Executed at this height.
    delayed: Vec<(u64, Transaction)>,
    /// Items that fail with this error when simulated and when executed.
    pub refused: HashMap<u32, u32>,
    /// Items that fail with this error only when executed.
    pub refused_late: HashMap<u32, u32>,
    /// Accounts of other programs: owner and data.
    pub accounts: HashMap<Pubkey, (Pubkey, Vec<u8>)>,
    /// What accounts become at a call, by its number.
    pub changes: HashMap<u64, Vec<(Pubkey, Pubkey, Vec<u8>)>>,
    /// Distinct transactions that were handed in.
    pub seen: std::collections::HashSet<String>,
}

/// The chain, shared between clusters that speak to it.
#[derive(Clone, Default)]
pub struct FakeChain(pub Arc<Mutex<State>>);

pub struct FakeSender {
    chain: FakeChain,
    schedule: Mutex<Schedule>,
    genesis: Hash,
}

pub fn genesis() -> Hash {
    Hash::new_from_array([7; 32])
}

pub fn counter_address(item: u32) -> Pubkey {
    let mut address = [0xcc; 32];
    address[..4].copy_from_slice(&item.to_le_bytes());
    Pubkey::new_from_array(address)
}

pub fn bump(item: u32) -> Instruction {
    Instruction {
        program_id: PROGRAM,
        accounts: vec![AccountMeta::new(counter_address(item), false)],
        data: item.to_le_bytes().to_vec(),
    }
}

impl FakeChain {
    pub fn cluster(&self, schedule: Schedule) -> Cluster {
        self.cluster_of(schedule, genesis())
    }

    pub fn cluster_of(&self, schedule: Schedule, genesis: Hash) -> Cluster {
        self.build(schedule, genesis, Duration::from_secs(2))
    }

    /// A cluster on which nothing is tried twice.
    pub fn impatient_cluster(&self, schedule: Schedule) -> Cluster {
        self.build(schedule, genesis(), Duration::ZERO)
    }

    fn build(&self, schedule: Schedule, genesis: Hash, retry_budget: Duration) -> Cluster {
        let sender = FakeSender {
            chain: self.clone(),
            schedule: Mutex::new(schedule),
            genesis,
        };
        let options = ClusterOptions {
            call_timeout: Duration::from_millis(10),
            first_backoff: Duration::from_millis(1),
            retry_budget,
            ..ClusterOptions::default()
        };
        Cluster::with_sender(sender, options).unwrap()
    }

    /// Puts an account of another program on the chain.
    pub fn put(&self, address: Pubkey, owner: Pubkey, data: Vec<u8>) {
        let mut state = self.0.lock().unwrap();
        state.accounts.insert(address, (owner, data));
    }

    /// How often each item was executed.
    pub fn counters(&self) -> BTreeMap<u32, u64> {
        self.0.lock().unwrap().counters.clone()
    }
}

impl State {
    fn execute(&mut self, transaction: &Transaction) {
        let signature = transaction.signatures[0].to_string();
        if self.landed.contains_key(&signature) {
            return;
        }
        if self.is_expired(transaction) {
            return;
        }
        let error = self.error(transaction, true);
        if error.is_none() {
            for item in items(transaction) {
                *self.counters.entry(item).or_default() += 1;
            }
        }
        self.landed.insert(signature, (self.height, error));
    }

    fn is_expired(&self, transaction: &Transaction) -> bool {
        let hash = transaction.message.recent_blockhash;
        let born = u64::from_le_bytes(hash.as_ref()[..8].try_into().unwrap());
        self.height > born + LIFETIME
    }

    fn blockhash(&self) -> Value {
        let mut hash = [0xbb; 32];
        hash[..8].copy_from_slice(&self.height.to_le_bytes());
        json!({
            "blockhash": Hash::new_from_array(hash).to_string(),
            "lastValidBlockHeight": self.height + LIFETIME,
        })
    }

    /// Which instruction fails, and how.
    fn error(&self, transaction: &Transaction, is_executed: bool) -> Option<(u8, u32)> {
        let message = &transaction.message;
        message.instructions.iter().enumerate().find_map(|(at, i)| {
            let item = (message.account_keys[usize::from(i.program_id_index)] == PROGRAM)
                .then(|| u32::from_le_bytes(i.data[..4].try_into().unwrap()))?;
            let late = self.refused_late.get(&item).filter(|_| is_executed);
            let error = self.refused.get(&item).or(late)?;
            Some((u8::try_from(at).unwrap(), *error))
        })
    }

    fn advance(&mut self) {
        self.height += 1;
        let height = self.height;
        let (due, later) = std::mem::take(&mut self.delayed)
            .into_iter()
            .partition(|(at, _)| *at <= height);
        self.delayed = later;
        let due: Vec<(u64, Transaction)> = due;
        for (_, transaction) in due {
            self.execute(&transaction);
        }
    }

    fn context(&self, value: Value) -> Value {
        json!({ "context": { "slot": self.height }, "value": value })
    }

    fn status(&self, signature: &str, height: u64) -> Value {
        match self.landed.get(signature) {
            None => Value::Null,
            Some((slot, error)) => {
                let is_final = height >= slot + FINALITY;
                let error = error_json(*error);
                json!({
                    "slot": slot,
                    "confirmations": if is_final { Value::Null } else { json!(1) },
                    "confirmationStatus": if is_final { "finalized" } else { "confirmed" },
                    "err": error,
                    "status": if error.is_null() { json!({ "Ok": null }) } else { json!({ "Err": error }) },
                })
            }
        }
    }

    fn answer(&mut self, request: RpcRequest, params: &Value, fault: Option<Fault>) -> Value {
        match request {
            RpcRequest::GetLatestBlockhash => self.context(self.blockhash()),
            // Only finalised heights are asked for.
            RpcRequest::GetBlockHeight => json!(self.height.saturating_sub(FINALITY)),
            RpcRequest::GetEpochInfo => json!({
                "absoluteSlot": self.height,
                "blockHeight": self.height,
                "epoch": 0,
                "slotIndex": self.height,
                "slotsInEpoch": 432_000,
                "transactionCount": null,
            }),
            RpcRequest::GetRecentPrioritizationFees => json!([
                { "slot": 1, "prioritizationFee": 10 },
                { "slot": 2, "prioritizationFee": 30 },
                { "slot": 3, "prioritizationFee": 20 },
                { "slot": 4, "prioritizationFee": 40 },
            ]),
            RpcRequest::GetMultipleAccounts => {
                let names = params[0].as_array().unwrap();
                let accounts: Vec<Value> = names
                    .iter()
                    .map(|name| {
                        let key: Pubkey = name.as_str().unwrap().parse().unwrap();
                        let item = u32::from_le_bytes(key.as_ref()[..4].try_into().unwrap());
                        let counter = self.counters.get(&item);
                        let counter = counter.filter(|_| key == counter_address(item));
                        let counter = counter.map(|n| (PROGRAM, n.to_le_bytes().to_vec()));
                        match counter.or_else(|| self.accounts.get(&key).cloned()) {
                            None => Value::Null,
                            Some((owner, data)) => account_json(&owner, &data),
                        }
                    })
                    .collect();
                self.context(json!(accounts))
            }
            RpcRequest::GetProgramAccounts => {
                let program: Pubkey = params[0].as_str().unwrap().parse().unwrap();
                let filters = params[1]["filters"].as_array().unwrap();
                // `MAX_GET_PROGRAM_ACCOUNT_FILTERS` of Agave's RPC: it refuses more.
                assert!(filters.len() <= 4, "{filters:?}");
                let accounts: Vec<Value> = self
                    .accounts
                    .iter()
                    .filter(|(_, (owner, data))| {
                        *owner == program && filters.iter().all(|filter| passes(filter, data))
                    })
                    .map(|(key, (owner, data))| {
                        json!({ "pubkey": key.to_string(), "account": account_json(owner, data) })
                    })
                    .collect();
                self.context(json!(accounts))
            }
            RpcRequest::GetMinimumBalanceForRentExemption => json!(1),
            RpcRequest::SimulateTransaction => {
                let simulated = transaction(params);
                let error = self.error(&simulated, false);
                let replaces = params[1]["replaceRecentBlockhash"] == json!(true);
                let expired = !replaces && self.is_expired(&simulated);
                let logs: Vec<String> = error
                    .iter()
                    .map(|(_, number)| {
                        format!("Program {PROGRAM} failed: custom program error: {number:#x}")
                    })
                    .collect();
                self.context(json!({
                    "err": if expired { json!("BlockhashNotFound") } else { error_json(error) },
                    "logs": logs,
                    "accounts": null,
                    "unitsConsumed": 1_000,
                    "replacementBlockhash": replaces.then(|| self.blockhash()),
                }))
            }
            RpcRequest::SendTransaction => {
                let transaction = transaction(params);
                let signature = transaction.signatures[0].to_string();
                self.seen.insert(signature.clone());
                match fault {
                    Some(Fault::Dropped) => {}
                    Some(Fault::Delayed) => self.delayed.push((self.height + 10, transaction)),
                    _ => self.execute(&transaction),
                }
                json!(signature)
            }
            RpcRequest::GetSignatureStatuses => {
                // A search of the history has the truth.
                let has_all = params[1]["searchTransactionHistory"] == json!(true);
                let is_blind = fault == Some(Fault::NotSeenYet) && !has_all;
                let statuses: Vec<Value> = params[0]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|signature| match is_blind {
                        true => Value::Null,
                        false => self.status(signature.as_str().unwrap(), self.height),
                    })
                    .collect();
                if fault == Some(Fault::Lagging) {
                    let slot = self.height.saturating_sub(LIFETIME * 2);
                    let nothing = vec![Value::Null; statuses.len()];
                    return json!({ "context": { "slot": slot }, "value": nothing });
                }
                self.context(json!(statuses))
            }
            RpcRequest::GetTransaction => Value::Null,
            other => panic!("the fake chain does not know {other}"),
        }
    }
}

fn error_json(error: Option<(u8, u32)>) -> Value {
    match error {
        None => Value::Null,
        Some((at, number)) => json!({ "InstructionError": [at, { "Custom": number }] }),
    }
}

fn transaction(params: &Value) -> Transaction {
    let bytes = BASE64_STANDARD.decode(params[0].as_str().unwrap()).unwrap();
    assert!(bytes.len() <= crate::send::PACKET_BYTES);
    wincode::deserialize(&bytes).unwrap()
}

/// The items that a transaction is for.
fn items(transaction: &Transaction) -> Vec<u32> {
    let message = &transaction.message;
    message
        .instructions
        .iter()
        .filter(|i| message.account_keys[usize::from(i.program_id_index)] == PROGRAM)
        .map(|i| u32::from_le_bytes(i.data[..4].try_into().unwrap()))
        .collect()
}

#[async_trait]
impl RpcSender for FakeSender {
    async fn send(&self, request: RpcRequest, params: Value) -> RpcResult<Value> {
        let (fault, answer) = {
            let mut state = self.chain.0.lock().unwrap();
            state.calls += 1;
            state.advance();
            let call = state.calls;
            for (address, owner, data) in state.changes.remove(&call).unwrap_or_default() {
                state.accounts.insert(address, (owner, data));
            }
            let fault = (self.schedule.lock().unwrap())(state.calls, request);
            let reaches_node = !matches!(
                fault,
                Some(Fault::TooManyRequests | Fault::Unavailable | Fault::Timeout | Fault::Behind)
            );
            let answer = match request {
                RpcRequest::GetGenesisHash => json!(self.genesis.to_string()),
                _ if reaches_node => state.answer(request, &params, fault),
                _ => Value::Null,
            };
            (fault, answer)
        };
        let http = |status| {
            ErrorKind::Middleware(
                HttpStatus {
                    status,
                    retry_after: None,
                }
                .into(),
            )
        };
        let is_send = request == RpcRequest::SendTransaction;
        let error: ErrorKind = match fault {
            Some(Fault::TooManyRequests) => http(429),
            Some(Fault::Unavailable) => http(503),
            Some(Fault::Timeout) => {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
                return Ok(Value::Null);
            }
            Some(Fault::ExecutedThenTimeout) if is_send => {
                tokio::time::sleep(Duration::from_secs(3_600)).await;
                return Ok(Value::Null);
            }
            Some(Fault::Truncated) => serde_json::from_str::<Value>("{\"result\": [1, 2")
                .unwrap_err()
                .into(),
            Some(Fault::Behind) => ErrorKind::RpcError(RpcError::RpcResponseError {
                code: -32005,
                message: "Node is behind".to_owned(),
                data: RpcResponseErrorData::Empty,
            }),
            _ => return Ok(answer),
        };
        Err(RpcClientError {
            request: Some(request),
            kind: Box::new(error),
        })
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        "fake".to_owned()
    }
}

/// A job that executes each item so many times, one after the other.
pub struct Bump {
    pub items: u32,
    pub times: u64,
}

impl Job for Bump {
    fn len(&self) -> usize {
        self.items as usize
    }

    fn name(&self, item: usize) -> String {
        format!("counter {item}")
    }

    fn assess(
        &self,
        cluster: &Cluster,
        items: &[usize],
        min_slot: Option<u64>,
    ) -> Result<Vec<Assessment>, ClientError> {
        let addresses: Vec<Pubkey> = items.iter().map(|i| counter_address(*i as u32)).collect();
        let accounts = cluster.accounts(&addresses, min_slot)?.accounts;
        let counts = accounts
            .into_iter()
            .map(|account| account.map_or(0, |a| u64::from_le_bytes(a.data.try_into().unwrap())));
        Ok(items
            .iter()
            .zip(counts)
            .map(|(item, count)| match count < self.times {
                true => Assessment::Due {
                    instructions: vec![bump(*item as u32)],
                    progress: count,
                },
                false => Assessment::Done,
            })
            .collect())
    }

    fn signers(&self, _item: usize) -> Vec<&dyn Signer> {
        vec![]
    }
}

/// Reproducible chance.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    /// A number below `limit` (SplitMix64, <https://prng.di.unimi.it/splitmix64.c>).
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

pub fn payer() -> Keypair {
    Keypair::new_from_array([5; 32])
}

/// Nothing goes wrong.
pub fn no_faults() -> Schedule {
    Box::new(|_, _| None)
}

/// One call in `every` goes wrong, in any way.
pub fn random_faults(seed: u64, every: u64) -> Schedule {
    let mut chance = Chance::new(seed);
    Box::new(move |_, _| {
        let kind = chance.below(Fault::ALL.len() as u64) as usize;
        (chance.below(every) == 0).then(|| Fault::ALL[kind])
    })
}

fn account_json(owner: &Pubkey, data: &[u8]) -> Value {
    json!({
        "lamports": 1,
        "owner": owner.to_string(),
        "data": [BASE64_STANDARD.encode(data), "base64"],
        "executable": false,
        "rentEpoch": 0,
        "space": data.len(),
    })
}

/// Whether an account's data pass a filter of `getProgramAccounts`.
fn passes(filter: &Value, data: &[u8]) -> bool {
    if let Some(size) = filter["dataSize"].as_u64() {
        return data.len() as u64 == size;
    }
    let memcmp = &filter["memcmp"];
    let at = memcmp["offset"].as_u64().unwrap() as usize;
    assert_eq!(memcmp["encoding"], "base64");
    let bytes = BASE64_STANDARD
        .decode(memcmp["bytes"].as_str().unwrap())
        .unwrap();
    data.get(at..).is_some_and(|data| data.starts_with(&bytes))
}
