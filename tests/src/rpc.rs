//! An RPC node of a chain in process, which can fail in every way that a real one does. What it does wrong is decided
//! call by call, by a [`Schedule`]; the programs behind it are the real ones.
//!
//! Each call takes one block. A blockhash is good for [`LIFETIME`] blocks, which the node itself looks after: LiteSVM
//! knows one blockhash only. A block is confirmed at once and final [`FINALITY`] blocks later; none is ever dropped. What
//! accounts were before each transaction is kept, for the answers of a node that lags.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use litesvm::types::TransactionMetadata;
use serde_json::{Value, json};
use solana_account::Account;
use solana_hash::Hash;
use solana_message::inner_instruction::InnerInstructionsList;
use solana_pubkey::Pubkey;
use solana_rpc_client::rpc_sender::{RpcSender, RpcTransportStats};
use solana_rpc_client_api::client_error::{
    Error as RpcClientError, ErrorKind, Result as RpcResult,
};
use solana_rpc_client_api::custom_error::{
    JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED, JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY,
};
use solana_rpc_client_api::request::{RpcError, RpcRequest, RpcResponseErrorData};
use solana_signature::Signature;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::UiTransactionError;
use wayfare_client::cluster::{Cluster, ClusterOptions};

use crate::chain::{Chain, PACKET_DATA_SIZE};

/// Blocks for which a blockhash is good.
pub const LIFETIME: u64 = 40;

/// Blocks until a block is final.
pub const FINALITY: u64 = 3;

/// Blocks that a node which lags is behind.
const LAG: u64 = 100;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    TooManyRequests,
    Unavailable,
    /// No answer at all, and nothing is done.
    Timeout,
    /// The answer is cut off.
    Truncated,
    /// The node says that it is behind.
    Behind,
    /// Before the call, so many blocks pass that every blockhash expires.
    Pause,
    /// `sendTransaction`: the node says yes, and drops it.
    Dropped,
    /// `sendTransaction`: it is executed, and no answer comes.
    ExecutedThenTimeout,
    /// `sendTransaction`: it is executed some blocks later.
    Delayed,
    /// `sendTransaction`: it reaches the leaders twice, once now and once some blocks later.
    Duplicated,
    /// `getSignatureStatuses`: the node does not know yet what it has executed.
    NotSeenYet,
    /// Reads of statuses and accounts: the answer is of another node, some blocks behind.
    Lagging,
    /// `getGenesisHash`: the answer is of another cluster.
    OtherCluster,
}

impl Fault {
    pub const ALL: [Self; 13] = [
        Self::TooManyRequests,
        Self::Unavailable,
        Self::Timeout,
        Self::Truncated,
        Self::Behind,
        Self::Pause,
        Self::Dropped,
        Self::ExecutedThenTimeout,
        Self::Delayed,
        Self::Duplicated,
        Self::NotSeenYet,
        Self::Lagging,
        Self::OtherCluster,
    ];

    /// Whether a call of this method can go wrong that way.
    pub fn can_befall(self, request: RpcRequest) -> bool {
        match self {
            Self::TooManyRequests
            | Self::Unavailable
            | Self::Timeout
            | Self::Truncated
            | Self::Behind
            | Self::Pause => true,
            Self::Dropped | Self::ExecutedThenTimeout | Self::Delayed | Self::Duplicated => {
                request == RpcRequest::SendTransaction
            }
            Self::NotSeenYet => request == RpcRequest::GetSignatureStatuses,
            Self::Lagging => matches!(
                request,
                RpcRequest::GetSignatureStatuses
                    | RpcRequest::GetMultipleAccounts
                    | RpcRequest::GetProgramAccounts
            ),
            Self::OtherCluster => request == RpcRequest::GetGenesisHash,
        }
    }
}

/// Decides what goes wrong with a call, by its method.
pub type Schedule = Box<dyn FnMut(RpcRequest) -> Option<Fault> + Send>;

/// Nothing goes wrong.
pub fn no_faults() -> Schedule {
    Box::new(|_| None)
}

/// One call in `every` goes wrong, in any way that its method can. The same seed is the same trouble.
pub fn random_faults(seed: u64, every: u64) -> Schedule {
    let mut chance = Chance::new(seed);
    Box::new(move |request| {
        let kinds: Vec<Fault> = Fault::ALL
            .into_iter()
            .filter(|fault| fault.can_befall(request))
            .collect();
        let kind = kinds[chance.below(kinds.len() as u64) as usize];
        (chance.below(every) == 0).then_some(kind)
    })
}

/// Reproducible chance.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
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

/// A transaction that was executed.
#[derive(Clone)]
pub struct Landed {
    pub slot: u64,
    /// Why it failed, if it did.
    pub error: Option<TransactionError>,
    transaction: Transaction,
    logs: Vec<String>,
    inner: InnerInstructionsList,
}

/// The chain, and what the node knows of it.
#[derive(Clone)]
pub struct State {
    pub chain: Chain,
    /// Slots and blocks are counted alike.
    pub height: u64,
    pub calls: u64,
    pub landed: HashMap<Signature, Landed>,
    /// Every transaction that was ever handed in.
    pub handed: HashSet<Signature>,
    /// Lamports that were paid in fees.
    pub fees: u64,
    /// A node that lags has seen this slot at least.
    pub floor: u64,
    /// Under way to the leaders: executed at this height.
    under_way: Vec<(u64, Transaction)>,
    past: Vec<Before>,
}

/// What accounts were before a transaction of this slot.
#[derive(Clone)]
struct Before {
    slot: u64,
    accounts: Vec<(Pubkey, Option<Account>)>,
}

impl State {
    /// Whether a transaction that was handed in, and has not landed, may still do so.
    pub fn may_land(&self, signature: &Signature) -> bool {
        self.under_way.iter().any(|(at, transaction)| {
            transaction.signatures[0] == *signature && !is_expired(transaction, *at)
        })
    }

    /// A transaction is under way, and lands some blocks later, whatever becomes of whoever sent it: one sooner, another
    /// as late as it can, or too late.
    pub fn delay(&mut self, transaction: Transaction) {
        let signature = transaction.signatures[0];
        self.handed.insert(signature);
        let blocks = 1 + u64::from(signature.as_ref()[0]) % (LIFETIME + 2);
        self.under_way.push((self.height + blocks, transaction));
    }

    /// Blocks pass.
    pub fn pass(&mut self, blocks: u64) {
        for _ in 0..blocks {
            self.height += 1;
            let height = self.height;
            let (due, later) = std::mem::take(&mut self.under_way)
                .into_iter()
                .partition(|(at, _)| *at <= height);
            self.under_way = later;
            let due: Vec<(u64, Transaction)> = due;
            for (_, transaction) in due {
                self.execute(transaction);
            }
        }
    }

    /// What a leader does with a transaction that reaches it.
    fn execute(&mut self, transaction: Transaction) {
        let signature = transaction.signatures[0];
        if self.landed.contains_key(&signature) || is_expired(&transaction, self.height) {
            return;
        }
        let keys = &transaction.message.account_keys;
        let accounts = (0..keys.len())
            .filter(|at| is_writable(&transaction, *at))
            .map(|at| (keys[at], self.chain.account(&keys[at])))
            .collect();
        let (meta, error) = self.chain.execute(transaction.clone());
        let TransactionMetadata {
            logs,
            inner_instructions,
            fee,
            ..
        } = meta;
        if error.is_some() && fee == 0 {
            // It never got into a block.
            return;
        }
        self.fees += fee;
        self.past.push(Before {
            slot: self.height,
            accounts,
        });
        let landed = Landed {
            slot: self.height,
            error,
            transaction,
            logs,
            inner: inner_instructions,
        };
        self.landed.insert(signature, landed);
    }

    /// An account as of a slot.
    fn account_at(&self, address: &Pubkey, slot: u64) -> Option<Account> {
        let later = self.past.iter().filter(|before| before.slot > slot);
        let changed = later
            .flat_map(|before| &before.accounts)
            .find(|(key, _)| key == address);
        match changed {
            Some((_, account)) => account.clone(),
            None => self.chain.account(address),
        }
        .filter(|account| account.lamports > 0)
    }

    fn program_accounts_at(&self, program: &Pubkey, slot: u64) -> Vec<(Pubkey, Account)> {
        let past = self.past.iter().flat_map(|before| &before.accounts);
        let mut addresses: HashSet<Pubkey> = past
            .filter(|(_, account)| account.as_ref().is_some_and(|a| a.owner == *program))
            .map(|(address, _)| *address)
            .collect();
        addresses.extend(self.chain.addresses_of(program));
        addresses
            .into_iter()
            .filter_map(|address| Some((address, self.account_at(&address, slot)?)))
            .filter(|(_, account)| account.owner == *program)
            .collect()
    }

    fn status(&self, signature: &str) -> Value {
        let signature: Signature = signature.parse().expect("a signature");
        let Some(landed) = self.landed.get(&signature) else {
            return Value::Null;
        };
        let is_final = self.height >= landed.slot + FINALITY;
        let error = error(landed.error.as_ref());
        json!({
            "slot": landed.slot,
            "confirmations": if is_final { Value::Null } else { json!(1) },
            "confirmationStatus": if is_final { "finalized" } else { "confirmed" },
            "err": error,
            "status": outcome(&error),
        })
    }

    fn answer(
        &mut self,
        request: RpcRequest,
        params: &Value,
        fault: Option<Fault>,
    ) -> Result<Value, Box<ErrorKind>> {
        let is_lagging = fault == Some(Fault::Lagging);
        let slot = match is_lagging {
            true => self.height.saturating_sub(LAG).max(self.floor),
            false => self.height,
        };
        Ok(match request {
            RpcRequest::GetLatestBlockhash => in_context(slot, blockhash(self.height)),
            // Only finalised heights are asked for.
            RpcRequest::GetBlockHeight => json!(self.height.saturating_sub(FINALITY)),
            RpcRequest::GetEpochInfo => {
                let height = self.height.saturating_sub(FINALITY);
                json!({
                    "absoluteSlot": height,
                    "blockHeight": height,
                    "epoch": 0,
                    "slotIndex": height,
                    "slotsInEpoch": 432_000,
                    "transactionCount": null,
                })
            }
            RpcRequest::GetRecentPrioritizationFees => json!([
                { "slot": 1, "prioritizationFee": 100 },
                { "slot": 2, "prioritizationFee": 300 },
            ]),
            RpcRequest::GetMinimumBalanceForRentExemption => {
                json!(
                    self.chain
                        .rent(params[0].as_u64().expect("a size") as usize)
                )
            }
            RpcRequest::GetBalance => {
                in_context(slot, json!(self.chain.lamports(&key(&params[0]))))
            }
            RpcRequest::GetMultipleAccounts => {
                if let Some(least) = params[1]["minContextSlot"].as_u64()
                    && slot < least
                {
                    let code = JSON_RPC_SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED;
                    return Err(response(code, "Minimum context slot has not been reached"));
                }
                let accounts: Vec<Value> = list(&params[0])
                    .iter()
                    .map(|address| match self.account_at(&key(address), slot) {
                        Some(account) => account_json(&account),
                        None => Value::Null,
                    })
                    .collect();
                in_context(slot, json!(accounts))
            }
            RpcRequest::GetProgramAccounts => {
                let filters = list(&params[1]["filters"]);
                // `MAX_GET_PROGRAM_ACCOUNT_FILTERS` of Agave's RPC: it refuses more.
                assert!(filters.len() <= 4, "{filters:?}");
                let accounts: Vec<Value> = self
                    .program_accounts_at(&key(&params[0]), slot)
                    .iter()
                    .filter(|(_, account)| filters.iter().all(|f| passes(f, &account.data)))
                    .map(|(address, account)| {
                        json!({ "pubkey": address.to_string(), "account": account_json(account) })
                    })
                    .collect();
                in_context(slot, json!(accounts))
            }
            RpcRequest::SimulateTransaction => {
                let simulated = transaction(params);
                let replaces = params[1]["replaceRecentBlockhash"] == json!(true);
                let (meta, found) = match !replaces && is_expired(&simulated, self.height) {
                    true => {
                        let meta = TransactionMetadata::default();
                        (meta, Some(TransactionError::BlockhashNotFound))
                    }
                    false => self.chain.simulate(simulated),
                };
                let value = json!({
                    "err": error(found.as_ref()),
                    "logs": meta.logs,
                    "accounts": null,
                    "unitsConsumed": meta.compute_units_consumed,
                    "replacementBlockhash": replaces.then(|| blockhash(self.height)),
                });
                in_context(slot, value)
            }
            RpcRequest::SendTransaction => {
                let transaction = transaction(params);
                let signature = transaction.signatures[0];
                if self.handed.insert(signature) {
                    transaction.verify().expect("every signature is good");
                }
                match fault {
                    Some(Fault::Dropped) => {}
                    Some(Fault::Delayed) => self.delay(transaction),
                    Some(Fault::Duplicated) => {
                        self.delay(transaction.clone());
                        self.execute(transaction);
                    }
                    _ => self.execute(transaction),
                }
                json!(signature.to_string())
            }
            RpcRequest::GetSignatureStatuses => {
                // A search of the history has the truth; another node that lags has nothing yet.
                let has_all = params[1]["searchTransactionHistory"] == json!(true);
                let is_blind = is_lagging || (fault == Some(Fault::NotSeenYet) && !has_all);
                let statuses: Vec<Value> = list(&params[0])
                    .iter()
                    .map(|signature| match (is_blind, signature.as_str()) {
                        (false, Some(signature)) => self.status(signature),
                        _ => Value::Null,
                    })
                    .collect();
                in_context(slot, json!(statuses))
            }
            RpcRequest::GetTransaction => {
                let signature = params[0].as_str().and_then(|text| text.parse().ok());
                match signature.and_then(|signature: Signature| self.landed.get(&signature)) {
                    Some(landed) => landed.json(self.chain.now()),
                    None => Value::Null,
                }
            }
            other => panic!("the node does not know {other}"),
        })
    }
}

impl Landed {
    fn json(&self, time: i64) -> Value {
        let bytes = wincode::serialize(&self.transaction).expect("a transaction");
        let error = error(self.error.as_ref());
        let inner: Vec<Value> = (0..)
            .zip(&self.inner)
            .map(|(index, calls): (usize, _)| {
                let calls: Vec<Value> = calls
                    .iter()
                    .map(|call| {
                        json!({
                            "programIdIndex": call.instruction.program_id_index,
                            "accounts": call.instruction.accounts,
                            "data": bs58::encode(&call.instruction.data).into_string(),
                            "stackHeight": call.stack_height,
                        })
                    })
                    .collect();
                json!({ "index": index, "instructions": calls })
            })
            .collect();
        json!({
            "slot": self.slot,
            "blockTime": time,
            "transaction": [BASE64_STANDARD.encode(bytes), "base64"],
            "meta": {
                "err": error,
                "status": outcome(&error),
                "fee": 0,
                "preBalances": [],
                "postBalances": [],
                "innerInstructions": inner,
                "logMessages": self.logs,
            },
        })
    }
}

/// What is seen of a call before it is answered: the state that it finds.
pub type Watch = Box<dyn FnMut(&State, RpcRequest, &Value) + Send>;

/// An RPC node, shared between the clusters that speak to it.
#[derive(Clone)]
pub struct Node(Arc<Mutex<State>>);

impl Node {
    pub fn new(chain: Chain) -> Self {
        Self::resumed(State {
            chain: chain.unchecked(),
            height: 1_000,
            calls: 0,
            landed: HashMap::new(),
            handed: HashSet::new(),
            fees: 0,
            floor: 0,
            under_way: vec![],
            past: vec![],
        })
    }

    /// A node in a state that another one was in.
    pub fn resumed(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Speaks to the node. `journal`: no transaction may come that it does not hold on disk. `patience`: how long a read
    /// is tried again.
    pub fn cluster(&self, schedule: Schedule, journal: &Path, patience: Duration) -> Cluster {
        self.watched(schedule, journal, patience, Box::new(|_, _, _| {}))
    }

    /// The same, with somebody who sees every call.
    pub fn watched(
        &self,
        schedule: Schedule,
        journal: &Path,
        patience: Duration,
        watch: Watch,
    ) -> Cluster {
        let sender = Sender {
            node: self.clone(),
            schedule: Mutex::new(schedule),
            watch: Mutex::new(watch),
            journal: journal.to_owned(),
        };
        let options = ClusterOptions {
            call_timeout: Duration::from_millis(3),
            first_backoff: Duration::from_millis(1),
            retry_budget: patience,
            ..ClusterOptions::default()
        };
        Cluster::with_sender(sender, options).expect("the system has threads")
    }
}

/// The genesis hash of the cluster that the node is of.
pub fn genesis() -> Hash {
    Hash::new_from_array([7; 32])
}

struct Sender {
    node: Node,
    schedule: Mutex<Schedule>,
    watch: Mutex<Watch>,
    journal: PathBuf,
}

#[async_trait]
impl RpcSender for Sender {
    async fn send(&self, request: RpcRequest, params: Value) -> RpcResult<Value> {
        let answer = self.take(request, &params);
        let kind = match answer {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => return std::future::pending().await,
            Err(kind) => kind,
        };
        Err(RpcClientError {
            request: Some(request),
            kind,
        })
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        "in process".to_owned()
    }
}

impl Sender {
    /// What the caller gets; `None` for no answer.
    fn take(&self, request: RpcRequest, params: &Value) -> Result<Option<Value>, Box<ErrorKind>> {
        let mut state = self.node.state();
        state.calls += 1;
        {
            let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
            watch(&state, request, params);
        }
        if request == RpcRequest::SendTransaction {
            let signature = transaction(params).signatures[0].to_string();
            let journal = std::fs::read_to_string(&self.journal).expect("a journal");
            assert!(
                journal.contains(&signature),
                "{signature} is sent before it is noted"
            );
        }
        let mut schedule = self.schedule.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = schedule(request);
        drop(schedule);
        state.pass(match fault {
            Some(Fault::Pause) => LIFETIME + FINALITY + 1,
            _ => 1,
        });
        match fault {
            // Providers put their HTTP status here.
            Some(Fault::TooManyRequests) => return Err(response(429, "Too many requests")),
            Some(Fault::Unavailable) => return Err(response(503, "Service unavailable")),
            Some(Fault::Behind) => {
                let code = JSON_RPC_SERVER_ERROR_NODE_UNHEALTHY;
                return Err(response(code, "Node is behind"));
            }
            Some(Fault::Timeout) => return Ok(None),
            _ => {}
        }
        let answer = match request {
            RpcRequest::GetGenesisHash if fault == Some(Fault::OtherCluster) => {
                json!(Hash::new_from_array([8; 32]).to_string())
            }
            RpcRequest::GetGenesisHash => json!(genesis().to_string()),
            _ => state.answer(request, params, fault)?,
        };
        match fault {
            Some(Fault::ExecutedThenTimeout) => Ok(None),
            Some(Fault::Truncated) => {
                let cut = serde_json::from_str::<Value>("{\"result\": [1, 2");
                Err(Box::new(cut.expect_err("it is cut off").into()))
            }
            _ => Ok(Some(answer)),
        }
    }
}

fn response(code: i64, message: &str) -> Box<ErrorKind> {
    Box::new(ErrorKind::RpcError(RpcError::RpcResponseError {
        code,
        message: message.to_owned(),
        data: RpcResponseErrorData::Empty,
    }))
}

/// The blockhash of a block tells its height.
fn blockhash(height: u64) -> Value {
    let mut hash = [0xbb; 32];
    hash[..8].copy_from_slice(&height.to_le_bytes());
    json!({
        "blockhash": Hash::new_from_array(hash).to_string(),
        "lastValidBlockHeight": height + LIFETIME,
    })
}

/// Whether a block of this height does not take a transaction any more.
fn is_expired(transaction: &Transaction, height: u64) -> bool {
    let hash = transaction.message.recent_blockhash.to_bytes();
    let (born, rest) = hash.split_at(8);
    let born = u64::from_le_bytes(born.try_into().expect("8 bytes"));
    rest != [0xbb; 24] || height > born + LIFETIME
}

fn is_writable(transaction: &Transaction, at: usize) -> bool {
    let message = &transaction.message;
    message.is_maybe_writable_with_reserved_addresses(at, None::<&HashSet<Pubkey>>)
}

fn in_context(slot: u64, value: Value) -> Value {
    json!({ "context": { "slot": slot }, "value": value })
}

fn key(value: &Value) -> Pubkey {
    let text = value.as_str().expect("a key");
    text.parse().expect("a key")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn error(error: Option<&TransactionError>) -> Value {
    let error = error.cloned().map(UiTransactionError::from);
    serde_json::to_value(error).expect("an error of the runtime")
}

fn outcome(error: &Value) -> Value {
    match error {
        Value::Null => json!({ "Ok": null }),
        error => json!({ "Err": error }),
    }
}

/// The transaction that a call hands in.
pub fn transaction(params: &Value) -> Transaction {
    let text = params[0].as_str().expect("a transaction");
    let bytes = BASE64_STANDARD.decode(text).expect("base64");
    assert!(bytes.len() <= PACKET_DATA_SIZE, "{} bytes", bytes.len());
    wincode::deserialize(&bytes).expect("a transaction")
}

fn account_json(account: &Account) -> Value {
    json!({
        "lamports": account.lamports,
        "owner": account.owner.to_string(),
        "data": [BASE64_STANDARD.encode(&account.data), "base64"],
        "executable": account.executable,
        "rentEpoch": account.rent_epoch,
        "space": account.data.len(),
    })
}

/// Whether an account's data pass a filter of `getProgramAccounts`.
fn passes(filter: &Value, data: &[u8]) -> bool {
    if let Some(size) = filter["dataSize"].as_u64() {
        return data.len() as u64 == size;
    }
    let memcmp = &filter["memcmp"];
    let at = memcmp["offset"].as_u64().expect("an offset") as usize;
    assert_eq!(memcmp["encoding"], "base64");
    let text = memcmp["bytes"].as_str().expect("bytes");
    let bytes = BASE64_STANDARD.decode(text).expect("base64");
    data.get(at..).is_some_and(|data| data.starts_with(&bytes))
}
